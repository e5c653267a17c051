"""Colours, figures and axes that all pictures share: log scales with numbers as people say them.

Figures are made without pyplot and no global setting is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bayescale.errors import InputError
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import format_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito (2008): told apart by everyone, and by their lightness in grey.
BLACK, GREY = "#000000", "#999999"
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
# In the order in which series take them: neighbours differ in lightness too.
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, BLACK)
BEYOND = "0.945"
# Points; a figure of 6.4 inches at half a page's width still has letters of 4 points.
LABEL, SMALL = 10.0, 8.5

Side = Literal["x", "y"]

# Steps within a decade, sparse to dense.
_STEPS = (
    (1.0,),
    (1.0, 3.0),
    (1.0, 2.0, 5.0),
    (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
)
# Inputs that are zero stand this factor left of the smallest positive one on a log axis.
_ZERO = 3.0


def new_figure(width: float = 6.4, height: float = 4.0) -> Figure:
    """Make an empty figure in inches, not registered with pyplot, that keeps labels apart."""
    from bayescale.plots.figure import ShownFigure

    return ShownFigure(figsize=(width, height), layout="constrained")


def label_of(law: Law, symbol: str) -> str:
    """How an axis names an input or the response: symbol and unit."""
    units = {item.symbol: item.unit for item in law.inputs}
    units[law.response.symbol] = law.response.unit
    return f"{symbol} ({units[symbol]})"


def check_input(law: Law, symbol: str) -> str:
    """Refuse a symbol that is no input of the law.

    Raises
    ------
    InputError
        With the inputs there are.
    """
    if symbol not in law.input_symbols:
        raise InputError(
            f"{law.name!r} has no input {symbol!r}; choose from {', '.join(law.input_symbols)}."
        )
    return symbol


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
    found: list[list[float]] = []
    for stride in (6, 3, 2):
        decades = range(stride * (first // stride), last + 1, stride)
        found.append([10.0**k for k in decades])
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


def log_axis(axes: Axes, side: Side, wanted: int = 6, zero: float | None = None) -> None:
    """Make an axis logarithmic with human ticks; call it when everything is drawn.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    side : {"x", "y"}
    wanted : int, default 6
        At most as many ticks.
    zero : float, optional
        Where zeros are drawn, see :func:`zero_place`; the tick there says 0.
    """
    from matplotlib.ticker import FixedLocator, NullLocator

    axis = axes.xaxis if side == "x" else axes.yaxis
    (axes.set_xscale if side == "x" else axes.set_yscale)("log")
    low, high = sorted(axes.get_xlim() if side == "x" else axes.get_ylim())
    ticks = round_numbers(low if zero is None else zero * _ZERO * 0.99, high, wanted)
    labels = written(ticks)
    if zero is not None:
        ticks, labels = [zero, *ticks], ["0", *labels]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_ticklabels(labels)


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


def plain(axes: Axes) -> None:
    """Take away what carries no information: the frame's upper right, ticks' weight."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=SMALL, color="0.6")
    axes.xaxis.label.set_fontsize(LABEL)
    axes.yaxis.label.set_fontsize(LABEL)


def caption(figure: Figure, text: str) -> None:
    """Say under the pictures what they hold fixed or what their intervals are of, in lines."""
    # About half as wide as high, with a margin.
    letters = int(figure.get_figwidth() * 72 / (0.53 * SMALL))
    lines = "\n".join(wrap(text, letters))
    figure.supxlabel(lines, fontsize=SMALL, color="0.35", x=0.01, ha="left")


def tint(colour: str, strength: float) -> tuple[float, float, float]:
    """Mix a colour with white: a tone that stays itself where bands lie on each other."""
    from matplotlib.colors import to_rgb

    red, green, blue = (1 - strength * (1 - part) for part in to_rgb(colour))
    return red, green, blue


def mark_beyond(axes: Axes, low: float, high: float, label: str = "beyond the runs") -> None:
    """Shade what lies outside the observed range along x, within the present limits."""
    left, right = axes.get_xlim()
    shades = [(left, low), (high, right)]
    for start, end in shades:
        if end > start:
            axes.axvspan(start, end, color=BEYOND, zorder=-2, lw=0, label=label)
            label = "_nolegend_"
    axes.set_xlim(left, right)
