"""What an outcome that was not seen yet would do to a posterior, by weights on its draws.

A draw whose law makes the outcome likely gains weight, another loses it. The weights are
Pareto-smoothed; where the shape of their tail exceeds :data:`TRUSTED` a few draws decide, and
the weights cannot stand for a new fit.

Reference: Vehtari, Simpson, Gelman, Yao & Gabry (2024), arXiv:1507.02646 (Pareto smoothing).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bayescale.law.prior import Array

# Largest shape of the weights' tail with which they are trusted.
TRUSTED = 0.7


def smoothed(log_weights: Array) -> tuple[Array, Array]:
    """Pareto-smoothed weights of each outcome.

    Parameters
    ----------
    log_weights : ndarray, shape (n_outcomes, n_draws)

    Returns
    -------
    weights : ndarray, shape (n_outcomes, n_draws)
        Each row sums to 1.
    khat : ndarray, shape (n_outcomes,)
        Estimated shape of the tail; minus infinity where there is none.
    """
    from arviz_stats.base import array_stats

    smooth, khat = log_weights.copy(), np.full(len(log_weights), -np.inf)
    some = ~_level(log_weights)
    if some.any():
        # ArviZ takes log ratios as leave-one-out does: minus the log weights.
        smooth[some], khat[some] = array_stats.psislw(-log_weights[some])
    return normalised(smooth), khat


def _level(log_weights: Array) -> npt.NDArray[np.bool_]:
    """Rows whose largest weights are all the same: there is no tail to be smoothed."""
    size = log_weights.shape[1]
    # As long as ArviZ's tail: a fifth of the draws, at most three times their root.
    tail = max(int(np.ceil(min(size / 5, 3 * np.sqrt(size)))), 1)
    largest = np.partition(log_weights, size - tail, axis=1)[:, size - tail :]
    return np.asarray(np.ptp(largest, axis=1) < 1e-12)


def even(n_draws: int) -> Array:
    """The weights of things as they stand, shape (1, n_draws)."""
    return np.full((1, n_draws), 1 / n_draws)


def normalised(log_weights: Array) -> Array:
    """Weights whose rows sum to 1, of the shape of their logs."""
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def widths(values: Array, weights: Array, mass: float) -> Array:
    """Width of the equal-tailed interval of weighted values.

    Parameters
    ----------
    values : ndarray, shape (n_draws,), (1, n_draws) or (n_outcomes, n_draws)
    weights : ndarray, shape (n_outcomes, n_draws)
        Each row sums to 1.
    mass : float

    Returns
    -------
    ndarray, shape (n_outcomes,)
        In the unit of the values.
    """
    order = np.argsort(values, axis=-1)
    ordered = np.take_along_axis(values, order, axis=-1)
    shuffled = np.take_along_axis(weights, np.broadcast_to(order, weights.shape), axis=1)
    middle = np.cumsum(shuffled, axis=1) - 0.5 * shuffled
    tails = [(1 - mass) / 2, (1 + mass) / 2]
    found = [
        np.interp(tails, cumulated, own)
        for cumulated, own in zip(middle, np.broadcast_to(ordered, weights.shape), strict=True)
    ]
    return np.diff(np.array(found), axis=1)[:, 0]
