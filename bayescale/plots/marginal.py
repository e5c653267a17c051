"""What each input still buys: marginal returns as it grows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.law.symbols import TOTAL
from bayescale.plots.axes import (
    SERIES,
    caption,
    label_of,
    log_axis,
    mark_beyond,
    new_figure,
    plain,
)
from bayescale.plots.lines import line_along
from bayescale.posterior import summary
from bayescale.posterior.fit import Fit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

INNER = 0.5
# Derivatives at many places: more draws would take seconds and change no line.
_DRAWS = 1000


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
        ``_inner_upper``. Evenly thinned draws are used.
    """
    import pandas as pd

    count = len(fit.curve.free[TOTAL])
    curve = fit.curve.pick(np.linspace(0, count - 1, min(_DRAWS, count)).astype(int))
    parts = []
    for symbol in fit.law.input_symbols:
        line = line_along(fit, symbol, at, points)
        part = summary.returns_table(curve, line.points, mass).xs(symbol, level="input")
        inner = summary.returns_table(curve, line.points, INNER).xs(symbol, level="input")
        part["elasticity_inner_lower"] = inner["elasticity_lower"]
        part["elasticity_inner_upper"] = inner["elasticity_upper"]
        part.insert(0, "input", symbol)
        parts.append(part.assign(held_fixed=line.text))
    table: pd.DataFrame = pd.concat(parts, ignore_index=True)
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
    figure = new_figure(max(3.8, 2.9 * len(symbols)), 3.1)
    panels = figure.subplots(1, len(symbols), sharey=True, squeeze=False)[0]
    for axes, symbol, colour in zip(panels, symbols, SERIES, strict=False):
        part = table[table["input"] == symbol]
        x = part[symbol]
        style = {"color": colour, "lw": 0}
        axes.fill_between(
            x, part["elasticity_lower"], part["elasticity_upper"], alpha=0.25, **style
        )
        axes.fill_between(
            x,
            part["elasticity_inner_lower"],
            part["elasticity_inner_upper"],
            alpha=0.35,
            **style,
        )
        axes.plot(x, part["elasticity"], color=colour, lw=1.6)
        axes.axhline(0, color="0.5", lw=0.8)
        axes.margins(x=0)
        log_axis(axes, "x", 5)
        seen = fit.inputs[symbol]
        mark_beyond(axes, seen[seen > 0].min(), seen.max())
        axes.set_xlabel(label_of(fit.law, symbol))
        plain(axes)
    name = fit.law.response.symbol
    panels[0].set_ylabel(f"% of {name} for 1% more input")
    held = "the middle of the runs" if at is None else "the stated point"
    also = f" Other inputs at {held}." if len(symbols) > 1 else ""
    mass = f"{interval_name(table.attrs['mass'])} and {INNER:.0%} of the law's curve"
    caption(figure, f"Median, {mass}; beyond the runs shaded.{also}")
    return figure
