"""Laws fitted to ever larger parts of a table, and what each part said of the runs above it.

The parts are prefixes of the runs in order of their size: rungs of one ladder. A hindcast scores
what a rung's fits said of the runs above it. At a higher rung the lower ones may be scored on
what that rung has fitted, and on nothing else: so one fit per law and rung gives the weights of
the whole table and, hidden run by hidden run, what the laws with their weights would have said
without it.

The score is joint. With y_i the n hidden runs and theta a draw of a law given the fitted ones,

    score = log E[prod_i p(y_i | theta)^(m / n)] / m,   m = n / (1 + n / 10)

is the log density per run of m runs that each fit the draw as well as the hidden ones do on
average. Errors in theta, which hidden runs share, are paid for once; and since no law is exactly
right, n runs never say more than 10 that were independent (a coarsened likelihood). It also keeps
the expectation within reach of a thousand draws: of 120 hidden runs two to a hundred draws decide
it without the power, and 150 to 700 with it.

References: Miller & Dunson (2019), doi:10.1080/01621459.2018.1469995 (coarsening);
Bürkner, Gabry & Vehtari (2020), doi:10.1080/00949655.2020.1783262 (leaving the future out).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from bayescale.errors import RunsError
from bayescale.forecast.forecast import extrapolate, read_targets
from bayescale.forecast.mixture import Ensemble
from bayescale.forecast.reach import reach
from bayescale.forecast.scenarios import scenarios
from bayescale.judge.hindcast import Refittable, hidden_points
from bayescale.judge.hold_out import Fold, Mask, places
from bayescale.posterior.fit import Fit
from bayescale.runs.runs import Runs

# What any number of hidden runs counts as at most. Laws that differ by less than a tenth of a nat
# per hidden run are then weighed within a factor of e^(10 * 0.1) < 3; and a law that loses a nat
# per hidden run has less than 1% from e^-m < 0.01 on, which is m > 4.6, from 9 hidden runs on.
MOST = 10.0


@dataclass(frozen=True, eq=False)
class Rung:
    """Fits of several laws to the smaller runs of a table.

    Attributes
    ----------
    fold : Fold
        Which are fitted, and which are hidden.
    fits : tuple of Fit
    """

    fold: Fold
    fits: tuple[Fit, ...]


def climb(several: Sequence[Refittable], cuts: Sequence[Fold], **options: Any) -> tuple[Rung, ...]:
    """Fit each law to the smaller runs of each cut; the options are those of a fit.

    A cut whose smaller runs no law can be fitted to, for instance because they are all of one
    size, is left out.
    """
    rungs = []
    for cut in cuts:
        try:
            for each in several:
                each.runs.select(cut.train)
        except RunsError:
            continue
        rungs.append(Rung(cut, tuple(each.fit(cut.train, **options) for each in several)))
    return tuple(rungs)


def independent(count: float) -> float:
    """Independent runs that so many hidden ones count as."""
    return count / (1 + count / MOST)


def hindcast_scores(rungs: Sequence[Rung], table: Runs, known: Mask) -> pd.DataFrame:
    """Score the laws at each rung on the hidden runs that are known.

    Parameters
    ----------
    rungs : sequence of Rung
    table : Runs
        All runs.
    known : ndarray of bool, shape (n_runs,)
        Those that may be looked at.

    Returns
    -------
    pandas.DataFrame
        As an ensemble's ``hindcasts``; a rung that hides none of them is left out.
    """
    rows = []
    for rung in rungs:
        cut = replace(rung.fold, test=rung.fold.test & known)
        if not cut.test.any():
            continue
        own = places({name: x[cut.test] for name, x in table.inputs.items()})
        both = ({n: x[rows] for n, x in table.inputs.items()} for rows in (cut.train, cut.test))
        told: dict[str, Any] = {
            "n_fitted": int(cut.train.sum()),
            "n_hidden": int(cut.test.sum()),
            "reach": float(reach(*both).max()),
        }
        for found in rung.fits:
            made = scenarios(found, allow_unconverged=True)
            _, inputs, names = read_targets(made, hidden_points(table, cut))
            power = independent(own.sum())
            score = made.predictive(inputs, names).joint_log_density(
                table.response[cut.test], power * own / own.sum()
            )
            law = {"fold": cut.name, "law": found.law.name}
            rows.append(law | told | {"places": own.sum(), "log_score": score / power})
    return pd.DataFrame(rows)


def hidden_forecasts(whole: Ensemble, table: Runs, cut: Fold) -> pd.DataFrame:
    """Forecast the hidden runs of a fold from an ensemble of its fitted ones.

    Returns
    -------
    pandas.DataFrame
        As an ensemble's ``backtest``.
    """
    found = extrapolate(whole, hidden_points(table, cut), allow_unconverged=True)
    observed = table.response[cut.test]
    told = found.beside(observed).assign(log_score=found.predictive.log_density(observed))
    told.insert(0, "fold", cut.name)
    return told
