"""Designs beside the best one: which are as good as it, for people need the valley, not a point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayescale.decision.optimum import Design, Task, coarse_grid
from bayescale.decision.search import grid
from bayescale.intervals import bounds, interval_name
from bayescale.law.prior import Array

if TYPE_CHECKING:
    import pandas as pd

# Share of the least risk by which designs of the valley may be worse; of the table's, at most.
AS_GOOD, SHOWN = 0.005, 0.05
_COARSE = {0: 1, 1: 121, 2: 41, 3: 13}
_POINTS = {0: 1, 1: 121, 2: 41, 3: 17}
_MOST = 1_000_000
_ROWS = 25


def beside(task: Task, design: Design, mass: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Designs that use the same budget.

    Parameters
    ----------
    task : Task
    design : Design
        The best.
    mass : float
        Of the equal-tailed intervals.

    Returns
    -------
    table : pandas.DataFrame
        Designs up to 5% worse, by their first free input, the best of them for each of its
        values; see :attr:`bayescale.Plan.table`.
    valley : pandas.DataFrame
        By free input: the chosen value, the lowest and highest of the designs within 0.5%.
    """
    import pandas as pd

    surface, k = design.surface, len(design.place)
    coarse, _ = coarse_grid(surface, _COARSE)
    low, high = _window(task, design, coarse)
    points = np.concatenate([grid(low, high, _POINTS.get(k, 5)), design.place[None]])
    value, best = _risks(task, design, points)
    within = value <= best + AS_GOOD * abs(best)
    within[within] = task.limits.allow({n: v[within] for n, v in surface.at(points).items()})
    within[-1] = True
    inputs = {n: v[within] for n, v in surface.at(points).items()}
    valley = pd.DataFrame(
        [(n, design.inputs[n], inputs[n].min(), inputs[n].max()) for n in task.space.free],
        columns=["input", "chosen", "lower", "upper"],
    ).set_index("input")
    rows = _rows(points, np.where(within, value, value + abs(best) * SHOWN), value)
    return _described(task, design, points[rows], mass), valley


def _window(task: Task, design: Design, coarse: Array) -> tuple[Array, Array]:
    """Where along each coordinate the designs are that are shown."""
    value, best = _risks(task, design, coarse)
    shown = coarse[value <= best + SHOWN * abs(best)]
    around = np.concatenate([shown, design.place[None]])
    return around.min(axis=0), around.max(axis=0)


def _risks(task: Task, design: Design, points: Array) -> tuple[Array, float]:
    """Risk of designs and of the best, in as many scenarios as there is time for; else infinite."""
    inputs = design.surface.at(points)
    payable = np.all([np.isfinite(value) for value in inputs.values()], axis=0)
    size = max(_MOST // max(len(points), 1), task.risk.minimum_draws, 200)
    few = design.scenarios.thin(size)
    value = np.full(len(points), np.inf)
    value[payable] = task.risk.rank(few({name: v[payable] for name, v in inputs.items()}))
    return value, float(task.risk.rank(few(design.columns))[0])


def _rows(points: Array, rank: Array, value: Array) -> Sequence[int]:
    """The best point for each value of the first coordinate, thinned to a table, in order."""
    if points.shape[1] == 0:
        return [len(points) - 1]
    best: dict[float, int] = {}
    for row in np.flatnonzero(np.isfinite(value)):
        place = float(points[row, 0])
        if place not in best or rank[row] < rank[best[place]]:
            best[place] = int(row)
    rows = [best[place] for place in sorted(best)]
    kept = set(np.linspace(0, len(rows) - 1, min(_ROWS, len(rows))).round().astype(int).tolist())
    return [r for k, r in enumerate(rows) if k in kept or r == len(points) - 1]


def _described(task: Task, design: Design, points: Array, mass: float) -> pd.DataFrame:
    """Designs with their cost, response, risk, and probabilities of the limits."""
    import pandas as pd

    surface = design.surface
    inputs = surface.at(points)
    draws = design.scenarios(inputs)
    middle, lower, upper = bounds(draws, mass)
    risk = task.risk.rank(draws)
    best = float(task.risk.rank(design.scenarios(design.columns))[0])
    columns = {"cost": surface.price(inputs), "median": middle, "lower": lower, "upper": upper}
    table = pd.DataFrame({**inputs, **columns, "risk": risk, "risk_error": task.risk.error(draws)})
    limits = task.limits
    if limits.chances:
        names = [chance.name for chance in limits.chances]
        found = limits.probabilities(inputs)
        for name, row in zip(names, found, strict=False):
            table[name] = row
        if len(names) > 1:
            table["all together"] = found[-1]
    table["allowed"] = limits.allow(inputs)
    table["in_valley"] = table["allowed"] & (risk <= best + AS_GOOD * abs(best))
    table["reach"] = task.scenarios.reach(inputs)
    table["interval"] = interval_name(mass)
    return table
