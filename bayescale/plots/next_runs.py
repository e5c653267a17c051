"""A picture of what candidate runs cost and do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayescale.decision.cost import write_amount
from bayescale.numbers import format_number
from bayescale.plots.axes import BLUE, SMALL, VERMILION, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bayescale.decision.buying.next_runs import NextRuns


def next_picture(found: NextRuns) -> Figure:
    """Draw the expected reduction of the target's interval against cost; the value where known.

    Parameters
    ----------
    found : NextRuns

    Returns
    -------
    matplotlib.figure.Figure
        Not registered with pyplot, so that nothing is left open.
    """
    quantities = [("reduction", 100.0, "narrower interval at the target (%)")]
    if "value" in found.table:
        quantities.append(("value", 1.0, "risk that the decision saves"))
    figure = new_figure(6.4, 3.2 * len(quantities))
    panels = figure.subplots(len(quantities), 1, squeeze=False, sharex=True)[:, 0]
    table = found.table
    chosen = table.index.isin(found.chosen)
    for axes, (name, scale, label) in zip(panels, quantities, strict=True):
        for mask, color, says in ((~chosen, BLUE, "candidates"), (chosen, VERMILION, "to buy")):
            part = table[mask]
            axes.errorbar(
                part["cost"],
                scale * part[name],
                2 * scale * part[f"{name}_se"],
                fmt="o",
                ms=4,
                lw=0.8,
                color=color,
                label=f"{says}, ± 2 standard errors",
            )
        axes.axhline(0, color="0.6", lw=0.8, zorder=-1)
        axes.set_ylabel(label)
    _scale_cost(panels[-1], found)
    panels[0].legend(frameon=False, fontsize=SMALL)
    return figure


def _scale_cost(axes: Axes, found: NextRuns) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_xscale("log")
    unit = found.candidates.unit
    axes.xaxis.set_major_formatter(
        FuncFormatter(
            lambda value, _: write_amount(value, "$") if unit == "$" else format_number(value)
        )
    )
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(f"cost of one run ({'dollars' if unit == '$' else 'FLOPs'})")
