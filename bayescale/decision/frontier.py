"""The path over budgets, and the smallest budget that meets a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bayescale.decision.cost import Budget
from bayescale.decision.limits import Limits
from bayescale.decision.optimum import Design, Task, best_design, own_optima
from bayescale.forecast.scenarios import Scenarios
from bayescale.intervals import bounds, interval_name
from bayescale.law.prior import Array
from bayescale.numbers import format_number

if TYPE_CHECKING:
    import pandas as pd

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
    text : str
    """

    target: float
    wanted: float
    budget: Budget | None
    inputs: dict[str, float]
    probability: float
    text: str


def path(task: Task, design: Design, mass: float, target: float | None) -> pd.DataFrame:
    """Plans for budgets two decades either way; see :attr:`bayescale.Plan.frontier`."""
    import pandas as pd

    budget, few = design.surface.budget, task.thin(_FEW)
    factors = np.logspace(-_DECADES, _DECADES, _BUDGETS)
    budgets = [replace(budget, amount=budget.amount * float(factor)) for factor in factors]
    found = [best_design(few, each, _EXACT) if each != budget else design for each in budgets]
    rows = pd.DataFrame(
        {
            "budget": [each.amount for each in budgets],
            "possible": [each is not None for each in found],
        }
    )
    designs = [each for each in found if each is not None]
    own = _bands(few, [each.surface.budget for each in designs], mass)
    known = _described(task, designs, mass, target).join(own)
    return rows.join(known.set_index(rows.index[rows["possible"]]))


def _described(
    task: Task, designs: Sequence[Design], mass: float, target: float | None
) -> pd.DataFrame:
    """What all scenarios say of designs, a row each."""
    import pandas as pd

    names = task.scenarios.law.input_symbols
    inputs = {name: np.array([each.inputs[name] for each in designs]) for name in names}
    draws = task.scenarios(inputs)
    middle, lower, upper = bounds(draws, mass)
    table = pd.DataFrame(
        {**inputs, "median": middle, "lower": lower, "upper": upper, "risk": task.risk.rank(draws)}
    )
    table["reach"] = task.scenarios.reach(inputs)
    if target is not None:
        table["probability"] = (draws < target).mean(axis=0)
    table["interval"] = interval_name(mass)
    return table


def _bands(few: Task, budgets: Sequence[Budget], mass: float) -> pd.DataFrame:
    import pandas as pd

    free, rows = replace(few, limits=Limits()), []
    for budget in budgets:
        own = own_optima(free, budget, free.scenarios)
        row: dict[str, float] = {}
        for name in few.space.free:
            ends = (float(value) for value in bounds(own[name], mass))
            row |= dict(
                zip((f"{name}*{end}" for end in ("", "_lower", "_upper")), ends, strict=True)
            )
        rows.append(row)
    return pd.DataFrame(rows)


def smallest_budget(task: Task, budget: Budget, target: float, wanted: float) -> Smallest:
    """Find the smallest budget whose plan lies below a target with a wanted probability.

    Parameters
    ----------
    task : Task
    budget : Budget
        Where the search starts.
    target : float
    wanted : float
        Probability that the response of the plan's design lies below the target.
    """
    highest = {name: ends[1] for name, ends in task.space.box.items()}
    surface = task.surface(budget)
    most = float(surface.price(task.space.inputs(highest)))
    least = float(surface.price(task.space.inputs({n: e[0] for n, e in task.space.box.items()})))
    step, few = 10**0.5, task.thin(_FEW)

    def at(amount: float) -> tuple[float, Design | None]:
        found = best_design(few, replace(budget, amount=amount), _EXACT)
        return (0.0 if found is None else _chance(task.scenarios, found, target)), found

    low = high = min(max(budget.amount, least), most)
    probability, design = at(high)
    while probability < wanted and high < most:
        low, high = high, min(high * step, most)
        probability, design = at(high)
    if probability < wanted or design is None:
        return _out_of_reach(task, design, target, wanted, probability)
    while low == high or at(low)[0] >= wanted:
        if low <= least:
            break
        low, high = max(low / step, least), low
    for _ in range(_HALVINGS):
        middle = float(np.sqrt(low * high))
        reached = at(middle)[0] >= wanted
        low, high = (low, middle) if reached else (middle, high)
    probability, design = at(high)
    return _reached(task, replace(budget, amount=high), design, target, wanted, probability)


def _chance(scenarios: Scenarios, design: Design, target: float) -> float:
    return float((scenarios(design.columns) < target).mean())


def _reached(
    task: Task,
    budget: Budget,
    design: Design | None,
    target: float,
    wanted: float,
    probability: float,
) -> Smallest:
    inputs = dict(design.inputs) if design else {}
    at = ", ".join(f"{name} = {format_number(inputs[name])}" for name in task.space.free)
    symbol = task.scenarios.law.response.symbol
    return Smallest(
        target,
        wanted,
        budget,
        inputs,
        probability,
        f"The smallest budget with P({symbol} < {target:g}) >= {wanted:.0%} is {budget}: {at}, "
        f"with a probability of {probability:.1%}.",
    )


def _out_of_reach(
    task: Task, design: Design | None, target: float, wanted: float, probability: float
) -> Smallest:
    """Why no budget meets a target: the floor, or the box and the limits."""
    symbol = task.scenarios.law.response.symbol
    short = f"No budget gives P({symbol} < {target:g}) >= {wanted:.0%}"
    boxed = f"in this box and within the limits it is at most {probability:.1%}"
    low = None if design is None else floor(design.scenarios)
    if low is None:
        return Smallest(target, wanted, None, {}, probability, f"{short}: {boxed}.")
    endless = float((low < target).mean())
    middle, lower, upper = (float(value) for value in bounds(low, 0.9))
    text = (
        f"{short}: {boxed}, and without any bound on the scale {endless:.1%}, because the floor of "
        f"{symbol} is {middle:.4g} ({interval_name(0.9)}: {lower:.4g} to {upper:.4g})."
    )
    return Smallest(target, wanted, None, {}, endless, text)


def floor(scenarios: Scenarios) -> Array | None:
    """What is left of the response when every input grows without bound, shape (n_draws,).

    None for a law that has no such limit.
    """
    endless = {name: np.array([_ENDLESS]) for name in scenarios.law.input_symbols}
    with np.errstate(over="ignore", invalid="ignore"):
        found = replace(scenarios, error=None).at_own(endless)[:, 0]
    return found if np.isfinite(found).all() else None
