"""The response at equal cost: curves over one input at several budgets, and their minima."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.decision.cost import Budget, Cost, read_budget
from bayescale.decision.limits import Limits
from bayescale.decision.optimum import Task, own_optima
from bayescale.decision.risk import resolve
from bayescale.decision.space import demand_for, read_space
from bayescale.errors import InputError
from bayescale.forecast.mixture import Average
from bayescale.forecast.scenarios import Scenarios, scenarios
from bayescale.intervals import DEFAULT_MASS, bounds, interval_name
from bayescale.plots.axes import (
    BLACK,
    SERIES,
    SMALL,
    caption,
    label_of,
    log_axis,
    new_figure,
    plain,
)
from bayescale.posterior.fit import Fit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_LEVELS = 5
_WORLDS = 600
# How far designs may go beyond the observed runs, either way.
_DECADES = 5.0
# Where a curve rises further than this above its minimum it is not drawn.
_RISE = 1.25


def isoflops_table(
    forecaster: Fit | Average,
    budgets: Sequence[float | str] | None = None,
    *,
    cost: Cost | None = None,
    fixed: Mapping[str, Any] | None = None,
    mass: float = DEFAULT_MASS,
    points: int = 40,
    allow_unconverged: bool = False,
) -> pd.DataFrame:
    """The law's curve along designs of equal cost, and its minimum, at several budgets.

    Parameters
    ----------
    forecaster : Fit or Average
        Of a law with two inputs to choose, e.g. N and D.
    budgets : sequence of float or str, optional
        FLOPs, or ``"$2M"``; five from the cheapest to the dearest observed run if left out.
    cost : Cost, optional
        6*N*D training FLOPs if left out.
    fixed : mapping, optional
        Values of further inputs, so that two are left.
    mass : float, default 0.9
        Of the equal-tailed intervals.
    points : int, default 40
        Per budget, before those far above the minimum are left out.

    Returns
    -------
    pandas.DataFrame
        ``budget``, raw inputs, ``median``, ``lower``, ``upper`` of the law's curve without
        discrepancy, evenly thinned draws. ``attrs["optima"]``: per budget the best value of each
        free input in every draw, as ``N`` (median), ``N_lower``, ``N_upper``, ..., and the
        ``median`` of the response at equal cost where the first of them has its median.

    Raises
    ------
    InputError
        If not exactly two inputs are left to choose, or a budget is no budget.
    """
    import pandas as pd

    made = scenarios(forecaster, discrepancy=False, allow_unconverged=allow_unconverged)
    task = _task(made.thin(_WORLDS), cost or Cost(), fixed)
    levels = _levels(task) if budgets is None else [read_budget(each) for each in budgets]
    rows = [_optimum(task, level, mass) for level in levels]
    parts = [
        _curve(task, level, mass, points, row["median"])
        for level, row in zip(levels, rows, strict=True)
    ]
    table: pd.DataFrame = pd.concat(parts, ignore_index=True)
    table.attrs = {
        "optima": pd.DataFrame(rows),
        "against": task.space.others[0],
        "follows": task.space.spent,
        "unit": levels[0].unit,
        "cost": task.cost.train + (f" + {task.cost.serve}" if task.cost.serves else ""),
        "mass": mass,
    }
    return table


def _task(few: Scenarios, cost: Cost, fixed: Mapping[str, Any] | None) -> Task:
    """What may be chosen: two inputs, far beyond the observed runs."""
    first, mean, wide = few.members[0], resolve("mean"), 10**_DECADES
    space = read_space(few.law, first.inputs, first.derive, cost, fixed, None)
    if len(space.free) != 2:
        raise InputError(
            f"Curves of equal cost take two inputs to choose; {few.law.name!r} leaves "
            f"{', '.join(space.free)}: fix the others (fixed=), or take another law."
        )
    seen = {name: first.inputs[name][first.inputs[name] > 0] for name in space.free}
    box = {name: (float(x.min() / wide), float(x.max() * wide)) for name, x in seen.items()}
    space = replace(space, box=box)
    demand = cost.demand(few.n_draws)
    tokens = demand_for(cost, mean, demand, space)
    return Task(few, space, cost, demand, tokens, mean, mean, Limits())


def _optimum(task: Task, level: Budget, mass: float) -> dict[str, float]:
    """Where each draw has its minimum under one budget."""
    own = own_optima(task, level, task.scenarios)
    row = {"budget": level.amount}
    for name in task.space.free:
        found = (float(value) for value in bounds(own[name], mass))
        row |= dict(zip((name, f"{name}_lower", f"{name}_upper"), found, strict=True))
    there = task.surface(level).at(np.log([row[task.space.others[0]]]))
    return row | {"median": float(np.median(task.scenarios.law_curve(there)))}


def _levels(task: Task) -> list[Budget]:
    seen = task.scenarios.observed
    inputs = {name: seen[name] for name in task.scenarios.law.input_symbols}
    prices = task.cost.flops(inputs, float(task.tokens.mean()))
    # The dearest and the cheapest run alone have no curve around them.
    low, high = np.quantile(prices, [0.05, 0.99])
    return [Budget(float(f"{amount:.0e}")) for amount in np.geomspace(low, high, _LEVELS)]


def _curve(task: Task, level: Budget, mass: float, points: int, least: float) -> pd.DataFrame:
    """The curve's quantiles along one budget, near its minimum."""
    import pandas as pd

    surface = task.surface(level)
    places = np.linspace(surface.low, surface.high, 4 * points)
    inputs = surface.at(places)
    rough = np.median(task.scenarios.thin(40).law_curve(inputs), axis=0)
    spent = inputs[task.space.spent]
    # On the edge of the box a part of the budget is left: no design of equal cost.
    within = (spent < task.space.box[task.space.spent][1]) & task.limits.allow(inputs)
    near = np.flatnonzero((rough <= _RISE * least) & within)
    places = np.linspace(places[near[0]], places[near[-1]], points)
    inputs = surface.at(places)
    found = bounds(task.scenarios.law_curve(inputs), mass)
    columns = dict(zip(("median", "lower", "upper"), found, strict=True))
    return pd.DataFrame({"budget": level.amount, **inputs, **columns})


