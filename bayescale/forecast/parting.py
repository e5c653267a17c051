"""What each law of an ensemble says at a point, and where laws part ways."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from bayescale.forecast.forecast import extrapolate
from bayescale.forecast.mixture import Ensemble
from bayescale.numbers import brief, write_point

# An interval of 90% leaves out as much on either side: no end of it lies with a lighter law alone.
NOTABLE = 0.05
_SAID = ["point", "law", "weight", "median", "lower", "upper"]


def by_law(ensemble: Ensemble, at: Any, **options: Any) -> pd.DataFrame:
    """Forecast by each law alone.

    Parameters
    ----------
    ensemble : Ensemble
    at : mapping or pandas.DataFrame
        Points, as :func:`bayescale.extrapolate` takes them.
    **options
        Of :func:`bayescale.extrapolate`.

    Returns
    -------
    pandas.DataFrame
        A row per point and law: ``point`` (from 0), the inputs, ``law``, ``weight``,
        ``median``, ``lower`` and ``upper``.
    """
    told = []
    for found in ensemble.fits:
        name, forecast = found.law.name, extrapolate(found, at, **options)
        own = forecast.points.assign(law=name, weight=ensemble.weights[name])
        columns = ["median", "lower", "upper"]
        own = own.assign(**{column: forecast.table[column] for column in columns})
        own.insert(0, "point", np.arange(len(own)))
        told.append(own)
    return pd.concat(told, ignore_index=True).sort_values("point", kind="stable", ignore_index=True)


def parted(ensemble: Ensemble, at: Any, **options: Any) -> pd.DataFrame | None:
    """Forecasts by each law at the points where laws part ways.

    Two laws part ways where the median of each lies outside the interval of the other. Laws with
    less than 5% of the weight, which hardly move the ensemble, are left out.

    Parameters
    ----------
    ensemble : Ensemble
    at : mapping or pandas.DataFrame
        Points, as :func:`bayescale.extrapolate` takes them.
    **options
        Of :func:`bayescale.extrapolate`.

    Returns
    -------
    pandas.DataFrame or None
        Rows as :func:`by_law` gives them, of such points alone, the heaviest law of each first;
        None where there is no such point.
    """
    if (ensemble.weights >= NOTABLE).sum() < 2:
        return None
    told = by_law(ensemble, at, **options)
    told = told[told["weight"] >= NOTABLE]
    apart = [rows for _, rows in told.groupby("point") if _part(rows)]
    if not apart:
        return None
    return pd.concat(
        [rows.sort_values("weight", ascending=False, kind="stable") for rows in apart],
        ignore_index=True,
    )


def _part(rows: pd.DataFrame) -> bool:
    ends = rows[["median", "lower", "upper"]].to_numpy()
    return any(
        not (low <= other <= high) and not (least <= median <= most)
        for (median, low, high), (other, least, most) in combinations(ends, 2)
    )


def parting_sentence(found: pd.DataFrame) -> str:
    """What each law says at the point where they are furthest apart.

    Parameters
    ----------
    found : pandas.DataFrame
        As :func:`parted` gives it.
    """
    several = [rows for _, rows in found.groupby("point")]
    worst = max(several, key=lambda rows: float(np.ptp(np.log(rows["median"]))))
    place = write_point(worst.drop(columns=_SAID).iloc[0].to_dict(), " ")
    laws = zip(worst["law"], worst["median"], worst["weight"], strict=True)
    each = ", ".join(f"{law} {brief(median)} ({weight:.0%})" for law, median, weight in laws)
    others = len(several) - 1
    more = f"; so do they at {others} other point{'s' * (others > 1)}" if others else ""
    return f"The laws part ways at {place}: {each}{more}."
