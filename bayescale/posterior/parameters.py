"""The free parameters of a fit, their priors, and the way between draws and meaning.

A fit's free parameters are, in order: ``M`` (response at the reference run), the log ratio
of each further weight's share to the first's, the law's exponents and shapes, and scale and
degrees of freedom of the noise. The sampler sees each on the whole real line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayescale.errors import InputError
from bayescale.law.law import Law
from bayescale.law.noise import Bond
from bayescale.law.prior import Array, Prior, Support
from bayescale.law.symbols import (
    NOISE_DOF,
    NOISE_GAIN,
    NOISE_LENGTH,
    NOISE_LEVEL,
    NOISE_SCALE,
    NOISES,
    TOTAL,
)

FORWARD: Mapping[Support, Callable[[Array], Array]] = {
    "real": lambda x: x,
    "positive": np.log,
    "unit": lambda x: np.log(x) - np.log1p(-x),
}
BACKWARD: Mapping[Support, Callable[[Array], Array]] = {
    "real": lambda z: z,
    "positive": np.exp,
    "unit": lambda z: 1.0 / (1.0 + np.exp(-z)),
}


def bond_parameters(free: Mapping[str, Any]) -> dict[str, Any]:
    """What :func:`bayescale.law.noise.conditional` takes beside the scale; empty without a bond."""
    names = {"length": NOISE_LENGTH, "level": NOISE_LEVEL, "gain": NOISE_GAIN}
    return {key: free[name] for key, name in names.items() if name in free}


def share_name(symbol: str) -> str:
    """Name of a weight's share of the response at the reference run."""
    return f"share[{symbol}]"


@dataclass(frozen=True)
class Belief:
    """What is believed of the law's curve at one point, as a soft constraint.

    Parameters
    ----------
    at : mapping of str to float
        Raw inputs, one value per input of the law.
    prior : Prior
        Positive distribution of the response there, in the response's unit.
    """

    at: Mapping[str, float]
    prior: Prior

    def __hash__(self) -> int:
        return hash((tuple(self.at.items()), self.prior))


