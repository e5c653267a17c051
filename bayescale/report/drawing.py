"""Figures as pictures of a document."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from bayescale.report.document import Picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def picture(name: str, figure: Figure, caption: str) -> Picture:
    """A figure as SVG: as small as a bitmap, and sharp in print."""
    from matplotlib.text import Text

    # Names and units are the user's: a dollar sign in them is no formula.
    for text in figure.findobj(Text):
        text.set_parse_math(False)
    buffer = BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return Picture(name, caption, buffer.getvalue(), "svg")
