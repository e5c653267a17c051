"""The predictive distribution of a new run: one Student-t on the log response per draw.

Its density, probabilities, quantiles and random numbers are computed here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bayescale.law.noise import log_density, paired_normal
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

    def pick(self, draws: Any) -> Predictive:
        """The same at some of the draws, by index."""
        return Predictive(self.location[draws], self.scale[draws], self.dof[draws])

    def sample(self, rng: np.random.Generator) -> Array:
        """One response of a new run per draw, shape (n_draws, n_points)."""
        log_response = self.location + self.scale * self.noise(rng)
        # Very heavy tails leave what a float can hold: neither infinity nor zero is a response.
        return np.asarray(np.exp(np.clip(log_response, -700.0, 700.0)))

    def noise(self, rng: np.random.Generator) -> Array:
        """Standard Student-t numbers, one per draw and point, shape (n_draws, n_points)."""
        return student_t(rng, self.dof)

    def log_density(self, response: Array) -> Array:
        """Log density of responses (not of their logs), shape (n_points,): the exact mixture.

        Parameters
        ----------
        response : ndarray, shape (n_points,)
        """
        from scipy.special import logsumexp

        each = self._each(response)
        return np.asarray(logsumexp(each, axis=0) - np.log(len(each)))

    def joint_log_density(self, response: Array, counts: Array) -> float:
        """Log joint density of responses, each counted so many times: log E[prod_i p_i^c_i].

        The expectation is over draws, in each of which the runs err alike as far as the
        parameters are wrong, and apart as far as they are noise.

        Parameters
        ----------
        response : ndarray, shape (n_points,)
        counts : ndarray, shape (n_points,)
            Powers of the densities; ones for the joint density itself.
        """
        from scipy.special import logsumexp

        each = self._each(response) @ counts
        return float(logsumexp(each) - np.log(len(each)))

    def _each(self, response: Array) -> Array:
        """Log density of responses in each draw, shape (n_draws, n_points)."""
        log_response = np.log(response)
        away = (log_response - self.location) / self.scale
        return np.asarray(log_density(away, self.scale, self.dof) - log_response)

    def log_densities(self, log_response: Array, point: int) -> Array:
        """Log density of log responses at one point under every draw.

        Parameters
        ----------
        log_response : ndarray, shape (n_outcomes,)
        point : int

        Returns
        -------
        ndarray, shape (n_outcomes, n_draws)
        """
        location, scale, dof = self.location[:, point], self.scale[:, point], self.dof[:, point]
        return np.asarray(log_density((log_response[:, None] - location) / scale, scale, dof))

    def probability(self, below: Any) -> Array:
        """Probability that a new run's response lies below a limit, shape (n_points,)."""
        return np.asarray(self.probabilities(below).mean(axis=0))

    def probabilities(self, below: Any) -> Array:
        """The same in each draw, shape (n_draws, n_points)."""
        from scipy.special import stdtr

        return np.asarray(stdtr(self.dof, (np.log(below) - self.location) / self.scale))

    def quantile(self, level: Any) -> Array:
        """Quantile of the log response in each draw, shape (n_draws, n_points)."""
        from scipy.special import stdtrit

        return np.asarray(self.location + self.scale * stdtrit(self.dof, level))


def student_t(rng: np.random.Generator, dof: Array) -> Array:
    """Standard Student-t numbers in the shape of their degrees of freedom, (n_draws, n_points)."""
    normal = paired_normal(rng, *dof.shape)
    return np.asarray(normal / np.sqrt(rng.chisquare(dof) / dof))
