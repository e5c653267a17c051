"""What a run that was not bought yet is expected to do, averaged over how it may come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayescale.decision.buying.alternatives import Decision
from bayescale.decision.buying.purchases import columns, forecast, refit
from bayescale.decision.buying.reweighting import (
    TRUSTED,
    log_likelihood,
    normalised,
    smoothed,
    weighted_risk,
    widths,
)
from bayescale.forecast.parts import Rows
from bayescale.forecast.predictive import Predictive
from bayescale.forecast.scenarios import Scenarios, scenarios
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.prior import Array

if TYPE_CHECKING:
    import pandas as pd

# Outcomes of one candidate that are fitted again where its weights fail.
REFITS = 8


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of every candidate.

    Attributes
    ----------
    scenarios : Scenarios
        Of the law's curve, or of new runs.
    points : pandas.DataFrame, shape (n_candidates, n_inputs)
    targets : pandas.DataFrame, shape (n_targets, n_inputs)
    mass : float
        Of the target's equal-tailed interval.
    decision : Decision or None
    seed : int
    discrepancy : bool, float or Discrepancy
        How wrong the law may be beyond the data.
    """

    scenarios: Scenarios
    points: pd.DataFrame
    targets: pd.DataFrame
    mass: float
    decision: Decision | None
    seed: int
    discrepancy: bool | float | Discrepancy

    def width(self, values: Array, weights: Array) -> Array:
        """Width of the interval of log responses, see :func:`widths`."""
        return widths(values, weights, self.mass)

    def width_now(self) -> float:
        """Width of the targets' log interval as things stand, averaged over targets."""
        even = np.full((1, self.scenarios.n_draws), 1 / self.scenarios.n_draws)
        logs = np.log(self.scenarios(columns(self.targets)))
        return float(np.mean([self.width(column, even)[0] for column in logs.T]))


@dataclass(frozen=True, eq=False)
class Simulated:
    """Outcomes of every candidate in the same simulated worlds.

    Attributes
    ----------
    rows : ndarray of int, shape (n_outcomes,)
        Draws that are taken for the truth, spread evenly over the forecast of the target.
    predictive, fitted : Predictive
        Of all candidates under every draw: with the law's error beyond the data, as outcomes
        come; and without it, as a fit that has seen an outcome takes it.
    """

    rows: Rows
    predictive: Predictive
    fitted: Predictive

    def outcomes(self, rng: np.random.Generator) -> Array:
        """Log responses, shape (n_outcomes, n_candidates); each scenario has its own noise.

        The noise takes evenly spread quantiles in random order, the same for all candidates.
        """
        from scipy.stats import t

        location, scale, dof = (
            item[self.rows]
            for item in (self.predictive.location, self.predictive.scale, self.predictive.dof)
        )
        even = rng.permutation((np.arange(len(self.rows)) + 0.5) / len(self.rows))
        return np.asarray(location + scale * t.ppf(even[:, None], dof))


def simulate(question: Question, count: int) -> Simulated:
    """Draw the scenarios that are taken for the truth, and forecast the candidates in all."""
    points = columns(question.points)
    middle = question.scenarios.predictive(columns(question.targets)).location.mean(axis=1)
    even = ((np.arange(count) + 0.5) * len(middle) / count).astype(int)
    return Simulated(
        np.argsort(middle, kind="stable")[even],
        question.scenarios.predictive(points),
        question.scenarios.without_discrepancy().predictive(points),
    )


class Known(NamedTuple):
    """What the runs that were chosen so far tell in every simulated scenario.

    Attributes
    ----------
    chosen : tuple of int
        Candidates.
    responses : ndarray, shape (n_outcomes, n_chosen)
        Their log responses.
    fitted, true : ndarray, shape (n_outcomes, n_draws)
        Log weights as a fit gives them, and with the law's error beyond the data.
    """

    chosen: tuple[int, ...]
    responses: Array
    fitted: Array
    true: Array

    @classmethod
    def nothing(cls, n_outcomes: int, n_draws: int) -> Known:
        """As things stand."""
        none = np.zeros((n_outcomes, n_draws))
        return cls((), np.empty((n_outcomes, 0)), none, none)

    def and_run(self, simulated: Simulated, outcomes: Array, candidate: int) -> Known:
        """With one more candidate, whose outcomes are a column of ``outcomes``."""
        came = outcomes[:, candidate]
        return Known(
            (*self.chosen, candidate),
            np.column_stack([self.responses, came]),
            self.fitted + log_likelihood(came, simulated.fitted, candidate),
            self.true + log_likelihood(came, simulated.predictive, candidate),
        )


class Judged(NamedTuple):
    """What a candidate does, by outcome.

    Attributes
    ----------
    width : ndarray, shape (n_outcomes,)
        Of the targets' log interval.
    saved : ndarray, shape (n_outcomes,)
        Risk that the decision saves; NaN where nothing is decided.
    khat : ndarray, shape (n_outcomes,)
        Shape of the weights' tail.
    how : str
        ``"weights"`` or ``"refit"``.
    """

    width: Array
    saved: Array
    khat: Array
    how: str

    @property
    def failing(self) -> float:
        """Share of the outcomes whose weights are not to be trusted."""
        return float(np.mean(self.khat > TRUSTED))


def judge(question: Question, known: Known) -> Judged:
    """Width and decision after the runs that are known, by weights on the draws."""
    weights, khat = smoothed(known.fitted)
    points = question.points.iloc[list(known.chosen)]
    ahead = forecast(question.scenarios, points, question.targets)
    last = known.responses[:, -1]
    each = [question.width(ahead.at(k, last), weights) for k in range(ahead.level.shape[1])]
    saved = np.full(len(khat), np.nan)
    if question.decision is not None:
        decision = question.decision
        taken = weighted_risk(decision.risk, decision.response, weights).argmin(axis=1)
        # Outcomes come from these very draws, so that no few of them carry all the weight.
        saved = decision.saved(taken, normalised(known.true))
    return Judged(np.mean(each, axis=0), saved, khat, "weights")


def judge_by_refits(question: Question, known: Known, khat: Array) -> Judged:
    """The same by fits of the runs with some of the outcomes, evenly spread."""
    some = np.linspace(0, len(known.responses) - 1, REFITS).round().astype(int)
    points = question.points.iloc[list(known.chosen)]
    width, saved = np.empty(len(some)), np.full(len(some), np.nan)
    for k, row in enumerate(some):
        fit = refit(question.scenarios, points, known.responses[row], seed=question.seed + 1)
        after = scenarios(
            fit, discrepancy=question.discrepancy, seed=question.seed, allow_unconverged=True
        )
        if question.scenarios.kind == "run":
            after = after.of_new_runs(question.seed)
        even = np.full((1, after.n_draws), 1 / after.n_draws)
        logs = np.log(after(columns(question.targets)))
        width[k] = np.mean([question.width(column, even)[0] for column in logs.T])
        if question.decision is not None:
            decision = question.decision
            found = after.anchored(decision.centre)(decision.inputs)
            taken = decision.risk(found).argmin(keepdims=True)
            saved[k] = decision.saved(taken, normalised(known.true[row][None]))[0]
    return Judged(width, saved, khat, "refit")
