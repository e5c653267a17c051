"""A formula as text, written by calling the law's own function on names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from bayescale.errors import LawError

_SUM, _PRODUCT, _UNARY, _POWER, _ATOM = range(5)


def _operation(
    sign: str, rank: int, left: int, right: int
) -> tuple[Callable[[Text, Text | float], Text], Callable[[Text, float], Text]]:
    """An operator and its reflection, given how tightly it and what stands beside it bind."""

    def ordered(self: Text, other: Text | float) -> Text:
        return Text(f"{self._in(left)}{sign}{Text.of(other)._in(right)}", rank)

    def reflected(self: Text, other: float) -> Text:
        return ordered(Text.of(other), self)

    return ordered, reflected


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

    @classmethod
    def of(cls, value: Text | float) -> Text:
        """Write a number; what is text already stays."""
        if isinstance(value, Text):
            return value
        short = f"{value:g}"
        text = short if float(short) == value else repr(float(value))
        return cls(text, _ATOM if value >= 0 else _UNARY)

    def __str__(self) -> str:
        return self.text

    def _in(self, rank: int) -> str:
        return self.text if self.rank >= rank else f"({self.text})"

    __add__, __radd__ = _operation(" + ", _SUM, _SUM, _PRODUCT)
    __sub__, __rsub__ = _operation(" - ", _SUM, _SUM, _PRODUCT)
    __mul__, __rmul__ = _operation("*", _PRODUCT, _PRODUCT, _UNARY)
    __truediv__, __rtruediv__ = _operation("/", _PRODUCT, _PRODUCT, _UNARY)
    __pow__, __rpow__ = _operation("**", _POWER, _ATOM, _UNARY)

    def __neg__(self) -> Text:
        return Text(f"-{self._in(_UNARY)}", _UNARY)

    def __pos__(self) -> Text:
        return self

    def __abs__(self) -> Text:
        return Text(f"abs({self.text})")

    def __getattr__(self, name: str) -> Callable[[], Text]:
        """Answer numpy's one-argument function of this name, which asks for its method."""
        if numpy_function(name) is None:
            raise AttributeError(f"A formula cannot be written with {name!r}.")
        return lambda: Text(f"{name}({self.text})")

    def _compared(self, *_: object) -> NoReturn:
        raise LawError(
            "a law may not ask which of its values is larger (np.maximum, np.where, max, if): use "
            "bayescale.law.ops.smooth_max or smooth_min, or softplus for a hinge"
        )

    __lt__ = __le__ = __gt__ = __ge__ = __bool__ = _compared


def numpy_function(name: str) -> np.ufunc | None:
    """Find numpy's function of one number by its name."""
    found = getattr(np, name, None)
    return found if isinstance(found, np.ufunc) and found.nin == 1 else None
