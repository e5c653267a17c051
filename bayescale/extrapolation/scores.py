"""How good a forecast was, once the runs are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.errors import InputError
from bayescale.extrapolation.predictive import crps_of_draws
from bayescale.law import Array

if TYPE_CHECKING:
    import pandas as pd

    from bayescale.extrapolation.extrapolate import Extrapolation

COVERAGES = (0.5, 0.8, 0.9, 0.95)


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
    import pandas as pd

    y = _checked(forecast, observed)
    return pd.Series({name: float(values.mean()) for name, values in _parts(forecast, y).items()})


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


def _parts(forecast: Extrapolation, y: Array) -> dict[str, Array]:
    """Each score at each point, shape (n_points,)."""
    draws = np.log(forecast.draws.to_numpy())
    log_y = np.log(y)
    error = np.median(draws, axis=0) - log_y
    lower, upper = np.quantile(draws, [0.05, 0.95], axis=0)
    outside = np.maximum(lower - log_y, 0) + np.maximum(log_y - upper, 0)
    density = (
        forecast.predictive.log_density(y) if forecast.kind == "run" else np.full(len(y), np.nan)
    )
    parts = {
        "bias": error,
        "crps": crps_of_draws(draws, log_y),
        "log_score": density,
        "interval_score_90": upper - lower + outside * 2 / 0.1,
    }
    for mass in COVERAGES:
        low, high = np.quantile(draws, [(1 - mass) / 2, (1 + mass) / 2], axis=0)
        parts[f"coverage_{100 * mass:.0f}"] = ((low <= log_y) & (log_y <= high)).astype(float)
    return parts | {"width_90": upper - lower, "rmsle": np.sqrt(np.mean(error**2, keepdims=True))}
