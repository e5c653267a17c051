"""Designs beside the best one: which are as good as it, for people need the valley, not a point."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bayescale.decision.describe import describe
from bayescale.decision.optimum import COARSE
from bayescale.decision.search import coarse_grid
from bayescale.decision.task import Design, Task
from bayescale.law.prior import Array

# Share of the least risk by which designs of the valley may be worse; of the table's, at most.
AS_GOOD, SHOWN = 0.005, 0.05
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
    surface = design.surface
    coarse = _with(design, coarse_grid(surface.low, surface.high, COARSE)[0])
    shown = coarse[_within(_risks(task, design, coarse), SHOWN)]
    points = _with(design, coarse_grid(shown.min(axis=0), shown.max(axis=0), _POINTS)[0])
    value = _risks(task, design, points)
    within = _within(value, AS_GOOD)
    within[within] = task.limits.allow(surface.at(points[within]))
    within[-1] = True
    inputs = surface.at(points[within])
    valley = pd.DataFrame(
        [(n, design.inputs[n], inputs[n].min(), inputs[n].max()) for n in task.space.free],
        columns=["input", "chosen", "lower", "upper"],
    ).set_index("input")
    rank = np.where(within, value, value + abs(value[-1]) * SHOWN)
    return _table(task, design, points[_rows(points, rank)], mass), valley


def _with(design: Design, points: Array) -> Array:
    """Points with the best one as the last."""
    return np.concatenate([points, design.place[None]])


def _within(value: Array, share: float) -> Array:
    """Which risks are worse than the last by no more than a share of it."""
    return np.asarray(value <= value[-1] + share * abs(value[-1]))


def _risks(task: Task, design: Design, points: Array) -> Array:
    """In as many scenarios as there is time for; infinite where the budget does not pay."""
    inputs = design.surface.at(points)
    payable = np.all([np.isfinite(value) for value in inputs.values()], axis=0)
    few = design.scenarios.thin(max(_MOST // len(points), task.risk.minimum_draws, 200))
    value = np.full(len(points), np.inf)
    value[payable] = task.risk.rank(few({name: v[payable] for name, v in inputs.items()}))
    return value


def _rows(points: Array, rank: Array) -> list[int]:
    """The best point for each value of the first coordinate, thinned to a table, in order."""
    place = points[:, 0] if points.shape[1] else np.zeros(len(points))
    frame = pd.DataFrame({"place": place, "rank": rank})
    best = frame[np.isfinite(rank)].groupby("place")["rank"].idxmin()
    kept = set(np.linspace(0, len(best) - 1, min(_ROWS, len(best))).round().astype(int).tolist())
    return [row for k, row in enumerate(best) if k in kept or row == len(points) - 1]


def _table(task: Task, design: Design, points: Array, mass: float) -> pd.DataFrame:
    inputs, unit = design.surface.at(points), design.surface.budget.unit
    table = describe(task, inputs, unit, mass, design.scenarios)
    best = task.risk.rank(design.scenarios(design.columns))
    good = table["allowed"] & _within(np.append(table["risk"], best), AS_GOOD)[:-1]
    table.insert(list(table).index("reach"), "in_valley", good)
    return table
