"""How wrong a law has been about the user's own larger runs, and what that says of the next.

A hindcast hides the larger runs, fits the rest and looks back. The share of the further change
that the law got wrong,

    log y = log f + delta * change + noise,   delta ~ Normal(0, tau),

is read off the hidden runs by least squares; its standard error counts the posterior and the
noise, which would miss by so much under a law that is right. Readings update the prior of tau.
Hindcasts that hide the same runs are not independent: k of them, whose hidden runs overlap by
rho on average, count as k / (1 + (k - 1) * rho).

Few hindcasts may only widen. They reach less far than the forecast: a law that failed near the
data will fail further out, one that held near them may still fail. Narrowing by the two or three
hindcasts of one table lost coverage on published runs (benchmarks/hindcasts.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from bayescale.forecast.forecast import read_targets
from bayescale.forecast.member import Parts
from bayescale.forecast.scenarios import Forecaster, scenarios
from bayescale.judge.hold_out import Fold, Mask
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.prior import Array, Prior
from bayescale.posterior.fit import Fit, fit
from bayescale.runs.runs import Runs

# Fewer hidden runs say nothing of a law, and one hindcast little of the next.
ENOUGH_RUNS, ENOUGH_HINDCASTS = 3, 2
# Independent hindcasts that may make forecasts narrower than published runs did.
ENOUGH_TO_NARROW = 4.0
_GRID = np.linspace(np.log(1e-3), np.log(3.0), 1601)


@dataclass(frozen=True, eq=False)
class Reading:
    """What one hindcast says of a law's discrepancy.

    Attributes
    ----------
    share : float
        Share of the further change that the law got wrong: negative where the response
        changed by less than was foreseen, positive where by more.
    sd : float
        Its standard error.
    hidden : ndarray of bool, shape (n_runs,)
        Rows that were hidden.
    """

    share: float
    sd: float
    hidden: Mask


@dataclass(frozen=True, eq=False)
class Refittable:
    """Runs, and how they are fitted: their law with its priors and beliefs.

    Attributes
    ----------
    runs : Runs
        The whole table.
    refit : callable
        Of runs and the options of :func:`bayescale.fit`.
    """

    runs: Runs
    refit: Callable[..., Fit] = fit

    @classmethod
    def of(cls, given: Fit | Runs) -> Refittable:
        """A fit with the priors and beliefs that it was made with, runs with the law's own."""
        return cls(given.runs, given.refit) if isinstance(given, Fit) else cls(given)

    def fit(self, rows: Mask, **options: Any) -> Fit:
        """Fit some rows, to be scored: compiled once for many, not tried again for trifles."""
        quick = {"progress": False, "route": "compiled", "strict": False, "preview": False}
        return self.refit(self.runs.select(rows), **(quick | options))


def log_score(forecaster: Forecaster, table: Runs, cut: Fold) -> float:
    """Mean log density of the hidden runs under a forecaster of the others."""
    made = scenarios(forecaster, allow_unconverged=True)
    _, inputs, names = read_targets(made, hidden_points(table, cut))
    return float(made.predictive(inputs, names).log_density(table.response[cut.test]).mean())


def hidden_points(table: Runs, cut: Fold) -> Any:
    """Places of the hidden runs as a DataFrame, with the names of their training runs."""
    columns = dict.fromkeys((*table.law.input_symbols, *([table.run] if table.run else [])))
    return table.table.loc[cut.test, list(columns)].reset_index(drop=True)


def read(forecaster: Forecaster, table: Runs, cut: Fold) -> Reading | None:
    """Read the discrepancy of a fit of the smaller runs off the hidden ones.

    Parameters
    ----------
    forecaster : Fit or Ensemble
        Of the runs that were not hidden.
    table : Runs
        All runs.
    cut : Fold

    Returns
    -------
    Reading or None
        None where there are fewer than three hidden runs, or none beyond the data.
    """
    made = scenarios(forecaster, discrepancy=False, allow_unconverged=True)
    _, inputs, names = read_targets(made, hidden_points(table, cut))
    return read_parts(made.parts(inputs, names), table.response[cut.test], cut.test)


def read_parts(parts: Parts, response: Array, hidden: Mask) -> Reading | None:
    """The same from a forecast of the hidden runs and their responses, each (n_hidden,)."""
    # Tails without a variance are taken as those of four degrees of freedom.
    dof = np.maximum(parts.dof, 4.0)
    precision = (dof - 2) / dof / np.square(parts.scale)
    information = np.sum(precision * np.square(parts.change), axis=1)
    if len(response) < ENOUGH_RUNS or not (information > 0).all():
        return None
    error = np.log(response) - parts.location
    shares = np.sum(precision * parts.change * error, axis=1) / information
    variance = shares.var() + np.mean(1 / information)
    return Reading(float(shares.mean()), float(np.sqrt(variance)), hidden)


def learn(prior: Discrepancy, readings: Sequence[Reading | None]) -> Discrepancy:
    """Update how wrong a law may be by how wrong it was.

    Parameters
    ----------
    prior : Discrepancy
    readings : sequence of Reading or None
        One per hindcast.

    Returns
    -------
    Discrepancy
        The prior itself where fewer than two hindcasts could be read, or where they would
        narrow it and count as fewer than four independent ones.
    """
    found = [reading for reading in readings if reading is not None]
    if len(found) < ENOUGH_HINDCASTS:
        return prior
    variance = np.exp(2 * _GRID) + np.square([[reading.sd] for reading in found])
    each = -0.5 * (np.square([[reading.share] for reading in found]) / variance + np.log(variance))
    # The grid is even in log tau, hence the Jacobian.
    before = prior.change.log_density(np.exp(_GRID)) + _GRID
    after = _weights(before + each.sum(axis=0) * independent(found) / len(found))
    mean = float(after @ _GRID)
    if mean < _weights(before) @ _GRID and independent(found) < ENOUGH_TO_NARROW:
        return prior
    change = Prior(
        "LogNormal",
        mu=mean,
        sigma=float(np.sqrt(after @ np.square(_GRID - mean))),
        why=f"{prior.change.why}; updated by {len(found)} hindcasts of these runs",
        source=prior.change.source,
    )
    basis = f"{prior.basis}, updated by {len(found)} hindcasts of these runs"
    return replace(prior, change=change, basis=basis)


def _weights(log_density: Array) -> Array:
    density = np.exp(log_density - log_density.max())
    return np.asarray(density / density.sum())


def independent(readings: Sequence[Reading]) -> float:
    """Number of independent hindcasts that so many overlapping ones count as."""
    shares = [
        (a.hidden & b.hidden).sum() / (a.hidden | b.hidden).sum()
        for a, b in combinations(readings, 2)
    ]
    return len(readings) / (1 + (len(readings) - 1) * float(np.mean(shares)))


def typical(discrepancy: Discrepancy) -> float:
    """Median of the share of the further change that a law may get wrong."""
    return float(np.median(discrepancy.change.draw(np.random.default_rng(0), 4000)))
