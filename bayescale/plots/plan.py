"""A picture of a plan: risk over the designs of one budget, and the path over budgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayescale.intervals import interval_name
from bayescale.numbers import format_number
from bayescale.plots.axes import (
    BLUE,
    GREEN,
    GREY,
    SMALL,
    VERMILION,
    caption,
    label_of,
    log_axis,
    new_figure,
    plain,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bayescale.decision.plan import Plan


def plan_picture(plan: Plan) -> Figure:
    """Draw a plan; all that is drawn stands in its ``table`` and its ``frontier``.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    matplotlib.figure.Figure
        Not registered with pyplot.
    """
    figure = new_figure(10.0, 4.0)
    left, right = figure.subplots(1, 2)
    _draw_risk(left, plan)
    _draw_path(right, plan)
    caption(figure, f"Bands: {interval_name(plan.mass)}. Budget: {plan.budget}; risk: {plan.risk}.")
    return figure


def _draw_risk(axes: Axes, plan: Plan) -> None:
    law, name = plan.task.scenarios.law, plan.task.space.free[0]
    table = plan.table
    at = table[name].to_numpy()
    axes.fill_between(
        at, table["lower"], table["upper"], color=BLUE, alpha=0.15, lw=0, label=law.response.symbol
    )
    axes.plot(at, table["risk"], color=BLUE, lw=1.6, label=str(plan.risk))
    refused = table[~table["allowed"]]
    if len(refused):
        axes.plot(
            refused[name], refused["risk"], "x", ms=5, color=VERMILION, label="breaks a limit"
        )
    good = table[table["in_valley"]]
    axes.plot(good[name], good["risk"], lw=5, alpha=0.5, color=GREEN, label="within 0.5%")
    axes.plot(plan.choice[name], plan.choice["risk"], "o", ms=7, color=GREEN, mec="white")
    axes.annotate(
        format_number(plan.choice[name]),
        (plan.choice[name], plan.choice["risk"]),
        (0, 8),
        textcoords="offset points",
        ha="center",
        fontsize=SMALL,
    )
    log_axis(axes, "x", wanted=5)
    axes.set_xlabel(f"{label_of(law, name)}, all on one budget")
    axes.set_ylabel(label_of(law, law.response.symbol))
    plain(axes)
    axes.legend(frameon=False, fontsize=SMALL)


def _draw_path(axes: Axes, plan: Plan) -> None:
    space, law = plan.task.space, plan.task.scenarios.law
    path = plan.frontier[plan.frontier["possible"]]
    at = path["budget"].to_numpy()
    for name, color in zip(space.free, (BLUE, VERMILION, GREEN, GREY), strict=False):
        low, high = (path[f"{name}*_{end}"].to_numpy(dtype=float) for end in ("lower", "upper"))
        axes.fill_between(at, low, high, color=color, alpha=0.2, lw=0)
        unit = next(item.unit for item in law.inputs if item.symbol == name)
        axes.plot(at, path[name], color=color, lw=1.6, label=f"{name} ({unit})")
    axes.axvline(plan.budget.amount, color=GREY, lw=0.8, ls=":")
    log_axis(axes, "x", wanted=5)
    log_axis(axes, "y")
    axes.set_xlabel("budget ($)" if plan.budget.unit == "$" else "budget (FLOPs)")
    axes.set_ylabel("plan, and the optimum's own band")
    plain(axes)
    axes.legend(frameon=False, fontsize=SMALL)
