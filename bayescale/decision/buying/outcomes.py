"""What a run that was not bought yet is expected to do, averaged over how it may come out.

An outcome that was not seen yet weighs the scenarios: one that makes it likely gains weight,
another loses it, with all that is unknown in it: the law's parameters and what the law errs by,
there and at the target. The weights are Pareto-smoothed; where the shape of their tail exceeds
:data:`TRUSTED` a few scenarios decide, and the weights cannot stand for a new fit.

Reference: Vehtari, Simpson, Gelman, Yao & Gabry (2024), arXiv:1507.02646 (Pareto smoothing).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from bayescale.decision.buying.candidates import Candidates, columns
from bayescale.decision.loss import Contenders
from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.member import Rows
from bayescale.forecast.predictive import Predictive
from bayescale.forecast.scenarios import Scenarios
from bayescale.law.prior import Array

By = Literal["width", "value"]
# Largest shape of the weights' tail with which they are trusted.
TRUSTED = 0.7
# Outcomes of one candidate that are fitted again where its weights fail, and how.
REFITS = 8
REFIT: dict[str, Any] = {"chains": 4, "draws": 500, "progress": False, "route": "compiled"}
REFIT |= {"strict": False}


def smoothed(log_weights: Array) -> tuple[Array, Array]:
    """Pareto-smoothed weights of each outcome.

    Parameters
    ----------
    log_weights : ndarray, shape (n_outcomes, n_draws)

    Returns
    -------
    weights : ndarray, shape (n_outcomes, n_draws)
        Each row sums to 1.
    khat : ndarray, shape (n_outcomes,)
        Estimated shape of the tail; minus infinity where there is none.
    """
    from arviz_stats.base import array_stats

    smooth, khat = log_weights.copy(), np.full(len(log_weights), -np.inf)
    # As long as ArviZ's tail: a fifth of the draws, at most three times their root. Where it is
    # level there is none to be smoothed.
    size = log_weights.shape[1]
    tail = max(int(np.ceil(min(size / 5, 3 * np.sqrt(size)))), 1)
    some = np.ptp(np.partition(log_weights, size - tail, axis=1)[:, size - tail :], axis=1) >= 1e-12
    if some.any():
        # ArviZ takes log ratios as leave-one-out does: minus the log weights.
        smooth[some], khat[some] = array_stats.psislw(-log_weights[some])
    return normalised(smooth), khat


def normalised(log_weights: Array) -> Array:
    """Weights whose rows sum to 1, of the shape of their logs."""
    weights = np.exp(log_weights - log_weights.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def widths(values: Array, weights: Array, mass: float) -> Array:
    """Width of the equal-tailed interval of weighted values.

    Parameters
    ----------
    values : ndarray, shape (n_draws,), (1, n_draws) or (n_outcomes, n_draws)
    weights : ndarray, shape (n_outcomes, n_draws)
        Each row sums to 1.
    mass : float

    Returns
    -------
    ndarray, shape (n_outcomes,)
        In the unit of the values.
    """
    order = np.argsort(values, axis=-1)
    ordered = np.take_along_axis(values, order, axis=-1)
    shuffled = np.take_along_axis(weights, np.broadcast_to(order, weights.shape), axis=1)
    middle = np.cumsum(shuffled, axis=1) - 0.5 * shuffled
    tails = [(1 - mass) / 2, (1 + mass) / 2]
    found = [
        np.interp(tails, cumulated, own)
        for cumulated, own in zip(middle, np.broadcast_to(ordered, weights.shape), strict=True)
    ]
    return np.diff(np.array(found), axis=1)[:, 0]


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of every candidate.

    Attributes
    ----------
    scenarios : Scenarios
        Of the law's curve, or of new runs.
    candidates : Candidates
    targets : pandas.DataFrame, shape (n_targets, n_inputs)
        Points of the forecast.
    mass : float
        Of the targets' equal-tailed interval.
    contenders : Contenders or None
        What a plan decides between.
    assumed : Assumptions
        That the scenarios were made under.
    by : {"width", "value"}
        What candidates are ranked by: the width of the forecast, or the value for the plan.
    per_cost : bool
        Whether by unit of cost.
    """

    scenarios: Scenarios
    candidates: Candidates
    targets: pd.DataFrame
    mass: float
    contenders: Contenders | None = None
    assumed: Assumptions = field(default_factory=Assumptions)
    by: By = "width"
    per_cost: bool = True

    @cached_property
    def predictive(self) -> Predictive:
        """All candidates in every scenario."""
        return self.scenarios.predictive(columns(self.candidates.points))

    def truths(self, count: int) -> Rows:
        """Draws that are taken for the truth, spread evenly over the targets' forecast."""
        middle = self.scenarios.predictive(columns(self.targets)).location.mean(axis=1)
        places = ((np.arange(count) + 0.5) * len(middle) / count).astype(int)
        return np.asarray(np.argsort(middle, kind="stable")[places])

    def outcomes(self, truths: Rows, rng: np.random.Generator) -> Array:
        """Log responses, shape (n_outcomes, n_candidates); each truth has its own noise.

        The noise takes evenly spread quantiles in random order, the same for all candidates.
        """
        level = rng.permutation((np.arange(len(truths)) + 0.5) / len(truths))
        return self.predictive.pick(truths).quantile(level[:, None])

    def ahead(self, chosen: tuple[int, ...], last: Array) -> Array:
        """Log response at the targets once further runs are observed.

        What a learning curve's last row carries on is linear in its log response, so that two
        outcomes tell of all.

        Parameters
        ----------
        chosen : tuple of int
            Candidates that are observed, in order.
        last : ndarray, shape (n_outcomes,)
            Log responses of the last of them, which only a learning curve depends on.

        Returns
        -------
        ndarray, shape (n_outcomes or 1, n_draws, n_targets)
        """
        points, inputs = self.candidates.points.iloc[list(chosen)], columns(self.targets)
        if not self.scenarios.one_curve:
            return np.log(self.scenarios(inputs))[None]
        none = np.zeros(len(points))
        level = np.log(self.scenarios.with_runs(points, none)(inputs))
        slope = np.log(self.scenarios.with_runs(points, none + 1.0)(inputs)) - level
        return np.asarray(level + slope * last[:, None, None])

    def width(self, log_response: Array, weights: Array) -> Array:
        """Width of the interval, averaged over targets, shape (n_outcomes,).

        Parameters
        ----------
        log_response : ndarray, shape (n_outcomes or 1, n_draws, n_targets)
        weights : ndarray, shape (n_outcomes, n_draws)
        """
        several = np.moveaxis(log_response, -1, 0)
        return np.mean([widths(values, weights, self.mass) for values in several], axis=0)

    def width_of(self, scenarios: Scenarios) -> float:
        """The same of scenarios as they are."""
        logs = np.log(scenarios(columns(self.targets)))
        return float(self.width(logs[None], np.full((1, len(logs)), 1 / len(logs)))[0])


