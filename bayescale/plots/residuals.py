"""Where the law misses: residuals of the fitted runs against every input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.forecast.parts import parts_of
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.law.prior import Array
from bayescale.plots.axes import (
    BLACK,
    BLUE,
    ORANGE,
    SMALL,
    VERMILION,
    caption,
    label_of,
    log_axis,
    new_figure,
    off_zero,
    plain,
    tint,
    zero_place,
)
from bayescale.posterior.fit import Fit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

# Runs per step of the running median, at least.
_STEP, _STEPS = 6, 8
# A residual of this many times the noise's own half width stands outside the picture.
_FAR = 3.0


def residuals_table(fit: Fit, *, mass: float = DEFAULT_MASS, seed: int = 0) -> pd.DataFrame:
    """Residuals of the log response of every run.

    Parameters
    ----------
    fit : Fit
    mass : float, default 0.9
        Of the equal-tailed interval of the noise.
    seed : int, default 0
        Of the noise.

    Returns
    -------
    pandas.DataFrame, n_runs rows
        Raw inputs, ``observed``, ``fitted`` (median of the law's curve), ``residual`` in percent
        of it; ``lower`` and ``upper``: where the noise of one new run lies, in percent of
        the curve.
    """
    import pandas as pd

    inputs = fit.inputs
    parts = parts_of(fit, inputs, np.full(len(fit.response), -1))
    fitted = np.exp(np.median(np.log(fit.curve(inputs)), axis=0))
    rng = np.random.default_rng(seed)
    # One noise for all runs: they differ where their scales do.
    noise = rng.standard_t(parts.dof[:, :1])
    tail = (1 - mass) / 2
    lower, upper = np.quantile(parts.scale * noise, [tail, 1 - tail], axis=0)
    table = pd.DataFrame({**inputs, "observed": fit.response, "fitted": fitted})
    table["residual"] = 100 * (fit.response / fitted - 1)
    table["lower"], table["upper"] = 100 * np.expm1(lower), 100 * np.expm1(upper)
    table.attrs = {"mass": mass}
    return table


def residuals(fit: Fit, *, mass: float = DEFAULT_MASS, seed: int = 0) -> Figure:
    """Draw residuals against every input, with their running median and the noise.

    Parameters as in :func:`residuals_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = residuals_table(fit, mass=mass, seed=seed)
    symbols = fit.law.input_symbols
    figure = new_figure(max(4.2, 2.7 * len(symbols)), 3.3)
    panels = figure.subplots(1, len(symbols), sharey=True, squeeze=False)[0]
    low, high = float(table["lower"].median()), float(table["upper"].median())
    bounds = _FAR * low, _FAR * high
    shown = table["residual"].clip(*bounds).to_numpy()
    inside = (shown == table["residual"]).to_numpy()
    size = 2.8 if len(table) > 60 else 4.5
    with_line = False
    for axes, symbol in zip(panels, symbols, strict=True):
        zero = zero_place(table[symbol])
        x = off_zero(table[symbol], zero)
        axes.axhspan(low, high, color=tint(ORANGE, 0.25), lw=0, zorder=-2)
        axes.axhline(0, color="0.4", lw=0.8)
        axes.plot(x[inside], shown[inside], "o", ms=size, mew=0, alpha=0.6, color=BLACK)
        for side, mark in ((shown > 0, "^"), (shown < 0, "v")):
            far = ~inside & side
            axes.plot(x[far], shown[far], mark, ms=6, mew=0, color=VERMILION)
        middle = _running_median(x, table["residual"].to_numpy())
        with_line |= middle[0].size > 0
        axes.plot(*middle, color=BLUE, lw=1.6)
        axes.margins(x=0.04)
        log_axis(axes, "x", 5, zero=zero)
        axes.set_xlabel(label_of(fit.law, symbol))
        plain(axes)
    panels[0].set_ylabel("observed − fitted (%)")
    _legend(figure, mass, not inside.all(), with_line)
    note = f"Fitted: median of the law's curve for {fit.law.response.symbol}."
    if not inside.all():
        far = table["residual"][~inside]
        note += (
            f" {len(far)} runs lie further out, between {far.min():+.0f}% and {far.max():+.0f}%."
        )
    caption(figure, note)
    return figure


def _legend(figure: Figure, mass: float, far: bool, with_line: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Line2D | Patch] = [
        Line2D([], [], marker="o", ls="", ms=4, color=BLACK, label="runs"),
        Patch(color=tint(ORANGE, 0.25), label=f"noise of one run, {interval_name(mass)}"),
    ]
    if with_line:
        handles.append(Line2D([], [], color=BLUE, label="running median"))
    if far:
        style: dict[str, Any] = {"marker": "^", "ls": "", "ms": 5, "color": VERMILION}
        handles.append(Line2D([], [], label="further out", **style))
    figure.legend(handles=handles, loc="outside upper left", ncols=2, frameon=False, fontsize=SMALL)


def _running_median(x: Array, y: Array) -> tuple[Array, Array]:
    """Medians of runs that follow each other along an input; nothing where there are few."""
    count = min(_STEPS, len(x) // _STEP, len(np.unique(x)))
    if count < 3:
        return np.empty(0), np.empty(0)
    # Runs at one place stay together.
    edges = np.unique(np.quantile(x, np.linspace(0, 1, count + 1)[1:-1]))
    group = np.searchsorted(edges, x, side="left")
    kept = np.unique(group)
    middle = [np.exp(np.median(np.log(x[group == k]))) for k in kept]
    return np.array(middle), np.array([np.median(y[group == k]) for k in kept])
