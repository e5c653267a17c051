"""How a forecast moves when what was assumed is changed, without fitting again.

Priors are weighed more or less by importance weights, w = prior^(a - 1) at power a.

Reference: Kallioinen, Paananen, Bürkner & Vehtari (2024), doi:10.1007/s11222-023-10366-5.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bayescale.forecast.assumptions import Assumptions
from bayescale.intervals import DEFAULT_MASS
from bayescale.law.prior import Array
from bayescale.posterior.fit import Fit

POWERS = {"priors count half": 0.5, "priors count twice": 2.0}
# Effective draws below which weighted quantiles say nothing.
FEWEST = 200.0


def prior_sensitivity(fit: Fit, at: Any, assumed: Assumptions) -> pd.DataFrame:
    """Forecasts of the law's curve under changed assumptions.

    Parameters
    ----------
    fit : Fit
    at : mapping or pandas.DataFrame
        Points.
    assumed : Assumptions

    Returns
    -------
    pandas.DataFrame
        A row per point and assumption: the inputs, ``assumption``, ``median``, ``lower``,
        ``upper`` (equal-tailed 90% of the law's curve), ``draws`` (effective number). Missing
        where too few draws carry the weight, and for a preview, whose prior density was not kept.
    """
    options = assumed.options | {"kind": "mean"}
    stated = fit.extrapolate(at, **options)
    flat = np.ones(stated.draws.sizes["draw"])
    cases = {"as reported": (stated, flat)}
    if "log_prior" in fit.draws:
        priors = fit.draws["log_prior"].to_dataset().to_dataarray()
        density = priors.sum("variable").to_numpy().ravel()
        for name, power in POWERS.items():
            log = (power - 1.0) * density
            cases[name] = (stated, np.exp(log - log.max()))
    rows = [
        inputs | {"assumption": name} | _row(forecast.draws.to_numpy()[:, k], weights)
        for k, inputs in enumerate(stated.points.to_dict("records"))
        for name, (forecast, weights) in cases.items()
    ]
    return pd.DataFrame(rows)


def _row(values: Array, weights: Array) -> dict[str, float]:
    effective = float(weights.sum() ** 2 / np.square(weights).sum())
    levels = [0.5, (1 - DEFAULT_MASS) / 2, (1 + DEFAULT_MASS) / 2]
    if effective < FEWEST:
        found = np.full(3, np.nan)
    elif np.ptp(weights) == 0:
        found = np.quantile(values, levels)
    else:
        found = np.quantile(values, levels, weights=weights, method="inverted_cdf")
    return dict(zip(("median", "lower", "upper"), found, strict=True)) | {"draws": effective}
