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
from bayescale.words.known import chance, margin, told


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
            f"{_design(found.task, found.inputs)}, with a probability of "
            f"{chance(found.probability, found.error, found.n_draws)}."
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
    """Free inputs of a design; where an edge of the box holds one, that is said with it."""
    said = []
    for name in task.space.free:
        there = task.space.on_edge(name, inputs[name])
        edge = [end for end, on in zip(("lower", "upper"), there, strict=True) if on]
        where = f" (the {edge[0]} edge of the box)" if edge else ""
        said.append(f"{name} = {format_number(inputs[name])}{where}")
    return ", ".join(said)


def _purchase(plan: Plan) -> str:
    choice, response = plan.choice, plan.task.scenarios.law.response
    says = (
        f"Under {plan.budget} buy {_design(plan.task, plan.design.inputs)}: {response.symbol} is "
        f"forecast at {choice['median']:.4g} {response.unit} ({interval_name(plan.mass)} of "
        f"{plan.task.scenarios.meaning}: {choice['lower']:.4g} to {choice['upper']:.4g})"
    )
    if str(plan.risk) not in ("mean", "median"):
        says += f", with {plan.risk} = {choice['risk']:.4g} (± {2 * choice['risk_error']:.1g})"
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
    where = (
        f"{format_number(best['median'])} ({interval_name(plan.mass)}: "
        f"{format_number(best['lower'])} to {format_number(best['upper'])})"
    )
    if np.isnan(growth["median"]):
        return (
            f"{as_good}; in {best['on_edge']:.0%} of the scenarios an edge of the box holds the "
            f"optimum, so that the best {name} within it, {where}, is the box's doing."
        )
    held = f", which an edge of the box holds in {best['on_edge']:.0%} of the scenarios,"
    return (
        f"{as_good}; the best {name} of a scenario by itself is {where}"
        f"{held if best['on_edge'] >= 0.01 else ''} and grows with the budget to the power "
        f"{growth['median']:.2f} ({growth['lower']:.2f} to {growth['upper']:.2f})."
    )


def _stake(plan: Plan) -> str:
    regret, response = plan.regret, plan.task.scenarios.law.response
    reach = f"the design lies {plan.choice['reach']:.1f} decades beyond the observed runs."
    boxed = bool(plan.optimum["median"].isna().any())
    start = "Within this box not knowing the law" if boxed else "Not knowing the law"
    if not told(regret.expected, max(regret.expected_error, regret.precision / 2)):
        return (
            f"{start} costs nothing measurable, so that knowing it is worth no more "
            f"budget, and {reach}"
        )
    worst = f", {regret.tail:.2g} in the worst tenth of scenarios"
    tail = worst if told(regret.tail, regret.tail_error) else ""
    knowing = worth(regret.worth, plan.budget.unit) if regret.measurable else "nothing measurable"
    return (
        f"{start} costs {margin(regret.expected, regret.expected_error)} "
        f"{response.unit} on average{tail}; knowing it is worth {knowing}, and {reach}"
    )


def worth(amount: float, unit: Unit) -> str:
    """Write what information that saves something is worth."""
    if not np.isfinite(amount):
        return "more than a budget 10,000 times as large, in this box and within the limits"
    return f"{write_amount(amount, unit)} more budget"
