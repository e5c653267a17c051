"""Runs that might be bought next: read as a person gives them, or laid out under a cost cap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.decision.buying.purchases import columns
from bayescale.decision.cost import Budget, Cost, Unit, read_budget, write_amount
from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula
from bayescale.forecast.scenarios import Scenarios
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import format_number
from bayescale.runs.points import read_points

if TYPE_CHECKING:
    import pandas as pd

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

    def inputs(self) -> dict[str, Array]:
        """Raw inputs by symbol, each of shape (n_candidates,)."""
        return columns(self.points)

    def written(self, row: int) -> str:
        """One of them as a person types it: ``N=7B, D=140B``."""
        return write_point(self.points.iloc[row])

    def price(self, row: int) -> str:
        """Its cost with its unit."""
        return write_amount(float(self.cost[row]), self.unit)


def write_point(point: Mapping[str, float] | pd.Series) -> str:
    """Write a point as a person types it: ``N=7B, D=140B``."""
    return ", ".join(f"{name}={format_number(float(value))}" for name, value in point.items())


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
    law, derive = scenarios.law, derived(scenarios, cost)
    cap = None if cost_cap is None else read_budget(cost_cap)
    unit = cap.unit if cap else unit
    if given is None:
        if cap is None:
            raise InputError("Say which runs may be bought: give candidates, or a cost cap.")
        points, quoted = _grid(scenarios, targets, derive), None
    else:
        points, quoted, unit = _given(given, law, derive, unit)
    costs = _costs(points, law, cost, unit) if quoted is None else quoted
    if cap is not None and cap.unit != unit:
        raise InputError(f"The cost cap is in {cap.unit}, the costs are in {unit}.")
    if cap is not None:
        kept = costs <= cap.amount * (1 + 1e-9)
        if not kept.any():
            raise InputError(
                f"No candidate costs at most {cap}: the cheapest costs "
                f"{write_amount(float(costs.min()), unit)}. Raise the cap, or give smaller runs."
            )
        points, costs = points[kept].reset_index(drop=True), costs[kept]
    return Candidates(points, costs, unit)


def _given(
    given: Any, law: Law, derive: Mapping[str, str], unit: Unit
) -> tuple[pd.DataFrame, Array | None, Unit]:
    import pandas as pd

    if not isinstance(given, Mapping | pd.DataFrame):
        raise InputError(
            "Candidates are a mapping such as {'N': ['1B', '3B'], 'D': '60B'} or a DataFrame, "
            f"not {type(given).__name__}."
        )
    if not len(given) or any(np.ndim(cells) and not len(cells) for _, cells in given.items()):
        raise InputError("The table of candidates is empty; give at least one run.")
    own = given[COST] if COST in given and COST not in law.input_symbols else None
    if isinstance(given, pd.DataFrame):
        rest: Any = given
    else:
        rest = {name: cells for name, cells in given.items() if own is None or name != COST}
    points = read_points(rest, law, derive=derive)
    if own is None:
        return points, None, unit
    return points, *_quotes(own, len(points))


def _quotes(own: Any, count: int) -> tuple[Array, Unit]:
    cells = np.atleast_1d(np.asarray(own, dtype=object)).tolist()
    if len(cells) not in (1, count):
        raise InputError(f"There are {count} candidates and {len(cells)} costs.")
    read = [_quoted(k, cell) for k, cell in enumerate(cells)]
    if len({one.unit for one in read}) > 1:
        raise InputError("The costs of candidates are either all in dollars or all in FLOPs.")
    amounts = np.array([one.amount for one in read])
    return np.array(np.broadcast_to(amounts, count)), read[0].unit


def _quoted(row: int, cell: Any) -> Budget:
    try:
        return read_budget(cell)
    except InputError as fault:
        raise InputError(
            f"The cost of candidate {row} must be a positive number such as 1e21 or '$40K'; it "
            f"is {cell!r}."
        ) from fault


def _costs(points: pd.DataFrame, law: Law, cost: Cost, unit: Unit) -> Array:
    cost.check(law.input_symbols, law.name)
    flops = np.broadcast_to(cost.training_flops(columns(points)), len(points))
    found = np.asarray(flops * (cost.dollars_per_flop() if unit == "$" else 1.0))
    bad = np.flatnonzero(~(np.isfinite(found) & (found > 0)))
    if bad.size:
        raise InputError(
            f"Candidate {bad[0]} ({write_point(points.iloc[bad[0]])}) costs {found[bad[0]]:g} by "
            f"the formula {cost.train!r}; a run costs more than nothing."
        )
    return found


def derived(scenarios: Scenarios, cost: Cost) -> dict[str, str]:
    """Formulas of inputs that follow from others: as in the runs; compute also from the cost."""
    derive = dict(scenarios.members[0].derive)
    symbols, needed = scenarios.law.input_symbols, Formula(cost.train).names
    for item in scenarios.law.inputs:
        others = {symbol for symbol in symbols if symbol != item.symbol}
        if item.unit == "FLOPs" and item.symbol not in derive and set(needed) <= others:
            derive[item.symbol] = cost.train
    return derive


def _grid(scenarios: Scenarios, targets: pd.DataFrame, derive: Mapping[str, str]) -> pd.DataFrame:
    import pandas as pd

    law, seen = scenarios.law, scenarios.observed
    free = [item for item in law.inputs if item.symbol not in derive]
    count = _GRID.get(len(free), _FEW)
    axes = []
    for item in free:
        values = seen[item.symbol][seen[item.symbol] > 0]
        top = max(values.max(), float(targets[item.symbol].max()))
        axes.append(np.geomspace(values.min(), top, count))
    rows = pd.DataFrame(list(product(*axes)), columns=[item.symbol for item in free])
    for item in free:
        if item.at_most in rows:
            rows = rows[rows[item.symbol] <= rows[item.at_most]]
    return read_points(rows, law, derive=derive)
