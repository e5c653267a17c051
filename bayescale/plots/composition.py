"""What the response is made of: the floor and the terms, as one input grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.intervals import DEFAULT_MASS, bounds, interval_name
from bayescale.law.symbols import TOTAL
from bayescale.plots.axes import (
    GREY,
    SERIES,
    SMALL,
    caption,
    label_of,
    log_axis,
    new_figure,
    plain,
    tint,
)
from bayescale.plots.lines import line_along
from bayescale.posterior.fit import Fit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Above this many decades of the response its parts are told as shares.
_DECADES = 1.0
_DRAWS = 1000


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
    import pandas as pd

    line = line_along(fit, along or fit.law.input_symbols[0], at, points)
    inputs = {name: line.points[name].to_numpy(dtype=float) for name in fit.law.input_symbols}
    # Medians and bounds of a picture take no more than a thousand draws.
    thinned = slice(None, None, max(1, fit.curve.free[TOTAL].size // _DRAWS))
    found = fit.curve.pick(thinned).terms(inputs)
    whole = np.sum(list(found.values()), axis=0)
    meanings = {item.symbol: item.meaning for item in fit.law.weights}
    so_far: Any = 0.0
    rows = []
    for name, draws in found.items():
        so_far = so_far + draws
        part = line.points.assign(term=name, meaning=meanings[name])
        quantities = {"": draws, "share_": draws / whole}
        quantities |= {"up_to_": so_far, "up_to_share_": so_far / whole}
        for prefix, values in quantities.items():
            for end, column in zip(("median", "lower", "upper"), bounds(values, mass), strict=True):
                part[prefix + end] = column
        rows.append(part)
    table = pd.concat(rows, ignore_index=True)
    table.attrs = {"along": line.symbol, "line": line.text, "mass": mass}
    return table


def composition(
    fit: Fit,
    along: str | None = None,
    at: Any = None,
    *,
    share: bool | None = None,
    **options: Any,
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
    symbol, response = table.attrs["along"], fit.law.response
    last = table[table["term"] == table["term"].iloc[-1]]
    if share is None:
        share = bool(np.log10(last["up_to_median"].max() / last["up_to_median"].min()) > _DECADES)
    figure = new_figure()
    axes = figure.add_subplot()
    _draw_terms(axes, table, share)
    axes.margins(x=0, y=0)
    axes.set_ylim(0, 100 if share else 1.08 * last["up_to_upper"].max())
    log_axis(axes, "x", 7)
    edge = fit.inputs[symbol].max()
    if edge < axes.get_xlim()[1]:
        label = f"largest observed {symbol}"
        axes.axvline(edge, color="black", lw=0.8, ls=(0, (4, 3)), label=label)
    axes.set_xlabel(label_of(fit.law, symbol))
    own = label_of(fit.law, response.symbol)
    axes.set_ylabel(f"share of {response.symbol} (%)" if share else own)
    plain(axes)
    figure.legend(loc="outside upper left", frameon=False, fontsize=SMALL)
    bars = f"Bars: {interval_name(table.attrs['mass'])} of each boundary of the law's curve."
    held = f" {table.attrs['line']}." if table.attrs["line"] else ""
    caption(figure, bars + held)
    return figure


def _draw_terms(axes: Axes, table: pd.DataFrame, share: bool) -> None:
    """Medians of the sums of terms on top of each other, each with its interval."""
    key, factor = ("up_to_share_", 100.0) if share else ("up_to_", 1.0)
    names = list(dict.fromkeys(table["term"]))
    below: Any = 0.0
    for place, (name, colour) in enumerate(zip(names, (GREY, *SERIES * 4), strict=False)):
        part = table[table["term"] == name]
        x = part[table.attrs["along"]].to_numpy()
        top = factor * part[key + "median"].to_numpy()
        label = f"{name}: {part['meaning'].iloc[0]}"
        axes.fill_between(x, below, top, color=tint(colour, 0.55), lw=0, label=label)
        axes.plot(x, top, color=colour, lw=1.2)
        below = top
        if share and name == names[-1]:
            continue
        # Boundaries show their intervals at places of their own, so that these do not meet.
        some = np.arange(2 + 2 * place, len(x) - 1, max(len(x) // 6, 1))
        error = np.abs(factor * part[[key + "lower", key + "upper"]].to_numpy().T - top)
        style: dict[str, Any] = {"fmt": "o", "ms": 3.5, "mfc": colour, "mec": "black"}
        style |= {"mew": 0.6, "ecolor": "black", "lw": 1, "capsize": 2}
        axes.errorbar(x[some], top[some], error[:, some], **style)
