"""The coordinates that are sampled: those in which what is known does not narrow with the noise.

Where runs are few, the scale of the noise is known to a factor of ten or a hundred, and the law's
parameters are as narrow as it says: a funnel, which no fixed step and no fixed mass matrix follow.
So the law is made linear once, at the best fit, and the sampler moves in u instead of z:

    z = centre + spread * (t, rest),   t = V (m(s) + w(s) * u),
    w_k(s) = s_k / sqrt(S_k^2 + s_k^2),    m_k(s) = S_k y_k / (S_k^2 + s_k^2),
    s_k^2 = s^2 + tau^2 * sum_j (U_k' B_j)^2,

s the scale of the noise, tau the error of the law's slopes and B what it does at the runs (nothing
where the law is taken to hold), ``U S V'`` the singular values of the log curve's derivatives by
the law's parameters in units of their priors' spread, y the part of the data along U. Were the law
linear and its priors and noise normal, u would be standard normal at every s. The change is
exact whatever the law is: the density is the model's, its Jacobian counted. No PyMC here.

References: Neal (2003), doi:10.1214/aos/1056562461 (the funnel); Papaspiliopoulos, Roberts &
Sköld (2007), doi:10.1214/088342307000000014 (parametrisations between centred and not).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from bayescale.law.law import Law
from bayescale.law.noise import given_before
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_SCALE, NOISES, SLOPE_ERROR
from bayescale.posterior.data import ModelData
from bayescale.posterior.parameters import BACKWARD, Priors, unconstrain
from bayescale.posterior.predictor import STEP, Predictor

# Steps of the search for the best fit, and how often the noise is measured anew beside it.
_STEPS, _ROUNDS = 40, 4
# The noise is taken within so many SDs of its prior.
_NOISE_WITHIN = 6.0
# In the place of a residual that is no number.
_FAR = 1e6


@dataclass(frozen=True, eq=False)
class Coordinates:
    """A change of variables from the sampler's vector u to the parameters' own scale z.

    Attributes
    ----------
    centre, spread : ndarray, shape (n_free,)
        Of the priors on the scale z.
    rotation : ndarray, shape (n_law, n_law)
        V', a direction per row; the law's parameters are the first ``n_law`` of the free ones.
    slopes : ndarray, shape (n_law,)
        S: what the runs tell of each direction, times the scale of the noise.
    pulls : ndarray, shape (n_law,)
        y: where they pull it, in the same unit.
    blur : ndarray, shape (n_law,)
        sum_j (U_k' B_j)^2: what errors of the slopes take from what the runs tell.
    scale : int
        Which of the free parameters is the log of the scale of the noise.
    error : int
        Which is the log of the error of the slopes; that of the noise where the law holds.
    """

    centre: Array
    spread: Array
    rotation: Array
    slopes: Array
    pulls: Array
    blur: Array
    scale: int
    error: int

    def z(self, u: Array) -> Array:
        """The parameters' scale at vectors u, whose further numbers stay as they are."""
        size = len(self.centre)
        law, noise, _ = change(u[..., :size], **self.values(), **self.places)
        return np.concatenate([law, noise, u[..., size:]], axis=-1)

    def log_jacobian(self, u: Array) -> Array:
        """Log of what a volume grows by from u to z, up to a constant, shape (...)."""
        return np.asarray(change(u[..., : len(self.centre)], **self.values(), **self.places)[2])

    @property
    def places(self) -> dict[str, Any]:
        """Which parameters the widths follow."""
        return {"scale": self.scale, "error": self.error}

    def values(self) -> dict[str, Any]:
        """What :func:`change` takes beside the vector and the place of the noise's scale."""
        names = ("centre", "spread", "rotation", "slopes", "pulls", "blur")
        return {name: getattr(self, name) for name in names}


def change(
    u: Any,
    *,
    centre: Any,
    spread: Any,
    rotation: Any,
    slopes: Any,
    pulls: Any,
    blur: Any,
    scale: int,
    error: int,
) -> tuple[Any, Any, Any]:
    """The change of variables, on numpy's arrays and on a PyTensor vector alike.

    Parameters
    ----------
    u : shape (..., n_free)
    centre, spread, rotation, slopes, pulls, blur, scale, error
        As of :class:`Coordinates`.

    Returns
    -------
    law : shape (..., n_law)
        Parameters of the law on the scale z.
    noise : shape (..., n_free - n_law)
        The other ones.
    log_jacobian : shape (...)
        Log of what a volume grows by, up to a constant.
    """
    n_law = slopes.shape[0]
    plain = centre + spread * u
    noise = np.exp(2 * plain[..., scale, None]) + blur * np.exp(2 * plain[..., error, None])
    known = slopes**2 + noise
    directions = slopes * pulls / known + np.sqrt(noise / known) * u[..., :n_law]
    # Sums in the place of a product of matrices, which PyTensor would hand to another library.
    turned = (rotation * directions[..., :, None]).sum(-2)
    log_jacobian = 0.5 * np.log(noise / known).sum(-1)
    law = centre[:n_law] + spread[:n_law] * turned
    return law, plain[..., n_law:], log_jacobian


@lru_cache(maxsize=64)
def of_priors(priors: Priors) -> Coordinates:
    """Centre and spread of the priors alone, whatever the noise: u = (z - centre) / spread."""
    z = unconstrain(priors, priors.draw(np.random.default_rng(0), 1000))
    n_law = next(k for k, name in enumerate(priors.names) if name in NOISES)
    nothing = np.zeros(n_law)
    return Coordinates(
        centre=np.median(z, axis=0),
        spread=z.std(axis=0),
        rotation=np.eye(n_law),
        slopes=nothing,
        pulls=nothing,
        blur=nothing,
        scale=priors.names.index(NOISE_SCALE),
        error=priors.names.index(SLOPE_ERROR if SLOPE_ERROR in priors.names else NOISE_SCALE),
    )


def coordinates(law: Law, priors: Priors, data: ModelData) -> Coordinates:
    """The coordinates in which a posterior is sampled.

    Parameters
    ----------
    law : Law
    priors : Priors
    data : ModelData

    Returns
    -------
    Coordinates
        Those of the priors where the law has no finite slopes at its best fit.
    """
    plain = of_priors(priors)
    n_law = len(plain.slopes)
    log_noise = float(plain.centre[plain.scale])
    t = np.zeros(n_law)
    with np.errstate(all="ignore"):
        for _ in range(_ROUNDS):
            t = _best(law, priors, data, plain, t, log_noise)
            residual, slopes = _linear(law, priors, data, plain, t, log_noise)
            if not (np.isfinite(residual).all() and np.isfinite(slopes).all()):
                return plain
            u, s, v = np.linalg.svd(slopes)
            size = np.exp(log_noise)
            found = Coordinates(
                centre=plain.centre,
                spread=plain.spread,
                rotation=v,
                slopes=_padded(s * size, n_law),
                pulls=_padded((u.T @ (residual + slopes @ t))[: len(s)] * size, n_law),
                blur=_padded(_blur(u, data)[: len(s)], n_law),
                **plain.places,
            )
            # Runs that are left to tell the noise, where the law has taken up its part.
            left = max(len(residual) - float(np.sum(s**2 / (1 + s**2))), 1.0)
            measured = log_noise + 0.5 * np.log(np.sum(residual**2) / left)
            reach = _NOISE_WITHIN * plain.spread[plain.scale] * np.array([-1, 1])
            log_noise = float(np.clip(measured, *(plain.centre[plain.scale] + reach)))
    return found


def _blur(u: Array, data: ModelData) -> Array:
    """What errors of the slopes do along each direction of the runs, shape (n_runs,)."""
    if data.told is None:
        return np.zeros(len(u))
    return np.asarray(np.square(u.T @ data.told.columns).sum(axis=1))


def _padded(values: Array, size: int) -> Array:
    """Directions that no run tells of have no slope."""
    return np.concatenate([values[:size], np.zeros(max(size - len(values), 0))])


def _best(
    law: Law, priors: Priors, data: ModelData, plain: Coordinates, t: Array, log_noise: float
) -> Array:
    """The law's parameters nearest to the runs and to the middle of the priors, from a start."""
    from scipy.optimize import least_squares

    def both(t: Array) -> Array:
        residual, _ = _linear(law, priors, data, plain, t, log_noise)
        return np.concatenate([np.nan_to_num(residual, nan=_FAR, posinf=_FAR, neginf=-_FAR), t])

    def slopes(t: Array) -> Array:
        _, found = _linear(law, priors, data, plain, t, log_noise)
        bounded = np.nan_to_num(found, nan=0.0, posinf=_FAR, neginf=-_FAR)
        return np.concatenate([-bounded, np.eye(len(t))])

    return np.asarray(least_squares(both, t, slopes, max_nfev=_STEPS).x)


def _linear(
    law: Law, priors: Priors, data: ModelData, plain: Coordinates, t: Array, log_noise: float
) -> tuple[Array, Array]:
    """Standardised residuals at a point, shape (n_runs,), and minus their slopes by t."""
    n_law = len(t)
    z = np.tile(plain.centre.astype(complex), (n_law, 1))
    z[:, :n_law] += plain.spread[:n_law] * (t + 1j * STEP * np.eye(n_law))
    z[:, plain.scale] = log_noise
    free = {
        name: BACKWARD[prior.support](z[:, k, None]) for k, (name, prior) in enumerate(priors.free)
    }
    predictor = Predictor(law, free, data.unit(priors))
    log_y = np.log(data.response)
    links = None if data.groups is None else data.continuation
    size = data.sizes(data.inputs)
    mean, scale = given_before(predictor.log(data.scaled), log_y, links, free, size)
    standard = (log_y - mean) / scale
    return standard[0].real, -standard.imag.T / STEP
