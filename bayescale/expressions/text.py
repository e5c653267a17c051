"""A formula as text, written by calling the law's own function on names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(5)


def _as_text(value: Text | float) -> Text:
    if isinstance(value, Text):
        return value
    short = f"{value:g}"
    text = short if float(short) == value else repr(float(value))
    return Text(text, _ATOM if value >= 0 else _UNARY)


@dataclass(frozen=True)
class Text:
    """An arithmetic expression that remembers how it was written.

    Parameters
    ----------
    text : str
        The expression so far.
    rank : int
        How tightly its outermost operator binds, to know where brackets are needed.
    """

    text: str
    rank: int = _ATOM

    def __str__(self) -> str:
        return self.text

    def _in(self, rank: int) -> str:
        return self.text if self.rank >= rank else f"({self.text})"

    def __add__(self, other: Text | float) -> Text:
        return Text(f"{self.text} + {_as_text(other)._in(_PRODUCT)}", _SUM)

    def __radd__(self, other: float) -> Text:
        return _as_text(other) + self

    def __sub__(self, other: Text | float) -> Text:
        return Text(f"{self.text} - {_as_text(other)._in(_PRODUCT)}", _SUM)

    def __rsub__(self, other: float) -> Text:
        return _as_text(other) - self

    def __mul__(self, other: Text | float) -> Text:
        return Text(f"{self._in(_PRODUCT)}*{_as_text(other)._in(_UNARY)}", _PRODUCT)

    def __rmul__(self, other: float) -> Text:
        return _as_text(other) * self

    def __truediv__(self, other: Text | float) -> Text:
        return Text(f"{self._in(_PRODUCT)}/{_as_text(other)._in(_UNARY)}", _PRODUCT)

    def __rtruediv__(self, other: float) -> Text:
        return _as_text(other) / self

    def __neg__(self) -> Text:
        return Text(f"-{self._in(_UNARY)}", _UNARY)

    def __pow__(self, other: Text | float) -> Text:
        return Text(f"{self._in(_ATOM)}**{_as_text(other)._in(_UNARY)}", _POWER)

    def __rpow__(self, other: float) -> Text:
        return _as_text(other) ** self

    def __abs__(self) -> Text:
        return Text(f"abs({self.text})")

    def __getattr__(self, name: str) -> Callable[[], Text]:
        """Answer numpy's one-argument function of this name, which asks for its method."""
        function = getattr(np, name, None)
        if isinstance(function, np.ufunc) and function.nin == 1:
            return lambda: Text(f"{name}({self.text})")
        raise AttributeError(f"A formula cannot be written with {name!r}.")
