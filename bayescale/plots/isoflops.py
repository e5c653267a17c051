"""The response at equal cost: curves over one input at several budgets, and their minima."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bayescale.decision.cost import Budget, Cost, read_budget
from bayescale.decision.limits import Limits
from bayescale.decision.optimum import own_optima
from bayescale.decision.risk import Risk
from bayescale.decision.space import read_space
from bayescale.decision.task import Task, read_pricing
from bayescale.errors import InputError
from bayescale.forecast.mixture import Ensemble
from bayescale.forecast.scenarios import Scenarios, scenarios
from bayescale.intervals import DEFAULT_MASS, interval_name, named_bounds
from bayescale.plots.axes import arms, curve, label_of, log_axis
from bayescale.plots.colours import BLACK, SERIES
from bayescale.plots.figure import finished, panels
from bayescale.plots.tables import fits_of
from bayescale.posterior.fit import Fit

_LEVELS = 5
_SCENARIOS = 600
# Where a curve rises further than this above its minimum it is not drawn.
_RISE = 1.25


def isoflops_table(
    forecaster: Fit | Ensemble,
    budgets: Sequence[float | str] | None = None,
    *,
    cost: Cost | None = None,
    fixed: Mapping[str, Any] | None = None,
    mass: float = DEFAULT_MASS,
    points: int = 200,
    allow_unconverged: bool = False,
) -> pd.DataFrame:
    """The law's curve along designs of equal cost, and its minimum, at several budgets.

    Parameters
    ----------
    forecaster : Fit or Ensemble
        Of a law with two inputs to choose, e.g. N and D.
    budgets : sequence of float or str, optional
        FLOPs, or ``"$2M"``; five from the cheapest to the dearest observed run if left out.
    cost : Cost, optional
        6*N*D training FLOPs if left out.
    fixed : mapping, optional
        Values of further inputs, so that two are left.
    mass : float, default 0.9
        Of the equal-tailed intervals.
    points : int, default 200
        Per budget, before those far above the minimum are left out.

    Returns
    -------
    pandas.DataFrame
        ``budget``, raw inputs, ``median``, ``lower``, ``upper`` of the law's curve,
        evenly thinned draws. ``attrs["optima"]``: per budget the best value of each
        free input in every draw, as ``N`` (median), ``N_lower``, ``N_upper``, ..., and the
        ``median`` of the response at equal cost where the first of them has its median.

    Raises
    ------
    InputError
        If not exactly two inputs are left to choose, or a budget is no budget.
    """
    made = scenarios(forecaster, allow_unconverged=allow_unconverged)
    tasks = _tasks(made.thin(_SCENARIOS), cost or Cost(), fixed, budgets)
    optima = pd.DataFrame([_optimum(task, mass) for task in tasks])
    curves = zip(tasks, optima["median"], strict=True)
    parts = [_curve(task, mass, points, least) for task, least in curves]
    table, task, spent = pd.concat(parts, ignore_index=True), tasks[0], tasks[0].pricing.cost
    table.attrs = {
        "optima": optima,
        "against": task.space.others[0],
        "follows": task.space.spent,
        "unit": task.budget.unit,
        "cost": spent.train + (f" + {spent.serve}" if spent.serves else ""),
        "mass": mass,
    }
    return table


def _tasks(
    few: Scenarios,
    cost: Cost,
    fixed: Mapping[str, Any] | None,
    budgets: Sequence[float | str] | None,
) -> list[Task]:
    """What may be chosen under each budget: two inputs."""
    mean, space = Risk("mean"), read_space(few, cost, fixed)
    if len(space.free) != 2:
        raise InputError(
            f"Curves of equal cost take two inputs to choose; {few.law.name!r} leaves "
            f"{', '.join(space.free)}: fix the others (fixed=), or take another law."
        )
    pricing = read_pricing(cost, mean, cost.demand(few.n_draws), space)
    if budgets is None:
        prices = cost.flops(few.inputs, float(pricing.tokens.mean()))
        # The dearest and the cheapest run alone have no curve around them.
        low, high = np.quantile(prices, [0.05, 0.99])
        budgets = [float(f"{amount:.0e}") for amount in np.geomspace(low, high, _LEVELS)]
    return [Task(few, space, pricing, read_budget(each), mean, Limits()) for each in budgets]


def _optimum(task: Task, mass: float) -> dict[str, Any]:
    """Where each draw has its minimum under one budget."""
    own = own_optima(task)
    row: dict[str, Any] = {"budget": task.budget.amount}
    for name in task.space.free:
        row |= named_bounds(own[name], mass, f"{name}_", name)
    there = task.at(np.log([row[task.space.others[0]]]))
    return row | {"median": float(np.median(task.scenarios.at_own(there)))}


def _curve(task: Task, mass: float, points: int, least: float) -> pd.DataFrame:
    """The curve's quantiles along one budget, near its minimum."""
    inputs, spent = task.at(np.linspace(task.low, task.high, points)), task.space.spent
    columns = named_bounds(task.scenarios.at_own(inputs), mass)
    # On the edge of the box a part of the budget is left: no design of equal cost.
    near = (columns["median"] <= _RISE * least) & (inputs[spent] < task.space.box[spent][1])
    return pd.DataFrame({"budget": task.budget.amount, **inputs, **columns})[near]


def isoflops(
    forecaster: Fit | Ensemble, budgets: Sequence[float | str] | None = None, **options: Any
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
    law, mass = fits_of(forecaster)[0].law, interval_name(table.attrs["mass"])
    figure, (axes,) = panels()
    for level, colour in zip(optima["budget"], SERIES * 9, strict=False):
        part = table[table["budget"] == level]
        label = str(Budget(level, table.attrs["unit"]))
        curve(axes, part[symbol], part, "median", "", colour, label)
    error = arms(optima, symbol, f"{symbol}_")
    style: dict[str, Any] = {"fmt": "o", "ms": 4.5, "mfc": "white", "color": BLACK, "lw": 1.3}
    style |= {"capsize": 3, "label": f"best {symbol}, {mass}"}
    axes.errorbar(optima[symbol], optima["median"], xerr=error, **style)
    axes.margins(x=0.03)
    log_axis(axes, "x", label_of(law, symbol), 7)
    log_axis(axes, "y", label_of(law))
    text = (
        f"Law's curve at equal cost ({table.attrs['cost']}), {table.attrs['follows']} taking what "
        f"is left: median and {mass}."
    )
    return finished(figure, text, columns=3)
