"""What the tables behind the pictures share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from bayescale.errors import InputError
from bayescale.forecast.forecast import Extrapolation
from bayescale.forecast.mixture import Ensemble
from bayescale.intervals import bounds
from bayescale.law.prior import Array
from bayescale.law.symbols import TOTAL
from bayescale.posterior.fit import Fit
from bayescale.posterior.predictor import Curve

# Mass of the inner intervals.
INNER = 0.5
# Quantiles of a picture take no more draws than these.
_DRAWS = 1000


def quantiles(
    draws: Array, mass: float, prefix: str = "", middle: str = "median"
) -> dict[str, Array]:
    """Median and equal-tailed bounds over the draws, as columns.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, ...)
    mass : float
    prefix : str
        Of the names ``lower`` and ``upper``.
    middle : str, default "median"
        Name of the median.
    """
    return dict(zip((middle, f"{prefix}lower", f"{prefix}upper"), bounds(draws, mass), strict=True))


def intervals(forecast: Extrapolation) -> pd.DataFrame:
    """Median and bounds at each point of a forecast, and those of 50% (``inner_``)."""
    inner = forecast.interval(INNER).add_prefix("inner_")
    return forecast.table[["median", "lower", "upper"]].join(inner)


def few_draws(fit: Fit) -> Curve:
    """The law's curve at evenly thinned draws, as many as quantiles in a picture take."""
    count = fit.curve.free[TOTAL].size
    return fit.curve.pick(np.linspace(0, count - 1, min(_DRAWS, count)).astype(int))


def first_fit(forecaster: Fit | Ensemble) -> Fit:
    """The fit whose runs and law a forecaster shows."""
    return forecaster.fits[0] if isinstance(forecaster, Ensemble) else forecaster


def posterior_draws(fit: Fit) -> dict[str, Array]:
    """Every parameter that tables name, in raw units, chains one after the other."""
    return {str(name): x.to_numpy().ravel() for name, x in fit.draws["posterior"].items()}


def telling(fit: Fit) -> list[str]:
    """Parameters that have a prior of their own, weights as their shares."""
    weights = {item.symbol for item in fit.law.weights}
    return [name for name in posterior_draws(fit) if name not in weights]


def check_parameters(wanted: Iterable[str], known: Sequence[str]) -> list[str]:
    """Refuse parameters that a fit does not have.

    Raises
    ------
    InputError
        With those there are.
    """
    names = list(wanted)
    if unknown := [name for name in names if name not in known]:
        raise InputError(
            f"The fit has no parameter {', '.join(map(repr, unknown))}; choose from "
            f"{', '.join(known)}."
        )
    return names


def as_new_runs(fit: Fit, points: pd.DataFrame) -> pd.DataFrame:
    """Points that go on from none of the runs that were observed."""
    return points if fit.groups is None else points.assign(run="")


def by_name(table: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    """The rows of each name in a column, in the order in which the names come."""
    return {str(name): part for name, part in table.groupby(column, sort=False)}
