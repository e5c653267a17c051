"""An input of a law whose powers cost an exponential, because its log is known."""

from __future__ import annotations

from typing import Any

import pytensor.tensor as pt


class Scaled:
    """A positive vector of data in a PyTensor graph, given by its log.

    ``x**e`` is written as ``exp(e * log x)``: the log of data does not change while sampling,
    and a power takes several times as long as an exponential. Anything else is done to ``x``
    itself, so that a law's function need not know.

    Parameters
    ----------
    log : pytensor.tensor.TensorVariable
        Natural log of the values.
    """

    def __init__(self, log: Any) -> None:
        self._log = log
        self._value = pt.exp(log)

    def __pow__(self, exponent: Any) -> Any:
        return pt.exp(_value(exponent) * self._log)

    # numpy's one-argument functions call the method of their name on objects.
    def log(self) -> Any:
        """Natural log."""
        return self._log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._value, name)

    def __neg__(self) -> Any:
        return -self._value

    def __add__(self, other: Any) -> Any:
        return self._value + _value(other)

    def __radd__(self, other: Any) -> Any:
        return other + self._value

    def __sub__(self, other: Any) -> Any:
        return self._value - _value(other)

    def __rsub__(self, other: Any) -> Any:
        return other - self._value

    def __mul__(self, other: Any) -> Any:
        return self._value * _value(other)

    def __rmul__(self, other: Any) -> Any:
        return other * self._value

    def __truediv__(self, other: Any) -> Any:
        # A ratio of two inputs is a positive vector whose log is known as well.
        if isinstance(other, Scaled):
            return Scaled(self._log - other._log)
        return self._value / other

    def __rtruediv__(self, other: Any) -> Any:
        return other / self._value

    def __rpow__(self, other: Any) -> Any:
        return other**self._value


def _as_tensor(item: Scaled, name: str | None, ndim: int | None, **_: Any) -> Any:
    """What PyTensor makes of one that stands to the right of its operators."""
    return item._value


pt._as_tensor_variable.register(Scaled, _as_tensor)


def _value(item: Any) -> Any:
    return item._value if isinstance(item, Scaled) else item
