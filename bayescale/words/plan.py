"""A plan in sentences: three for who signs it, one for the smallest budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bayescale.decision.cost import Unit, write_amount
from bayescale.decision.frontier import Smallest
from bayescale.decision.plan import Plan
from bayescale.decision.task import Task
from bayescale.intervals import interval_name
from bayescale.numbers import format_number


def plan_sentences(plan: Plan) -> str:
    """What to buy, how firm that is, and what is at stake: one sentence each."""
    return " ".join([_purchase(plan), _firmness(plan), _stake(plan)])


def smallest_sentence(found: Smallest) -> str:
    """The smallest budget that meets a target, or why none does: the floor, or box and limits."""
    symbol = found.task.scenarios.law.response.symbol
    wanted = f"P({symbol} < {found.target:g}) >= {found.wanted:.0%}"
    if found.budget is not None:
        return (
            f"The smallest budget with {wanted} is {found.budget}: "
            f"{_design(found.task, found.inputs)}, with a probability of {found.probability:.1%}."
        )
    boxed = f"in this box and within the limits it is at most {found.most:.1%}"
    if not found.floor:
        return f"No budget gives {wanted}: {boxed}."
    middle, lower, upper = found.floor.values()
    return (
        f"No budget gives {wanted}: {boxed}, and without any bound on the scale "
        f"{found.probability:.1%}, because the floor of {symbol} is {middle:.4g} "
        f"({interval_name(0.9)}: {lower:.4g} to {upper:.4g})."
    )


def _design(task: Task, inputs: Mapping[str, float]) -> str:
    return ", ".join(f"{name} = {format_number(inputs[name])}" for name in task.space.free)


def _purchase(plan: Plan) -> str:
    choice, response = plan.choice, plan.task.scenarios.law.response
    says = (
        f"Under {plan.budget} buy {_design(plan.task, plan.design.inputs)}: {response.symbol} is "
        f"forecast at {choice['median']:.4g} {response.unit} ({interval_name(plan.mass)} of "
        f"{plan.task.scenarios.meaning}: {choice['lower']:.4g} to {choice['upper']:.4g})"
    )
    if str(plan.risk) not in ("mean", "median"):
        says += f", with {plan.risk} = {choice['risk']:.4g}"
    chances = [
        f"{str(limit).split(' >= ')[0]} = {row['probability']:.3g}"
        for limit, row in plan.limits.iterrows()
        if str(limit).startswith("P(")
    ]
    return says + (f", and {', '.join(chances)}" if chances else "") + "."


def _firmness(plan: Plan) -> str:
    name = plan.task.space.free[0]
    row: Mapping[Any, Any] = plan.valley.loc[name].to_dict()
    best: Mapping[Any, Any] = plan.optimum.loc[f"{name}*"].to_dict()
    growth: Mapping[Any, Any] = plan.optimum.loc[f"exponent of {name}*"].to_dict()
    as_good = (
        f"Any {name} between {format_number(row['lower'])} and {format_number(row['upper'])} on "
        "this budget is within 0.5% of the least risk"
        if row["upper"] > row["lower"] * (1 + 1e-6)
        else f"No other {name} is within 0.5% of the least risk"
    )
    return (
        f"{as_good}; the law's own best {name} is {format_number(best['median'])} ("
        f"{interval_name(plan.mass)}: {format_number(best['lower'])} to "
        f"{format_number(best['upper'])}) and grows with the budget to the power "
        f"{growth['median']:.2f} ({growth['lower']:.2f} to {growth['upper']:.2f})."
    )


def _stake(plan: Plan) -> str:
    regret, response = plan.regret, plan.task.scenarios.law.response
    tail = "" if np.isnan(regret.tail) else f", {regret.tail:.2g} in the worst tenth of scenarios"
    return (
        f"Not knowing the law costs {regret.expected:.2g} {response.unit} on average{tail}; "
        f"knowing it is worth {worth(regret.worth, plan.budget.unit)}, and the design lies "
        f"{plan.choice['reach']:.1f} decades beyond the observed runs."
    )


def worth(amount: float, unit: Unit) -> str:
    """Write what information is worth."""
    if not np.isfinite(amount):
        return "more than any larger budget"
    return f"{write_amount(amount, unit)} more budget" if amount > 0 else "no more budget"
