"""The best design under a budget: for the risk over all scenarios, and in each by itself."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from bayescale.decision.cost import Budget
from bayescale.decision.search import coarse_grid, polish, zoom
from bayescale.decision.surface import Surface
from bayescale.decision.task import Design, Task
from bayescale.errors import ComputationError
from bayescale.law.prior import Array

# Points of the coarse grids along each coordinate, by the number of coordinates.
COARSE = {0: 1, 1: 121, 2: 41, 3: 13}
_OWN = {0: 1, 1: 49, 2: 21, 3: 9}
# Values that the coarse grid may take: the scenarios are thinned to it.
_MOST = 600_000
_ROUNDS, _GLANCE = 4, 200
_PARTS = np.linspace(0, 1, 9)


def allowed_grid(task: Task, surface: Surface) -> tuple[Array, Array]:
    """Coordinates that limits and budget allow, and the spacing of the grid that they are on.

    Returns
    -------
    points : ndarray, shape (n_points, k)
        No point where nothing is allowed; one where the allowed part is smaller than a cell.
    cell : ndarray, shape (k,)
    """
    points, cell = coarse_grid(surface.low, surface.high, COARSE)
    excess = task.limits.excess(surface.at(points))
    if (excess <= 0).any() or not np.isfinite(excess).any():
        return points[excess <= 0], cell
    start = points[np.argmin(excess)][None]
    found = zoom(
        lambda each: task.limits.excess(surface.at(each[0]))[None],
        start,
        cell,
        surface.low,
        surface.high,
        to=1e-4,
    )
    kept: Array = found[task.limits.allow(surface.at(found))]
    return kept, cell


def best_design(task: Task, budget: Budget, exact: float = 1e-8) -> Design | None:
    """Find the design with the least risk under a budget.

    The scenarios are compared from one origin of the discrepancy, that of the design which is
    found (see :meth:`Scenarios.anchored`): a coarse grid over everything that is allowed, then
    grids that zoom in, with all scenarios.

    Parameters
    ----------
    task : Task
    budget : Budget
    exact : float, default 1e-8
        Spacing of the last grid, in natural logs of the inputs.

    Returns
    -------
    Design or None
        None where nothing is allowed.
    """
    if task.limits.chances:
        # What is best without limits by probability, and keeps them, is best with them.
        simpler = best_design(replace(task, limits=task.limits.hard), budget, exact)
        if simpler is None or task.limits.allow(simpler.columns)[0]:
            return simpler
    surface = task.surface(budget)
    points, cell = allowed_grid(task, surface)
    if not len(points):
        return None
    inputs = surface.at(points)
    size = max(_MOST // len(points), task.risk.minimum_draws, 200)
    likely = np.argmin(task.scenarios.thin(_GLANCE).law_curve(inputs).mean(axis=0))
    found = _designed(task, surface, points[likely])
    place = points[np.argmin(task.risk.rank(found.scenarios.thin(size)(inputs)))]
    for _ in range(_ROUNDS):
        place, last = _narrowed(task, found, place, cell, exact), found
        found = _designed(task, surface, place)
        here, there = (np.asarray(each.scenarios.origin) for each in (found, last))
        if np.array_equal(here, there):
            break
    return found


def _narrowed(task: Task, start: Design, place: Array, cell: Array, exact: float) -> Array:
    """Coordinates of the least risk near a place, by the scenarios of a design."""

    def objective(points: Array) -> Array:
        inputs = start.surface.at(points[0])
        allowed = task.limits.allow(inputs)
        value = np.full(len(allowed), np.inf)
        if allowed.any():
            kept = {name: column[allowed] for name, column in inputs.items()}
            value[allowed] = task.risk.rank(start.scenarios(kept))
        return value[None]

    low, high = start.surface.low, start.surface.high
    found: Array = zoom(objective, place[None], cell, low, high, exact)[0]
    return found


def _designed(task: Task, surface: Surface, place: Array) -> Design:
    inputs = {name: float(value) for name, value in surface.at(place).items()}
    return Design(inputs, place, surface, task.scenarios.anchored(inputs))


def may_leave_some(task: Task, budget: Budget) -> bool:
    """Whether a design that leaves a part of the budget promises more, by the mean.

    More of everything helps most laws, but not all: more epochs may overfit.
    """
    surface, whole = replace(task, partial=True).surface(budget), task.surface(budget)
    base, _ = coarse_grid(whole.low, whole.high, _OWN)
    few = task.scenarios.thin(200)
    points = np.concatenate([np.column_stack([base, np.full(len(base), t)]) for t in _PARTS])
    points = points[task.limits.hard.allow(surface.at(points))]
    if not len(points):
        return False
    value = few.law_curve(surface.at(points)).mean(axis=0)
    used = points[:, -1] == 1
    return not used.any() or bool(value[~used].min(initial=np.inf) < value[used].min() * (1 - 1e-9))


def own_optima(task: Task, budget: Budget, beside: Design | None = None) -> dict[str, Array]:
    """Best design in each scenario by the law's curve, under the budget and the plain inequalities.

    The discrepancy multiplies what a scenario still gains beyond one origin, so it moves no
    scenario's optimum.

    Parameters
    ----------
    task : Task
    budget : Budget
    beside : Design, optional
        Coordinates stay in the range that all limits leave, which this design belongs to.

    Returns
    -------
    dict of str to ndarray, shape (n_draws,)
        Every input of the law.

    Raises
    ------
    ComputationError
        If the inequalities allow nothing.
    """
    surface, hard, curve = task.surface(budget), task.limits.hard, task.scenarios.law_curve
    low, high = surface.low, surface.high
    if beside is not None:
        left = np.concatenate([allowed_grid(task, surface)[0], beside.place[None]])
        low, high = left.min(axis=0), left.max(axis=0)

    def objective(points: Array) -> Array:
        inputs = surface.at(points)
        return np.where(hard.allow(inputs), curve(inputs), np.inf)

    coarse, cell = coarse_grid(low, high, _OWN)
    coarse = coarse[hard.allow(surface.at(coarse))]
    if not len(coarse):
        coarse, cell = allowed_grid(replace(task, limits=hard), surface)
    if not len(coarse):
        raise ComputationError(
            f"No design in the box keeps the limits under {budget}; widen the box or the budget."
        )
    start = coarse[np.argmin(curve(surface.at(coarse)), axis=1)]
    place = zoom(objective, start, cell, low, high, to=1e-6)
    for step in (1e-3, 3e-4):
        place = polish(objective, place, low, high, step)
    return surface.at(place)


def exponents(task: Task, budget: Budget) -> dict[str, Array]:
    """Exponent of each free input's optimum in the budget, one per scenario.

    ``d log N* / d log budget``, by a difference over a tenth of a natural-log unit; for
    ``chinchilla`` and a cost of ``6*N*D`` it is ``beta / (alpha + beta)``.
    """
    step = 0.05
    less, more = (
        own_optima(task, replace(budget, amount=budget.amount * math.exp(sign * step)))
        for sign in (-1, 1)
    )
    return {name: np.log(more[name] / less[name]) / (2 * step) for name in task.space.free}
