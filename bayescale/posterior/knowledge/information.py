"""What is known of a law's parameters, as a normal distribution, and what further runs would add.

On the sampler's scale z a run with the gradient g of its standardised log response adds

    precision += (nu + 1) / (nu + 3) * g g'

the expected (Fisher) information of a Student-t location. Noise and law do not inform each other,
since the noise is symmetric. Everything is linear around one point, so these are expectations
before a run is bought, not promises. No PyMC here.

References: Chaloner & Verdinelli (1995), doi:10.1214/ss/1177009939 (design by expected
information); Lange, Little & Taylor (1989), doi:10.1080/01621459.1989.10478852 (Student's t).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bayescale.law.law import Law
from bayescale.law.noise import given_before
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF, NUISANCE
from bayescale.posterior.data import ModelData
from bayescale.posterior.knowledge.diagnostics import support_of
from bayescale.posterior.parameters import FORWARD, Priors, constrain, resolve_priors, unconstrain
from bayescale.posterior.predictor import STEP, Curve, Predictor

# Draws of the priors that their spread is taken from.
_PRIOR_DRAWS = 4000
# Truths that an expectation before any fit is taken over.
_TRUTHS = 60


@dataclass(frozen=True, eq=False)
class Knowledge:
    """A normal distribution of the free parameters on the sampler's scale.

    Attributes
    ----------
    law : Law
    priors : Priors
        Which parameters are free, and where each lives.
    data : ModelData
        The runs that it comes from; they give the reference run and how rows belong together.
    z : ndarray, shape (n_free,)
        Where the law is made linear.
    covariance : ndarray, shape (n_free, n_free)
    """

    law: Law
    priors: Priors
    data: ModelData
    z: Array
    covariance: Array

    def spreads(self) -> dict[str, float]:
        """SD of every parameter of the law, on the log scale where it is positive.

        Returns
        -------
        dict of str to float
            Weights, exponents, shapes, ``M`` and shares, as in a fit's summary, without noise.
        """
        free = constrain(self.priors, self._moved())
        raw = Predictor(self.law, free, self.data.unit(self.priors)).raw(self.data.reference)
        found = {}
        for name in (key for key in raw if key not in NUISANCE):
            gradient = FORWARD[support_of(self.law, name)](raw[name]).imag / STEP
            found[name] = float(np.sqrt(gradient @ self.covariance @ gradient))
        return found

    def follows(self) -> dict[str, tuple[float, float]]:
        """By how much each parameter moves with the priors, in its own SDs.

        Where the prior of each free parameter j moves by one of its SDs s_j, the posterior mean
        moves by Sigma e_j / s_j: along a ridge also that of a parameter whose own prior is wide.

        Returns
        -------
        dict of str to (float, float)
            Every parameter and the noise: root of the sum of squares over all priors, and over
            the others than its own.
        """
        free = constrain(self.priors, self._moved())
        raw = Predictor(self.law, free, self.data.unit(self.priors)).raw(self.data.reference)
        names, before = self.priors.names, prior_spread(self.priors)
        found = {}
        for name, draws in raw.items():
            gradient = FORWARD[support_of(self.law, name)](draws).imag / STEP
            together, others = self.covariance @ gradient, np.array([n != name for n in names])
            variance = gradient @ together
            whole = following(together, variance, before)
            found[name] = float(whole), float(following(together[others], variance, before[others]))
        return found

    def with_runs(
        self, inputs: Mapping[str, Array], groups: npt.NDArray[Any] | None = None
    ) -> Knowledge:
        """What is known after runs at these places, whatever they turn out to be.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_runs,)
            Raw values.
        groups : ndarray, shape (n_runs,), optional
            Labels of training runs, where rows belong to runs; each its own if left out.
        """
        slopes = self._slopes(inputs, groups)
        dof = float(constrain(self.priors, self.z)[NOISE_DOF])
        added = (dof + 1) / (dof + 3) * slopes.T @ slopes
        # Added to the covariance, so that what is known exactly needs no inverse.
        size = len(self.z)
        update = np.linalg.solve(np.eye(size) + self.covariance @ added, self.covariance)
        return replace(self, covariance=(update + update.T) / 2)

    def _moved(self) -> Any:
        """The point with a small imaginary step in each parameter, one a row."""
        return self.z + 1j * STEP * np.eye(len(self.z))

    def _slopes(self, inputs: Mapping[str, Array], groups: npt.NDArray[Any] | None) -> Array:
        """Gradient of each standardised log response, shape (n_runs, n_free)."""
        free = constrain(self.priors, self._moved())
        curve = Curve(self.law, free, self.data.reference, self.data.unit(self.priors))
        mean = np.log(curve(inputs))
        # At the law's own curve the residual is nought, so the scale's slope adds nothing.
        log_y = mean[0].real
        labels = np.arange(len(log_y)) if groups is None else groups
        rows = replace(self.data, inputs=inputs, response=log_y, groups=labels)
        links = None if self.data.groups is None else rows.continuation
        mean, scale = given_before(mean, log_y, links, curve.columns, self.data.sizes(inputs))
        return np.asarray(((mean - log_y) / scale).imag.T / STEP)


def following(together: Array, variance: Any, before: Array) -> Array:
    """By how many of its SDs a quantity moves where each prior moves by one of its own.

    Parameters
    ----------
    together : ndarray, shape (..., n_free)
        Covariance of the quantity with the free parameters on the sampler's scale.
    variance : shape (...)
        Of the quantity.
    before : ndarray, shape (n_free,)
        SDs of the priors.

    Returns
    -------
    ndarray, shape (...)
        Root of the sum of squares over the priors; not a number where nothing varies.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt(np.square(together / before).sum(axis=-1) / variance))


