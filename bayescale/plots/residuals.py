"""Where the law misses: residuals of the fitted runs against every input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayescale.intervals import DEFAULT_MASS, interval_name, named_bounds
from bayescale.law.prior import Array
from bayescale.plots.axes import label_of, log_axis, off_zero, zero_place
from bayescale.plots.colours import BLACK, BLUE, ORANGE, VERMILION, tint
from bayescale.plots.figure import finished, named_panels
from bayescale.plots.tables import as_new_runs
from bayescale.posterior.fit import Fit

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
    table = pd.DataFrame(fit.inputs)
    options = {"seed": seed, "allow_unconverged": True}
    run = fit.extrapolate(as_new_runs(fit, table), kind="run", **options)
    table["observed"] = fit.response
    table["fitted"] = np.exp(np.median(run.predictive.location, axis=0))
    table["residual"] = 100 * (table["observed"] / table["fitted"] - 1)
    noise = run.draws.to_numpy() / np.exp(run.predictive.location) - 1
    table = table.assign(**named_bounds(100 * noise, mass)).drop(columns="median")
    table.attrs = {"mass": mass}
    return table


def residuals(fit: Fit, *, mass: float = DEFAULT_MASS, seed: int = 0) -> Figure:
    """Draw residuals against every input, with their running median and the noise.

    Parameters as in :func:`residuals_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table, symbols = residuals_table(fit, mass=mass, seed=seed), fit.law.input_symbols
    low, high = float(table["lower"].median()), float(table["upper"].median())
    figure, several = named_panels(symbols, len(symbols), (2.7, 3.3), sharey=True)
    for symbol, axes in several.items():
        zero = zero_place(table[symbol])
        x = off_zero(table[symbol], zero)
        label = f"noise of one run, {interval_name(mass)}"
        axes.axhspan(low, high, color=tint(ORANGE, 0.25), lw=0, zorder=-2, label=label)
        axes.axhline(0, color="0.4", lw=0.8)
        _draw_residuals(axes, x, table["residual"].to_numpy(), _FAR * low, _FAR * high)
        axes.margins(x=0.04)
        log_axis(axes, "x", label_of(fit.law, symbol), 5, zero)
    figure.axes[0].set_ylabel("observed − fitted (%)")
    note = f"Fitted: median of the law's curve for {fit.law.response.symbol}."
    far = table["residual"][~table["residual"].between(_FAR * low, _FAR * high)]
    if len(far):
        span = f"between {far.min():+.0f}% and {far.max():+.0f}%"
        note += f" {len(far)} runs lie further out, {span}."
    return finished(figure, note, columns=2)


def _draw_residuals(axes: Axes, x: Array, residual: Array, low: float, high: float) -> None:
    """Residuals within limits, arrows on the limit for those beyond, and what is usual."""
    shown = residual.clip(low, high)
    far = shown != residual
    style: dict[str, Any] = {"ms": 2.8 if len(x) > 60 else 4.5, "alpha": 0.6, "color": BLACK}
    axes.plot(x[~far], shown[~far], "o", mew=0, label="runs", **style)
    label = "further out"
    for own, mark in ((far & (shown > 0), "^"), (far & (shown < 0), "v")):
        if own.any():
            axes.plot(x[own], shown[own], mark, ms=6, mew=0, color=VERMILION, label=label)
            label = ""
    middle = _running_median(x, residual)
    if len(middle):
        axes.plot(*middle.T, color=BLUE, lw=1.6, label="running median")


def _running_median(x: Array, y: Array) -> Array:
    """Medians of runs that follow each other along an input; nothing where there are few.

    Returns
    -------
    ndarray, shape (n_steps, 2)
        Input and residual.
    """
    count = min(_STEPS, len(x) // _STEP, len(np.unique(x)))
    if count < 3:
        return np.empty((0, 2))
    # Runs at one place stay together.
    edges = np.unique(np.quantile(x, np.linspace(0, 1, count + 1)[1:-1]))
    groups = pd.DataFrame({"x": np.log(x), "y": y}).groupby(np.searchsorted(edges, x))
    middle = groups.median()
    return np.column_stack([np.exp(middle["x"]), middle["y"]])
