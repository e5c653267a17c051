"""From law, priors and data to draws that passed their checks, or say that they did not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr

from bayescale.errors import Problem
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.posterior.data import ModelData
from bayescale.posterior.knowledge.checks import lack_of_fit, predictive_checks
from bayescale.posterior.knowledge.diagnostics import (
    PRIOR_DRAWS,
    Diagnostics,
    diagnose,
    diagnose_approximation,
)
from bayescale.posterior.parameters import Priors, constrain
from bayescale.posterior.predictor import Curve, Predictor

Route = Literal["direct", "compiled"]


@dataclass(frozen=True, eq=False)
class Drawn:
    """Draws of a posterior.

    Attributes
    ----------
    groups : dict of str to xarray.Dataset
        As in a fit's ``draws``.
    diagnostics : Diagnostics
    how : dict
        Route, number of attempts, seconds of sampling.
    """

    groups: dict[str, xr.Dataset]
    diagnostics: Diagnostics
    how: dict[str, Any]


def sampled(
    law: Law,
    priors: Priors,
    data: ModelData,
    *,
    route: Route,
    chains: int,
    draws: int,
    seed: int,
    progress: bool,
    strict: bool,
) -> Drawn:
    """Sample, attempt after attempt, until the diagnostics pass; see :func:`bayescale.fit`."""
    from bayescale.posterior.density import density, pointwise
    from bayescale.posterior.sampling import ATTEMPTS, SCORED_ATTEMPTS, sample

    ready = density(law, priors, route)
    prior = prior_draws(law, priors, data)
    attempts = ATTEMPTS if strict else SCORED_ATTEMPTS
    for attempt in attempts:
        found = sample(
            ready, data, attempt, chains=chains, draws=draws, seed=seed, progress=progress
        )
        free = constrain(priors, found.z)
        raw = _raw(law, priors, data, free)
        diagnostics = diagnose(law, raw, prior, found.stats)
        if diagnostics.passed or not (strict or diagnostics.diverged):
            break
    tries = attempts.index(attempt) + 1
    if tries > 1:
        diagnostics = diagnostics.with_problems([_retry_note(tries, str(attempt))])
    log_prior, log_likelihood = pointwise(law, priors, data, found.z)
    per_run = {law.response.symbol: (("chain", "draw", "obs"), log_likelihood)}
    groups = {
        "posterior": _dataset(raw),
        "free": _dataset(free),
        "sample_stats": found.stats,
        "log_prior": _dataset(log_prior),
        "log_likelihood": xr.Dataset(per_run),
    }
    how = {"route": route, "attempts": tries, "sampling_seconds": found.seconds}
    return Drawn(groups, _checked(law, priors, data, free, diagnostics, seed), how)


def approximated(
    law: Law, priors: Priors, data: ModelData, *, chains: int, draws: int, seed: int
) -> Drawn:
    """Draw from a Laplace approximation in under a second."""
    from bayescale.posterior.laplace import laplace

    z = laplace(law, priors, data, draws=chains * draws, seed=seed)
    free = constrain(priors, z.reshape(chains, draws, -1))
    raw = _raw(law, priors, data, free)
    diagnostics = diagnose_approximation(law, raw, prior_draws(law, priors, data))
    groups = {"posterior": _dataset(raw), "free": _dataset(free)}
    how = {"route": "laplace", "attempts": 0, "sampling_seconds": 0.0}
    return Drawn(groups, _checked(law, priors, data, free, diagnostics, seed), how)


def _checked(
    law: Law,
    priors: Priors,
    data: ModelData,
    free: Mapping[str, Array],
    diagnostics: Diagnostics,
    seed: int,
) -> Diagnostics:
    flat = {name: value.ravel() for name, value in free.items()}
    curve = Curve(law, flat, data.reference, data.unit(priors))
    checks = predictive_checks(curve, data, seed)
    return diagnostics.with_checks(checks).with_problems(lack_of_fit(checks))


def prior_draws(
    law: Law, priors: Priors, data: ModelData, size: int = PRIOR_DRAWS
) -> dict[str, Array]:
    """What a fit's posterior holds, drawn from its priors; soft constraints are left out."""
    free = priors.draw(np.random.default_rng(0), size)
    with np.errstate(over="ignore", under="ignore"):
        return _raw(law, priors, data, free)


def _raw(law: Law, priors: Priors, data: ModelData, free: Mapping[str, Array]) -> dict[str, Array]:
    return Predictor(law, free, data.unit(priors)).raw(data.reference)


def _retry_note(tries: int, settings: str) -> Problem:
    return Problem(
        "retried",
        "note",
        f"{'The first attempt' if tries == 2 else f'The first {tries - 1} attempts'} did not pass "
        f"the checks; these draws are from attempt {tries}, with {settings}.",
        {"attempts": tries},
    )


def _dataset(values: Mapping[str, Array]) -> xr.Dataset:
    return xr.Dataset({name: (("chain", "draw"), value) for name, value in values.items()})
