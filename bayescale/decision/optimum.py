"""The best design under a budget: for the risk over all scenarios, and in each by itself.

Where no design is allowed, why, and what would make one possible.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bayescale.decision.cost import Budget
from bayescale.decision.limits import Limits
from bayescale.decision.search import Between, coarse_grid, polish, zoom
from bayescale.decision.task import Design, Task
from bayescale.errors import ComputationError
from bayescale.law.prior import Array
from bayescale.numbers import format_number

# Points of the coarse grids along each coordinate, by the number of coordinates.
COARSE = {0: 1, 1: 121, 2: 41, 3: 13}
_OWN = {0: 1, 1: 49, 2: 21, 3: 9}
# Of the grids between whose places errors of slopes are looked up: they cost far more than a law.
_ERRORS = {1: 1601, 2: 61, 3: 13}
# Values that the coarse grid may take: the scenarios are thinned to it.
_MOST = 600_000
_PARTS = np.linspace(0, 1, 9)


def allowed_grid(task: Task) -> tuple[Array, Array]:
    """Coordinates that limits and budget allow, and the spacing of the grid that they are on.

    Returns
    -------
    points : ndarray, shape (n_points, k)
        No point where nothing is allowed; one where the allowed part is smaller than a cell.
    cell : ndarray, shape (k,)
    """
    points, cell = coarse_grid(task.low, task.high, COARSE)
    excess = task.limits.excess(task.at(points))
    if (excess <= 0).any() or not np.isfinite(excess).any():
        return points[excess <= 0], cell

    def objective(each: Array) -> Array:
        return task.limits.excess(task.at(each))

    found = zoom(objective, points[[np.argmin(excess)]], cell, task.low, task.high, to=1e-4)
    kept: Array = found[task.limits.allow(task.at(found))]
    return kept, cell


def best_design(task: Task, exact: float = 1e-8) -> Design | None:
    """Find the design with the least risk under a budget.

    A coarse grid over everything that is allowed, then grids that zoom in, with all scenarios.

    Parameters
    ----------
    task : Task
    exact : float, default 1e-8
        Spacing of the last grid, in natural logs of the inputs.

    Returns
    -------
    Design or None
        None where nothing is allowed.
    """
    if task.limits.chances:
        # What is best without limits by probability, and keeps them, is best with them.
        simpler = best_design(replace(task, limits=task.limits.hard), exact)
        if simpler is None or task.limits.allow(simpler.columns)[0]:
            return simpler
    points, cell = allowed_grid(task)
    if not len(points):
        return None
    few = task.scenarios.thin(max(_MOST // len(points), task.risk.minimum_draws, 200))
    start = points[[np.argmin(task.risk.rank(few(task.at(points))))]]

    def objective(points: Array) -> Array:
        inputs = task.at(points[0])
        return task.risks(inputs, task.limits.allow(inputs), task.scenarios)[None]

    place = zoom(objective, start, cell, task.low, task.high, exact)[0]
    return Design({name: float(value) for name, value in task.at(place).items()}, place)


def may_leave_some(task: Task) -> bool:
    """Whether a design that leaves a part of the budget promises more, by the mean.

    More of everything helps most laws, but not all: more epochs may overfit.
    """
    parts = replace(task, partial=True)
    base, _ = coarse_grid(task.low, task.high, _OWN)
    few = task.scenarios.thin(200)
    points = np.concatenate([np.column_stack([base, np.full(len(base), t)]) for t in _PARTS])
    points = points[task.limits.hard.allow(parts.at(points))]
    if not len(points):
        return False
    value = few.at_own(parts.at(points)).mean(axis=0)
    used = points[:, -1] == 1
    return not used.any() or bool(value[~used].min(initial=np.inf) < value[used].min() * (1 - 1e-9))


def own_optima(task: Task, beside: Design | None = None) -> dict[str, Array]:
    """Best design in each scenario by its curve, within budget and plain inequalities.

    Parameters
    ----------
    task : Task
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
    hard, low, high = task.limits.hard, task.low, task.high
    if beside is not None:
        left = np.concatenate([allowed_grid(task)[0], beside.place[None]])
        low, high = left.min(axis=0), left.max(axis=0)

    curve, errors = task.scenarios.at_own, _errors(task, low, high)

    def objective(points: Array) -> Array:
        inputs = task.at(points)
        values = curve(inputs, None if errors is None else errors(points))
        return np.where(hard.allow(inputs), values, np.inf)

    coarse, cell = coarse_grid(low, high, _OWN)
    coarse = coarse[hard.allow(task.at(coarse))]
    if not len(coarse):
        coarse, cell = allowed_grid(replace(task, limits=hard))
    if not len(coarse):
        raise ComputationError(
            f"No design in the box keeps the limits under {task.budget}; widen the box or the "
            "budget."
        )
    start = coarse[np.argmin(curve(task.at(coarse)), axis=1)]
    place = zoom(objective, start, cell, low, high, to=1e-6)
    for step in (1e-3, 3e-4):
        place = polish(objective, place, low, high, step)
    return task.at(place)


