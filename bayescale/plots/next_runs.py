"""Runs to buy next: what the best candidates would do, and what all of them cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bayescale.decision.buying.next_runs import NextRuns
from bayescale.decision.cost import write_amount
from bayescale.numbers import write_point
from bayescale.plots.axes import log_axis, name_rows
from bayescale.plots.colours import BLACK, BLUE, GREY, ORANGE, VERMILION, tint
from bayescale.plots.figure import finished, legend, panels

_CANDIDATES = 12


def candidates_table(found: NextRuns, most: int | None = _CANDIDATES) -> pd.DataFrame:
    """The candidate runs, best first.

    Parameters
    ----------
    found : NextRuns
    most : int or None, default 12
        As many of the best, and those to buy; None takes all.

    Returns
    -------
    pandas.DataFrame
        Rows of :attr:`bayescale.NextRuns.table`, with ``run`` (inputs and cost in words) and
        ``bought`` (whether it is to be bought).
    """
    table = found.table.assign(bought=found.table.index.isin(found.chosen))
    if most is not None:
        table = table[table["bought"] | (np.arange(len(table)) < most)]
    inputs = table[list(found.targets)].to_dict("records")
    costs = [write_amount(*each) for each in zip(table["cost"], table["unit"], strict=True)]
    names = [f"{write_point(x, ' ')} ({cost})" for x, cost in zip(inputs, costs, strict=True)]
    table.insert(0, "run", names)
    return table


def _effects(table: pd.DataFrame) -> Iterator[tuple[pd.Series, pd.Series, str]]:
    """What is drawn of each candidate, twice its standard error, and what it is."""
    known = {
        "reduction": (100.0, "narrower interval at the target (%)"),
        "value": (1.0, "risk that the decision saves"),
    }
    for name, (factor, label) in known.items():
        if name in table:
            yield factor * table[name], 2 * factor * table[f"{name}_se"], label


def candidates(found: NextRuns) -> Figure:
    """Draw what the best candidate runs are expected to do, those to buy marked.

    Parameters
    ----------
    found : NextRuns
        The numbers are those of :func:`candidates_table`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = candidates_table(found)
    effects = list(_effects(table))
    width, height = 4.4 + 2.2 * len(effects), 1.3 + 0.27 * len(table)
    figure, several = panels(1, len(effects), width=width, height=height, sharey=True)
    places = name_rows(several, list(table["run"]))
    style: dict[str, Any] = {"ecolor": BLACK, "elinewidth": 1.0, "capsize": 2}
    colours = [ORANGE if bought else tint(GREY, 0.6) for bought in table["bought"]]
    for axes, (effect, error, label) in zip(several, effects, strict=True):
        axes.barh(places, effect, 0.68, xerr=error, color=colours, error_kw=style)
        axes.axvline(0, color="0.4", lw=0.8)
        axes.set_xlabel(label)
        axes.locator_params(axis="x", nbins=5)
    text = (
        f"Best first, by {found.by}; orange: to buy. {_interval(found)} "
        "Bars: ± 2 standard errors of the simulation."
    )
    return finished(figure, text)


def costs(found: NextRuns) -> Figure:
    """Draw what every candidate run is expected to do against its cost, those to buy marked.

    Parameters
    ----------
    found : NextRuns
        The numbers are those of :func:`candidates_table` with all candidates.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = candidates_table(found, None)
    effects, bought = list(_effects(table)), table["bought"]
    figure, several = panels(len(effects), height=3.2 * len(effects), sharex=True)
    for axes, (effect, error, label) in zip(several, effects, strict=True):
        for rows, colour, says in ((~bought, BLUE, "candidates"), (bought, VERMILION, "to buy")):
            style: dict[str, Any] = {"fmt": "o", "ms": 4, "lw": 0.8, "color": colour}
            style["label"] = f"{says}, ± 2 standard errors"
            axes.errorbar(table["cost"][rows], effect[rows], error[rows], **style)
        axes.axhline(0, color="0.6", lw=0.8, zorder=-1)
        axes.set_ylabel(label)
    unit = "dollars" if found.candidates.unit == "$" else "FLOPs"
    log_axis(several[-1], "x", f"cost of one run ({unit})")
    legend(several[0])
    return finished(figure, _interval(found))


def _interval(found: NextRuns) -> str:
    return f"Interval: {found.table['interval'].iloc[0]}."
