"""Candidates judged one by one, in order of what they do, and a set of them chosen greedily."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bayescale.decision.buying.candidates import columns
from bayescale.decision.buying.outcomes import Known, Question, judge, judge_by_refits
from bayescale.intervals import interval_name
from bayescale.law.prior import Array

# Share of a candidate's outcomes whose weights may fail before it is fitted again.
FAILING = 0.2
# Candidates that are fitted again at most, the most promising first.
MOST_REFITS = 8


def choose(
    question: Question, *, count: int, outcomes: int, refits: bool, total: float = np.inf
) -> list[pd.DataFrame]:
    """Choose so many runs, one after the other; a run may be chosen twice.

    Parameters
    ----------
    question : Question
    count, outcomes : int
    refits : bool
        Whether to fit again where weights fail.
    total : float
        What all of them may cost together; enough is kept for the cheapest ones to follow.

    Returns
    -------
    list of pandas.DataFrame
        For each run that is chosen every candidate, best first, by its number; the columns are
        those of :func:`judge`, after this run and those before it.
    """
    rng = np.random.default_rng([question.scenarios.seed, 0xF])
    truths, cost = question.truths(outcomes), question.candidates.cost
    known = Known.nothing(outcomes, question.scenarios.n_draws)
    now = question.width_of(question.scenarios)
    before = pd.Series({"width": now, "value": 0.0})
    steps: list[pd.DataFrame] = []
    for following in reversed(range(count)):
        came = question.outcomes(truths, rng)
        left = total - following * float(cost.min())
        steps.append(_step(question, known, came, before, left, refits))
        before, chosen = steps[-1].iloc[0], int(steps[-1].index[0])
        known = known.and_run(question, came, chosen)
        total -= float(cost[chosen])
    return steps


def failing(judged: pd.DataFrame) -> pd.Series:
    """Which candidates stand by weights that fail."""
    return (judged["khat"] > FAILING) & (judged["how"] == "weights")


def _step(
    question: Question, known: Known, came: Array, before: pd.Series, left: float, refits: bool
) -> pd.DataFrame:
    judged = [
        judge(question, known.and_run(question, came, row))
        for row in range(len(question.candidates))
    ]
    table = _ranked(question, judged, before, left)
    if not refits:
        return table
    for row in table.index[failing(table)][:MOST_REFITS]:
        after = known.and_run(question, came, row)
        judged[row] = judge_by_refits(question, after, judged[row]["khat"])
    return _ranked(question, judged, before, left)


def _ranked(
    question: Question, judged: list[dict[str, Any]], before: pd.Series, left: float
) -> pd.DataFrame:
    """Best first; then what is not told from nothing, then what costs more than is left."""
    table, cost = pd.DataFrame(judged), question.candidates.cost
    sign = 1 if question.by == "value" else -1
    gain = sign * (table[question.by] - before[question.by]).to_numpy()
    told = gain > 2 * table[f"{question.by}_se"].to_numpy()
    score = gain / cost if question.per_cost else gain
    return table.iloc[np.lexsort((-score, ~told, cost > left * (1 + 1e-9)))]


def _told(question: Question, judged: pd.DataFrame, now: float) -> pd.DataFrame:
    """Candidates that were judged in all that is known of them, against how things stand."""
    several, rows, width = question.candidates, judged.index, judged["width"]
    told = several.points.iloc[rows]
    reach = question.scenarios.reach(columns(told))
    told = told.assign(reach=reach, cost=several.cost[rows], unit=several.unit)
    told["width"], told["width_now"] = width, now
    gains = {"reduction": (1 - width / now, judged["width_se"] / now)}
    if question.contenders is not None:
        gains["value"] = judged["value"], judged["value_se"]
    for name, (gain, error) in gains.items():
        told[name], told[f"{name}_se"] = gain, error
        told[f"{name}_per_cost"] = gain / told["cost"]
    return told.assign(khat=judged["khat"], how=judged["how"])


def describe_candidates(question: Question, judged: pd.DataFrame, now: float) -> pd.DataFrame:
    """Every candidate, see :attr:`bayescale.NextRuns.table`."""
    table = _told(question, judged, now)
    table.insert(0, "rank", np.arange(len(table)) + 1)
    return table.assign(interval=f"{interval_name(question.mass)} of the log response")


def describe_choice(question: Question, steps: list[pd.DataFrame], now: float) -> pd.DataFrame:
    """The runs to buy, see :attr:`bayescale.NextRuns.choice`."""
    choice = _told(question, pd.concat([step.iloc[:1] for step in steps]), now)
    choice.insert(list(choice).index("unit"), "cost_so_far", choice["cost"].cumsum())
    of_one = ["reach", "width_now", "reduction_per_cost", "value_per_cost", "khat"]
    choice = choice.drop(columns=of_one, errors="ignore")
    return choice.set_axis(pd.RangeIndex(1, len(choice) + 1, name="order"))
