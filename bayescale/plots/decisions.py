"""Decisions: the path over budgets with its risk, what a plan may regret, runs to buy next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayescale.decision.cost import write_amount
from bayescale.errors import InputError
from bayescale.intervals import interval_name
from bayescale.plots.axes import (
    BLACK,
    BLUE,
    GREY,
    ORANGE,
    SERIES,
    SMALL,
    VERMILION,
    caption,
    label_of,
    log_axis,
    new_figure,
    plain,
    tint,
)
from bayescale.plots.lines import told

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bayescale.decision.buying.next_runs import NextRuns
    from bayescale.decision.plan import Plan

_CANDIDATES = 12
_CLASSES = 40
_UNITS = {"FLOPs": "budget (FLOPs)", "$": "budget (dollars)"}


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
    table, law = frontier_table(plan), plan.task.scenarios.law
    x, free = table["budget"], plan.task.space.free
    mass = interval_name(plan.mass)
    figure = new_figure(6.4 if len(free) < 2 else 7.6, 3.6)
    left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
    left.fill_between(
        x, table["lower"], table["upper"], color=tint(BLUE, 0.3), lw=0, label=f"response, {mass}"
    )
    left.plot(x, table["median"], color=BLUE, lw=1.6, label="response, median")
    same_unit = plan.risk.name not in ("exceedance", "tail_distance")
    if same_unit and plan.risk.name != "median":
        left.plot(x, table["risk"], color=VERMILION, lw=1.4, ls=(0, (4, 2)), label=str(plan.risk))
    log_axis(left, "y")
    left.set_ylabel(label_of(law, law.response.symbol))
    for name, colour in zip(free, SERIES[1:], strict=False):
        band = right.fill_between(x, table[f"{name}*_lower"], table[f"{name}*_upper"], lw=0)
        band.set(color=colour, alpha=0.25)
        right.plot(x, table[name], color=colour, lw=1.6, label=label_of(law, name))
    log_axis(right, "y")
    for axes in (left, right):
        _mark_budget(axes, plan)
        plain(axes)
        axes.legend(edgecolor="none", framealpha=0.85, fontsize=SMALL)
    right.set_title("the plans' designs", fontsize=SMALL)
    text = (
        f"Dashed upright: this plan, {plan.budget}. Right, bands: {mass} of the best design of "
        "each scenario by itself."
    )
    caption(figure, text)
    return figure


def _mark_budget(axes: Axes, plan: Plan) -> None:
    axes.axvline(plan.budget.amount, color="0.4", lw=0.9, ls=(0, (4, 3)))
    axes.margins(x=0)
    log_axis(axes, "x", 5)
    axes.set_xlabel(_UNITS[plan.budget.unit])


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
    import pandas as pd

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
    table, law = regret_table(plan), plan.task.scenarios.law
    found = plan.regret
    figure = new_figure(5.2, 3.2)
    axes = figure.add_subplot()
    edges = np.concatenate([[0.0], table["regret"]])
    axes.stairs(100 * table["share"], edges, fill=True, color=tint(BLUE, 0.45))
    for value, colour, style, label in (
        (found.expected, BLACK, "-", "expected"),
        (found.tail, VERMILION, (0, (4, 2)), "mean of the worst tenth"),
    ):
        told_as = f"{label}: {value:.3g}"
        axes.axvline(value, color=colour, lw=1.5, ls=style, label=told_as)
    axes.set_xlim(0, max(edges[-1], 1.05 * found.tail))
    axes.set_ylim(0)
    axes.locator_params(axis="x", nbins=6)
    axes.set_xlabel(f"regret: {label_of(law, law.response.symbol)} above the scenario's own best")
    axes.set_ylabel("scenarios (%)")
    plain(axes)
    axes.legend(edgecolor="none", framealpha=0.85, fontsize=SMALL)
    caption(figure, f"Under the same budget, {plan.budget}; the last class holds all beyond it.")
    return figure


def candidates_table(found: NextRuns) -> pd.DataFrame:
    """The best candidate runs, as many as can be read.

    Parameters
    ----------
    found : NextRuns

    Returns
    -------
    pandas.DataFrame
        The first twelve rows of :attr:`bayescale.NextRuns.table`, with ``run``: their inputs and
        cost in words.
    """
    law_inputs = list(found.targets.columns)
    table = found.table.head(_CANDIDATES).copy()
    table.insert(
        0,
        "run",
        [
            f"{told({name: float(row[name]) for name in law_inputs})} "
            f"({write_amount(float(row['cost']), row['unit'])})"
            for _, row in table.iterrows()
        ],
    )
    return table


def candidates(found: NextRuns) -> Figure:
    """Draw what the best candidate runs are expected to do, those to buy marked.

    Parameters as in :func:`candidates_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = candidates_table(found)
    panels = [("reduction", 100.0, "narrower interval at the target (%)")]
    if "value" in table:
        panels.append(("value", 1.0, "risk that the decision saves"))
    places = np.arange(len(table))[::-1]
    figure = new_figure(4.4 + 2.2 * len(panels), 1.3 + 0.27 * len(table))
    several = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    bought = _bought(table, found)
    for axes, (name, factor, label) in zip(several, panels, strict=True):
        colours = [ORANGE if mine else tint(GREY, 0.6) for mine in bought]
        error = 2 * factor * table[f"{name}_se"]
        style = {"ecolor": BLACK, "elinewidth": 1.0, "capsize": 2}
        axes.barh(places, factor * table[name], 0.68, xerr=error, color=colours, error_kw=style)
        axes.axvline(0, color="0.4", lw=0.8)
        axes.set_xlabel(label)
        axes.locator_params(axis="x", nbins=5)
        plain(axes)
        axes.tick_params(axis="y", length=0)
    several[0].set_yticks(places, table["run"])
    several[0].set_ylim(-0.6, len(table) - 0.4)
    text = (
        f"Best first, by {found.by}; orange: to buy. Interval: "
        f"{interval_name(found.mass)}. Bars: ± 2 standard errors of the simulation."
    )
    caption(figure, text)
    return figure


def _bought(table: pd.DataFrame, found: NextRuns) -> list[bool]:
    names = list(found.targets.columns)
    chosen = {tuple(row) for row in found.choice[names].to_numpy()}
    return [tuple(row) in chosen for row in table[names].to_numpy()]