class Known(NamedTuple):
    """What the runs that were chosen so far tell in every simulated scenario.

    Attributes
    ----------
    chosen : tuple of int
        Candidates.
    responses : ndarray, shape (n_outcomes, n_chosen)
        Their log responses.
    log_weights : ndarray, shape (n_outcomes, n_draws)
        Log density of the responses in each scenario.
    """

    chosen: tuple[int, ...]
    responses: Array
    log_weights: Array

    @classmethod
    def nothing(cls, n_outcomes: int, n_draws: int) -> Known:
        """As things stand."""
        return cls((), np.empty((n_outcomes, 0)), np.zeros((n_outcomes, n_draws)))

    def and_run(self, question: Question, outcomes: Array, candidate: int) -> Known:
        """With one more candidate, whose outcomes are a column of ``outcomes``."""
        came = outcomes[:, candidate]
        return Known(
            (*self.chosen, candidate),
            np.column_stack([self.responses, came]),
            self.log_weights + question.predictive.log_densities(came, candidate),
        )


def saved_by(contenders: Contenders, log_weights: Array) -> Array:
    """Risk that the choice by an outcome saves against today's, shape (n_outcomes,).

    Half of the scenarios choose and the other half judge, then the other way round: what chooses
    and judges itself finds a gain in mere noise.

    Parameters
    ----------
    contenders : Contenders
    log_weights : ndarray, shape (n_outcomes, n_draws)
    """
    halves = [slice(k, None, 2) for k in (0, 1)]
    parts = [(contenders.pick(half), normalised(log_weights[:, half])) for half in halves]
    found = []
    for (chooses, by), (judges, seen) in (parts, parts[::-1]):
        taken = chooses.risk.weighted(chooses.response, by).argmin(axis=1)
        found.append(judges.saved(chooses.today, taken, seen))
    return np.mean(found, axis=0)


def _averaged(width: Array, saved: Array, khat: float, how: str) -> dict[str, Any]:
    """Averages over outcomes, each of shape (n_outcomes,), with their Monte Carlo errors."""
    each, root = {"width": width, "value": saved}, np.sqrt(len(width))
    means = {name: values.mean() for name, values in each.items()}
    errors = {f"{name}_se": values.std(ddof=1) / root for name, values in each.items()}
    return {**means, **errors, "khat": khat, "how": how}


def judge(question: Question, known: Known) -> dict[str, Any]:
    """What the runs that are known are expected to do, by weights on the draws.

    Returns
    -------
    dict
        ``width`` of the targets' log interval, and ``value``, the risk that the decision saves
        (NaN where nothing is decided), each with its Monte Carlo standard error as ``width_se``
        and ``value_se``; ``khat``, share of the outcomes whose weights are not to be trusted;
        ``how``, ``"weights"`` or ``"refit"``.
    """
    weights, khat = smoothed(known.log_weights)
    width = question.width(question.ahead(known.chosen, known.responses[:, -1]), weights)
    saved = np.full(len(khat), np.nan)
    if question.contenders is not None:
        saved = saved_by(question.contenders, known.log_weights)
    return _averaged(width, saved, float(np.mean(khat > TRUSTED)), "weights")


def judge_by_refits(question: Question, known: Known, khat: float) -> dict[str, Any]:
    """The same by fits of the runs with some of the outcomes, evenly spread."""
    some = np.linspace(0, len(known.responses) - 1, REFITS).round().astype(int)
    points = question.candidates.points.iloc[list(known.chosen)]
    # The same noise as today: what differs is what was learned.
    seed = question.scenarios.seed
    assumed = replace(question.assumed, seed=seed, allow_unconverged=True)
    width, saved = np.empty(len(some)), np.full(len(some), np.nan)
    for k, row in enumerate(some):
        response = np.exp(known.responses[row])
        fit = question.scenarios.members[0].refit(points, response, **REFIT, seed=seed + 1)
        width[k] = question.width_of(assumed.scenarios(fit, question.scenarios.kind))
        if (contenders := question.contenders) is not None:
            found = assumed.scenarios(fit, contenders.kind)(contenders.inputs)
            taken = contenders.risk(found).argmin(keepdims=True)
            weights = normalised(known.log_weights[row][None])
            saved[k] = contenders.saved(contenders.today, taken, weights)[0]
    return _averaged(width, saved, khat, "refit")
