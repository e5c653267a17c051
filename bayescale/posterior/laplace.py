"""A preview of the posterior in well under a second: a normal around its mode. No PyMC here.

PyMC's density takes seconds to compile, so the preview evaluates the same density with numpy
on complex numbers, whose imaginary part is the exact gradient. A test holds the two equal.

Reference: Tierney & Kadane (1986), doi:10.1080/01621459.1986.10478240.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bayescale.errors import ComputationError
from bayescale.law.law import Law
from bayescale.law.noise import given_before
from bayescale.law.noise import log_density as log_density_of_noise
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF
from bayescale.posterior.data import ModelData
from bayescale.posterior.parameters import BACKWARD, Priors, unconstrain
from bayescale.posterior.predictor import STEP, Predictor
from bayescale.posterior.threads import one_thread

# Starting points of the optimiser, the best mode is kept.
STARTS = 8
# The widest step a draw may take from the mode on the sampler's scale, where the data say nothing.
_WIDEST = 3.0


def log_density(law: Law, priors: Priors, data: ModelData, z: Any) -> Any:
    """Log posterior density, up to a constant, at vectors of the sampler's scale.

    Parameters
    ----------
    law : Law
    priors : Priors
    data : ModelData
    z : ndarray, shape (..., n_free)
        Real or complex.

    Returns
    -------
    ndarray, shape (...)
    """
    # A column per parameter: runs lie along the last axis.
    free: dict[str, Any] = {}
    value: Any = 0.0
    for k, (name, prior) in enumerate(priors.free):
        free[name] = BACKWARD[prior.support](z[..., k, None])
        value = (
            value + prior.log_density(free[name]) + _log_jacobian(prior.support, z[..., k, None])
        )
    predictor = Predictor(law, free, data.unit(priors))
    log_y = np.log(data.response)
    mean, scale = given_before(predictor.log(data.scaled), log_y, data.continuation, free)
    density = log_density_of_noise((log_y - mean) / scale, scale, free[NOISE_DOF])
    return (value + _beliefs(predictor, priors, data.reference))[..., 0] + density.sum(-1)


def _log_jacobian(support: str, z: Any) -> Any:
    if support == "positive":
        return z
    # log(x(1 - x)) of the logistic, written so that it takes complex numbers.
    return -z - 2 * np.log1p(np.exp(-z)) if support == "unit" else 0.0


def _beliefs(predictor: Predictor, priors: Priors, reference: Mapping[str, float]) -> Any:
    value: Any = 0.0
    for name, prior in priors.weights:
        value = value + prior.log_density(predictor.raw_weight(name, reference))
    for belief in priors.beliefs:
        at = {name: x / reference[name] for name, x in belief.at.items()}
        value = value + belief.prior.log_density(predictor(at))
    return value


def laplace(law: Law, priors: Priors, data: ModelData, *, draws: int, seed: int) -> Array:
    """Draw from a normal approximation around the best mode found.

    Parameters
    ----------
    law : Law
    priors : Priors
    data : ModelData
    draws : int
    seed : int

    Returns
    -------
    ndarray, shape (draws, n_free)
        On the sampler's scale.

    Raises
    ------
    ComputationError
        If no starting point leads to a mode.
    """
    from scipy.optimize import minimize

    rng = np.random.default_rng(seed)
    prior = unconstrain(priors, priors.draw(rng, 500))
    size = prior.shape[1]

    def gradient(z: Array) -> Array:
        moved = z[None].astype(complex) + 1j * STEP * np.eye(size)
        return np.asarray(log_density(law, priors, data, moved).imag / STEP)

    def objective(z: Array) -> tuple[float, Array]:
        value, slope = float(log_density(law, priors, data, z)), gradient(z)
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            return 1e300, np.zeros(size)
        return -value, -slope

    starts = [np.median(prior, axis=0), *prior[: STARTS - 1]]
    with np.errstate(all="ignore"):
        with one_thread():
            found = [minimize(objective, z, jac=True, method="L-BFGS-B") for z in starts]
        best = min(found, key=lambda result: float(result.fun))
        if not np.isfinite(best.fun) or best.fun >= 1e300:
            raise ComputationError(
                f"The preview found no mode of the posterior of {law.name!r}; fit without preview."
            )
        precision = _precision(gradient, best.x)
    values, vectors = np.linalg.eigh(precision)
    spread = 1 / np.sqrt(np.maximum(values, _WIDEST**-2))
    normal = rng.standard_normal((draws, size))
    return np.asarray(best.x + (normal * spread) @ vectors.T)


def _precision(gradient: Any, mode: Array) -> Array:
    """Minus the Hessian at the mode, by central differences of the exact gradient."""
    step = 1e-4
    rows = [
        (gradient(mode - step * unit) - gradient(mode + step * unit)) / (2 * step)
        for unit in np.eye(mode.size)
    ]
    matrix = np.array(rows)
    return np.asarray((matrix + matrix.T) / 2)
