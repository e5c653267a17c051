"""What is decided as tables, and how they are shown: designs, those beside the best, limits.

People need the valley, not a point: which designs are as good as the best one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from bayescale.decision.limits import Limits
from bayescale.decision.optimum import COARSE, exponents
from bayescale.decision.search import coarse_grid
from bayescale.decision.task import Design, Task
from bayescale.errors import Problem
from bayescale.forecast.notes import lines
from bayescale.intervals import bounds, interval_name, named_bounds
from bayescale.law.prior import Array
from bayescale.numbers import brief

# Share of the least risk by which designs of the valley may be worse; of the table's, at most.
AS_GOOD, SHOWN = 0.005, 0.05
BOUNDS = ["median", "lower", "upper"]
_POINTS = {0: 1, 1: 121, 2: 41, 3: 17}
_MOST = 1_000_000
_ROWS = 25


def as_text(shown: Iterable[object], notes: Iterable[Problem]) -> str:
    """For a Python prompt: sentences and tables, then cautions."""
    return "\n".join([*map(str, shown), *lines(notes, width=80)])


def as_html(text: str, tables: Iterable[pd.DataFrame], notes: Iterable[Problem]) -> str:
    """For a notebook: sentences, tables, then cautions."""
    said, cautions = text.split("\n"), lines(notes)
    shown = [table.to_html(float_format=brief) for table in tables]
    before, after = ([f"<p>{escape(line)}</p>" for line in part] for part in (said, cautions))
    return "".join([*before, *shown, *after])


def describe(task: Task, inputs: Mapping[str, Array], mass: float) -> pd.DataFrame:
    """Designs in all that is known of them; callers take the columns that they show.

    Parameters
    ----------
    task : Task
    inputs : mapping of str to ndarray, shape (n_designs,)
        Every input of the law, raw.
    mass : float
        Of the equal-tailed intervals.

    Returns
    -------
    pandas.DataFrame
        A row per design: inputs, ``cost``, ``median``, ``lower``, ``upper``, ``risk``,
        ``risk_error``, by its name the probability of each limit on a fit and ``all together``
        where there are several, ``allowed``, ``reach``, ``interval``.
    """
    draws = task.scenarios(inputs)
    table = pd.DataFrame({name: inputs[name] for name in task.scenarios.law.input_symbols})
    table["cost"] = task.price(inputs)
    table = table.assign(**named_bounds(draws, mass))
    table["risk"], table["risk_error"] = task.risk.rank(draws), task.risk.error(draws)
    table = table.join(describe_chances(task.limits, inputs))
    table["reach"] = task.scenarios.reach(inputs)
    return table.assign(interval=f"{interval_name(mass)} of {task.scenarios.meaning}")


def describe_chances(limits: Limits, inputs: Mapping[str, Array]) -> pd.DataFrame:
    """Limits at designs: probability of each on a fit, of all together, whether they are kept.

    Parameters
    ----------
    limits : Limits
    inputs : mapping of str to ndarray, shape (n_designs,)

    Returns
    -------
    pandas.DataFrame
        A row per design: by its name the probability of each limit on a fit, ``all together``
        where there are several, ``allowed``.
    """
    table = pd.DataFrame({"allowed": limits.allow(inputs)})
    if limits.chances:
        names = [*(chance.name for chance in limits.chances), "all together"]
        for k, (name, found) in enumerate(zip(names, limits.probabilities(inputs), strict=True)):
            if k == 0 or len(names) > 2:
                table.insert(k, name, found)
    return table


def describe_limits(task: Task, design: Design, unlimited: Design) -> pd.DataFrame:
    """Limits at a design, see :attr:`bayescale.Plan.limits`; the other is best without them."""
    limits, sure = task.limits, np.ones(len(task.limits.bounds))
    found = limits.probabilities(design.columns)[:, 0] if limits.chances else [np.nan]
    table = pd.DataFrame(
        {"probability": [*sure, *found], "wanted": [*sure, *limits.wanted], "binds": False},
        pd.Index([*limits.texts, "all of them"][: len(limits.each) + 1], name="limit"),
    )
    for k in range(len(limits.texts)):
        table.iloc[k, 2] = not limits.only(k).allow(unlimited.columns)[0]
    together = limits.joint is not None or len(limits.chances) > 1
    return table if together else table.iloc[:-1]


def describe_choice(task: Task, design: Design, mass: float) -> pd.Series:
    """The design of a plan, see :attr:`bayescale.Plan.choice`; refused where draws are too few."""
    task.risk(task.scenarios(design.columns))
    row = describe(task, design.columns, mass).iloc[0]
    cost, demand = task.pricing.cost, task.pricing.demand
    row["training_flops"] = float(cost.training_flops(design.inputs))
    served = cost.serving_flops(design.inputs, demand) if cost.serves else np.zeros(1)
    row["serving_flops"] = float(served.mean())
    spent = ["cost", "training_flops", "serving_flops"]
    shown = [*design.inputs, *spent, *BOUNDS, "risk", "risk_error", "reach"]
    return row[shown].astype(float).rename("choice")


def describe_optimum(task: Task, own: Mapping[str, Array], mass: float) -> pd.DataFrame:
    """Posterior of the scenarios' own optimum, see :attr:`bayescale.Plan.optimum`."""
    free, growth, held = task.space.free, exponents(task), task.space.held(own).mean()
    rows: dict[str, Any] = {f"{name}*": bounds(own[name], mass) for name in free}
    for name in free:
        inside = growth[name][~np.isnan(growth[name])]
        most = 2 * len(inside) > len(growth[name])
        rows[f"exponent of {name}*"] = bounds(inside, mass) if most else (np.nan,) * 3
    found = pd.DataFrame.from_dict(rows, "index", columns=BOUNDS).rename_axis("optimum")
    return found.astype(float).assign(on_edge=held, interval=interval_name(mass))


