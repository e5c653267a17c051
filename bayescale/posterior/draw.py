"""From law, priors and data to draws that passed their checks, or say that they did not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import xarray as xr

from bayescale.errors import ComputationError, Problem
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.law.symbols import SLOPE_ERROR
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
from bayescale.posterior.slopes import DIRECTIONS, coefficients, effective_scale

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
    from bayescale.posterior.sampling import (
        ATTEMPTS,
        PATIENCE,
        SCORED_ATTEMPTS,
        OutOfPatienceError,
        sample,
    )

    ready = density(law, priors, route)
    prior = prior_draws(law, priors, data)

    def checked(sample: Any) -> Diagnostics:
        values = _raw(law, priors, data, constrain(priors, sample.z))
        return diagnose(law, values, prior, sample.stats)

    attempts = ATTEMPTS if strict else SCORED_ATTEMPTS
    size: dict[str, Any] = {"chains": chains, "draws": draws, "seed": seed, "progress": progress}
    found = sample(ready, data, attempts[0], **size)
    diagnostics = checked(found)
    tries, seconds = 1, found.seconds
    for attempt in attempts[1:]:
        if diagnostics.passed or not (strict or diagnostics.diverged):
            break
        # Chains that are only short go on from where they are; others start elsewhere.
        starts = found.u.reshape(-1, found.u.shape[-1]) if diagnostics.near else None
        patience = PATIENCE - seconds
        try:
            found = sample(ready, data, attempt, **size, starts=starts, patience=patience)
        except OutOfPatienceError:
            break
        diagnostics = checked(found)
        tries, seconds = tries + 1, seconds + found.seconds
    if tries > 1:
        note = _retry_note(tries, str(attempts[tries - 1]))
        diagnostics = diagnostics.with_problems([note])
    free = constrain(priors, found.z)
    raw = _raw(law, priors, data, free)
    log_prior, log_likelihood = pointwise(law, priors, data, found.z)
    per_run = {law.response.symbol: (("chain", "draw", "obs"), log_likelihood)}
    groups = {
        "posterior": _dataset(raw),
        "free": _dataset(free),
        "sample_stats": found.stats,
        "log_prior": _dataset(log_prior),
        "log_likelihood": xr.Dataset(per_run),
        **_slopes(law, priors, data, found.z, free),
    }
    how = {"route": route, "attempts": tries, "sampling_seconds": seconds}
    return Drawn(groups, _checked(law, priors, data, groups, diagnostics, seed), how)


def approximated(
    law: Law,
    priors: Priors,
    data: ModelData,
    start: Array | None,
    *,
    chains: int,
    draws: int,
    seed: int,
) -> Drawn:
    """Draw from a Laplace approximation in under a second."""
    from bayescale.posterior.laplace import laplace

    z = laplace(law, priors, data, start, draws=chains * draws, seed=seed)
    z = z.reshape(chains, draws, -1)
    free = constrain(priors, z)
    raw = _raw(law, priors, data, free)
    if lost := [name for name, value in raw.items() if not np.isfinite(value).all()]:
        raise ComputationError(
            f"The preview has draws of {', '.join(lost)} that are no finite numbers; fit without "
            "preview."
        )
    diagnostics = diagnose_approximation(law, raw, prior_draws(law, priors, data))
    groups = {"posterior": _dataset(raw), "free": _dataset(free)}
    groups |= _slopes(law, priors, data, z, free)
    how = {"route": "laplace", "attempts": 0, "sampling_seconds": 0.0}
    return Drawn(groups, _checked(law, priors, data, groups, diagnostics, seed), how)


def _slopes(
    law: Law, priors: Priors, data: ModelData, z: Array, free: Mapping[str, Array]
) -> dict[str, xr.Dataset]:
    """Coefficients of the directions that the runs speak of, where slopes may err."""
    if data.told is None:
        return {}
    columns = {name: value[..., None] for name, value in free.items()}
    log_curve = Predictor(law, columns, data.unit(priors)).log(data.scaled)
    w, _ = coefficients(
        z[..., len(priors.free) :],
        np.log(data.response) - log_curve,
        columns[SLOPE_ERROR],
        effective_scale(columns),
        **vars(data.told),
    )
    return {"slopes": xr.Dataset({"coefficients": (("chain", "draw", "direction"), w)})}


def _checked(
    law: Law,
    priors: Priors,
    data: ModelData,
    groups: Mapping[str, xr.Dataset],
    diagnostics: Diagnostics,
    seed: int,
) -> Diagnostics:
    flat = {str(name): value.to_numpy().ravel() for name, value in groups["free"].items()}
    curve = Curve(law, flat, data.reference, data.unit(priors))
    delta = None
    if data.told is not None:
        w = groups["slopes"]["coefficients"].to_numpy().reshape(-1, DIRECTIONS)
        delta = (flat[SLOPE_ERROR][:, None] * w) @ data.told.columns.T
    checks = predictive_checks(curve, data, priors, delta, seed)
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
