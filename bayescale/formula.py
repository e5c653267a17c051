"""A formula as text, written by calling the law's own function on names."""

from __future__ import annotations

from dataclasses import dataclass

_SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(5)


def _as_text(value: Text | float) -> Text:
    if isinstance(value, Text):
        return value
    return Text(f"{value:g}", _ATOM if value >= 0 else _UNARY)


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

    # numpy's one-argument functions call the method of their name on objects.
    def exp(self) -> Text:
        """Text of the exponential."""
        return Text(f"exp({self.text})")

    def log(self) -> Text:
        """Text of the natural logarithm."""
        return Text(f"log({self.text})")

    def log1p(self) -> Text:
        """Text of log(1 + x)."""
        return Text(f"log1p({self.text})")

    def expm1(self) -> Text:
        """Text of exp(x) - 1."""
        return Text(f"expm1({self.text})")

    def sqrt(self) -> Text:
        """Text of the square root."""
        return Text(f"sqrt({self.text})")

    def tanh(self) -> Text:
        """Text of the hyperbolic tangent."""
        return Text(f"tanh({self.text})")
