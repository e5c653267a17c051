"""Posterior predictive checks: does the law miss something that the runs show? No PyMC here.

Each check compares a feature of the standardised residuals with what the noise model alone
would give. A fit absorbs part of every residual pattern, so a plain comparison hardly ever
fires; here both sides first lose what the law's own parameters could absorb (the span of its
derivatives), which makes the comparison nearly exact.

Reference: Robins, van der Vaart & Ventura (2000), doi:10.1080/01621459.2000.10474310, on why
plain posterior predictive p-values are conservative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from bayescale.errors import Problem
from bayescale.law.noise import given_before
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF, NOISES
from bayescale.posterior.data import ModelData
from bayescale.posterior.predictor import STEP, Curve

# Two-sided level of each check.
LEVEL = 0.01
# Draws of the posterior, each with one replicate of the data.
DRAWS = 400
Rows = npt.NDArray[np.int64]


def predictive_checks(curve: Curve, data: ModelData, seed: int) -> tuple[dict[str, Any], ...]:
    """Check residuals for trend, curvature, interaction of inputs and likeness of neighbours.

    Parameters
    ----------
    curve : Curve
        The posterior; an evenly spaced part of it is used.
    data : ModelData
        The runs that were fitted.
    seed : int

    Returns
    -------
    tuple of dict
        Per check: name, observed value (mean over draws), the 90% range that the noise model
        gives, two-sided p value. Empty where the runs are no more than the parameters.
    """
    directions = _tangent(curve, data)
    if len(data.response) < directions.shape[1] + 3:
        return ()
    some = curve.pick(np.linspace(0, curve.n_draws - 1, min(DRAWS, curve.n_draws)).astype(int))
    dof = some.free[NOISE_DOF][:, None]
    observed = _standardised(some, data)
    replicate = np.random.default_rng(seed).standard_t(np.broadcast_to(dof, observed.shape))
    residuals = {"observed": _bounded(observed, dof), "replicate": _bounded(replicate, dof)}
    # What the law can absorb is removed from both; the rest is what it cannot explain.
    left = {name: r - r @ directions @ directions.T for name, r in residuals.items()}
    rows = []
    for name, feature in _features(data.inputs, directions).items():
        rows.append(_row(name, *(r @ feature for r in left.values())))
    # Along its own directions a law has taken up what it can, unless a bound (a weight that
    # cannot fall below zero) stopped it.
    within = [np.square(r @ directions).sum(1) for r in residuals.values()]
    rows.append(_row("size along the law's own derivatives", *within))
    pairs = _neighbours(data.inputs)
    if pairs is not None:
        likeness = [(r[:, pairs[0]] * r[:, pairs[1]]).mean(1) for r in left.values()]
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


def _standardised(curve: Curve, data: ModelData) -> Array:
    """Residuals over their scale, each given the one before it in its run, (n_draws, n_runs)."""
    mean, log_y = np.log(curve(data.inputs)), np.log(data.response)
    mean, scale = given_before(mean, log_y, data.continuation, curve.columns)
    return np.asarray((log_y - mean) / scale)


def _tangent(curve: Curve, data: ModelData) -> Array:
    """Orthonormal basis of what the parameters of the law can do to residuals, (n_runs, rank)."""
    centre = {name: np.atleast_1d(np.median(draws)) for name, draws in curve.free.items()}
    columns = []
    for name in (key for key in centre if key not in NOISES):
        moved = {key: value.astype(complex) for key, value in centre.items()}
        moved[name] = moved[name] + 1j * STEP
        columns.append(_standardised(replace(curve, free=moved), data)[0].imag / STEP)
    matrix = np.stack(columns, axis=1)
    norms = np.linalg.norm(matrix, axis=0)
    left, size, _ = np.linalg.svd(matrix[:, norms > 0] / norms[norms > 0], full_matrices=False)
    return np.asarray(left[:, size > 1e-6 * size[0]])


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
    logs = [np.log(x) for x in inputs.values() if (x > 0).all() and np.ptp(x) > 0]
    if not logs:
        return None
    place = np.stack([(x - x.mean()) / x.std() for x in logs], axis=1)
    distance = np.square(place[:, None] - place[None]).sum(-1)
    np.fill_diagonal(distance, np.inf)
    return np.arange(len(place)), np.asarray(distance.argmin(axis=1), dtype=np.int64)


def _row(name: str, observed: Array, replicate: Array) -> dict[str, Any]:
    above = float(np.mean(replicate >= observed))
    lower, upper = np.quantile(replicate, [0.05, 0.95])
    return {
        "check": name,
        "observed": float(observed.mean()),
        "lower": float(lower),
        "upper": float(upper),
        "p_value": 2 * min(above, 1 - above),
    }
