"""A figure that a notebook shows by itself, without pyplot."""

from __future__ import annotations

from io import BytesIO

from matplotlib.figure import Figure

# Dots per inch of the image, and at which it is shown: sharp on screens with twice the dots.
_DRAWN, _SHOWN = 144, 96


class ShownFigure(Figure):
    """Matplotlib's figure; a notebook shows it as PNG, whichever backend is set."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=_DRAWN)
        width, height = self.get_size_inches() * _SHOWN
        return buffer.getvalue(), {"width": round(width), "height": round(height)}
