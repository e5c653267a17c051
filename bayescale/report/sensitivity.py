"""How a forecast moves when what was assumed is changed, without fitting again.

Priors are weighed more or less by importance weights, w = prior^(a - 1) at power a.

Reference: Kallioinen, Paananen, Bürkner & Vehtari (2024), doi:10.1007/s11222-023-10366-5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.intervals import DEFAULT_MASS, interval_name

if TYPE_CHECKING:
    import pandas as pd

    from bayescale.law.prior import Array
    from bayescale.posterior.fit import Fit
    from bayescale.report.whatif import Allowed

POWERS = {"priors count half": 0.5, "priors count twice": 2.0}
# Effective draws below which weighted quantiles say nothing.
FEWEST = 200.0


def sensitivity(
    fit: Fit, at: Any, *, discrepancy: Allowed = True, allow_unconverged: bool = False
) -> pd.DataFrame:
    """Forecasts of the law's curve under changed assumptions.

    Parameters
    ----------
    fit : Fit
    at : mapping or pandas.DataFrame
        Points.
    discrepancy, allow_unconverged
        As for :func:`bayescale.extrapolate`.

    Returns
    -------
    pandas.DataFrame
        A row per point and assumption: ``median``, ``lower``, ``upper`` (equal-tailed 90% of
        the law's curve), ``draws`` (effective number). Missing where too few draws carry the
        weight, and for a preview, whose prior density was not kept.
    """
    import pandas as pd

    options: dict[str, Any] = {"kind": "mean", "allow_unconverged": allow_unconverged}
    stated = fit.extrapolate(at, discrepancy=discrepancy, **options)
    held = fit.extrapolate(at, discrepancy=False, **options)
    draws = stated.draws.to_numpy()
    flat = np.ones(len(draws))
    cases = [("as reported", draws, flat), ("the law holds", held.draws.to_numpy(), flat)]
    if "log_prior" in fit.draws:
        priors = fit.draws["log_prior"].to_dataset()
        density = np.sum([priors[name].to_numpy().ravel() for name in priors], axis=0)
        for name, power in POWERS.items():
            log = (power - 1.0) * density
            cases.append((name, draws, np.exp(log - log.max())))
    rows: list[dict[str, Any]] = []
    for k in range(len(stated.points)):
        inputs = {str(name): value for name, value in stated.points.iloc[k].items()}
        for name, values, weights in cases:
            rows.append(inputs | {"assumption": name} | _row(values[:, k], weights))
    table = pd.DataFrame(rows)
    table.attrs["interval"] = f"{interval_name(DEFAULT_MASS)} of the law's curve"
    return table


def _row(values: Array, weights: Array) -> dict[str, float]:
    effective = float(weights.sum() ** 2 / np.square(weights).sum())
    shares = [0.5, (1 - DEFAULT_MASS) / 2, (1 + DEFAULT_MASS) / 2]
    if effective < FEWEST:
        found = np.full(3, np.nan)
    elif np.ptp(weights) == 0:
        found = np.quantile(values, shares)
    else:
        found = np.quantile(values, shares, weights=weights, method="inverted_cdf")
    median, lower, upper = map(float, found)
    return {"median": median, "lower": lower, "upper": upper, "draws": effective}
