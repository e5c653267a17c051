"""What a choice gives away, and what information that changes it is worth.

In a scenario the regret of a design (its opportunity loss) is its response less that of the best
design of that scenario, under the same budget and within what the limits leave: never negative.
Limits by probability on other fits stay as they are: the information is about the response. Where
they bind and more than one input is chosen beside the one that takes what is left, the range of
each input is kept, not the exact set, and the regret is at most a little too large.

The mean regret of the best choice is the expected value of perfect information (EVPI); what a
choice by the outcome of a further run saves on average is the expected value of sample
information (EVSI). Either is worth the extra budget that saves as much without it.

Reference: Raiffa & Schlaifer (1961), Applied Statistical Decision Theory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

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
_EXACT = 1e-5
_TELLS = 1e-8
# Share of the response below which a mean regret is the search's own, whose last grids are as wide.
_PRECISION = 1e-6
# Largest multiple of the budget at which information is weighed against more of it.
_LARGEST = 1e4
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
    error : float
        Its Monte Carlo standard error.
    precision : float
        What the search for designs may miss, in the response's unit.
    worth : float
        The same in the budget's unit: how much more budget a plan without that information
        needs, for the mean response that perfect information gives under this one. Zero where
        the value is not :attr:`measurable`, infinite where no budget up to 10,000 times as large
        does.
    unit : str
        Of ``worth``.
    """

    draws: Array
    perfect_information: float
    error: float
    precision: float
    worth: float
    unit: str

    @property
    def measurable(self) -> bool:
        """Whether the value of perfect information is told from nothing."""
        return self.perfect_information > max(2 * self.error, self.precision)

    @property
    def expected(self) -> float:
        """Mean over the scenarios."""
        return float(self.draws.mean())

    @property
    def expected_error(self) -> float:
        """Monte Carlo standard error of that mean."""
        return float(Risk("mean").error(self.draws[:, None])[0])

    @property
    def tail(self) -> float:
        """Mean of the worst tenth of the scenarios."""
        return float(tail_of(self.draws[:, None])[0])

    @property
    def tail_error(self) -> float:
        """Monte Carlo standard error of that mean."""
        return float(Risk("cvar", TAIL).error(self.draws[:, None])[0])

    @property
    def table(self) -> pd.DataFrame:
        """One row per number: value, its Monte Carlo standard error, unit, meaning."""
        worst = f"mean of the worst {1 - TAIL:.0%} of scenarios"
        without = "mean regret of the design with the least mean response"
        extra = "extra budget that brings the same mean response without it"
        rows = [
            ("expected regret", self.expected, self.expected_error, "mean over the scenarios"),
            ("tail regret", self.tail, self.tail_error, worst),
            ("value of perfect information", self.perfect_information, self.error, without),
            ("worth of perfect information", self.worth, np.nan, extra),
        ]
        table = pd.DataFrame(rows, columns=["name", "value", "error", "meaning"])
        table.insert(3, "unit", ["response"] * 3 + [self.unit])
        return table.set_index("name")


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
    # Without what one training run carries on, which is the same thing for every design.
    curve = task.scenarios.at_own
    ideal = curve({name: value[:, None] for name, value in own.items()})
    here = curve(design.columns)
    # What is less than the search can tell is nothing.
    ideal = np.where(here - ideal > _TELLS * here, ideal, here)
    draws = (here - ideal)[:, 0]
    least = curve(best.columns)
    # The design of the least mean gives away no more than the plan.
    value = min(max(float((least - ideal).mean()), 0.0), float(draws.mean()))
    error = float(Risk("mean").error(least - ideal)[0])
    unit = "dollars" if task.budget.unit == "$" else "FLOPs"
    found = Regret(draws, value, error, _PRECISION * float(least.mean()), 0.0, unit)
    return replace(found, worth=extra_budget(task, best, value)) if found.measurable else found


def extra_budget(task: Task, best: Design, saving: float) -> float:
    """Budget beyond a design's that brings the least risk down by as much.

    Parameters
    ----------
    task : Task
    best : Design
        Of the least risk under its budget.
    saving : float
        In the risk's unit.

    Returns
    -------
    float
        In the budget's unit; infinite where no budget up to 10,000 times as large does.
    """
    from scipy.optimize import brentq

    if saving <= 0:
        return 0.0
    budget = task.budget.amount

    def risk(design: Design) -> float:
        return float(task.risk.rank(task.scenarios(design.columns))[0])

    def lacking(stretch: float) -> float:
        larger = best_design(task.under(budget * float(np.exp(stretch))), _EXACT)
        return saving - (now - risk(larger) if larger else 0.0)

    now, low, high, most = risk(best), 0.0, 0.05, float(np.log(_LARGEST))
    while lacking(high) > 0:
        if high >= most:
            return float("inf")
        low, high = high, min(3 * high, most)
    found: float = brentq(
        lambda at: saving if at == 0 else lacking(at), low, high, xtol=1e-7, rtol=1e-3
    )
    return float(budget * np.expm1(found))


@dataclass(frozen=True, eq=False)
class Contenders:
    """Designs of one budget between which further information may decide.

    Attributes
    ----------
    inputs : mapping of str to ndarray, shape (n_designs,)
        Raw inputs of the designs.
    risk : Risk
    kind : {"mean", "run"}
        Of the response that it is of.
    response : ndarray, shape (n_draws, n_designs)
        In every scenario, as things stand.
    """

    inputs: Mapping[str, Array]
    risk: Risk
    kind: Kind
    response: Array

    @property
    def today(self) -> int:
        """Design that is chosen as things stand."""
        return int(np.argmin(self.risk.rank(self.response)))

    def pick(self, draws: slice) -> Contenders:
        """The same in some of the scenarios."""
        return replace(self, response=self.response[draws])

    def saved(self, today: int, taken: Rows, weights: Array) -> Array:
        """Risk that designs save against the choice of today, by weighted draws, (n_outcomes,).

        Parameters
        ----------
        today : int
        taken : ndarray of int, shape (n_outcomes,)
        weights : ndarray, shape (n_outcomes, n_draws)
            Each row sums to 1.
        """
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
    return Contenders(inputs, task.risk, scenarios.kind, scenarios(inputs))
