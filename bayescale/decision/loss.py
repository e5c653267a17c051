"""What a plan gives away against perfect information, and what information would be worth.

In a scenario the regret of a design is its response less that of the best design of that scenario,
under the same budget and within what the limits leave; both with the discrepancy counted from
the design's own origin, so that it is never negative. Limits by probability on other fits stay
as they are: the information is about the response. Where they bind and more than one input is
chosen beside the one that takes what is left, the range of each input is kept, not the exact
set, and the regret is at most a little too large.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bayescale.decision.optimum import Design, Task, best_design
from bayescale.decision.risk import Risk
from bayescale.law.prior import Array

if TYPE_CHECKING:
    import pandas as pd

TAIL = 0.9
_FEW = 1000
_STEPS = 6
_TELLS = 1e-8


@dataclass(frozen=True, eq=False)
class Regret:
    """Regret of a plan.

    Attributes
    ----------
    draws : ndarray, shape (n_draws,)
        Regret in each scenario, in the response's unit.
    expected : float
    tail : float
        Mean of the worst tenth of the scenarios.
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
    expected: float
    tail: float
    perfect_information: float
    worth: float
    unit: str

    @property
    def table(self) -> pd.DataFrame:
        """One row per number: value, unit, meaning."""
        import pandas as pd

        rows = [
            ("expected regret", self.expected, "response", "mean over the scenarios"),
            (
                "tail regret",
                self.tail,
                "response",
                f"mean of the worst {1 - TAIL:.0%} of scenarios",
            ),
            (
                "value of perfect information",
                self.perfect_information,
                "response",
                "mean regret of the design with the least mean response",
            ),
            (
                "worth of perfect information",
                self.worth,
                self.unit,
                "extra budget that brings the same mean response without it",
            ),
        ]
        return pd.DataFrame(rows, columns=["name", "value", "unit", "meaning"]).set_index("name")


def regret_of(task: Task, design: Design, best: Design, own: Mapping[str, Array]) -> Regret:
    """Regret of a design of the law's curve, and the worth of perfect information.

    Parameters
    ----------
    task : Task
        With the mean of the law's curve for its risk.
    design : Design
        Of the plan.
    best : Design
        Of the least mean.
    own : mapping of str to ndarray, shape (n_draws,)
        Best design of each scenario, see :func:`own_optima`.
    """
    budget = design.surface.budget
    scenarios = replace(design.scenarios, error=None)
    ideal = scenarios.at_own({name: value[:, None] for name, value in own.items()})
    here = scenarios(design.columns)
    # Where a scenario's discrepancy outweighs all further gain, its own optimum is none; what is
    # less than the search can tell is nothing.
    ideal = np.where(here - ideal > _TELLS * here, ideal, here)
    draws = (here - ideal)[:, 0]
    mean = float(scenarios(best.columns).mean())
    # The design of the least mean gives away no more than the plan.
    value = min(max(mean - float(ideal.mean()), 0.0), float(draws.mean()))
    worst = Risk("cvar", TAIL)
    tail = float(worst(draws[:, None])[0]) if len(draws) >= worst.minimum_draws else np.nan
    unit = "dollars" if budget.unit == "$" else "FLOPs"
    worth = _worth(task, design, mean, mean - value)
    return Regret(draws, float(draws.mean()), tail, value, worth, unit)


def _worth(task: Task, design: Design, now: float, wanted: float) -> float:
    """Extra budget with which the least mean response comes down to a wanted one."""
    budget = design.surface.budget
    scenarios = replace(design.scenarios, error=None)
    few = task.thin(_FEW)

    def mean(stretch: float) -> float:
        larger = best_design(few, replace(budget, amount=budget.amount * float(np.exp(stretch))))
        return now if larger is None else float(scenarios(larger.columns).mean())

    if now <= wanted:
        return 0.0
    last, at, stretch, value = 0.0, now, 0.05, mean(0.05)
    for _ in range(_STEPS):
        slope = (value - at) / (stretch - last)
        if slope >= 0 or stretch > np.log(1e4):
            return float("inf")
        last, at, stretch = stretch, value, stretch + (wanted - value) / slope
        if abs(stretch - last) < 1e-3 * abs(stretch):
            break
        value = mean(stretch)
    return budget.amount * float(np.expm1(stretch))
