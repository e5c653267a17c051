"""The best design under a budget: for the risk over all scenarios, and in each by itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bayescale.decision.cost import Budget, Cost
from bayescale.decision.limits import Limits
from bayescale.decision.risk import Risk
from bayescale.decision.search import grid, polish, zoom
from bayescale.decision.space import Space, Surface
from bayescale.errors import ComputationError
from bayescale.forecast.scenarios import Scenarios
from bayescale.law.prior import Array
from bayescale.numbers import format_number

# Points of the coarse grids along each coordinate, by the number of coordinates.
_COARSE = {0: 1, 1: 121, 2: 41, 3: 13}
_OWN = {0: 1, 1: 49, 2: 21, 3: 9}
# Values that the coarse grid may take: the scenarios are thinned to it.
_MOST = 600_000
_ROUNDS, _GLANCE = 4, 200
_PARTS = np.linspace(0, 1, 9)


@dataclass(frozen=True, eq=False)
class Task:
    """What a plan decides on, for any budget.

    Attributes
    ----------
    scenarios : Scenarios
    space : Space
    cost : Cost
    demand : ndarray, shape (n_draws,)
        Tokens served in each scenario.
    tokens : ndarray, shape (n_tokens, 1)
        Demand that stands for all of it.
    functional : Risk
        Of the cost.
    risk : Risk
        Of the response.
    limits : Limits
    partial : bool
        Whether using less than the budget may be better.
    """

    scenarios: Scenarios
    space: Space
    cost: Cost
    demand: Array
    tokens: Array
    functional: Risk
    risk: Risk
    limits: Limits
    partial: bool = False

    def thin(self, size: int) -> Task:
        """The same with fewer scenarios, yet no fewer than the risk takes."""
        size = max(size, self.risk.minimum_draws)
        return replace(self, scenarios=self.scenarios.thin(size), limits=self.limits.thin(size))

    def surface(self, budget: Budget) -> Surface:
        """The designs that use a budget up."""
        return Surface(self.space, self.cost, budget, self.tokens, self.functional, self.partial)


@dataclass(frozen=True, eq=False)
class Design:
    """One design on the surface of a budget.

    Attributes
    ----------
    inputs : mapping of str to float
        Every input of the law, raw.
    place : ndarray, shape (n_coordinates,)
    surface : Surface
    scenarios : Scenarios
        With their discrepancy counted from where this design's forecast starts.
    """

    inputs: Mapping[str, float]
    place: Array
    surface: Surface
    scenarios: Scenarios

    @property
    def columns(self) -> dict[str, Array]:
        """The inputs, each of shape (1,)."""
        return {name: np.atleast_1d(value) for name, value in self.inputs.items()}


def allowed_grid(task: Task, surface: Surface) -> tuple[Array, Array]:
    """Coordinates that limits and budget allow, and the spacing of the grid that they are on.

    Returns
    -------
    points : ndarray, shape (n_points, k)
        No point where nothing is allowed; one where the allowed part is smaller than a cell.
    cell : ndarray, shape (k,)
    """
    points, cell = coarse_grid(surface, _COARSE)
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


def coarse_grid(surface: Surface, counts: Mapping[int, int]) -> tuple[Array, Array]:
    """A grid over a whole surface, with so many points by its coordinates, and its spacing."""
    low, high = surface.low, surface.high
    count = counts.get(len(low), 5)
    return grid(low, high, count), (high - low) / max(count - 1, 1)


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
        place = _narrowed(task, found, place, cell, exact)
        moved, found = _moved(task, surface, place, found)
        if not moved:
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
    inputs = _row(surface, place)
    return Design(inputs, place, surface, task.scenarios.anchored(inputs))


def _row(surface: Surface, place: Array) -> dict[str, float]:
    return {name: float(value) for name, value in surface.at(place).items()}


def _moved(task: Task, surface: Surface, place: Array, last: Design) -> tuple[bool, Design]:
    """The design at a place, and whether its forecast starts from another observed run."""
    found = _designed(task, surface, place)
    first, second = (np.asarray(design.scenarios.origin) for design in (found, last))
    return not np.array_equal(first, second), found


def may_leave_some(task: Task, budget: Budget) -> bool:
    """Whether a design that leaves a part of the budget promises more, by the mean.

    More of everything helps most laws, but not all: more epochs may overfit.
    """
    surface = replace(task, partial=True).surface(budget)
    base, _ = coarse_grid(task.surface(budget), _OWN)
    few = task.scenarios.thin(200)
    points = np.concatenate([np.column_stack([base, np.full(len(base), t)]) for t in _PARTS])
    points = points[task.limits.hard.allow(surface.at(points))]
    if not len(points):
        return False
    value = few.law_curve(surface.at(points)).mean(axis=0)
    used = points[:, -1] == 1
    return not used.any() or bool(value[~used].min(initial=np.inf) < value[used].min() * (1 - 1e-9))


def own_optima(
    task: Task, budget: Budget, scenarios: Scenarios, within: tuple[Array, Array] | None = None
) -> dict[str, Array]:
    """Best design in each scenario by the law's curve, under the budget and the plain inequalities.

    The discrepancy multiplies what a scenario still gains beyond one origin, so it moves no
    scenario's optimum.

    Parameters
    ----------
    task : Task
    budget : Budget
    scenarios : Scenarios
        All or some of the task's.
    within : (ndarray, ndarray), each of shape (n_coordinates,), optional
        Lowest and highest coordinates, see :func:`left_by_limits`.

    Returns
    -------
    dict of str to ndarray, shape (n_draws,)
        Every input of the law.

    Raises
    ------
    ComputationError
        If the inequalities allow nothing.
    """
    surface, hard = task.surface(budget), task.limits.hard
    low, high = within or (surface.low, surface.high)

    def objective(points: Array) -> Array:
        inputs = surface.at(points)
        return np.where(hard.allow(inputs), scenarios.law_curve(inputs), np.inf)

    count = _OWN.get(len(low), 5)
    coarse, cell = grid(low, high, count), (high - low) / max(count - 1, 1)
    coarse = coarse[hard.allow(surface.at(coarse))]
    if not len(coarse):
        coarse, cell = allowed_grid(replace(task, limits=hard), surface)
    if not len(coarse):
        raise ComputationError(
            f"No design in the box keeps the limits under {budget}; widen the box or the budget."
        )
    start = coarse[np.argmin(scenarios.law_curve(surface.at(coarse)), axis=1)]
    place = zoom(objective, start, cell, low, high, to=1e-6)
    for step in (1e-3, 3e-4):
        place = polish(objective, place, low, high, step)
    return surface.at(place)


def left_by_limits(task: Task, design: Design) -> tuple[Array, Array]:
    """Range of each coordinate that all limits leave, which the design belongs to."""
    points, _ = allowed_grid(task, design.surface)
    around = np.concatenate([points, design.place[None]])
    return around.min(axis=0), around.max(axis=0)


def exponents(task: Task, budget: Budget, scenarios: Scenarios) -> dict[str, Array]:
    """Exponent of each free input's optimum in the budget, one per scenario.

    ``d log N* / d log budget``, by a difference over a tenth of a natural-log unit; for
    ``chinchilla`` and a cost of ``6*N*D`` it is ``beta / (alpha + beta)``.
    """
    step = 0.05
    less, more = (
        own_optima(task, replace(budget, amount=budget.amount * math.exp(sign * step)), scenarios)
        for sign in (-1, 1)
    )
    return {name: np.log(more[name] / less[name]) / (2 * step) for name in task.space.free}


def explain_infeasible(task: Task, budget: Budget) -> str:
    """Say which limit binds where no design is allowed, and what would make one possible."""
    bare = replace(task, limits=Limits())
    surface = task.surface(budget)
    points, _ = allowed_grid(bare, surface)
    if not len(points):
        least = {name: ends[0] for name, ends in task.space.box.items()}
        price = float(surface.price(task.space.inputs(least)))
        return (
            f"{budget} does not pay for the smallest design in the box, which costs "
            f"{Budget(price, budget.unit)}; raise the budget or lower the box."
        )
    texts = task.limits.texts
    alone = [k for k in range(len(texts)) if _fails(task, budget, task.limits.only(k))]
    if alone:
        told = " ".join(_reach_of(task, surface, points, k) for k in alone)
        return f"No design under {budget} keeps {texts[alone[0]]}. {told}{_larger(task, budget)}"
    freed = [t for k, t in enumerate(texts) if not _fails(task, budget, task.limits.without(k))]
    drop = f"; without {' or without '.join(freed)} there would be one" if freed else ""
    return (
        f"No design under {budget} keeps {', '.join(texts)} together, though each alone can be "
        f"kept{drop}.{_larger(task, budget)}"
    )


def _fails(task: Task, budget: Budget, limits: Limits) -> bool:
    held = replace(task, limits=limits)
    return not len(allowed_grid(held, held.surface(budget))[0])


def _reach_of(task: Task, surface: Surface, points: Array, k: int) -> str:
    """How near a limit can be come, for one that cannot be kept."""
    limits = task.limits
    if k < len(limits.bounds):
        bound, inputs = limits.bounds[k], surface.at(points)
        left, right = bound.left.evaluate(inputs), bound.right.evaluate(inputs)
        nearest = int(np.argmin(np.broadcast_to(left - right, len(points))))
        sides = (float(np.broadcast_to(side, len(points))[nearest]) for side in (left, right))
        shown = " against ".join(map(format_number, sides))
        return f"{bound.text}: at the nearest {shown}; widen the box."
    inputs = surface.at(points)
    row = limits.probabilities(inputs)[k - len(limits.bounds)]
    most = int(np.argmax(row))
    at = ", ".join(f"{n} = {format_number(float(inputs[n][most]))}" for n in task.space.free)
    return f"The highest probability is {row[most]:.3g}, at {at}: ask for less, or widen the limit."


def _larger(task: Task, budget: Budget) -> str:
    """The first of larger budgets under which the limits can be kept, in a sentence."""
    for factor in 10 ** np.arange(0.5, 4.1, 0.5):
        larger = replace(budget, amount=budget.amount * float(factor))
        if not _fails(task, larger, task.limits):
            return f" It would take about {larger}."
    return " No budget up to 10,000 times as large helps."
