"""What the response is made of: the floor and the terms, as one input grows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.plots.axes import arms, label_of, log_axis
from bayescale.plots.colours import BLACK, DASHED, GREY, SERIES, tint
from bayescale.plots.figure import captioned, legend_above, panels
from bayescale.plots.lines import line_along
from bayescale.plots.tables import by_name, few_draws, quantiles
from bayescale.posterior.fit import Fit

# Where the response changes by more than this factor its parts are told as shares.
_STEEP = 10.0


def composition_table(
    fit: Fit,
    along: str | None = None,
    at: Any = None,
    *,
    mass: float = DEFAULT_MASS,
    points: int = 40,
) -> pd.DataFrame:
    """The response's floor and terms as one input grows.

    Parameters
    ----------
    fit : Fit
    along : str, optional
        The input that grows; the law's first if left out.
    at : mapping, optional
        Where the other inputs stay; the middle of the runs if left out.
    mass : float, default 0.9
        Of the equal-tailed intervals.
    points : int, default 40

    Returns
    -------
    pandas.DataFrame
        A row per point and weight: raw inputs, ``term`` (its symbol), ``meaning``; ``median``,
        ``lower``, ``upper`` of the term; the same of its ``share_`` of the response, of the
        sum of it and the terms before it (``up_to_``), and of that sum's share
        (``up_to_share_``).
    """
    line = line_along(fit, along or fit.law.input_symbols[0], at, points)
    found = few_draws(fit).terms(line.inputs)
    whole = np.sum(list(found.values()), axis=0)
    meanings = {item.symbol: item.meaning for item in fit.law.weights}
    so_far, rows = np.zeros_like(whole), []
    for name, draws in found.items():
        so_far = so_far + draws
        part = line.points.assign(term=name, meaning=meanings[name])
        quantities = {"": draws, "share_": draws / whole}
        quantities |= {"up_to_": so_far, "up_to_share_": so_far / whole}
        for prefix, values in quantities.items():
            part = part.assign(**quantiles(values, mass, prefix, f"{prefix}median"))
        rows.append(part)
    table = pd.concat(rows, ignore_index=True)
    table.attrs = {"along": line.symbol, "line": line.text, "mass": mass}
    return table


def composition(
    fit: Fit, along: str | None = None, at: Any = None, *, share: bool | None = None, **options: Any
) -> Figure:
    """Draw floor and terms on top of each other, with the interval of each boundary.

    Parameters
    ----------
    fit : Fit
    along, at
        As in :func:`composition_table`.
    share : bool, optional
        Shares of the response rather than its unit; by default where it changes more than
        tenfold.
    **options
        Of :func:`composition_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = composition_table(fit, along, at, **options)
    symbol, whole = table.attrs["along"], table[table["term"] == table["term"].iloc[-1]]
    if share is None:
        share = bool(whole["up_to_median"].max() > _STEEP * whole["up_to_median"].min())
    figure, (axes,) = panels()
    _draw_terms(axes, table, share)
    axes.margins(x=0, y=0)
    axes.set_ylim(0, 100 if share else 1.08 * whole["up_to_upper"].max())
    log_axis(axes, "x", 7)
    edge = fit.inputs[symbol].max()
    if edge < axes.get_xlim()[1]:
        axes.axvline(edge, color=BLACK, lw=0.8, ls=DASHED, label=f"largest observed {symbol}")
    response = f"share of {fit.law.response.symbol} (%)" if share else label_of(fit.law)
    axes.set(xlabel=label_of(fit.law, symbol), ylabel=response)
    legend_above(figure, 1)
    bars = f"Bars: {interval_name(table.attrs['mass'])} of each boundary of the law's curve."
    held = f" {table.attrs['line']}." if table.attrs["line"] else ""
    return captioned(figure, bars + held)


def _draw_terms(axes: Axes, table: pd.DataFrame, share: bool) -> None:
    """Medians of the sums of terms on top of each other, each with its interval."""
    key, factor = ("up_to_share_", 100.0) if share else ("up_to_", 1.0)
    parts, below = by_name(table, "term"), np.zeros(1)
    for place, (name, part) in enumerate(parts.items()):
        x, top = part[table.attrs["along"]].to_numpy(), factor * part[f"{key}median"].to_numpy()
        colour, label = (GREY, *SERIES * 4)[place], f"{name}: {part['meaning'].iloc[0]}"
        axes.fill_between(x, below, top, color=tint(colour, 0.55), lw=0, label=label)
        axes.plot(x, top, color=colour, lw=1.2)
        below = top
        if share and place == len(parts) - 1:
            continue
        # Boundaries show their intervals at places of their own, so that these do not meet.
        some = np.arange(2 + 2 * place, len(x) - 1, max(len(x) // 6, 1))
        error = factor * arms(part.iloc[some], f"{key}median", key)
        style: dict[str, Any] = {"fmt": "o", "ms": 3.5, "mfc": colour, "mec": BLACK, "mew": 0.6}
        axes.errorbar(x[some], top[some], error, ecolor=BLACK, lw=1, capsize=2, **style)
