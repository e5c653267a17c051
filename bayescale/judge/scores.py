"""How good a forecast was, once the runs are in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from bayescale.errors import InputError
from bayescale.forecast.forecast import Extrapolation
from bayescale.forecast.predictive import Predictive
from bayescale.law.prior import Array

COVERAGES = (0.5, 0.8, 0.9, 0.95)
SCORES = (
    "rmsle",
    "bias",
    "crps",
    "log_score",
    "interval_score_90",
    *(f"coverage_{100 * mass:.0f}" for mass in COVERAGES),
    "width_90",
)


def score(forecast: Extrapolation, observed: Any) -> pd.Series:
    """Score a forecast against what was observed, averaged over its points.

    Parameters
    ----------
    forecast : Extrapolation
    observed : array-like, shape (n_points,)
        Responses, positive, in the order of the forecast's points.

    Returns
    -------
    pandas.Series
        ``rmsle`` and ``bias`` of the median (natural log), ``crps`` of the log response,
        ``log_score`` (mean natural-log density of the response, the exact mixture over draws;
        missing for ``kind="mean"``, which has no density of an observation),
        ``interval_score_90`` and ``width_90`` of the log response, ``coverage_50`` to
        ``coverage_95``.

    Raises
    ------
    InputError
        If there are not as many observations as points, or one is not positive.

    References
    ----------
    Gneiting & Raftery (2007), doi:10.1198/016214506000001437.
    """
    y = _checked(forecast, observed)
    predictive = forecast.predictive if forecast.kind == "run" else None
    return pd.Series(mean_of(parts(forecast.draws.to_numpy(), y, predictive)))


def _checked(forecast: Extrapolation, observed: Any) -> Array:
    y = np.asarray(observed, dtype=float)
    if y.shape != (len(forecast.points),):
        raise InputError(
            f"The forecast has {len(forecast.points)} points and there are {y.size} observations."
        )
    if not (np.isfinite(y).all() and (y > 0).all()):
        bad = int(np.flatnonzero(~(np.isfinite(y) & (y > 0)))[0])
        raise InputError(f"Observation {bad} is {y[bad]}; a response must be positive and finite.")
    return y


def parts(draws: Array, y: Array, predictive: Predictive | None) -> dict[str, Array]:
    """Each score at each point.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, n_points)
        Responses.
    y : ndarray, shape (n_points,)
        Observed responses.
    predictive : Predictive or None
        Where the log score comes from; without it the log score is missing.

    Returns
    -------
    dict of str to ndarray, shape (n_points,)
        As :func:`score`; ``rmsle`` is the absolute error of each point's median.
    """
    logs, log_y = np.log(draws), np.log(y)
    error = np.median(logs, axis=0) - log_y
    lower, upper = np.quantile(logs, [0.05, 0.95], axis=0)
    outside = np.maximum(lower - log_y, 0) + np.maximum(log_y - upper, 0)
    found = {
        "rmsle": np.abs(error),
        "bias": error,
        "crps": crps_of_draws(logs, log_y),
        "log_score": np.full(len(y), np.nan) if predictive is None else predictive.log_density(y),
        "interval_score_90": upper - lower + outside * 2 / 0.1,
    }
    for mass in COVERAGES:
        low, high = np.quantile(logs, [(1 - mass) / 2, (1 + mass) / 2], axis=0)
        found[f"coverage_{100 * mass:.0f}"] = ((low <= log_y) & (log_y <= high)).astype(float)
    return found | {"width_90": upper - lower}


def mean_of(found: Mapping[str, Array]) -> dict[str, float]:
    """Scores averaged over points; ``rmsle`` as a root mean square."""
    means = {name: float(values.mean()) for name, values in found.items()}
    return means | {"rmsle": rms(found["rmsle"])}


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


def rms(values: Any) -> float:
    """Root of the mean square."""
    return float(np.sqrt(np.mean(np.square(values))))
