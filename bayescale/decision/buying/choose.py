"""Candidates judged one by one, in order of what they do, and a set of them chosen greedily."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bayescale.decision.buying.outcomes import (
    Judged,
    Known,
    Question,
    Simulated,
    judge,
    judge_by_refits,
    simulate,
)
from bayescale.law.prior import Array

# Share of a candidate's outcomes whose weights may fail before it is fitted again.
FAILING = 0.2
# Candidates that are fitted again at most, the most promising first.
MOST_REFITS = 8


@dataclass(frozen=True)
class Criterion:
    """What candidates are ranked by.

    Attributes
    ----------
    by : {"width", "value"}
    per_cost : bool
    """

    by: str
    per_cost: bool

    def gains(self, judged: Sequence[Judged], before: Before) -> tuple[Array, Array]:
        """What each candidate gains, and its standard error, each of shape (n_candidates,)."""
        if self.by == "value":
            each = [item.saved - before.saved for item in judged]
        else:
            each = [before.width - item.width for item in judged]
        mean = np.array([values.mean() for values in each])
        error = np.array([values.std(ddof=1) / np.sqrt(len(values)) for values in each])
        return mean, error

    def order(
        self, judged: Sequence[Judged], before: Before, cost: Array, left: float
    ) -> npt.NDArray[np.int64]:
        """Candidates, best first; then what is not told from nothing, then what costs too much.

        Parameters
        ----------
        judged : sequence of Judged
        before : Before
        cost : ndarray, shape (n_candidates,)
        left : float
            What this run may cost.
        """
        gain, error = self.gains(judged, before)
        told = gain > 2 * error
        score = gain / cost if self.per_cost else gain
        return np.lexsort((-score, ~told, cost > left * (1 + 1e-9)))


class Before(NamedTuple):
    """Expected width, and risk saved, before one more run is chosen."""

    width: float
    saved: float


class Step(NamedTuple):
    """One run chosen from all candidates.

    Attributes
    ----------
    judged : list of Judged
        Every candidate.
    order : ndarray of int, shape (n_candidates,)
        Best first.
    skipped : int
        Candidates whose weights fail and that were not fitted again.
    """

    judged: list[Judged]
    order: npt.NDArray[np.int64]
    skipped: int

    @property
    def best(self) -> Judged:
        """Of the candidate that is chosen."""
        return self.judged[int(self.order[0])]


def choose(
    question: Question,
    cost: Array,
    criterion: Criterion,
    *,
    count: int,
    outcomes: int,
    refits: bool,
    total: float = np.inf,
) -> list[Step]:
    """Choose so many runs, one after the other; a run may be chosen twice.

    Parameters
    ----------
    question : Question
    cost : ndarray, shape (n_candidates,)
    criterion : Criterion
    count, outcomes : int
    refits : bool
        Whether to fit again where weights fail.
    total : float
        What all of them may cost together; enough is kept for the cheapest ones to follow.
    """
    rng = np.random.default_rng([question.seed, 0xF])
    simulated = simulate(question, outcomes)
    known = Known.nothing(outcomes, question.scenarios.n_draws)
    before, steps = Before(question.width_now(), 0.0), []
    for number in range(count):
        came = simulated.outcomes(rng)
        left = total - (count - 1 - number) * float(cost.min())
        step = _step(question, simulated, known, came, (cost, left), criterion, before, refits)
        steps.append(step)
        known = known.and_run(simulated, came, int(step.order[0]))
        total -= float(cost[step.order[0]])
        before = Before(float(step.best.width.mean()), float(step.best.saved.mean()))
    return steps


def _step(
    question: Question,
    simulated: Simulated,
    known: Known,
    came: Array,
    money: tuple[Array, float],
    criterion: Criterion,
    before: Before,
    refits: bool,
) -> Step:
    judged = [judge(question, known.and_run(simulated, came, row)) for row in range(len(money[0]))]
    order = criterion.order(judged, before, *money)
    failing = [row for row in order if judged[row].failing > FAILING]
    again = failing[:MOST_REFITS] if refits else []
    for row in again:
        more = known.and_run(simulated, came, row)
        judged[row] = judge_by_refits(question, more, judged[row].khat)
    return Step(judged, criterion.order(judged, before, *money), len(failing) - len(again))
