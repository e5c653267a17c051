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
from bayescale.law.symbols import NOISE_DOF, SLOPE_ERROR
from bayescale.posterior.coordinates import of_priors
from bayescale.posterior.data import ModelData
from bayescale.posterior.parameters import BACKWARD, Priors, unconstrain
from bayescale.posterior.predictor import STEP, Predictor
from bayescale.posterior.slopes import DIRECTIONS, coefficients, effective_scale
from bayescale.posterior.threads import one_thread

# Starting points of the optimiser, the best mode is kept.
STARTS = 8
# The search ends where the log density gains less than this share of itself.
_NEAR = 1e-12


def log_density(law: Law, priors: Priors, data: ModelData, z: Any) -> Any:
    """Log posterior density, up to a constant, at vectors of the sampler's scale.

    Parameters
    ----------
    law : Law
    priors : Priors
    data : ModelData
    z : ndarray, shape (..., n_free)
        Real or complex; with a discrepancy the numbers of its coefficients come last.

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
    log_y, log_curve = np.log(data.response), predictor.log(data.scaled)
    value = (value + _beliefs(predictor, priors, data.reference))[..., 0]
    if data.told is not None:
        w, log_jacobian = coefficients(
            z[..., len(priors.free) :],
            log_y - log_curve,
            free[SLOPE_ERROR],
            effective_scale(free),
            **vars(data.told),
        )
        value = value + log_jacobian - 0.5 * (w**2).sum(-1)
        log_curve = log_curve + free[SLOPE_ERROR] * (w @ data.told.columns.T)
    mean, scale = given_before(log_curve, log_y, data.continuation, free, data.sizes(data.inputs))
    density = log_density_of_noise((log_y - mean) / scale, scale, free[NOISE_DOF])
    return value + density.sum(-1)


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


def laplace(
    law: Law, priors: Priors, data: ModelData, start: Array | None, *, draws: int, seed: int
) -> Array:
    """Draw from a normal approximation around the best mode found.

    Parameters
    ----------
    law : Law
    priors : Priors
    data : ModelData
    start : ndarray, shape (n_free,), optional
        Where to look for the mode; in several places of the priors if left out.
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
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):
        found = mode(law, priors, data, start, rng)
        root = _root(law, priors, data, found)
        if data.told is not None:
            # Slopes that err make a long valley, whose end is found in units of its widths.
            found, _ = _search(law, priors, data, found, root, ftol=_NEAR)
            root = _root(law, priors, data, found)
    return np.asarray(found + rng.standard_normal((draws, found.size)) @ root.T)


def _root(law: Law, priors: Priors, data: ModelData, mode: Array) -> Array:
    """Root of the covariance around a mode; in no direction wider than the priors."""
    precision = _precision(lambda z: _gradient(law, priors, data, z), mode)
    if not (np.isfinite(mode).all() and np.isfinite(precision).all()):
        raise ComputationError(
            f"The preview of {law.name!r} has no finite width at its mode; fit without preview."
        )
    prior = np.append(of_priors(priors).spread, np.ones(mode.size - len(priors.free)))
    values, vectors = np.linalg.eigh(precision * prior * prior[:, None])
    return np.asarray(prior[:, None] * vectors / np.sqrt(np.maximum(values, 1.0)))


def mode(
    law: Law,
    priors: Priors,
    data: ModelData,
    start: Array | None = None,
    rng: np.random.Generator | None = None,
) -> Array:
    """The best mode of the posterior on the sampler's scale, shape (n_free,); see :func:`laplace`.

    Raises
    ------
    ComputationError
        If no starting point leads to a mode.
    """
    if start is None:
        several = priors.draw(rng or np.random.default_rng(0), 500)
        prior = unconstrain(priors, several)
        starts = [np.median(prior, axis=0), *prior[: STARTS - 1]]
        if data.told is not None:
            starts = [np.append(z, np.zeros(DIRECTIONS)) for z in starts]
    else:
        starts = [start]
    with np.errstate(all="ignore"):
        found = [_search(law, priors, data, z) for z in starts]
    best, value = min(found, key=lambda pair: pair[1])
    if not np.isfinite(value) or value >= 1e300:
        raise ComputationError(
            f"No mode of the posterior of {law.name!r} was found: the runs and the priors do not "
            "go together; look at their units, or take another law."
        )
    return best


def _search(
    law: Law,
    priors: Priors,
    data: ModelData,
    start: Array,
    root: Array | None = None,
    **options: float,
) -> tuple[Array, float]:
    """Where the optimiser ends, in steps along a root's columns if given, and minus the density."""
    from scipy.optimize import minimize

    def objective(step: Array) -> tuple[float, Array]:
        z = start + (step if root is None else root @ step)
        value, slope = float(log_density(law, priors, data, z)), _gradient(law, priors, data, z)
        if not (np.isfinite(value) and np.isfinite(slope).all()):
            return 1e300, np.zeros(z.size)
        return -value, -(slope if root is None else slope @ root)

    with one_thread():
        found = minimize(
            objective, np.zeros(start.size), jac=True, method="L-BFGS-B", options=options
        )
    step = np.asarray(found.x)
    return start + (step if root is None else root @ step), float(found.fun)


def _gradient(law: Law, priors: Priors, data: ModelData, z: Array) -> Array:
    moved = z[None].astype(complex) + 1j * STEP * np.eye(z.size)
    return np.asarray(log_density(law, priors, data, moved).imag / STEP)


def _precision(gradient: Any, mode: Array) -> Array:
    """Minus the Hessian at the mode, by central differences of the exact gradient."""
    step = 1e-4
    rows = [
        (gradient(mode - step * unit) - gradient(mode + step * unit)) / (2 * step)
        for unit in np.eye(mode.size)
    ]
    matrix = np.array(rows)
    return np.asarray((matrix + matrix.T) / 2)
