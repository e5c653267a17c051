"""What each input still buys: marginal returns as it grows."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.plots.axes import band, curve, label_of, log_axis, mark_beyond
from bayescale.plots.colours import SERIES
from bayescale.plots.figure import captioned, named_panels
from bayescale.plots.lines import line_along
from bayescale.plots.tables import INNER, few_draws, quantiles
from bayescale.posterior.fit import Fit


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
    response, parts = few_draws(fit), []
    for symbol in fit.law.input_symbols:
        line = line_along(fit, symbol, at, points)
        slope = response.derivative(line.inputs, symbol)
        elasticity = slope * line.inputs[symbol] / response(line.inputs)
        columns = quantiles(slope, mass, "derivative_", "derivative")
        columns |= quantiles(elasticity, INNER, "elasticity_inner_", "elasticity")
        columns |= quantiles(elasticity, mass, "elasticity_", "elasticity")
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
        log_axis(axes, "x", 5)
        mark_beyond(axes, seen[seen > 0].min(), seen.max())
        axes.set_xlabel(label_of(fit.law, symbol))
    figure.axes[0].set_ylabel(f"% of {fit.law.response.symbol} for 1% more input")
    held = "the middle of the runs" if at is None else "the stated point"
    also = f" Other inputs at {held}." if len(symbols) > 1 else ""
    mass = f"{interval_name(table.attrs['mass'])} and {INNER:.0%} of the law's curve"
    return captioned(figure, f"Median, {mass}; beyond the runs shaded.{also}")