@dataclass(frozen=True)
class Priors:
    """All priors of one fit.

    Attributes
    ----------
    free : tuple of (str, Prior)
        The free parameters in the sampler's order. ``M`` is relative to the median response
        unless ``total_is_raw``; a share's prior is on its log ratio to the first weight's.
    weights : tuple of (str, Prior)
        Beliefs about weights in raw units: soft constraints on the log density.
    beliefs : tuple of Belief
        Beliefs about the curve at stated points: soft constraints as well.
    total_is_raw : bool
        Whether the prior of ``M`` is in the response's unit (the user's) or relative.
    """

    free: tuple[tuple[str, Prior], ...]
    weights: tuple[tuple[str, Prior], ...] = ()
    beliefs: tuple[Belief, ...] = ()
    total_is_raw: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the free parameters."""
        return tuple(name for name, _ in self.free)

    @property
    def soft_constraints(self) -> tuple[str, ...]:
        """Sentences on the beliefs that are not priors of free parameters."""
        return tuple(f"{name} ~ {prior}" for name, prior in self.weights) + tuple(
            f"response at {', '.join(f'{k}={v:g}' for k, v in belief.at.items())} ~ {belief.prior}"
            for belief in self.beliefs
        )

    def draw(self, rng: np.random.Generator, size: int) -> dict[str, Array]:
        """Draw the free parameters from their priors, beliefs left out; arrays of ``size``."""
        return {name: prior.draw(rng, size) for name, prior in self.free}


def resolve_priors(
    law: Law,
    overrides: Mapping[str, Prior] | None = None,
    beliefs: Sequence[Belief] = (),
    bond: Bond = "none",
) -> Priors:
    """The law's default priors with a user's put in their place.

    Parameters
    ----------
    law : Law
    overrides : mapping of str to Prior, optional
        By exponent or shape symbol, ``"M"`` (in the response's unit), ``"share[alpha]"`` (log
        ratio to the first weight's share), ``"noise_scale"``, ``"noise_dof"``, or a weight's
        symbol: a belief about the weight in raw units, a soft constraint.
    beliefs : sequence of Belief, optional
    bond : {"none", "curve", "runs"}
        What rows have in common: along a curve or along named runs errors are alike, which
        adds ``"noise_length"``; runs also have a level and a gain of their own, which adds
        ``"noise_level"`` and ``"noise_gain"``.

    Returns
    -------
    Priors

    Raises
    ------
    InputError
        For a name that the law does not have, or a prior on the wrong support.
    """
    defaults: dict[str, Prior] = {TOTAL: law.total}
    defaults |= {share_name(weight.symbol): weight.share for weight in law.weights[1:]}
    defaults |= {item.symbol: item.prior for item in law.curvature}
    defaults |= {NOISE_SCALE: law.noise.scale, NOISE_DOF: law.noise.dof}
    if bond == "curve":
        defaults[NOISE_LENGTH] = law.noise.curve_length
    elif bond == "runs":
        defaults |= {
            NOISE_LENGTH: law.noise.run_length,
            NOISE_LEVEL: law.noise.level,
            NOISE_GAIN: law.noise.gain,
        }
    weights = [weight.symbol for weight in law.weights]
    given = dict(overrides or {})
    for name, prior in given.items():
        if name not in defaults and name not in weights:
            raise InputError(
                f"There is no parameter {name!r} in {law.name!r} to set a prior on; "
                f"choose from {', '.join([*defaults, *weights])}."
            )
        _check_support(name, prior, _needed(name, defaults))
    for belief in beliefs:
        if set(belief.at) != set(law.input_symbols):
            raise InputError(
                f"A belief about {law.response.symbol} needs a value of "
                f"{', '.join(law.input_symbols)}; it has {', '.join(belief.at) or 'none'}."
            )
        _check_support(law.response.symbol, belief.prior, "positive")
    return Priors(
        free=tuple((name, given.get(name, prior)) for name, prior in defaults.items()),
        weights=tuple((name, given[name]) for name in weights if name in given),
        beliefs=tuple(beliefs),
        total_is_raw=TOTAL in given,
    )


def _needed(name: str, defaults: Mapping[str, Prior]) -> Support:
    return defaults[name].support if name in defaults else "positive"


def _check_support(name: str, prior: Prior, needed: Support) -> None:
    if needed != "real" and prior.support != needed:
        where = {"positive": "above 0", "unit": "between 0 and 1"}[needed]
        raise InputError(f"A prior of {name} must lie {where}; {prior} does not.")


def constrain(priors: Priors, z: Array) -> dict[str, Array]:
    """Turn the sampler's vectors into free parameters.

    Parameters
    ----------
    priors : Priors
    z : ndarray, shape (..., n_free)

    Returns
    -------
    dict of str to ndarray, shape (...)
    """
    return {name: BACKWARD[prior.support](z[..., k]) for k, (name, prior) in enumerate(priors.free)}


def unconstrain(priors: Priors, values: Mapping[str, Array]) -> Array:
    """The inverse of :func:`constrain`: an array of shape (..., n_free)."""
    return np.stack([FORWARD[prior.support](values[name]) for name, prior in priors.free], axis=-1)


def shares(law: Law, free: Mapping[str, Any]) -> dict[str, Any]:
    """Share of each weight in the response at the reference run; they sum to 1.

    Works on anything that numpy's ``exp`` works on, PyTensor included.
    """
    ratios = [np.exp(free[share_name(weight.symbol)]) for weight in law.weights[1:]]
    total = 1.0 + sum(ratios)
    return {
        weight.symbol: ratio / total
        for weight, ratio in zip(law.weights, [1.0, *ratios], strict=True)
    }


def to_raw(
    law: Law,
    priors: Priors,
    free: Mapping[str, Array],
    reference: Mapping[str, float],
    centre: float,
) -> dict[str, Array]:
    """All that a person may ask of a draw: the law's own symbols in raw units, M and shares.

    Parameters
    ----------
    law : Law
    priors : Priors
    free : mapping of str to ndarray
        Free parameters, all of one shape.
    reference : mapping of str to float
        Reference run, raw.
    centre : float
        Median response, in its unit.

    Returns
    -------
    dict of str to ndarray
        Weights, exponents and shapes in raw units; ``M`` in the response's unit;
        ``share[...]`` of every weight; the noise.
    """
    total = free[TOTAL] * (1.0 if priors.total_is_raw else centre)
    parts = shares(law, free)
    curvature = {item.symbol: free[item.symbol] for item in law.curvature}
    bent = law.raw_curvature(curvature, reference)
    raw: dict[str, Array] = {
        name: bent[name]
        if name in bent
        else np.asarray(law.raw_weight(name, total * parts[name], curvature, reference))
        for name in law.parameter_symbols
    }
    raw[TOTAL] = total
    # A single weight has no share to speak of.
    if len(parts) > 1:
        raw |= {share_name(n): np.broadcast_to(part, total.shape) for n, part in parts.items()}
    raw |= {name: free[name] for name in NOISES if name in free}
    return raw
