"""What a choice gives away, and what information that changes it is worth.

In a scenario the regret of a design (its opportunity loss) is its response less that of the best
design of that scenario, under the same budget and within what the limits leave; both with the
discrepancy counted from the design's own origin, so that it is never negative. Limits by
probability on other fits stay as they are: the information is about the response. Where they
bind and more than one input is chosen beside the one that takes what is left, the range of each
input is kept, not the exact set, and the regret is at most a little too large.

The mean regret of the best choice is the expected value of perfect information (EVPI); what a
choice by the outcome of a further run saves on average is the expected value of sample
information (EVSI). Either is worth the extra budget that saves as much without it.

Reference: Raiffa & Schlaifer (1961), Applied Statistical Decision Theory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayescale.decision.optimum import best_design
from bayescale.decision.risk import Risk
from bayescale.decision.search import coarse_grid
from bayescale.decision.task import Design, Task
from bayescale.forecast.member import Rows
from bayescale.forecast.scenarios import Kind, Scenarios
from bayescale.law.prior import Array

TAIL = 0.9
_FEW = 1000
_STEPS = 6
_TELLS = 1e-8
# Points along each coordinate of the budget's surface, by the number of coordinates.
_POINTS = {1: 81, 2: 13, 3: 7}


def tail_of(regret: Array) -> Array:
    """Mean of the worst tenth of the scenarios, NaN where they are too few, (n_designs,).

    Parameters
    ----------
    regret : ndarray, shape (n_draws, n_designs)
    """
    worst = Risk("cvar", TAIL)
    enough = len(regret) >= worst.minimum_draws
    return worst(regret) if enough else np.full(regret.shape[1], np.nan)


@dataclass(frozen=True, eq=False)
class Regret:
    """Regret of a plan.

    Attributes
    ----------
    draws : ndarray, shape (n_draws,)
        Regret in each scenario, in the response's unit.
    perfect_information : float
        Expected value of perfect information, in the response's unit: what the design with the
        least mean gives away on average.
    worth : float
        The same in the budget's unit: how much more budget a plan without that information
        needs, for the mean response that perfect information gives under this one. Infinite
        where no larger budget does.
    unit : str
        Of ``worth``.
    """

    draws: Array
    perfect_information: float
    worth: float
    unit: str

    @property
    def expected(self) -> float:
        """Mean over the scenarios."""
        return float(self.draws.mean())

    @property
    def tail(self) -> float:
        """Mean of the worst tenth of the scenarios."""
        return float(tail_of(self.draws[:, None])[0])

    @property
    def table(self) -> pd.DataFrame:
        """One row per number: value, unit, meaning."""
        worst = f"mean of the worst {1 - TAIL:.0%} of scenarios"
        without = "mean regret of the design with the least mean response"
        extra = "extra budget that brings the same mean response without it"
        rows = [
            ("expected regret", self.expected, "response", "mean over the scenarios"),
            ("tail regret", self.tail, "response", worst),
            ("value of perfect information", self.perfect_information, "response", without),
            ("worth of perfect information", self.worth, self.unit, extra),
        ]
        return pd.DataFrame(rows, columns=["name", "value", "unit", "meaning"]).set_index("name")


def regret_of(task: Task, design: Design, best: Design, own: Mapping[str, Array]) -> Regret:
    """Regret of a design of the law's curve, and the worth of perfect information.

    Parameters
    ----------
    task : Task
        With the mean of the law's curve for its risk, see :attr:`Task.neutral`.
    design : Design
        Of the plan.
    best : Design
        Of the least mean.
    own : mapping of str to ndarray, shape (n_draws,)
        Best design of each scenario, see :func:`own_optima`.
    """
    curve = design.curve
    ideal = curve.at_own({name: value[:, None] for name, value in own.items()})
    here = curve(design.columns)
    # Where a scenario's discrepancy outweighs all further gain, its own optimum is none; what is
    # less than the search can tell is nothing.
    ideal = np.where(here - ideal > _TELLS * here, ideal, here)
    draws = (here - ideal)[:, 0]
    mean = float(curve(best.columns).mean())
    # The design of the least mean gives away no more than the plan.
    value = min(max(mean - float(ideal.mean()), 0.0), float(draws.mean()))
    unit = "dollars" if task.budget.unit == "$" else "FLOPs"
    return Regret(draws, value, extra_budget(task, best, curve, value), unit)


def extra_budget(task: Task, best: Design, seen: Scenarios, saving: float) -> float:
    """Budget beyond a design's that brings the least risk down by as much.

    Parameters
    ----------
    task : Task
    best : Design
        Of the least risk under its budget.
    seen : Scenarios
        In which designs are compared.
    saving : float
        In the risk's unit.

    Returns
    -------
    float
        In the budget's unit; infinite where no larger budget does.
    """
    few, budget = task.thin(_FEW), task.budget.amount
    now = float(task.risk.rank(seen(best.columns))[0])

    def least(stretch: float) -> float:
        larger = best_design(few.under(budget * float(np.exp(stretch))))
        return now if larger is None else float(task.risk.rank(seen(larger.columns))[0])

    if saving <= 0:
        return 0.0
    last, at, stretch, value = 0.0, now, 0.05, least(0.05)
    for _ in range(_STEPS):
        slope = (value - at) / (stretch - last)
        if slope >= 0 or stretch > np.log(1e4):
            return float("inf")
        last, at, stretch = stretch, value, stretch + (now - saving - value) / slope
        if abs(stretch - last) < 1e-3 * abs(stretch):
            break
        value = least(stretch)
    return budget * float(np.expm1(stretch))


@dataclass(frozen=True, eq=False)
class Contenders:
    """Designs of one budget between which further information may decide.

    Attributes
    ----------
    inputs : mapping of str to ndarray, shape (n_designs,)
        Raw inputs of the designs.
    centre : mapping of str to float
        Design whose origin the discrepancy of all of them counts from.
    risk : Risk
    kind : {"mean", "run"}
        Of the response that it is of.
    response : ndarray, shape (n_draws, n_designs)
        In every scenario, as things stand.
    """

    inputs: Mapping[str, Array]
    centre: Mapping[str, float]
    risk: Risk
    kind: Kind
    response: Array

    def saved(self, taken: Rows, weights: Array) -> Array:
        """Risk that designs save against today's choice, by weighted draws, (n_outcomes,).

        Parameters
        ----------
        taken : ndarray of int, shape (n_outcomes,)
        weights : ndarray, shape (n_outcomes, n_draws)
            Each row sums to 1.
        """
        today = int(np.argmin(self.risk(self.response)))
        risk = self.risk.weighted(self.response, weights)
        return np.asarray(risk[:, today] - risk[np.arange(len(taken)), taken])


def contenders(
    task: Task, design: Design, optimum: pd.DataFrame, scenarios: Scenarios
) -> Contenders:
    """The design of a plan, then those allowed within three widths of the optimum's interval.

    Parameters
    ----------
    task : Task
    design : Design
    optimum : pandas.DataFrame
        See :attr:`bayescale.Plan.optimum`.
    scenarios : Scenarios
        In which they are compared.
    """
    place, low, high = design.place, task.low, task.high
    for k, name in enumerate(task.space.others):
        first, last = np.log(optimum.loc[f"{name}*", ["lower", "upper"]].to_numpy(dtype=float))
        width = max(last - first, 0.05)
        ends = [min(first, place[k]) - width, max(last, place[k]) + width]
        low[k], high[k] = np.clip(ends, low[k], high[k])
    found = task.at(coarse_grid(low, high, _POINTS)[0])
    kept = task.limits.allow(found)
    inputs = {name: np.append(design.inputs[name], found[name][kept]) for name in found}
    response = scenarios.anchored(design.inputs)(inputs)
    return Contenders(inputs, design.inputs, task.risk, task.scenarios.kind, response)
