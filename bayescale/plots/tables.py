"""What the tables behind the pictures share."""

from __future__ import annotations

import pandas as pd

from bayescale.forecast.forecast import Extrapolation
from bayescale.forecast.mixture import Ensemble
from bayescale.posterior.fit import Fit

# Mass of the inner intervals.
INNER = 0.5


def intervals(forecast: Extrapolation) -> pd.DataFrame:
    """Median and bounds at each point of a forecast, and those of 50% (``inner_``)."""
    inner = forecast.interval(INNER).add_prefix("inner_")
    return forecast.table[["median", "lower", "upper"]].join(inner)


def fits_of(forecaster: Fit | Ensemble) -> tuple[Fit, ...]:
    """The fits that a forecaster is made of; the runs and the law of the first are shown."""
    return forecaster.fits if isinstance(forecaster, Ensemble) else (forecaster,)


def as_new_runs(fit: Fit, points: pd.DataFrame) -> pd.DataFrame:
    """Points that go on from none of the runs that were observed."""
    return points if fit.groups is None else points.assign(run="")


def by_name(table: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    """The rows of each name in a column, in the order in which the names come."""
    return {str(name): part for name, part in table.groupby(column, sort=False)}
