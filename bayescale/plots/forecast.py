"""Forecasts against scale: along a line, and at points beside what was measured."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayescale.errors import InputError
from bayescale.forecast.forecast import Extrapolation
from bayescale.forecast.mixture import Ensemble
from bayescale.forecast.scenarios import NONE
from bayescale.intervals import interval_name
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.plots.axes import arms, band, label_of, log_axis, mark_beyond, off_zero, zero_place
from bayescale.plots.colours import BLACK, BLUE, ORANGE, VERMILION, tint
from bayescale.plots.figure import finished, panels
from bayescale.plots.lines import check_input, line_to
from bayescale.plots.tables import INNER, as_new_runs, fits_of, intervals
from bayescale.posterior.fit import Fit
from bayescale.runs.runs import Runs

_KINDS = {"run": "a new run", "mean": "the law's curve"}


def extrapolation_table(forecast: Extrapolation) -> pd.DataFrame:
    """What a forecast says at each of its points.

    Parameters
    ----------
    forecast : Extrapolation

    Returns
    -------
    pandas.DataFrame
        Inputs, ``median``, ``lower``, ``upper``, ``inner_lower``, ``inner_upper`` (50%),
        ``reach``.
    """
    return forecast.points.join(intervals(forecast)).assign(reach=forecast.reach)


def extrapolation(forecast: Extrapolation, against: str | None = None) -> Figure:
    """Draw a forecast's points and the observed runs against one input.

    Parameters
    ----------
    forecast : Extrapolation
        Its numbers are those of :func:`extrapolation_table`.
    against : str, optional
        Input on the horizontal axis; the one that reaches furthest beyond the runs if left out.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If the law has no such input.
    """
    law, points = forecast.law, forecast.points

    def gain(name: str) -> float:
        """How many times as large as the largest run the largest point is."""
        return float(points[name].max() / forecast.observed[name].max())

    symbol = max(law.input_symbols, key=gain) if against is None else check_input(law, against)
    return _drawn(law, symbol, pd.DataFrame(forecast.observed), forecast)


def forecast_table(
    forecaster: Fit | Ensemble,
    at: Any = None,
    *,
    against: str | None = None,
    points: int = 40,
    **options: Any,
) -> pd.DataFrame:
    """Forecasts along a line from the smallest runs to a target.

    Parameters
    ----------
    forecaster : Fit or Ensemble
    at : mapping or pandas.DataFrame, optional
        Target points; the line goes from the middle of the runs to the largest of them.
        Without, it follows the runs' trend a decade beyond them.
    against : str, optional
        Input on the axis; the one that changes most along the line if left out.
    points : int, default 40
    **options
        Of :func:`bayescale.extrapolate`: ``mass`` (of the outer equal-tailed intervals; the
        inner ones are of 50%), ``seed``, ``allow_unconverged``.

    Returns
    -------
    pandas.DataFrame
        Inputs, ``reach``; of the curve (``mean_``) and of one new run (``run_``): ``median``,
        ``lower``, ``upper``, ``inner_lower``, ``inner_upper``. ``attrs``: ``against``, ``line``
        (which line it is), ``mass``, ``discrepancy`` and ``notes`` (their codes).
    """
    fit = fits_of(forecaster)[0]
    line = line_to(fit, at, against, points)
    # A line through the data is about new runs.
    wanted = as_new_runs(fit, line.points)
    curve, run = (forecaster.extrapolate(wanted, kind=kind, **options) for kind in ("mean", "run"))
    table = line.points.assign(reach=curve.reach)
    for found in (curve, run):
        table = table.join(intervals(found).add_prefix(f"{found.kind}_"))
    table.attrs = {
        "against": line.symbol,
        "line": line.text,
        "mass": curve.mass,
        "discrepancy": curve.discrepancy,
        "notes": ", ".join(
            dict.fromkeys(note.code for note in curve.notes if not note.acknowledged)
        ),
    }
    return table


def forecast(
    forecaster: Fit | Ensemble,
    at: Any = None,
    *,
    held_out: Runs | pd.DataFrame | None = None,
    against: str | None = None,
    points: int = 40,
    **options: Any,
) -> Figure:
    """Draw the forecast against scale: runs, median, bands of the curve and of a new run.

    Parameters
    ----------
    forecaster : Fit or Ensemble
    at : mapping or pandas.DataFrame, optional
        Target points, drawn with the interval of one new run.
    held_out : Runs or pandas.DataFrame, optional
        Runs that were hidden from the fit: columns of the inputs and the response.
    against, points, **options
        Of :func:`forecast_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If points or held-out runs lack a column, or ``against`` is no input that changes.
    """
    runs = fits_of(forecaster)[0].runs
    table = forecast_table(forecaster, at, against=against, points=points, **options)
    symbol, name = table.attrs["against"], runs.law.response.symbol
    hidden = held_out.table if isinstance(held_out, Runs) else held_out
    missing = [] if hidden is None else [key for key in (symbol, name) if key not in hidden]
    if missing:
        raise InputError(f"The held-out runs have no column {', '.join(missing)}.")
    targets = None if at is None else forecaster.extrapolate(at, **options)
    return _drawn(runs.law, symbol, runs.table, targets, table, hidden)


def _drawn(
    law: Law,
    symbol: str,
    runs: pd.DataFrame,
    targets: Extrapolation | None,
    table: pd.DataFrame | None = None,
    hidden: pd.DataFrame | None = None,
) -> Figure:
    """Runs and targets on log axes, with bands along a line and hidden runs where there are."""
    name = law.response.symbol
    everything = (runs, targets.points if targets else None, table, hidden)
    zero = zero_place(*(frame[symbol] for frame in everything if frame is not None))
    x, text = off_zero(runs[symbol], zero), ""
    figure, (axes,) = panels(height=4.4)
    if table is not None:
        _draw_bands(axes, table, zero)
    size, alpha = (2.8, 0.55) if len(x) > 60 else (4.5, 0.85)
    label = f"observed runs ({len(x)})"
    axes.plot(x, runs[name], "o", mew=0, ms=size, alpha=alpha, color=BLACK, label=label)
    if hidden is not None:
        style: dict[str, Any] = {"ms": 4.5, "mfc": "white", "mec": BLACK, "mew": 1.0}
        label = f"held-out runs ({len(hidden)})"
        axes.plot(off_zero(hidden[symbol], zero), hidden[name], "D", label=label, **style)
    if targets is not None:
        _draw_targets(axes, targets, symbol, zero)
    if table is not None:
        text = _caption(table, _limit_response(axes, runs[name].to_numpy(), table))
    axes.margins(x=0.02)
    log_axis(axes, "x", label_of(law, symbol), 7, zero)
    log_axis(axes, "y", label_of(law))
    mark_beyond(axes, x.min(), x.max())
    return finished(figure, text, columns=2)


def _caption(table: pd.DataFrame, outside: int) -> str:
    """What the picture holds fixed and leaves out, and what changes how it is read."""
    line, notes = table.attrs["line"], table.attrs["notes"]
    told = (
        f"{line}; observed runs have their own other inputs." if line else "",
        f"{outside} of the observed runs lie outside the picture." if outside else "",
        NONE if table.attrs["discrepancy"].endswith(NONE) else "",
        f"Caution: {notes}." if notes else "",
    )
    return " ".join(filter(None, told))


def _draw_bands(axes: Axes, table: pd.DataFrame, zero: float | None) -> None:
    x = off_zero(table[table.attrs["against"]], zero)
    masses = (("", table.attrs["mass"]), ("inner_", INNER))
    for kind, colour, strengths in (("run", ORANGE, (0.25, 0.5)), ("mean", BLUE, (0.3, 0.6))):
        for (edge, mass), strength in zip(masses, strengths, strict=True):
            label = f"{_KINDS[kind]}, {interval_name(mass)}"
            band(axes, x, table, f"{kind}_{edge}", color=tint(colour, strength), label=label)
    # The curve's bands may hide where half of new runs lie.
    axes.plot(x, table[["run_inner_lower", "run_inner_upper"]], color=ORANGE, lw=0.8)
    axes.plot(x, table["mean_median"], color=BLUE, lw=1.6, label="the law's curve, median")


def _draw_targets(axes: Axes, forecast: Extrapolation, symbol: str, zero: float | None) -> None:
    """Median and intervals at the points of a forecast."""
    table = intervals(forecast)
    x, of = off_zero(forecast.points[symbol], zero), _KINDS[forecast.kind]
    style: dict[str, Any] = {"fmt": "s", "ms": 5, "color": VERMILION, "mec": "white"}
    label = f"target, {interval_name(forecast.mass)} and {INNER:.0%} of {of}"
    axes.errorbar(x, table["median"], arms(table, prefix="inner_"), elinewidth=3.5, **style)
    style |= {"elinewidth": 1.4, "capsize": 3, "label": label}
    axes.errorbar(x, table["median"], arms(table), **style)


def _limit_response(axes: Axes, response: Array, table: pd.DataFrame) -> int:
    """Keep what the fit says in sight where diverged runs would shrink it; how many are left out.

    The picture shows the bands and nine in ten of the runs, and as much again either way.
    """
    low = min(np.quantile(response, 0.05, method="higher"), table["run_lower"].min())
    high = max(np.quantile(response, 0.95, method="lower"), table["run_upper"].max())
    span = high / low
    kept = response[(response >= low / span) & (response <= high * span)]
    if len(kept) < len(response):
        margin = span**0.06
        axes.set_ylim(min(low, kept.min()) / margin, max(high, kept.max()) * margin)
    return len(response) - len(kept)