def prior_spread(priors: Priors) -> Array:
    """SD of each free parameter's prior on the sampler's scale, shape (n_free,)."""
    z = unconstrain(priors, priors.draw(np.random.default_rng(0), _PRIOR_DRAWS))
    return np.asarray(z.std(axis=0))


def from_priors(law: Law, data: ModelData, priors: Priors | None = None) -> Knowledge:
    """What the priors say, around their medians; beliefs about derived quantities left out.

    Parameters
    ----------
    law : Law
    data : ModelData
    priors : Priors, optional
        The law's own if left out.
    """
    chosen = priors or resolve_priors(law, bond=data.bond)
    z = unconstrain(chosen, chosen.draw(np.random.default_rng(0), _PRIOR_DRAWS))
    covariance = np.diag(np.square(prior_spread(chosen)))
    return Knowledge(law, chosen, data, np.median(z, axis=0), covariance)


def before_fit(law: Law, data: ModelData, priors: Priors | None = None) -> Knowledge:
    """What a fit of runs at these places is expected to know, whatever their responses."""
    return from_priors(law, data, priors).with_runs(data.inputs, data.groups)


def expected_contraction(
    law: Law, data: ModelData, priors: Priors | None = None
) -> dict[str, float]:
    """Share of each prior's width that runs at these places are expected to remove.

    The mean SD after the runs over the mean SD before, from one: means over truths drawn from
    the priors, since what a design tells depends on the truth (of a term that is nearly
    nought, no run tells the exponent).
    """
    prior = from_priors(law, data, priors)
    z = unconstrain(prior.priors, prior.priors.draw(np.random.default_rng(1), _TRUTHS))
    before: dict[str, list[float]] = {}
    after: dict[str, list[float]] = {}
    for truth in z:
        known = replace(prior, z=truth)
        for found, spreads in (
            (before, known.spreads()),
            (after, known.with_runs(data.inputs, data.groups).spreads()),
        ):
            for name, sd in spreads.items():
                found.setdefault(name, []).append(sd)
    return {name: float(1 - np.mean(after[name]) / np.mean(before[name])) for name in before}


def from_draws(law: Law, data: ModelData, priors: Priors, free: Mapping[str, Array]) -> Knowledge:
    """What draws know of the free parameters, each of shape (n_draws,)."""
    z = unconstrain(priors, free)
    return Knowledge(law, priors, data, np.median(z, axis=0), np.cov(z.T))