def isoflops(
    forecaster: Fit | Average, budgets: Sequence[float | str] | None = None, **options: Any
) -> Figure:
    """Draw curves of equal cost with their bands, and where their minimum lies.

    Parameters
    ----------
    forecaster, budgets, **options
        As in :func:`isoflops_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = isoflops_table(forecaster, budgets, **options)
    optima, symbol = table.attrs["optima"], table.attrs["against"]
    law = (forecaster.fits[0] if isinstance(forecaster, Average) else forecaster).law
    figure = new_figure()
    axes = figure.add_subplot()
    for level, colour in zip(optima["budget"], SERIES * 9, strict=False):
        part = table[table["budget"] == level]
        label = str(Budget(level, table.attrs["unit"]))
        x = part[symbol]
        axes.fill_between(x, part["lower"], part["upper"], color=colour, alpha=0.22, lw=0)
        axes.plot(x, part["median"], color=colour, lw=1.5, label=label)
    best = optima[symbol].to_numpy()
    error = np.abs(optima[[f"{symbol}_lower", f"{symbol}_upper"]].to_numpy().T - best)
    style: dict[str, Any] = {"fmt": "o", "ms": 4.5, "mfc": "white", "lw": 1.3, "capsize": 3}
    label = f"best {symbol}, {interval_name(table.attrs['mass'])}"
    axes.errorbar(best, optima["median"], xerr=error, color=BLACK, label=label, **style)
    axes.margins(x=0.03)
    log_axis(axes, "x", 7)
    log_axis(axes, "y")
    axes.set_xlabel(label_of(law, symbol))
    axes.set_ylabel(label_of(law, law.response.symbol))
    plain(axes)
    figure.legend(loc="outside upper left", ncols=3, frameon=False, fontsize=SMALL)
    text = (
        f"Law's curve at equal cost ({table.attrs['cost']}), {table.attrs['follows']} taking what "
        f"is left: median and {interval_name(table.attrs['mass'])}, no discrepancy."
    )
    caption(figure, text)
    return figure
