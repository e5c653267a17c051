"""Posterior predictive checks: does the law miss something that the runs show? No PyMC here.

Each check compares a feature of the standardised residuals with what the noise model alone
would give. A fit absorbs part of every residual pattern, so a plain comparison hardly ever
fires; here both sides first lose what the law's own parameters could absorb (the span of its
derivatives), which makes the comparison nearly exact.

Along that span a fit has taken up what it can, so that only too much can be left: where a bound (a
weight that cannot fall below zero) or a prior stopped it. By linear theory the part m that is left
there has the covariance G of what the prior of the parameters held back,

    G = (1 + A P A')^-1,   A: derivatives by the parameters,   P: their prior covariance,

which is 0 where runs decide and 1 where they say nothing. One direction is allowed for whole: a
prior that is a little off is no lack of fit. The share of m in all residuals is compared, since the
scale of the noise has taken up a lack of fit too.

Along one curve errors are alike, and may take up whatever a law misses. There that part is of the
residuals as they are, beside errors that are forgotten as soon as the prior of their length says.

References: Robins, van der Vaart & Ventura (2000), doi:10.1080/01621459.2000.10474310, on why
plain posterior predictive p-values are conservative; Box (1980), doi:10.2307/2982063, on what a
prior foresees of the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from bayescale.errors import Problem
from bayescale.law.noise import given_before
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF, NOISE_LENGTH, NOISE_SCALE, NUISANCE, SLOPE_ERROR
from bayescale.posterior.data import ModelData
from bayescale.posterior.knowledge.information import prior_spread
from bayescale.posterior.parameters import Priors, constrain, unconstrain
from bayescale.posterior.predictor import STEP, Curve

# Level of each check.
LEVEL = 0.01
# Draws of the posterior, each with one replicate of the data: as many as give so many numbers.
FEWEST, MOST, NUMBERS = 400, 4000, 1_000_000
Rows = npt.NDArray[np.int64]


def predictive_checks(
    curve: Curve, data: ModelData, priors: Priors, delta: Array | None, seed: int
) -> tuple[dict[str, Any], ...]:
    """Check residuals for trend, curvature, interaction of inputs and likeness of neighbours.

    Parameters
    ----------
    curve : Curve
        The posterior; an evenly spaced part of it is used.
    data : ModelData
        The runs that were fitted.
    priors : Priors
        Of the free parameters.
    delta : ndarray, shape (n_draws, n_runs), or None
        What errors of the slopes add to the log response at the runs.
    seed : int

    Returns
    -------
    tuple of dict
        Per check: name, observed value (mean over draws), the 90% range that the noise model
        gives, p value (two-sided; of the size along the law's own derivatives one-sided). Empty
        where the runs are no more than what the parameters can take up.
    """
    slopes = _slopes(curve, data, priors, _standardised)
    directions = _span(np.hstack([slopes, _told(curve, data)]))
    n_runs, rank = directions.shape
    if n_runs <= rank:
        return ()
    size = min(max(NUMBERS // n_runs, FEWEST), MOST, curve.n_draws)
    picked = np.linspace(0, curve.n_draws - 1, size).astype(int)
    some, errs = curve.pick(picked), 0.0 if delta is None else delta[picked]
    dof, rng = some.free[NOISE_DOF][:, None], np.random.default_rng(seed)
    observed = _standardised(some, data, errs)
    noise = rng.standard_t(np.broadcast_to(dof, observed.shape))
    observed, replicate = _bounded(observed, dof), _bounded(noise, dof)
    if data.bond == "curve":
        length = dict(priors.free)[NOISE_LENGTH].draw(rng, size)
        as_they_are = _along_curve(some, data, errs), _alike(noise, length, data)
        rows = [_own_row(_slopes(curve, data, priors, _along_curve), priors, *as_they_are)]
    else:
        rows = [_own_row(slopes, priors, observed, replicate)]
    # What the law can absorb is removed from both; the rest is what it cannot explain.
    left = [r - r @ directions @ directions.T for r in (observed, replicate)]
    for name, feature in _features(data.inputs, directions).items():
        rows.append(_row(name, *(r @ feature for r in left)))
    pairs = _neighbours(data.inputs)
    if pairs is not None:
        likeness = [(r[:, pairs[0]] * r[:, pairs[1]]).mean(1) for r in left]
        rows.append(_row("likeness of neighbouring runs", *likeness))
    return tuple(rows)


def lack_of_fit(checks: tuple[dict[str, Any], ...]) -> list[Problem]:
    """One warning that names every feature which the noise model cannot explain, or none.

    Its details hold the rows of the checks that fired under ``checks``.
    """
    fired = [row for row in checks if row["p_value"] < LEVEL]
    if not fired:
        return []
    *others, last = (row["check"] for row in fired)
    named = f"{', '.join(others)} and {last}" if others else last
    return [
        Problem(
            "lack-of-fit",
            "warning",
            f"The law misses something: {named} of the residuals "
            f"{'lie' if others else 'lies'} outside what noise alone gives (p < {LEVEL:g}); "
            "compare another law before you extrapolate.",
            {"checks": [dict(row) for row in fired]},
        )
    ]


def _bounded(residual: Array, dof: Array) -> Array:
    """The score of Student's t: outliers count no more than they did in the fit."""
    return residual * (dof + 1) / (dof + residual**2)


def _standardised(curve: Curve, data: ModelData, delta: Any = 0.0) -> Array:
    """Residuals over their scale, each given the one before it in its run, (n_draws, n_runs)."""
    mean, log_y = np.log(curve(data.inputs)) + delta, np.log(data.response)
    size = data.sizes(data.inputs)
    mean, scale = given_before(mean, log_y, data.continuation, curve.columns, size)
    return np.asarray((log_y - mean) / scale)


def _along_curve(curve: Curve, data: ModelData, delta: Any = 0.0) -> Array:
    """Residuals over their scale as they are, whatever came before, (n_draws, n_runs)."""
    return np.asarray(
        (np.log(data.response) - np.log(curve(data.inputs)) - delta) / curve.columns[NOISE_SCALE]
    )


def _alike(noise: Array, length: Array, data: ModelData) -> Array:
    """Errors along a curve, of independent noise and a length for each replicate."""
    links = data.continuation
    found = noise[:, links.order]
    for k, gap in enumerate(links.gap[links.order][1:], 1):
        rho = np.exp(-gap / length)
        found[:, k] = rho * found[:, k - 1] + np.sqrt(1 - rho**2) * found[:, k]
    return found[:, links.rank]


def _slopes(curve: Curve, data: ModelData, priors: Priors, residual: Callable[..., Array]) -> Array:
    """Derivatives of residuals by the law's parameters on the sampler's scale, (n_runs, n)."""
    middle = unconstrain(
        priors, {name: np.asarray(np.median(draws)) for name, draws in curve.free.items()}
    )
    law = _of_law(priors)
    moved = middle + 1j * STEP * np.eye(len(middle))[law]
    there = replace(curve, free=constrain(priors, moved))
    return np.asarray(residual(there, data).imag.T / STEP)


def _told(curve: Curve, data: ModelData) -> Array:
    """What errors of the slopes do at the runs, where those told more than was known before."""
    if data.told is None:
        return np.zeros((len(data.response), 0))
    ratio = float(np.median(curve.free[SLOPE_ERROR] / curve.free[NOISE_SCALE]))
    return data.told.columns[:, data.told.strength * ratio**2 > 1.0]


def _of_law(priors: Priors) -> list[int]:
    """Which free parameters are the law's own."""
    return [k for k, name in enumerate(priors.names) if name not in NUISANCE]


def _span(slopes: Array) -> Array:
    """Orthonormal basis of what the parameters of the law can do to residuals, (n_runs, rank)."""
    norms = np.linalg.norm(slopes, axis=0)
    left, size, _ = np.linalg.svd(slopes[:, norms > 0] / norms[norms > 0], full_matrices=False)
    return np.asarray(left[:, size > 1e-6 * size[0]])


def _held(slopes: Array, directions: Array, priors: Priors) -> tuple[Array, Array]:
    """Principal directions of what priors keep the law from taking up, and its variance there."""
    spread = prior_spread(priors)[_of_law(priors)]
    foreseen = directions.T @ (slopes * spread)
    turned, size, _ = np.linalg.svd(foreseen)
    variance = np.ones(len(turned))
    variance[: len(size)] = 1 / (1 + np.square(size))
    variance[variance.argmax()] = 1.0
    return directions @ turned, variance


def _own_row(slopes: Array, priors: Priors, observed: Array, replicate: Array) -> dict[str, Any]:
    """Size along the law's own derivatives, as its part of as many as there are residuals."""
    directions = _span(slopes)
    own, variance = _held(slopes, directions, priors)

    def part(residual: Array, allowed: Array) -> Array:
        within = np.square(residual @ own) @ allowed
        beside = np.square(residual).sum(-1) - np.square(residual @ directions).sum(-1)
        return np.asarray(len(own) * within / (within + beside))

    # The best of all draws: along a curved ridge their middle may lie beside it. One that
    # overflows, as a preview may have far out, is not the best.
    found = np.nanmin(part(observed, np.ones_like(variance)))
    foreseen = part(replicate, variance)
    lower, upper = np.quantile(foreseen, [0.05, 0.95])
    return {
        "check": "size along the law's own derivatives",
        "observed": float(found),
        "lower": float(lower),
        "upper": float(upper),
        "p_value": _share(foreseen >= found),
    }


def _features(inputs: Mapping[str, Array], directions: Array) -> dict[str, Array]:
    """Unit vectors orthogonal to the tangent: squares and products of log inputs."""
    logs = {name: np.log(x) for name, x in inputs.items() if (x > 0).all() and np.ptp(x) > 0}
    z = {name: (value - value.mean()) / value.std() for name, value in logs.items()}
    raw = {f"trend in {name}": value for name, value in z.items()}
    raw |= {f"curvature in {name}": value**2 for name, value in z.items()}
    raw |= {f"interaction of {a} and {b}": z[a] * z[b] for a, b in combinations(z, 2)}
    found = {}
    for name, value in raw.items():
        rest = value - directions @ (directions.T @ value)
        # Nothing left: the law takes up this pattern whole.
        if np.linalg.norm(rest) > 0.05 * np.linalg.norm(value):
            found[name] = rest / np.linalg.norm(rest)
    return found


def _neighbours(inputs: Mapping[str, Array]) -> tuple[Rows, Rows] | None:
    """Each run and the one nearest to it in standardised log inputs; None where none vary."""
    from scipy.spatial import KDTree

    logs = [np.log(x) for x in inputs.values() if (x > 0).all() and np.ptp(x) > 0]
    if not logs:
        return None
    place = np.stack([(x - x.mean()) / x.std() for x in logs], axis=1)
    itself = np.arange(len(place))
    # Of runs at one place the nearest is another one or the run itself, in either order.
    nearest = KDTree(place).query(place, k=2)[1]
    return itself, np.where(nearest[:, 0] == itself, nearest[:, 1], nearest[:, 0])


def _row(name: str, observed: Array, replicate: Array) -> dict[str, Any]:
    above, below = _share(replicate >= observed), _share(replicate <= observed)
    lower, upper = np.quantile(replicate, [0.05, 0.95])
    return {
        "check": name,
        "observed": float(observed.mean()),
        "lower": float(lower),
        "upper": float(upper),
        "p_value": min(1.0, 2 * min(above, below)),
    }


def _share(is_so: npt.NDArray[np.bool_]) -> float:
    """Share of replicates, the observed runs among them: never 0 for so few."""
    return float((is_so.sum() + 1) / (is_so.size + 1))
