"""The measures of risk: a number from the draws of a response, and what each draw does to it.

The influence of a draw is by how much more of it would move the number; its spread over the
draws is the number's Monte Carlo error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from bayescale.law.prior import Array

# Of draws (n_draws, n_designs) and the argument: values (n_designs,), influences like the draws.
Influence = Callable[[Array, float], tuple[Array, Array]]


@dataclass(frozen=True)
class Measure:
    """What a risk is: its argument, and its value with the influence of each draw on it.

    Attributes
    ----------
    argument : str
        Its name, empty where there is none.
    bounded : bool
        Whether it is finite for a new run too, whose noise has heavy tails.
    measure : callable
    tail : callable, optional
        Probability of the part of the draws that decides, for an argument; of all without.
    default : float, optional
        Of the argument.
    """

    argument: str
    bounded: bool
    measure: Influence
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


def counted(draws: Array, rate: float) -> float:
    """Draws that an entropic risk rests on: their number if all had the same weight."""
    weight = np.exp(rate * (draws - draws.max(axis=0)))
    return float(np.min(weight.sum(axis=0) ** 2 / np.square(weight).sum(axis=0)))


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "mean": Measure("", False, _mean),
        "median": Measure("", True, lambda draws, _: _quantile(draws, 0.5), lambda _: 0.5),
        "quantile": Measure("q", True, _quantile, lambda q: min(q, 1 - q)),
        "cvar": Measure("q", False, _cvar, lambda q: 1 - q),
        "tail_distance": Measure("q", False, _tail_distance, lambda q: min(q, 1 - q), 0.75),
        "exceedance": Measure("limit", True, _exceedance),
        "entropic": Measure("lambda", False, _entropic),
    }
)
