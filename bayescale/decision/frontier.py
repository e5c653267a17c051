"""The path over budgets, and the smallest budget that meets a target."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from bayescale.decision.cost import Budget
from bayescale.decision.describe import BOUNDS, describe
from bayescale.decision.optimum import best_design, own_optima
from bayescale.decision.task import Design, Task
from bayescale.delegates import later
from bayescale.forecast.scenarios import Scenarios
from bayescale.intervals import interval_name, named_bounds
from bayescale.law.prior import Array

# Scenarios in which designs along the path are looked for; their risks are of all scenarios.
_FEW = 1000
_DECADES, _BUDGETS, _EXACT = 2, 9, 1e-5
_HALVINGS = 8
_ENDLESS = 1e300


@dataclass(frozen=True, eq=False)
class Smallest:
    """The smallest budget under which a plan meets a target.

    Attributes
    ----------
    target : float
        The response must lie below, in its unit.
    wanted : float
        Probability.
    budget : Budget or None
        None where no budget does.
    inputs : mapping of str to float
        The plan's design under it; empty where there is none.
    probability : float
        Of meeting the target there; where no budget does, without any bound on the scale.
    most : float
        The same within the box and the limits.
    floor : mapping of str to float
        Where no budget does, what is left of the response without any bound on the scale: median
        as ``floor``, 90% interval as ``floor_lower`` and ``floor_upper``; empty for a law that
        has no floor.
    task : Task
    """

    target: float
    wanted: float
    budget: Budget | None
    inputs: dict[str, float]
    probability: float
    most: float
    floor: dict[str, float]
    task: Task = field(repr=False)

    @property
    def error(self) -> float:
        """Monte Carlo standard error of the probability."""
        return float(np.sqrt(self.probability * (1 - self.probability) / self.n_draws))

    @property
    def n_draws(self) -> int:
        """Scenarios that the probabilities were counted over."""
        return self.task.scenarios.n_draws

    @cached_property
    def text(self) -> str:
        """The budget, or why there is none, in a sentence."""
        return str(later("smallest_sentence")(self))


def path(task: Task, design: Design, mass: float, aim: float | None) -> pd.DataFrame:
    """Plans for budgets two decades either way; see :attr:`bayescale.Plan.frontier`.

    Parameters
    ----------
    task : Task
    design : Design
        Of the plan, in the middle of the path.
    mass : float
    aim : float or None
        Response to lie below, whose probability is told.
    """
    few, budget = task.thin(_FEW), task.budget.amount
    budgets = [budget * float(factor) for factor in np.logspace(-_DECADES, _DECADES, _BUDGETS)]
    found = [best_design(few.under(each), _EXACT) if each != budget else design for each in budgets]
    rows = pd.DataFrame({"budget": budgets, "possible": [each is not None for each in found]})
    names, free = task.scenarios.law.input_symbols, task.space.free
    inputs = pd.DataFrame([each.inputs for each in found if each is not None])
    columns = {name: inputs[name].to_numpy() for name in names}
    known = describe(task, columns, mass)[[*names, *BOUNDS, "risk", "reach"]]
    known["on_edge"] = task.space.held(columns)
    if aim is not None:
        known["probability"] = (task.scenarios(columns) < aim).mean(axis=0)
    known["interval"] = f"{interval_name(mass)} of {task.scenarios.meaning}"
    optima = [own_optima(few.unlimited.under(each)) for each in rows["budget"][rows["possible"]]]
    for name in free:
        draws = np.transpose([own[name] for own in optima])
        known = known.assign(**named_bounds(draws, mass, f"{name}*_", f"{name}*"))
    return rows.join(known.set_index(rows.index[rows["possible"]]))


def smallest_budget(task: Task, aim: float, wanted: float) -> Smallest:
    """Find the smallest budget whose plan lies below an aim with a wanted probability.

    Parameters
    ----------
    task : Task
        The search starts from its budget.
    aim : float
        In the response's unit.
    wanted : float
        Probability that the response of the plan's design lies below the aim.
    """
    few, step = task.thin(_FEW), 10**0.5
    least, most = (
        float(task.price(task.space.inputs({n: ends[k] for n, ends in task.space.box.items()})))
        for k in (0, 1)
    )

    def at(amount: float) -> tuple[float, Design | None]:
        found = best_design(few.under(amount), _EXACT)
        return (0.0 if found is None else _chance(task.scenarios(found.columns), aim)), found

    low = high = min(max(task.budget.amount, least), most)
    probability, design = at(high)
    highest = probability
    while probability < wanted and high < most:
        low, high = high, min(high * step, most)
        probability, design = at(high)
        highest = max(highest, probability)
    if probability < wanted or design is None:
        left = None if design is None else floor(task.scenarios)
        endless = highest if left is None else _chance(left, aim)
        found = {} if left is None else named_bounds(left, 0.9, "floor_", "floor")
        ends = {name: float(value) for name, value in found.items()}
        return Smallest(aim, wanted, None, {}, endless, highest, ends, task)
    while low > least and (low == high or at(low)[0] >= wanted):
        low, high = max(low / step, least), low
    for _ in range(_HALVINGS):
        middle = float(np.sqrt(low * high))
        reached = at(middle)[0] >= wanted
        low, high = (low, middle) if reached else (middle, high)
    probability, design = at(high)
    inputs = {} if design is None else dict(design.inputs)
    enough = task.under(high).budget
    return Smallest(aim, wanted, enough, inputs, probability, probability, {}, task)


def _chance(response: Array, aim: float) -> float:
    return float((response < aim).mean())


def floor(curve: Scenarios) -> Array | None:
    """What is left of a law's curve when every input grows without bound, shape (n_draws,).

    None for a law that has no such limit.
    """
    endless = {name: np.array([_ENDLESS]) for name in curve.law.input_symbols}
    with np.errstate(over="ignore", invalid="ignore"):
        found = curve.at_own(endless)[:, 0]
    return found if np.isfinite(found).all() else None
