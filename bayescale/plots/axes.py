"""Axes that all pictures share: log scales with numbers as people say them, bands, rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import format_number

_BEYOND = "0.945"
# Steps within a decade, sparse to dense.
_STEPS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 5.0, 7.0))
# Inputs that are zero stand this factor left of the smallest positive one on a log axis.
_ZERO = 3.0


def label_of(law: Law, symbol: str = "") -> str:
    """How an axis names an input, or the response if left out: symbol and unit."""
    named = next((item for item in law.inputs if item.symbol == symbol), law.response)
    return f"{named.symbol} ({named.unit})"


def round_numbers(low: float, high: float, wanted: int = 6) -> list[float]:
    """Choose numbers between two positive limits that a person would put on a log axis.

    Parameters
    ----------
    low, high : float
        Positive, ``low`` below ``high``.
    wanted : int, default 6
        At most as many, as near to it as round numbers allow.

    Returns
    -------
    list of float
        Powers of ten, or of a thousand over many decades; 1, 2, 5 of each over few; evenly
        spaced round numbers within a part of a decade.
    """
    low, high = low * (1 - 1e-9), high * (1 + 1e-9)
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    found: list[list[float]] = [
        [10.0**k for k in range(stride * (first // stride), last + 1, stride)]
        for stride in (6, 3, 2)
    ]
    for steps in _STEPS:
        found.append([float(f"{m}e{k}") for k in range(first, last + 1) for m in steps])
    inside = [[value for value in each if low <= value <= high] for each in found]
    if high / low < 10:
        inside.append(_evenly(low, high, wanted))
    return max((each for each in inside if len(each) <= wanted), key=len)


def _evenly(low: float, high: float, wanted: int) -> list[float]:
    """Multiples of the smallest round step that gives few enough."""
    power = int(np.floor(np.log10((high - low) / wanted)))
    for step in (float(f"{m}e{power + k}") for k in (0, 1, 2) for m in (1, 2, 2.5, 5)):
        multiples = np.arange(np.ceil(low / step), np.floor(high / step) + 1)
        if len(multiples) <= wanted:
            break
    return [float(value) for value in multiples * step]


def written(values: Sequence[float]) -> list[str]:
    """Write rising numbers for an axis, with as many digits as it takes to say where they are."""
    near = 0.01 * float(np.min(np.diff(values))) if len(values) > 1 else np.inf
    for digits in range(3, 12):
        if all(abs(float(f"{value:.{digits - 1}e}") - value) <= near for value in values):
            break
    return [format_number(value, digits) for value in values]


def log_axis(
    axes: Axes, side: Literal["x", "y"], label: str = "", wanted: int = 6, zero: float | None = None
) -> None:
    """Make an axis logarithmic with human ticks; call it when everything is drawn.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    side : {"x", "y"}
    label : str
        Of the axis, see :func:`label_of`.
    wanted : int, default 6
        At most as many ticks.
    zero : float, optional
        Where zeros are drawn, see :func:`zero_place`; the tick there says 0.
    """
    axes.set(**{f"{side}scale": "log", f"{side}label": label})
    axis = axes.xaxis if side == "x" else axes.yaxis
    low, high = sorted(axis.get_view_interval())
    ticks = round_numbers(low if zero is None else zero * _ZERO * 0.99, high, wanted)
    labels = written(ticks)
    if zero is not None:
        ticks, labels = [zero, *ticks], ["0", *labels]
    axis.set_ticks(ticks, labels)
    axis.set_ticks([], minor=True)


def zero_place(*values: Any) -> float | None:
    """Where a log axis shows zeros: left of all that is positive; None without zeros.

    Parameters
    ----------
    *values : array-like
        Not negative, at least one positive.
    """
    whole = np.concatenate([np.asarray(each, dtype=float) for each in values])
    return None if (whole > 0).all() else float(whole[whole > 0].min()) / _ZERO


def off_zero(values: Any, zero: float | None) -> Array:
    """Move zeros to their place on a log axis, from :func:`zero_place`."""
    found = np.asarray(values, dtype=float)
    return found if zero is None else np.where(found > 0, found, zero)


def mark_beyond(axes: Axes, low: float, high: float, label: str = "beyond the runs") -> None:
    """Shade what lies outside the observed range along x, within the present limits."""
    left, right = axes.get_xlim()
    for start, end in ((left, low), (high, right)):
        if end > start:
            axes.axvspan(start, end, color=_BEYOND, zorder=-2, lw=0, label=label)
            label = "_nolegend_"
    axes.set_xlim(left, right)


def band(axes: Axes, x: Any, table: pd.DataFrame, prefix: str = "", **style: Any) -> None:
    """Fill between the columns ``lower`` and ``upper`` of a table, their names after a prefix."""
    axes.fill_between(x, table[f"{prefix}lower"], table[f"{prefix}upper"], lw=0, **style)


def curve(
    axes: Axes, x: Any, table: pd.DataFrame, middle: str, prefix: str, colour: str, label: str = ""
) -> None:
    """Draw a column of a table as a line, within its band (see :func:`band`)."""
    band(axes, x, table, prefix, color=colour, alpha=0.25)
    axes.plot(x, table[middle], color=colour, lw=1.6, label=label)


def arms(table: pd.DataFrame, middle: str = "median", prefix: str = "") -> Array:
    """How far the bounds of a table lie from its middle, shape (2, n_rows), for error bars."""
    lower, upper = table[f"{prefix}lower"], table[f"{prefix}upper"]
    return np.maximum([table[middle] - lower, upper - table[middle]], 0.0)


def name_rows(several: Sequence[Axes], names: Sequence[str]) -> Array:
    """Name the rows of axes side by side, from the top down; the places where they stand."""
    places = np.arange(len(names), dtype=float)[::-1]
    several[0].set_yticks(places, names)
    several[0].set_ylim(-0.6, len(names) - 0.4)
    for axes in several:
        axes.tick_params(axis="y", length=0)
    return places
