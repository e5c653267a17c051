"""The free parameters of a fit, their priors, and the way between draws and meaning.

A fit's free parameters are, in order: ``M`` (response at the reference run), the log ratio
of each further weight's share to the first's, the law's exponents and shapes, and scale and
degrees of freedom of the noise. A law without weights has neither ``M`` nor shares. The sampler
sees each on the whole real line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

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
    NOISE_TREND,
    SLOPE_BEYOND,
    SLOPE_ERROR,
    TOTAL,
    share_name,
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


@dataclass(frozen=True)
class Stated:
    """What a user states in the place of a law's own priors, as it was typed.

    Attributes
    ----------
    priors : mapping of str to Prior
        By name, see :func:`resolve_priors`.
    beliefs : tuple of Belief
    discrepancy : bool
        Whether the law's slopes may err; else the law is taken to hold.
    """

    priors: Mapping[str, Prior] = field(default_factory=dict)
    beliefs: tuple[Belief, ...] = ()
    discrepancy: bool = True

    def resolve(self, law: Law, bond: Bond) -> Priors:
        """All priors of a fit, see :func:`resolve_priors`."""
        return resolve_priors(law, self.priors, self.beliefs, bond, self.discrepancy)

    def to_json(self) -> str:
        """Text for a file's attributes."""
        return json.dumps(
            {
                "priors": {name: prior.to_values() for name, prior in self.priors.items()},
                "beliefs": [
                    {"at": dict(belief.at), "prior": belief.prior.to_values()}
                    for belief in self.beliefs
                ],
                "discrepancy": self.discrepancy,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Stated:
        """The inverse of :meth:`to_json`."""
        values = json.loads(text)
        return cls(
            {name: Prior.from_values(item) for name, item in values["priors"].items()},
            tuple(
                Belief(item["at"], Prior.from_values(item["prior"])) for item in values["beliefs"]
            ),
            bool(values["discrepancy"]),
        )


def resolve_priors(
    law: Law,
    overrides: Mapping[str, Prior] | None = None,
    beliefs: Sequence[Belief] = (),
    bond: Bond = "none",
    discrepancy: bool = True,
) -> Priors:
    """The law's default priors with a user's put in their place.

    Parameters
    ----------
    law : Law
    overrides : mapping of str to Prior, optional
        By exponent or shape symbol, ``"M"`` (in the response's unit), ``"share[alpha]"`` (log
        ratio to the first weight's share), ``"noise_scale"``, ``"noise_dof"``,
        ``"noise_trend"``, or a weight's symbol: a belief about the weight in raw units, a soft
        constraint.
    beliefs : sequence of Belief, optional
    bond : {"none", "curve", "runs"}
        What rows have in common: along a curve or along named runs errors are alike, which
        adds ``"noise_length"``; runs also have a level and a gain of their own, which adds
        ``"noise_level"`` and ``"noise_gain"``.
    discrepancy : bool, default True
        Whether the law's slopes may err, which adds ``"slope_error"`` and ``"slope_beyond"``.

    Returns
    -------
    Priors

    Raises
    ------
    InputError
        For a name that the law does not have, or a prior on the wrong support.
    """
    defaults: dict[str, Prior] = {TOTAL: law.total} if law.weights else {}
    defaults |= {share_name(weight.symbol): weight.share for weight in law.weights[1:]}
    defaults |= {item.symbol: item.prior for item in law.curvature}
    noise = law.noise
    defaults |= {NOISE_SCALE: noise.scale, NOISE_DOF: noise.dof, NOISE_TREND: noise.trend}
    if discrepancy:
        defaults |= {SLOPE_ERROR: law.discrepancy.slope, SLOPE_BEYOND: law.discrepancy.beyond}
    if bond == "curve":
        defaults[NOISE_LENGTH] = noise.curve_length
    elif bond == "runs":
        defaults |= {
            NOISE_LENGTH: noise.run_length,
            NOISE_LEVEL: noise.level,
            NOISE_GAIN: noise.gain,
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
