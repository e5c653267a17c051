"""The predictive distribution of a new run: one Student-t on the log response per draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bayescale.law.prior import Array


@dataclass(frozen=True)
class Predictive:
    """A mixture over posterior draws, at each of several points.

    Attributes
    ----------
    location : ndarray, shape (n_draws, n_points)
        Log of the law's curve with its discrepancy, and with what a named run's error carries on.
    scale, dof : ndarray, shape (n_draws, n_points)
        Scale and degrees of freedom of the noise on the log response.
    """

    location: Array
    scale: Array
    dof: Array

    def sample(self, rng: np.random.Generator) -> Array:
        """One response of a new run per draw, shape (n_draws, n_points)."""
        log_response = self.location + self.scale * self.noise(rng)
        # Very heavy tails leave what a float can hold: neither infinity nor zero is a response.
        return np.asarray(np.exp(np.clip(log_response, -700.0, 700.0)))

    def noise(self, rng: np.random.Generator) -> Array:
        """Standard Student-t numbers, one per draw and point, shape (n_draws, n_points)."""
        normal = paired_normal(rng, *self.location.shape)
        return np.asarray(normal / np.sqrt(rng.chisquare(self.dof) / self.dof))

    def log_density(self, response: Array) -> Array:
        """Log density of responses (not of their logs), shape (n_points,): the exact mixture.

        Parameters
        ----------
        response : ndarray, shape (n_points,)
        """
        from scipy.special import logsumexp
        from scipy.stats import t

        each = np.asarray(t.logpdf(np.log(response), self.dof, self.location, self.scale))
        return np.asarray(logsumexp(each, axis=0) - np.log(len(each)) - np.log(response))

    def probability(self, below: Any) -> Array:
        """Probability that a new run's response lies below a limit, shape (n_points,)."""
        from scipy.stats import t

        return np.mean(t.cdf(np.log(below), self.dof, self.location, self.scale), axis=0)


def paired_normal(rng: np.random.Generator, size: int, count: int) -> Array:
    """Standard normal numbers in pairs of opposite sign down each column, in random order.

    They take most of the Monte Carlo error out of medians.
    """
    half = rng.standard_normal(((size + 1) // 2, count))
    return np.asarray(rng.permuted(np.concatenate([half, -half])[:size], axis=0))


def crps_of_draws(draws: Array, value: Array) -> Array:
    """Continuous ranked probability score of draws, shape (n_draws, n_points), at a value.

    The energy form E|X - y| - E|X - X'| / 2, the second expectation over all pairs.

    Reference: Gneiting & Raftery (2007), doi:10.1198/016214506000001437.
    """
    ordered = np.sort(draws, axis=0)
    n = len(ordered)
    # Half the mean distance of all pairs, from the ranks; none for a single draw.
    ranks = (2 * np.arange(1, n + 1) - n - 1)[:, None]
    spread = (ranks * ordered).sum(0) / (n * max(n - 1, 1))
    return np.asarray(np.abs(draws - value).mean(0) - spread)
