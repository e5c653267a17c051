"""Risk measures: from draws of a response, where more is worse, to one number.

    mean            E[y]
    median          Q(0.5)
    quantile(q)     Q(q), the value at risk
    cvar(q)         E[y | y beyond Q(q)] = Q(q) + E[max(y - Q(q), 0)] / (1 - q), expected shortfall
    tail_distance(q)    |Q(q) - E[y]| + |E[y] - Q(1 - q)|, the spread alone
    exceedance(limit)   P(y > limit)
    entropic(lambda)    log(E[exp(lambda * y)]) / lambda

``Q`` is the quantile function of the draws. The noise of a new run has heavy tails on the log
scale, so its mean is infinite: only what stays finite there (median, quantile, exceedance) may
be asked of new runs, and everything of the law's curve.

References: Rockafellar & Uryasev (2000), doi:10.21314/JOR.2000.038 (cvar); Föllmer & Schied
(2002), doi:10.1007/s007800200072 (entropic).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from bayescale.errors import ComputationError, InputError
from bayescale.law.prior import Array
from bayescale.numbers import format_number, parse_number


class _Measure(NamedTuple):
    """What a risk is: its argument, and its value with the influence of each draw on it.

    The influence of a draw is by how much more of it would move the value; its spread over the
    draws is the value's Monte Carlo error.

    Attributes
    ----------
    argument : str
        Its name, empty where there is none.
    bounded : bool
        Whether it is finite for a new run too, whose noise has heavy tails.
    measure : callable
        Of draws (n_draws, n_designs) and the argument: values (n_designs,), influences like the
        draws.
    tail : callable, optional
        Probability of the part of the draws that decides, for an argument; of all without.
    default : float, optional
        Of the argument.
    """

    argument: str
    bounded: bool
    measure: Callable[[Array, float], tuple[Array, Array]]
    tail: Callable[[float], float] | None = None
    default: float | None = None


def _mean(draws: Array, _: float) -> tuple[Array, Array]:
    return draws.mean(axis=0), draws


def _quantile(draws: Array, q: float) -> tuple[Array, Array]:
    near = math.sqrt(q * (1 - q) / len(draws))
    low, high = max(q - near, 0.0), min(q + near, 1.0)
    below, value, above = np.quantile(draws, [low, q, high], axis=0)
    return value, (q - (draws <= value)) * (above - below) / (high - low)


def _cvar(draws: Array, q: float) -> tuple[Array, Array]:
    at_risk = np.quantile(draws, q, axis=0)
    influence = at_risk + np.maximum(draws - at_risk, 0.0) / (1 - q)
    return influence.mean(axis=0), influence


def _tail_distance(draws: Array, q: float) -> tuple[Array, Array]:
    mean = draws.mean(axis=0)
    (upper, up), (lower, low) = _quantile(draws, q), _quantile(draws, 1 - q)
    above, below = np.sign(upper - mean), np.sign(mean - lower)
    influence = above * (up - draws) + below * (draws - low)
    return np.abs(upper - mean) + np.abs(mean - lower), influence


def _exceedance(draws: Array, limit: float) -> tuple[Array, Array]:
    over = np.asarray(draws > limit, dtype=float)
    return over.mean(axis=0), over


def _entropic(draws: Array, rate: float) -> tuple[Array, Array]:
    most = draws.max(axis=0)
    weight = np.exp(rate * (draws - most))
    scale = weight.mean(axis=0)
    return most + np.log(scale) / rate, weight / (scale * rate)


_MEASURES = {
    "mean": _Measure("", False, _mean),
    "median": _Measure("", True, lambda draws, _: _quantile(draws, 0.5), lambda _: 0.5),
    "quantile": _Measure("q", True, _quantile, lambda q: min(q, 1 - q)),
    "cvar": _Measure("q", False, _cvar, lambda q: 1 - q),
    "tail_distance": _Measure("q", False, _tail_distance, lambda q: min(q, 1 - q), 0.75),
    "exceedance": _Measure("limit", True, _exceedance),
    "entropic": _Measure("lambda", False, _entropic),
}
# A tail of fewer draws than this says too little of itself.
TAIL_DRAWS = 100
RISKS = tuple(
    f"{name}({kind.argument})" if kind.argument else name for name, kind in _MEASURES.items()
)


@dataclass(frozen=True)
class Risk:
    """A risk measure.

    Parameters
    ----------
    name : str
        One of :data:`RISKS`, without its argument.
    argument : float, optional
        ``q`` between 0 and 1, ``limit`` in the response's unit, ``lambda`` in one over that.

    Raises
    ------
    InputError
        For an unknown name, or an argument that is missing or out of range.
    """

    name: str
    argument: float | None = None

    def __post_init__(self) -> None:
        if self.name not in _MEASURES:
            raise InputError(f"There is no risk {self.name!r}; choose from {', '.join(RISKS)}.")
        kind = _MEASURES[self.name]
        if not kind.argument:
            if self.argument is not None:
                raise InputError(f"The risk {self.name} takes no argument.")
            return
        if self.argument is None:
            object.__setattr__(self, "argument", kind.default)
        fraction = kind.argument == "q"
        if not (0 < self._value < (1 if fraction else math.inf)):
            span = "between 0 and 1, e.g. 0.9" if fraction else "a positive number"
            given = "missing" if self.argument is None else f"{self.argument:g}"
            raise InputError(f"The risk {self.name}({kind.argument}) takes {span}; it is {given}.")

    def _measured(self, draws: Array) -> tuple[Array, Array]:
        return _MEASURES[self.name].measure(draws, self._value)

    @property
    def _value(self) -> float:
        return math.nan if self.argument is None else self.argument

    def __str__(self) -> str:
        """How the risk is written, e.g. ``cvar(0.9)``; :func:`resolve` reads it back."""
        return self.name if self.argument is None else f"{self.name}({self.argument:.10g})"

    @property
    def minimum_draws(self) -> int:
        """Draws that it takes: a hundred in the tail that decides, one for what has no tail."""
        tail = _MEASURES[self.name].tail
        return 1 if tail is None else math.ceil(TAIL_DRAWS / tail(self._value) - 1e-9)

    def check(self, n_draws: int, kind: str = "mean") -> None:
        """Refuse what the draws cannot support.

        Parameters
        ----------
        n_draws : int
        kind : {"mean", "run"}
            Whether they are of the law's curve or of a new run.

        Raises
        ------
        InputError
            For the mean or a tail average of a new run, which is infinite.
        ComputationError
            If there are too few draws; it says how many it would take.
        """
        if kind == "run" and not _MEASURES[self.name].bounded:
            may = ", ".join(name for name, known in _MEASURES.items() if known.bounded)
            raise InputError(
                f"The {self.name} of a new run is infinite, because its noise has heavy tails; ask "
                f"it of the law's curve (kind='mean'), or use one of {may}."
            )
        if n_draws < self.minimum_draws:
            raise ComputationError(
                f"{self} takes at least {self.minimum_draws} draws ({TAIL_DRAWS} in its "
                f"tail); there are {n_draws}. Sample more, or take a milder risk."
            )

    def __call__(self, draws: Array) -> Array:
        """Risk of each design.

        Parameters
        ----------
        draws : ndarray, shape (n_draws, n_designs)
            Of a response, in its unit.

        Returns
        -------
        ndarray, shape (n_designs,)
            In the response's unit; a probability for ``exceedance``.

        Raises
        ------
        ComputationError
            If there are too few draws.
        """
        self.check(len(draws))
        value, influence = self._measured(draws)
        rests_on = len(draws)
        if self.name == "entropic":
            # All of them if all had the same weight.
            rests_on = np.min(influence.sum(axis=0) ** 2 / np.square(influence).sum(axis=0))
        if rests_on < min(TAIL_DRAWS, len(draws)) - 1e-9:
            needed = math.ceil(len(draws) * TAIL_DRAWS / rests_on)
            raise ComputationError(
                f"{self} rests on about {rests_on:.0f} of {len(draws)} draws; it would take "
                f"about {format_number(needed)} draws, or a smaller lambda."
            )
        return value

    def rank(self, draws: Array) -> Array:
        """The same without any refusal, to tell good designs from bad ones in a search."""
        return self._measured(draws)[0]

    def weighted(self, draws: Array, weights: Array) -> Array:
        """Risk of each design under weighted draws, of each of several outcomes.

        Parameters
        ----------
        draws : ndarray, shape (n_draws, n_designs)
        weights : ndarray, shape (n_outcomes, n_draws)
            Each row sums to 1.

        Returns
        -------
        ndarray, shape (n_outcomes, n_designs)
        """
        if self.name == "mean":
            return np.asarray(weights @ draws)
        # As often as its weight says, each draw stands in an even sample of the same size.
        places = (np.arange(len(draws)) + 0.5) / len(draws)
        each = [np.searchsorted(np.cumsum(row), places).clip(max=len(draws) - 1) for row in weights]
        return np.array([self.rank(draws[rows]) for rows in each])

    def error(self, draws: Array) -> Array:
        """Monte Carlo standard error of the risk, as if the draws were independent.

        From the influence of each draw on the risk: its SD over the root of their number.

        Parameters
        ----------
        draws : ndarray, shape (n_draws, n_designs)

        Returns
        -------
        ndarray, shape (n_designs,)
        """
        return np.asarray(self._measured(draws)[1].std(axis=0) / math.sqrt(len(draws)))


_WRITTEN = re.compile(r"\s*(\w+)\s*(?:\(\s*(?:\w+\s*=\s*)?([^()]*?)\s*\))?\s*")


def resolve(risk: str | Risk) -> Risk:
    """Read a risk as it is written.

    Parameters
    ----------
    risk : str or Risk
        For example ``"mean"``, ``"cvar(0.9)"``, ``"exceedance(2.1)"``.

    Returns
    -------
    Risk

    Raises
    ------
    InputError
        For an unknown name, listing those that there are, or an argument out of range.
    """
    if isinstance(risk, Risk):
        return risk
    match = _WRITTEN.fullmatch(risk) if isinstance(risk, str) else None
    if match is None:
        raise InputError(f"There is no risk {risk!r}; choose from {', '.join(RISKS)}.")
    return Risk(match[1], parse_number(match[2]) if match[2] else None)