def describe_alternatives(
    task: Task, design: Design, unlimited: Design, by_mean: Design, mass: float
) -> pd.DataFrame:
    """What a plan would be under other assumptions, see :attr:`bayescale.Plan.alternatives`."""
    found = {"this plan": design}
    if task.limits.texts:
        found["without limits"] = unlimited
    if by_mean is not design:
        found["by the mean"] = by_mean
    rows = [describe(task, each.columns, mass) for each in found.values()]
    return pd.concat(rows)[[*design.inputs, *BOUNDS, "interval"]].set_axis(list(found))


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
    coarse = _with(design, coarse_grid(task.low, task.high, COARSE)[0])
    shown = coarse[_within(_risks(task, coarse), SHOWN)]
    points = _with(design, coarse_grid(shown.min(axis=0), shown.max(axis=0), _POINTS)[0])
    value = _risks(task, points)
    within = _within(value, AS_GOOD)
    within[within] = task.limits.allow(task.at(points[within]))
    within[-1] = True
    inputs = task.at(points[within])
    ends = {n: (design.inputs[n], inputs[n].min(), inputs[n].max()) for n in task.space.free}
    valley = pd.DataFrame(ends, ["chosen", "lower", "upper"]).T.rename_axis("input")
    rank = np.where(within, value, value + abs(value[-1]) * SHOWN)
    return _table(task, design, points[_rows(points, rank)], mass), valley


def _with(design: Design, points: Array) -> Array:
    """Points with the best one as the last."""
    return np.concatenate([points, design.place[None]])


def _within(value: Array, share: float) -> Array:
    """Which risks are worse than the last by no more than a share of it."""
    return np.asarray(value <= value[-1] + share * abs(value[-1]))


def _risks(task: Task, points: Array) -> Array:
    """In as many scenarios as there is time for; infinite where the budget does not pay."""
    inputs = task.at(points)
    payable = np.all([np.isfinite(value) for value in inputs.values()], axis=0)
    few = task.scenarios.thin(max(_MOST // len(points), task.risk.minimum_draws, 200))
    return task.risks(inputs, payable, few)


def _rows(points: Array, rank: Array) -> list[int]:
    """The best point for each value of the first coordinate, thinned to a table, in order."""
    place = points[:, 0] if points.shape[1] else np.zeros(len(points))
    frame = pd.DataFrame({"place": place, "rank": rank})
    best = frame[np.isfinite(rank)].groupby("place")["rank"].idxmin()
    kept = set(np.linspace(0, len(best) - 1, min(_ROWS, len(best))).round().astype(int).tolist())
    return [row for k, row in enumerate(best) if k in kept or row == len(points) - 1]


def _table(task: Task, design: Design, points: Array, mass: float) -> pd.DataFrame:
    table = describe(task, task.at(points), mass)
    best = task.risk.rank(task.scenarios(design.columns))
    good = table["allowed"] & _within(np.append(table["risk"], best), AS_GOOD)[:-1]
    table.insert(list(table).index("reach"), "in_valley", good)
    return table
