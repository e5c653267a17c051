"""A plan: the designs of its budget, what other budgets would bring, what it may regret."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayescale.decision.plan import Plan
from bayescale.errors import InputError
from bayescale.intervals import interval_name
from bayescale.numbers import format_number
from bayescale.plots.axes import band, curve, label_of, log_axis
from bayescale.plots.colours import BLACK, BLUE, DASHED, GREEN, SERIES, VERMILION, tint
from bayescale.plots.figure import SMALL, finished, legend, panels

_CLASSES = 40
_UNITS = {"FLOPs": "budget (FLOPs)", "$": "budget (dollars)"}
# Risks that are no response, and have no place on its axis.
_NO_RESPONSE = ("exceedance", "tail_distance")


def designs(plan: Plan) -> Figure:
    """Draw the risk of the designs that use the budget up, and the designs of other budgets.

    Parameters
    ----------
    plan : Plan
        All that is drawn stands in its ``table`` and its ``frontier``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, (left, right) = panels(1, 2, width=10.0)
    _draw_risk(left, plan)
    _draw_path(right, plan, plan.frontier[plan.frontier["possible"]])
    return finished(figure, f"Risk: {plan.risk}. {_bands(plan)}")


def _draw_risk(axes: Axes, plan: Plan) -> None:
    law, name, table = plan.task.scenarios.law, plan.task.space.free[0], plan.table
    band(axes, table[name], table, color=BLUE, alpha=0.15, label=law.response.symbol)
    axes.plot(table[name], table["risk"], color=BLUE, lw=1.6, label=str(plan.risk))
    refused, good = table[~table["allowed"]], table[table["in_valley"]]
    if len(refused):
        label = "breaks a limit"
        axes.plot(refused[name], refused["risk"], "x", ms=5, color=VERMILION, label=label)
    axes.plot(good[name], good["risk"], lw=5, alpha=0.5, color=GREEN, label="within 0.5%")
    place = plan.choice[name], plan.choice["risk"]
    axes.plot(*place, "o", ms=7, color=GREEN, mec="white")
    above: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "fontsize": SMALL}
    axes.annotate(format_number(place[0]), place, (0, 8), **above)
    log_axis(axes, "x", f"{label_of(law, name)}, all on one budget", 5)
    axes.set_ylabel(label_of(law))
    legend(axes)


def _draw_path(axes: Axes, plan: Plan, path: pd.DataFrame) -> None:
    """How the plans' designs grow with the budget."""
    for name, colour in zip(plan.task.space.free, SERIES, strict=False):
        label = label_of(plan.task.scenarios.law, name)
        curve(axes, path["budget"], path, name, f"{name}*_", colour, label)
    _scale_budget(axes, plan, "the plans' designs")


def _scale_budget(axes: Axes, plan: Plan, label: str) -> None:
    axes.axvline(plan.budget.amount, color="0.4", lw=0.9, ls=DASHED)
    axes.margins(x=0)
    log_axis(axes, "x", _UNITS[plan.budget.unit], 5)
    log_axis(axes, "y", label)
    legend(axes)


def _bands(plan: Plan) -> str:
    return (
        f"Dashed upright: this plan, {plan.budget}. Bands: {interval_name(plan.mass)} of "
        f"{plan.task.scenarios.meaning}, and of the best design of each scenario by itself."
    )


def frontier_table(plan: Plan) -> pd.DataFrame:
    """The part of :attr:`bayescale.Plan.frontier` that is drawn: budgets that allow a design.

    Raises
    ------
    InputError
        If fewer than two budgets do.
    """
    table = plan.frontier[plan.frontier["possible"]].reset_index(drop=True)
    if len(table) < 2:
        raise InputError("Fewer than two budgets allow a design, so there is no frontier to draw.")
    return table


def frontier(plan: Plan) -> Figure:
    """Draw what larger and smaller budgets would bring, and how their designs grow.

    Parameters and errors as in :func:`frontier_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = frontier_table(plan)
    figure, (left, right) = panels(1, 2, width=7.6, height=3.6, width_ratios=(1.2, 1))
    x, label = table["budget"], f"response, {interval_name(plan.mass)}"
    band(left, x, table, color=tint(BLUE, 0.3), label=label)
    left.plot(x, table["median"], color=BLUE, lw=1.6, label="response, median")
    if plan.risk.name not in ("median", *_NO_RESPONSE):
        left.plot(x, table["risk"], color=VERMILION, lw=1.4, ls=DASHED, label=str(plan.risk))
    _scale_budget(left, plan, label_of(plan.task.scenarios.law))
    _draw_path(right, plan, table)
    return finished(figure, _bands(plan))


def regret_table(plan: Plan) -> pd.DataFrame:
    """How much more than the best design of each scenario the plan's response is, as a histogram.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    pandas.DataFrame
        ``regret``: upper end of each class, in the response's unit, the first from 0; ``share``
        of the scenarios in it. The last class has all that is beyond the largest hundredth.
    """
    draws = plan.regret.draws
    top = max(float(np.quantile(draws, 0.99)), float(np.finfo(float).tiny))
    edges = np.linspace(0, top, _CLASSES + 1)
    counts, _ = np.histogram(np.clip(draws, 0, top), edges)
    return pd.DataFrame({"regret": edges[1:], "share": counts / len(draws)})


def regret(plan: Plan) -> Figure:
    """Draw the regret of a plan over the scenarios, with its mean and its tail.

    Parameters as in :func:`regret_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table, found = regret_table(plan), plan.regret
    figure, (axes,) = panels(width=5.2, height=3.2)
    edges = np.concatenate([[0.0], table["regret"]])
    axes.stairs(100 * table["share"], edges, fill=True, color=tint(BLUE, 0.45))
    axes.axvline(found.expected, color=BLACK, lw=1.5, label=f"expected: {found.expected:.3g}")
    if np.isfinite(found.tail):
        label = f"mean of the worst tenth: {found.tail:.3g}"
        axes.axvline(found.tail, color=VERMILION, lw=1.5, ls=DASHED, label=label)
    axes.set(xlim=(0, np.nanmax([edges[-1], 1.05 * found.tail])), ylim=(0, None))
    axes.locator_params(axis="x", nbins=6)
    label = f"regret: {label_of(plan.task.scenarios.law)} above the scenario's own best"
    axes.set(xlabel=label, ylabel="scenarios (%)")
    legend(axes)
    text = f"Under the same budget, {plan.budget}; the last class holds all beyond it."
    return finished(figure, text)
