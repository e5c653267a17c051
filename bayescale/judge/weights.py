"""Several fits of the same runs as one forecast, weighted by how well their laws forecast.

Nearby points say nothing about far ones: two laws that fit the observed runs equally well may
differ at the target, and leave-one-out scores cannot tell. So the weights come from
hindcasts: each law is fitted to the smaller runs and scored on the larger ones, several
times, and the weights are those whose mixture would have forecast best (stacking of log
scores), drawn towards equal ones in so far as the hindcasts are few. The forecast itself is that
mixture. The same hindcasts update how wrong it may be beyond the data, see
:mod:`bayescale.judge.hindcast`.

References: Yao, Vehtari, Simpson & Gelman (2018), doi:10.1214/17-BA1091 (stacking);
Bürkner, Gabry & Vehtari (2020), doi:10.1080/00949655.2020.1783262 (leaving the future out).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from bayescale.errors import ComputationError, InputError
from bayescale.forecast.mixture import Ensemble
from bayescale.judge.hindcast import Refittable, learn, log_score, read
from bayescale.judge.hold_out import largest
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.law import Law
from bayescale.law.prior import Array, Prior
from bayescale.posterior.fit import Fit

# Shares of the runs that the hindcasts hide, the largest ones.
HINDCASTS = (0.5, 1 / 3, 0.2)
# Of averages over laws of one input; several laws of several inputs err alike.
CURVE_DISCREPANCY = Discrepancy(
    change=Prior(
        "LogNormal",
        mu=float(np.log(0.1)),
        sigma=0.3,
        why="an average is wrong together with its laws less often than each alone",
        source="learned on domains other than the reported one: benchmarks/discrepancy.py",
    ),
    noise=Prior(
        "LogNormal",
        mu=0.2,
        sigma=0.35,
        why="larger runs scatter more than the smaller ones that were fitted, 3 in 4 times",
        source="learned on domains other than the reported one: benchmarks/discrepancy.py",
    ),
)
# Equal weights count as much as this many well-told-apart hindcasts.
PRIOR_STRENGTH = 2.0


def average(
    fits: Sequence[Fit],
    *,
    weights: Sequence[float] | None = None,
    hindcasts: Sequence[float] = HINDCASTS,
    seed: int = 1,
    draws: int = 500,
) -> Ensemble:
    """Weigh fits of several laws to the same runs.

    Parameters
    ----------
    fits : sequence of Fit
        Of the same runs.
    weights : sequence of float, optional
        Given weights, not negative; by default they are learned from hindcasts.
    hindcasts : sequence of float
        Shares of the runs, the largest, that each hindcast hides.
    seed, draws : int
        Of the fits of the hindcasts, four chains each.

    Returns
    -------
    Ensemble
        It extrapolates as one fit does.

    Raises
    ------
    InputError
        If the fits are not of the same runs, or the weights do not fit them.
    ComputationError
        If there are too few runs for a hindcast.
    """
    _check_same_runs(fits)
    learned = learned_of(fits[0].law)
    if weights is not None:
        given = _given(weights, len(fits))
        return Ensemble(tuple(fits), given, pd.DataFrame(), learned)
    cuts = largest(fits[0].runs, hindcasts)
    if not cuts:
        raise ComputationError(
            f"{len(fits[0].runs)} runs are too few to hide some and fit the rest; give weights=."
        )
    options = {"seed": seed, "chains": 4, "draws": draws}
    back = [[Refittable.of(each).fit(cut.train, **options) for each in fits] for cut in cuts]
    scores = np.array(
        [
            [log_score(found, each.runs, cut) for found, each in zip(row, fits, strict=True)]
            for cut, row in zip(cuts, back, strict=True)
        ]
    )
    found_weights = stack(scores)
    readings = [
        read(Ensemble(tuple(row), found_weights, pd.DataFrame(), learned), fits[0].runs, cut)
        for cut, row in zip(cuts, back, strict=True)
    ]
    names = [found.law.name for found in fits]
    shown = pd.DataFrame(
        {
            "hidden": np.repeat([cut.name for cut in cuts], len(names)),
            "n_hidden": np.repeat([cut.test.sum() for cut in cuts], len(names)),
            "law": names * len(cuts),
            "log_score": scores.ravel(),
        }
    )
    return Ensemble(tuple(fits), found_weights, shown, learn(learned, readings))


def learned_of(law: Law) -> Discrepancy:
    """What was learned on published runs of averages over laws like this one."""
    return CURVE_DISCREPANCY if len(law.inputs) == 1 else law.discrepancy


def stack(log_scores: Array, strength: float = PRIOR_STRENGTH) -> Array:
    """Weights whose mixture would have scored best, drawn towards equal ones.

    Maximises sum_h log(sum_k w_k p_hk) + strength / K * sum_k log w_k over the simplex, where
    p_hk is the mean predictive density of law k in hindcast h.

    Parameters
    ----------
    log_scores : ndarray, shape (n_hindcasts, n_laws)
        Mean log density per hidden run.
    strength : float
        What equal weights count as, in hindcasts.

    Returns
    -------
    ndarray, shape (n_laws,)
    """
    density = np.exp(log_scores - log_scores.max(axis=1, keepdims=True))
    n_laws = density.shape[1]
    weights = np.full(n_laws, 1 / n_laws)
    # Expectation-maximisation: the objective rises at every step and has one maximum.
    for _ in range(2000):
        share = weights * density
        share /= share.sum(axis=1, keepdims=True)
        new = (share.sum(axis=0) + strength / n_laws) / (len(density) + strength)
        if np.abs(new - weights).max() < 1e-10:
            break
        weights = new
    return np.asarray(new)


def _check_same_runs(fits: Sequence[Fit]) -> None:
    if len(fits) < 2:
        raise InputError("This takes at least two fits.")
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
    _check_same_runs(several)
    for found in several:
        if found.approximate:
            raise InputError(f"The fit of {found.law.name!r} is a preview; compare sampled fits.")
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
