"""The law's curve as one input grows: what it is made of, and what each input still buys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayescale.intervals import DEFAULT_MASS, interval_name, named_bounds
from bayescale.plots.axes import arms, band, curve, label_of, log_axis, mark_beyond
from bayescale.plots.colours import BLACK, DASHED, GREY, SERIES, tint
from bayescale.plots.figure import finished, named_panels, panels
from bayescale.plots.lines import line_along
from bayescale.plots.tables import INNER, by_name
from bayescale.posterior.fit import Fit
from bayescale.posterior.predictor import Curve

# Quantiles of a picture take no more draws than these.
_DRAWS = 1000
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
    found = _few_draws(fit).terms(line.inputs)
    whole = np.sum(list(found.values()), axis=0)
    meanings = {item.symbol: item.meaning for item in fit.law.weights}
    so_far, rows = np.zeros_like(whole), []
    for name, draws in found.items():
        so_far = so_far + draws
        part = line.points.assign(term=name, meaning=meanings[name])
        quantities = {"": draws, "share_": draws / whole}
        quantities |= {"up_to_": so_far, "up_to_share_": so_far / whole}
        for prefix, values in quantities.items():
            part = part.assign(**named_bounds(values, mass, prefix, f"{prefix}median"))
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
    log_axis(axes, "x", label_of(fit.law, symbol), 7)
    edge = fit.inputs[symbol].max()
    if edge < axes.get_xlim()[1]:
        axes.axvline(edge, color=BLACK, lw=0.8, ls=DASHED, label=f"largest observed {symbol}")
    response = f"share of {fit.law.response.symbol} (%)" if share else label_of(fit.law)
    axes.set_ylabel(response)
    bars = f"Bars: {interval_name(table.attrs['mass'])} of each boundary of the law's curve."
    held = f" {table.attrs['line']}." if table.attrs["line"] else ""
    return finished(figure, bars + held, columns=1)


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


def returns_table(
    fit: Fit, at: Any = None, *, mass: float = DEFAULT_MASS, points: int = 25
) -> pd.DataFrame:
    """Marginal returns of each input as it grows, the others held fixed.

    Parameters
    ----------
    fit : Fit
    at : mapping, optional
        Where the others stay; the middle of the runs if left out.
    mass : float, default 0.9
        Of the outer equal-tailed intervals; the inner ones are of 50%.
    points : int, default 25
        Per input.

    Returns
    -------
    pandas.DataFrame
        As :meth:`bayescale.Fit.returns`, for the input that grows alone: ``input``, raw inputs,
        ``derivative`` and ``elasticity`` with their bounds, ``elasticity_inner_lower`` and
        ``_inner_upper``, and what is held fixed. Evenly thinned draws are used.
    """
    response, parts = _few_draws(fit), []
    for symbol in fit.law.input_symbols:
        line = line_along(fit, symbol, at, points)
        slope = response.derivative(line.inputs, symbol)
        elasticity = slope * line.inputs[symbol] / response(line.inputs)
        columns = named_bounds(slope, mass, "derivative_", "derivative")
        columns |= named_bounds(elasticity, INNER, "elasticity_inner_", "elasticity")
        columns |= named_bounds(elasticity, mass, "elasticity_", "elasticity")
        part = line.points.assign(**columns, held_fixed=line.text)
        part.insert(0, "input", symbol)
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    table.attrs = {"mass": mass}
    return table


def returns(fit: Fit, at: Any = None, **options: Any) -> Figure:
    """Draw what each input buys: percent of the response per percent of the input.

    Parameters
    ----------
    fit : Fit
    at : mapping, optional
        Where the other inputs stay; the middle of the runs if left out.
    **options
        Of :func:`returns_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = returns_table(fit, at, **options)
    symbols = fit.law.input_symbols
    figure, several = named_panels(symbols, len(symbols), (2.9, 3.1), sharey=True)
    for (symbol, axes), colour in zip(several.items(), SERIES, strict=False):
        part, seen = table[table["input"] == symbol], fit.inputs[symbol]
        curve(axes, part[symbol], part, "elasticity", "elasticity_", colour)
        band(axes, part[symbol], part, "elasticity_inner_", color=colour, alpha=0.35)
        axes.axhline(0, color="0.5", lw=0.8)
        axes.margins(x=0)
        log_axis(axes, "x", label_of(fit.law, symbol), 5)
        mark_beyond(axes, seen[seen > 0].min(), seen.max())
    figure.axes[0].set_ylabel(f"% of {fit.law.response.symbol} for 1% more input")
    held = "the middle of the runs" if at is None else "the stated point"
    also = f" Other inputs at {held}." if len(symbols) > 1 else ""
    mass = f"{interval_name(table.attrs['mass'])} and {INNER:.0%} of the law's curve"
    return finished(figure, f"Median, {mass}; beyond the runs shaded.{also}")


def _few_draws(fit: Fit) -> Curve:
    """The law's curve at evenly thinned draws, as many as quantiles in a picture take."""
    count = fit.curve.n_draws
    return fit.curve.pick(np.linspace(0, count - 1, min(_DRAWS, count)).astype(int))
