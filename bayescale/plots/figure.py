"""Figures without pyplot: grids of axes, legends, captions. No global setting changes."""

from __future__ import annotations

from collections.abc import Collection
from io import BytesIO
from textwrap import wrap
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Points; a figure of 6.4 inches at half a page's width still has letters of 4 points.
LABEL, SMALL = 10.0, 8.5
# Dots per inch of the image, and at which it is shown: sharp on screens with twice the dots.
_DRAWN, _SHOWN = 144, 96
# Inches: narrower figures have no room for what stands above and below.
_NARROWEST = 4.2


class ShownFigure(Figure):
    """Matplotlib's figure; a notebook shows it as PNG, whichever backend is set."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=_DRAWN)
        width, height = self.get_size_inches() * _SHOWN
        return buffer.getvalue(), {"width": round(width), "height": round(height)}


def panels(
    rows: int = 1, columns: int = 1, *, width: float = 6.4, height: float = 4.0, **options: Any
) -> tuple[Figure, list[Axes]]:
    """Make a figure with a grid of axes that show nothing but what carries information.

    Parameters
    ----------
    rows, columns : int, default 1
    width, height : float
        In inches.
    **options
        Of :meth:`matplotlib.figure.Figure.subplots`.

    Returns
    -------
    figure : matplotlib.figure.Figure
        Not registered with pyplot; keeps labels apart.
    axes : list of matplotlib.axes.Axes
        Row by row.
    """
    figure = ShownFigure(figsize=(width, height), layout="constrained")
    found = list(figure.subplots(rows, columns, squeeze=False, **options).ravel())
    for axes in found:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=SMALL, color="0.6")
        axes.xaxis.label.set_fontsize(LABEL)
        axes.yaxis.label.set_fontsize(LABEL)
    return figure, found


def named_panels(
    names: Collection[str], across: int, cell: tuple[float, float], above: float = 0, **options: Any
) -> tuple[Figure, dict[str, Axes]]:
    """Make axes for each of several names, so many in a row.

    Parameters
    ----------
    names : collection of str
    across : int
        At most as many in a row.
    cell : (float, float)
        Width and height of each, in inches.
    above : float, default 0
        Inches for what stands above all of them.
    **options
        As in :func:`panels`.
    """
    columns = min(across, len(names))
    rows = -(-len(names) // columns)
    width, height = max(_NARROWEST, cell[0] * columns), above + cell[1] * rows
    figure, several = panels(rows, columns, width=width, height=height, **options)
    for axes in several[len(names) :]:
        axes.set_axis_off()
    return figure, dict(zip(names, several, strict=False))


def legend(axes: Axes, **options: Any) -> None:
    """Say what is what where there is room inside the axes."""
    axes.legend(edgecolor="none", framealpha=0.85, fontsize=SMALL, **options)


def finished(figure: Figure, text: str = "", columns: int = 0) -> Figure:
    """Say what is what above the axes, and how it is read under them; the same figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Its first axes have the labels.
    text : str
        What the axes hold fixed or what their intervals are of.
    columns : int, default 0
        Of the legend, which covers nothing there; none at 0.
    """
    if columns:
        handles, labels = figure.axes[0].get_legend_handles_labels()
        style: dict[str, Any] = {"loc": "outside upper left", "frameon": False, "fontsize": SMALL}
        figure.legend(handles, labels, ncols=columns, **style)
    # Letters are about half as wide as high; with a margin.
    letters = int(figure.get_figwidth() * 72 / (0.53 * SMALL))
    if lines := wrap(text, letters):
        figure.supxlabel("\n".join(lines), fontsize=SMALL, color="0.35", x=0.01, ha="left")
    return figure
