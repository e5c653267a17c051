"""Several fits of the same runs as one forecast, weighted by how well their laws forecast.

Nearby points say nothing about far ones: two laws that fit the observed runs equally well may
differ at the target, and leave-one-out scores cannot tell. So the weights come from
hindcasts: each law is fitted to the smaller runs and scored on the larger ones, and has the
weight

    w_k proportional to exp(m * s_k),   m = n / (1 + n / 10),

where s_k is its log score per hidden run, the mean over hindcasts (those that hide the same run
count once), and n the number of distinct hidden runs: see :mod:`bayescale.judge.rungs`. A law that
the runs refute has no weight, few hidden runs leave weights near equal ones, and laws that forecast
alike keep them near whatever the number of runs. The forecast is the mixture (a linear pool).

References: Miller & Dunson (2019), doi:10.1080/01621459.2018.1469995 (coarsening);
Geisser & Eddy (1979), doi:10.1080/01621459.1979.10481632 (laws judged by what they forecast).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayescale.errors import InputError
from bayescale.forecast.mixture import Ensemble
from bayescale.judge.hindcast import Refittable
from bayescale.judge.hold_out import Mask, ladder
from bayescale.judge.rungs import Rung, climb, hidden_forecasts, hindcast_scores, independent
from bayescale.law.prior import Array
from bayescale.posterior.fit import Fit
from bayescale.runs.runs import Runs

# Shares of the runs that are hidden, the largest ones. Both weigh the laws; the second is also
# forecast by the whole, with weights from what the first said of the runs between the two.
HINDCASTS = (1 / 2, 1 / 3)


def average(
    fits: Sequence[Fit],
    *,
    weights: Sequence[float] | None = None,
    hindcasts: Sequence[float] = HINDCASTS,
    seed: int = 1,
    draws: int = 500,
) -> Ensemble:
    """Weigh fits of several laws to the same runs, and backtest them together.

    Parameters
    ----------
    fits : sequence of Fit
        Of the same runs; a single one has all the weight, and is backtested.
    weights : sequence of float, optional
        Given weights, not negative; by default they are learned from hindcasts. Nothing is
        hidden where they are given.
    hindcasts : sequence of float
        Shares of the runs, the largest, that each hindcast hides. Shares that leave fewer than
        three runs are left out; where none is left, weights are equal.
    seed, draws : int
        Of the fits of the hindcasts, two chains each.

    Returns
    -------
    Ensemble
        It extrapolates as one fit does.

    Raises
    ------
    InputError
        If the fits are not of the same runs, or the weights do not fit them.
    """
    _check_same_runs(fits)
    if weights is not None:
        return Ensemble.of(fits, _given(weights, len(fits)))
    table = fits[0].runs
    cuts = ladder(table, hindcasts)
    # Lower rungs are for weights, of which one law has no need.
    cuts = cuts if len(fits) > 1 else cuts[-1:]
    # Laws that were just fitted are ready for the direct route in this process.
    options = {"seed": seed, "chains": 2, "draws": draws, "route": "direct"}
    rungs = climb([Refittable.of(each) for each in fits], cuts, **options)
    whole = weighed(fits, rungs, table, np.ones(len(table), dtype=bool))
    return replace(whole, backtest=_backtest(rungs, table))


def weighed(fits: Sequence[Fit], rungs: Sequence[Rung], table: Runs, known: Mask) -> Ensemble:
    """Weigh fits of some runs by what lower rungs said of those.

    Parameters
    ----------
    fits : sequence of Fit
    rungs : sequence of Rung
        Of the same laws in the same order.
    table : Runs
        All runs.
    known : ndarray of bool, shape (n_runs,)
        Those that were fitted; no other is looked at.
    """
    scores = hindcast_scores(rungs, table, known) if len(fits) > 1 else pd.DataFrame()
    if scores.empty:
        return Ensemble.of(fits, np.ones(len(fits)))
    # A row per rung, its laws in the order of the fits.
    each = scores["log_score"].to_numpy().reshape(-1, len(fits)).mean(axis=0)
    found = weigh(each, float(scores["places"].max()))
    return replace(Ensemble.of(fits, found), hindcasts=scores)


def weigh(log_scores: npt.ArrayLike, count: float) -> Array:
    """Weights of laws from their log scores.

    Parameters
    ----------
    log_scores : array, shape (n_laws,)
        Log density per hidden run, in nats.
    count : float
        Distinct hidden runs that they are of.

    Returns
    -------
    ndarray, shape (n_laws,)
    """
    scores = np.asarray(log_scores, dtype=float)
    density = np.exp(independent(count) * (scores - scores.max()))
    return np.asarray(density / density.sum())


def _backtest(rungs: Sequence[Rung], table: Runs) -> pd.DataFrame:
    """Forecasts of hidden runs, at each rung that has lower ones to learn weights from.

    A single rung is forecast with equal weights: all that is known before any hindcast.
    """
    told = [
        hidden_forecasts(weighed(rung.fits, rungs[:k], table, rung.fold.train), table, rung.fold)
        for k, rung in enumerate(rungs)
        if k or len(rungs) == 1
    ]
    return pd.concat(told, ignore_index=True) if told else pd.DataFrame()


def _check_same_runs(fits: Sequence[Fit]) -> None:
    if not fits:
        raise InputError("This takes at least one fit.")
    names = [found.law.name for found in fits]
    if len(set(names)) < len(names):
        raise InputError(f"Each fit must be of another law; these are of {', '.join(names)}.")
    first = fits[0]
    for other in fits[1:]:
        same = (
            other.law.input_symbols == first.law.input_symbols
            and other.law.response.symbol == first.law.response.symbol
            and np.array_equal(other.response, first.response)
            and all(np.array_equal(other.inputs[s], first.inputs[s]) for s in first.inputs)
        )
        if not same:
            raise InputError(
                f"The fits of {first.law.name!r} and {other.law.name!r} are not of the same runs, "
                "so they cannot be set beside each other: fit both to one table."
            )


def _given(weights: Sequence[float], count: int) -> Array:
    found = np.asarray(weights, dtype=float)
    if found.shape != (count,) or not (found >= 0).all() or not found.sum() > 0:
        raise InputError(
            f"Weights are {count} numbers, one per fit, none negative and not all zero; "
            f"they are {list(weights)}."
        )
    return np.asarray(found / found.sum())


def compare(fits: Sequence[Fit]) -> pd.DataFrame:
    """Compare laws by leave-one-out cross-validation (ArviZ) on the observed runs.

    It says which law describes the scales that were observed, and nothing about far ones:
    weigh laws for a forecast with :func:`average`.

    Parameters
    ----------
    fits : sequence of Fit
        Of the same runs.

    Returns
    -------
    pandas.DataFrame
        ArviZ's comparison: rank, expected log predictive density with its standard error,
        stacking weight, and whether the estimate can be trusted. ``attrs["caution"]`` says
        what it cannot tell.
    """
    import arviz_stats

    several = list(fits)
    if len(several) < 2:
        raise InputError("This takes at least two fits.")
    _check_same_runs(several)
    for found in several:
        if found.approximate:
            raise InputError(
                f"The fit of {found.law.name!r} is a preview; compare "
                "sampled fits, as refit(preview=False) makes them."
            )
    with warnings.catch_warnings():
        # The table says the same in its column "warning".
        warnings.filterwarnings("ignore", message="Estimated shape parameter of Pareto")
        table: pd.DataFrame = arviz_stats.compare({f.law.name: f.draws for f in several})
    table.attrs["caution"] = CAUTION
    return table


CAUTION = (
    "Leave-one-out scores judge laws at the observed scales: they cannot say which holds far "
    "beyond them. bayescale.average weighs laws by how well they forecast larger runs."
)
