"""The yardstick of the simulated coverage: least squares and its wild bootstrap, with scipy.

The law of Hoffmann et al. fitted to log responses; residuals, scaled by sqrt(n / (n - 5)), change
sign at random (Rademacher) and the law is fitted again. Intervals are percentiles.

Reference: Wu (1986), Jackknife, bootstrap and other resampling methods in regression analysis,
doi:10.1214/aos/1176350142.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import least_squares

RESAMPLES = 200
# Logs of floor and weights at the reference run, and of the exponents.
START = np.log([1.7, 0.35, 0.4, 0.35, 0.4])
_BOUND = 30.0


def bootstrap_curves(
    inputs: dict[str, np.ndarray],
    response: np.ndarray,
    at: dict[str, np.ndarray],
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
) -> np.ndarray:
    """Refitted curves at new points.

    Parameters
    ----------
    inputs : dict of str to ndarray, shape (n_runs,)
        Raw N and D.
    response : ndarray, shape (n_runs,)
    at : dict of str to ndarray, shape (n_points,)
    rng : numpy.random.Generator
    resamples : int

    Returns
    -------
    ndarray, shape (resamples, n_points)
    """
    reference = {name: np.exp(np.log(x).mean()) for name, x in inputs.items()}
    scaled = {name: x / reference[name] for name, x in inputs.items()}
    target = {name: x / reference[name] for name, x in at.items()}
    log_y = np.log(response)
    best = _fit(scaled, log_y, START)
    fitted = np.log(_curve(best, scaled))
    residual = (log_y - fitted) * np.sqrt(len(log_y) / (len(log_y) - START.size))
    found = []
    for _ in range(resamples):
        sign = rng.choice([-1.0, 1.0], len(log_y))
        found.append(_curve(_fit(scaled, fitted + sign * residual, best), target))
    return np.array(found)


def _curve(z: np.ndarray, scaled: dict[str, np.ndarray]) -> np.ndarray:
    floor, a, alpha, b, beta = np.exp(np.clip(z, -_BOUND, 3.0))
    return floor + a * scaled["N"] ** -alpha + b * scaled["D"] ** -beta


def _fit(scaled: dict[str, np.ndarray], log_y: np.ndarray, start: np.ndarray) -> np.ndarray:
    def miss(z: np.ndarray) -> np.ndarray:
        return np.log(_curve(z, scaled)) - log_y

    return np.asarray(least_squares(miss, start, method="lm", max_nfev=2000).x)
