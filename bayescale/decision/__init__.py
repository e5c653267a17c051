"""From fits to decisions: risk, cost, plans under a budget, named options."""

from bayescale.decision.cost import Budget, Cost
from bayescale.decision.limits import Limit
from bayescale.decision.next_runs import NextRuns, next_runs
from bayescale.decision.options import Options, compare_options
from bayescale.decision.plan import Plan, plan
from bayescale.decision.risk import RISKS, Risk
from bayescale.decision.worlds import Worlds, worlds

__all__ = [
    "RISKS",
    "Budget",
    "Cost",
    "Limit",
    "NextRuns",
    "Options",
    "Plan",
    "Risk",
    "Worlds",
    "compare_options",
    "next_runs",
    "plan",
    "worlds",
]