def _errors(task: Task, low: Array, high: Array) -> Between | None:
    """What the laws err by in each scenario, by coordinates; None where they hold."""
    if not len(low):
        return None
    places, _ = coarse_grid(low, high, _ERRORS)
    found = task.scenarios.errors(task.at(places, least=True))
    return None if found is None else Between(found, low, high)


def exponents(task: Task) -> dict[str, Array]:
    """Exponent of each free input's optimum in the budget, one per scenario.

    NaN where the box holds the optimum: what grows there is the box's doing.

    ``d log N* / d log budget``, by a difference over a tenth of a natural-log unit; for
    ``chinchilla`` and a cost of ``6*N*D`` it is ``beta / (alpha + beta)``.
    """
    step = 0.05
    less, more = (
        own_optima(task.under(task.budget.amount * math.exp(sign * step))) for sign in (-1, 1)
    )
    inside = ~(task.space.held(less) | task.space.held(more))
    growth = {name: np.log(more[name] / less[name]) / (2 * step) for name in task.space.free}
    return {name: np.where(inside, value, np.nan) for name, value in growth.items()}


def explain_infeasible(task: Task) -> str:
    """Say which limit binds where no design is allowed, and what would make one possible."""
    budget, texts = task.budget, task.limits.texts
    points, _ = allowed_grid(task.unlimited)
    if not len(points):
        least = {name: ends[0] for name, ends in task.space.box.items()}
        price = float(task.price(task.space.inputs(least)))
        return (
            f"{budget} does not pay for the smallest design in the box, which costs "
            f"{Budget(price, budget.unit)}; raise the budget or lower the box."
        )
    alone = [k for k in range(len(texts)) if _fails(task, task.limits.only(k))]
    if alone:
        told = " ".join(_reach_of(task, task.at(points), k) for k in alone)
        return f"No design under {budget} keeps {texts[alone[0]]}. {told}{_larger(task)}"
    freed = [t for k, t in enumerate(texts) if not _fails(task, task.limits.without(k))]
    drop = f"; without {' or without '.join(freed)} there would be one" if freed else ""
    return (
        f"No design under {budget} keeps {', '.join(texts)} together, though each alone can be "
        f"kept{drop}.{_larger(task)}"
    )


def _fails(task: Task, limits: Limits) -> bool:
    return not len(allowed_grid(replace(task, limits=limits))[0])


def _reach_of(task: Task, inputs: Mapping[str, Array], k: int) -> str:
    """How near a limit can be come, for one that cannot be kept."""
    limits = task.limits
    if k < len(limits.bounds):
        size = len(inputs[task.space.spent])
        sides = [np.broadcast_to(s.evaluate(inputs), size) for s in limits.bounds[k].sides]
        nearest = int(np.argmin(sides[0] - sides[1]))
        shown = " against ".join(format_number(float(side[nearest])) for side in sides)
        return f"{limits.texts[k]}: at the nearest {shown}; widen the box."
    row = limits.probabilities(inputs)[k - len(limits.bounds)]
    most = int(np.argmax(row))
    at = ", ".join(f"{n} = {format_number(float(inputs[n][most]))}" for n in task.space.free)
    return f"The highest probability is {row[most]:.3g}, at {at}: ask for less, or widen the limit."


def _larger(task: Task) -> str:
    """The first of larger budgets under which the limits can be kept, in a sentence."""
    for factor in 10 ** np.arange(0.5, 4.1, 0.5):
        larger = task.under(task.budget.amount * float(factor))
        if not _fails(larger, task.limits):
            return f" It would take about {larger.budget}."
    return " No budget up to 10,000 times as large helps."
