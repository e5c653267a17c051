"""Designs as a table: what they are, what they cost and what all scenarios say of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from bayescale.decision.cost import Budget, Unit
from bayescale.decision.optimum import best_design, exponents
from bayescale.decision.task import Design, Task
from bayescale.forecast.scenarios import Scenarios
from bayescale.intervals import bounds, interval_name
from bayescale.law.prior import Array


def describe(
    task: Task, inputs: Mapping[str, Array], unit: Unit, mass: float, seen: Scenarios | None = None
) -> pd.DataFrame:
    """Designs in all that is known of them; callers take the columns that they show.

    Parameters
    ----------
    task : Task
    inputs : mapping of str to ndarray, shape (n_designs,)
        Every input of the law, raw.
    unit : {"FLOPs", "$"}
        Of the cost.
    mass : float
        Of the equal-tailed intervals.
    seen : Scenarios, optional
        In which they are seen; the task's, each design from where its own forecast starts, if
        left out.

    Returns
    -------
    pandas.DataFrame
        A row per design: inputs, ``cost``, ``median``, ``lower``, ``upper``, ``risk``,
        ``risk_error``, by its name the probability of each limit on a fit and ``all together``
        where there are several, ``allowed``, ``reach``, ``interval``.
    """
    draws, chances = (seen or task.scenarios)(inputs), task.limits.chances
    table = pd.DataFrame({name: inputs[name] for name in task.scenarios.law.input_symbols})
    table["cost"] = task.pricing(inputs, unit)
    table["median"], table["lower"], table["upper"] = bounds(draws, mass)
    table["risk"], table["risk_error"] = task.risk.rank(draws), task.risk.error(draws)
    if chances:
        *each, together = task.limits.probabilities(inputs)
        for chance, found in zip(chances, each, strict=True):
            table[chance.name] = found
        if len(chances) > 1:
            table["all together"] = together
    table["allowed"] = task.limits.allow(inputs)
    table["reach"] = task.scenarios.reach(inputs)
    return table.assign(interval=interval_name(mass))


def bands(draws: Mapping[str, Array], mass: float) -> dict[str, float]:
    """Median of draws by their name, and by ``_lower`` and ``_upper`` behind it their bounds."""
    return {
        f"{name}{end}": float(value)
        for name, values in draws.items()
        for end, value in zip(("", "_lower", "_upper"), bounds(values, mass), strict=True)
    }


def describe_limits(task: Task, design: Design, unlimited: Design) -> pd.DataFrame:
    """Limits at a design, see :attr:`bayescale.Plan.limits`; the other is best without them."""
    limits, even = task.limits, [1.0] * len(task.limits.bounds)
    found = limits.probabilities(design.columns)[:, 0] if limits.chances else np.zeros(0)
    texts = limits.texts
    binds = [not limits.only(k).allow(unlimited.columns)[0] for k in range(len(texts))]
    if limits.joint is None and len(limits.chances) > 1:
        texts, binds = [*texts, "all of them"], [*binds, False]
    rows = zip(texts, [*even, *found], [*even, *limits.wanted], binds, strict=False)
    names = ["limit", "probability", "wanted", "binds"]
    return pd.DataFrame(list(rows), columns=names).set_index("limit")


def describe_choice(task: Task, design: Design, mass: float) -> pd.Series:
    """The design of a plan, see :attr:`bayescale.Plan.choice`; refused where draws are too few."""
    task.risk(task.scenarios(design.columns))
    row = describe(task, design.columns, design.surface.budget.unit, mass).iloc[0]
    cost, demand = task.pricing.cost, task.pricing.demand
    row["training_flops"] = float(cost.training_flops(design.inputs))
    served = cost.serving_flops(design.inputs, demand) if cost.serves else np.zeros(1)
    row["serving_flops"] = float(served.mean())
    answers = ["median", "lower", "upper", "risk", "risk_error", "reach"]
    shown = [*design.inputs, "cost", "training_flops", "serving_flops", *answers]
    return row[shown].astype(float).rename("choice")


def describe_optimum(
    task: Task, budget: Budget, own: Mapping[str, Array], mass: float
) -> pd.DataFrame:
    """Posterior of the law's own optimum, see :attr:`bayescale.Plan.optimum`."""
    growth = exponents(task, budget)
    rows = {f"{name}*": own[name] for name in task.space.free}
    rows |= {f"exponent of {name}*": growth[name] for name in task.space.free}
    index = pd.Index(list(rows), name="optimum")
    ends = [bounds(draws, mass) for draws in rows.values()]
    found = pd.DataFrame(ends, index, ["median", "lower", "upper"])
    return found.assign(interval=interval_name(mass))


def describe_alternatives(
    task: Task, design: Design, unlimited: Design, by_mean: Design, mass: float
) -> pd.DataFrame:
    """What a plan would be under other assumptions, see :attr:`bayescale.Plan.alternatives`."""
    found = {"this plan": (design, task.scenarios)}
    if task.scenarios.shift.any():
        bare = task.scenarios.without_discrepancy()
        sure = best_design(replace(task, scenarios=bare), design.surface.budget)
        found["with the discrepancy off"] = sure or design, bare
    if task.limits.texts:
        found["without limits"] = unlimited, task.scenarios
    if by_mean is not design:
        found["by the mean"] = by_mean, task.scenarios
    unit = design.surface.budget.unit
    rows = [describe(task, each.columns, unit, mass, seen) for each, seen in found.values()]
    shown = [*design.inputs, "median", "lower", "upper", "interval"]
    return pd.concat(rows)[shown].set_axis(list(found))
