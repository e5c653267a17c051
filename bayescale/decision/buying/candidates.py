"""Runs that might be bought next: read as a person gives them, or laid out under a cost cap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from bayescale.decision.cost import Budget, Cost, Unit, read_budget, write_amount
from bayescale.decision.space import derived_with
from bayescale.errors import InputError
from bayescale.forecast.scenarios import Scenarios
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import write_point
from bayescale.runs.points import read_points

COST = "cost"
# Values of each free input in a grid that nobody gave.
_GRID = {1: 24, 2: 10}
_FEW = 5


@dataclass(frozen=True)
class Candidates:
    """Runs that might be bought.

    Attributes
    ----------
    points : pandas.DataFrame, shape (n_candidates, n_inputs)
        Raw inputs.
    cost : ndarray, shape (n_candidates,)
        Of training.
    unit : {"FLOPs", "$"}
        Of the costs.
    """

    points: pd.DataFrame
    cost: Array
    unit: Unit

    def __len__(self) -> int:
        return len(self.cost)

    def written(self, row: int) -> str:
        """One of them as a person types it: ``N=7B, D=140B``."""
        return write_point(self.points.iloc[row].to_dict())

    def price(self, row: int) -> str:
        """Its cost with its unit."""
        return write_amount(float(self.cost[row]), self.unit)

    def total(self, cap: Any, count: int) -> float:
        """What so many of them may cost together, as a number of their unit.

        Raises
        ------
        InputError
            For a cap in another unit, or one that pays for fewer.
        """
        if cap is None:
            return float("inf")
        most, least = read_budget(cap), count * float(self.cost.min())
        if most.unit != self.unit:
            raise InputError(f"The total cap is in {most.unit}, the costs are in {self.unit}.")
        if least > most.amount * (1 + 1e-9):
            raise InputError(
                f"{count} runs cost at least {write_amount(least, self.unit)}, more than the total "
                f"cap of {most}: choose fewer, or raise it."
            )
        return most.amount


def columns(points: pd.DataFrame) -> dict[str, Array]:
    """Raw inputs by symbol, each of shape (n_points,)."""
    return {str(name): points[name].to_numpy(dtype=float) for name in points}


def read_candidates(
    given: Any, scenarios: Scenarios, targets: pd.DataFrame, cost: Cost, unit: Unit, cost_cap: Any
) -> Candidates:
    """Read candidates, or lay out a grid of them.

    Parameters
    ----------
    given : mapping, pandas.DataFrame or None
        Raw inputs, human numbers too. A column ``cost`` holds quoted costs in the place of the
        formula's. None for a grid, which takes a cap: log-spaced, from the smallest observed
        value of each input to the largest observed or wanted one.
    scenarios : Scenarios
    targets : pandas.DataFrame
    cost : Cost
    unit : {"FLOPs", "$"}
        Of the costs, unless they are quoted.
    cost_cap : float, str or None
        What one run may cost at most.

    Raises
    ------
    InputError
        For candidates that the law does not take, none at all, costs that are not positive,
        and a cap that leaves none.
    """
    law, derive = scenarios.law, derived_with(scenarios, cost)
    cap = None if cost_cap is None else read_budget(cost_cap)
    unit, quoted = cap.unit if cap else unit, None
    if given is not None:
        points, quoted = _given(given, law, derive)
    elif cap is not None:
        points = _grid(scenarios, targets, derive)
    else:
        raise InputError("Say which runs may be bought: give candidates, or a cost cap.")
    priced = _priced(points, law, cost, unit) if quoted is None else _quoted(points, quoted)
    return priced if cap is None else _under(cap, priced)


def _under(cap: Budget, found: Candidates) -> Candidates:
    """Those that cost no more."""
    if cap.unit != found.unit:
        raise InputError(f"The cost cap is in {cap.unit}, the costs are in {found.unit}.")
    kept = found.cost <= cap.amount * (1 + 1e-9)
    if not kept.any():
        raise InputError(
            f"No candidate costs at most {cap}: the cheapest costs "
            f"{found.price(int(found.cost.argmin()))}. Raise the cap, or give smaller runs."
        )
    return Candidates(found.points[kept].reset_index(drop=True), found.cost[kept], found.unit)


def _given(given: Any, law: Law, derive: Mapping[str, str]) -> tuple[pd.DataFrame, Any]:
    """Their inputs, and their costs where they are quoted."""
    if not isinstance(given, Mapping | pd.DataFrame):
        raise InputError(
            "Candidates are a mapping such as {'N': ['1B', '3B'], 'D': '60B'} or a DataFrame, "
            f"not {type(given).__name__}."
        )
    if not len(given) or any(np.ndim(cells) and not len(cells) for _, cells in given.items()):
        raise InputError("The table of candidates is empty; give at least one run.")
    if COST not in given or COST in law.input_symbols:
        return read_points(given, law, derive=derive), None
    cells = dict(given.items())
    quoted = cells.pop(COST)
    inputs = given if isinstance(given, pd.DataFrame) else cells
    return read_points(inputs, law, derive=derive), quoted


def _quoted(points: pd.DataFrame, own: Any) -> Candidates:
    """With costs as they are quoted."""
    cells = np.atleast_1d(np.asarray(own, dtype=object)).tolist()
    if len(cells) not in (1, len(points)):
        raise InputError(f"There are {len(points)} candidates and {len(cells)} costs.")
    read = []
    for row, cell in enumerate(cells):
        try:
            read.append(read_budget(cell))
        except InputError as fault:
            raise InputError(
                f"The cost of candidate {row} must be a positive number such as 1e21 or '$40K'; "
                f"it is {cell!r}."
            ) from fault
    if len({one.unit for one in read}) > 1:
        raise InputError("The costs of candidates are either all in dollars or all in FLOPs.")
    amounts = np.array([one.amount for one in read])
    return Candidates(points, np.array(np.broadcast_to(amounts, len(points))), read[0].unit)


def _priced(points: pd.DataFrame, law: Law, cost: Cost, unit: Unit) -> Candidates:
    """With costs by the formula of training."""
    cost.check(law.input_symbols, law.name)
    flops = np.broadcast_to(cost.training_flops(columns(points)), len(points))
    found = np.asarray(flops * (cost.dollars_per_flop() if unit == "$" else 1.0))
    bad = np.flatnonzero(~(np.isfinite(found) & (found > 0)))
    priced = Candidates(points, found, unit)
    if bad.size:
        raise InputError(
            f"Candidate {bad[0]} ({priced.written(bad[0])}) costs {found[bad[0]]:g} by "
            f"the formula {cost.train!r}; a run costs more than nothing."
        )
    return priced


def _grid(scenarios: Scenarios, targets: pd.DataFrame, derive: Mapping[str, str]) -> pd.DataFrame:
    law, seen = scenarios.law, scenarios.observed
    free = [item for item in law.inputs if item.symbol not in derive]
    count = _GRID.get(len(free), _FEW)
    axes = {}
    for item in free:
        values = seen[item.symbol][seen[item.symbol] > 0]
        top = max(values.max(), float(targets[item.symbol].max()))
        axes[item.symbol] = np.geomspace(values.min(), top, count)
    rows = pd.DataFrame(product(*axes.values()), columns=list(axes))
    for item in free:
        if item.at_most in rows:
            rows = rows[rows[item.symbol] <= rows[item.at_most]]
    return read_points(rows, law, derive=derive)
