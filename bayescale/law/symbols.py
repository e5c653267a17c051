"""What a law's symbols are: inputs, and parameters with their priors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bayescale.law.prior import Prior

# Names of what every fit has beside the law's own symbols.
TOTAL, SHARE = "M", "share"
NOISE_SCALE, NOISE_DOF = "noise_scale", "noise_dof"
NOISE_LENGTH, NOISE_LEVEL, NOISE_GAIN = "noise_length", "noise_level", "noise_gain"
NOISE_TREND = "noise_trend"
SLOPE_ERROR, SLOPE_BEYOND = "slope_error", "slope_beyond"
NOISES = (NOISE_SCALE, NOISE_DOF, NOISE_TREND, NOISE_LENGTH, NOISE_LEVEL, NOISE_GAIN)
# What is no part of the law's own curve.
NUISANCE = (*NOISES, SLOPE_ERROR, SLOPE_BEYOND)
RESERVED = frozenset({TOTAL, SHARE, *NUISANCE})


def share_name(symbol: str) -> str:
    """Name of a weight's share of the response at the reference run."""
    return f"share[{symbol}]"


@dataclass(frozen=True)
class Input:
    """What a planner can choose: a scale of the run, e.g. parameters N.

    Parameters
    ----------
    symbol : str
        Its name in the formula and in tables.
    unit : str
        Unit of the raw value, e.g. ``"parameters"``.
    meaning : str
        One line on how it is counted.
    reference : str, optional
        Inputs of the same ``reference`` are divided by a common value, because the law
        compares them with each other (unique and total tokens).
    zero : bool, default False
        Whether zero is a legal value (zero-shot).
    at_most : str, optional
        Symbol of another input of the same ``reference`` that this one never exceeds (unique
        tokens, all tokens).
    """

    symbol: str
    unit: str
    meaning: str
    reference: str = ""
    zero: bool = False
    at_most: str = ""


SHARE_PRIOR = Prior(
    "Normal",
    mu=0.0,
    sigma=1.5,
    why="log ratio of this term to the first weight at the reference run: 90% between "
    "a twelfth and twelve times, so that either may dominate",
)


@dataclass(frozen=True)
class Weight:
    """A non-negative weight in the response's unit; the floor is one without an input.

    Parameters
    ----------
    symbol, meaning : str
        Its name in the formula, and one line on what it stands for.
    share : Prior
        Prior of the log ratio of this weight to the law's first at the reference run.
        The first weight is the baseline; its own ``share`` is not used.
    """

    symbol: str
    meaning: str
    share: Prior = SHARE_PRIOR


@dataclass(frozen=True)
class Exponent:
    """A dimensionless exponent, the same in every unit."""

    symbol: str
    meaning: str
    prior: Prior


@dataclass(frozen=True)
class Shape:
    """Any other parameter: a break, a decay constant, a share within a term.

    In a law without weights, levels of the response are shapes too, in its own unit.

    Parameters
    ----------
    symbol, meaning : str
        Its name in the formula, and one line on what it stands for.
    prior : Prior
        Prior on the scaled value (inputs divided by the reference run).
    to_raw : callable, optional
        ``to_raw(curvature, reference) -> raw`` turns scaled draws into the raw unit, given the
        scaled exponents and shapes and the reference run, both by symbol. Without it, the
        parameter is the same in every unit.
    unit : str, optional
        Unit of the raw value.
    """

    symbol: str
    meaning: str
    prior: Prior
    # Says nothing of the density, and a cell run again makes a new function of it.
    to_raw: Callable[[Mapping[str, Any], Mapping[str, Any]], Any] | None = field(
        default=None, compare=False
    )
    unit: str = ""


Parameter = Weight | Exponent | Shape
