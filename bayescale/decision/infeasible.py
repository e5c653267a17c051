"""Why no design is allowed under a budget, and what would make one possible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from bayescale.decision.cost import Budget
from bayescale.decision.limits import Limits
from bayescale.decision.optimum import allowed_grid
from bayescale.decision.task import Task
from bayescale.law.prior import Array
from bayescale.numbers import format_number


def explain_infeasible(task: Task, budget: Budget) -> str:
    """Say which limit binds where no design is allowed, and what would make one possible."""
    surface = task.surface(budget)
    points, _ = allowed_grid(task.unlimited, surface)
    if not len(points):
        least = {name: ends[0] for name, ends in task.space.box.items()}
        price = float(surface.price(task.space.inputs(least)))
        return (
            f"{budget} does not pay for the smallest design in the box, which costs "
            f"{Budget(price, budget.unit)}; raise the budget or lower the box."
        )
    texts = task.limits.texts
    alone = [k for k in range(len(texts)) if _fails(task, budget, task.limits.only(k))]
    if alone:
        told = " ".join(_reach_of(task, surface.at(points), k) for k in alone)
        return f"No design under {budget} keeps {texts[alone[0]]}. {told}{_larger(task, budget)}"
    freed = [t for k, t in enumerate(texts) if not _fails(task, budget, task.limits.without(k))]
    drop = f"; without {' or without '.join(freed)} there would be one" if freed else ""
    return (
        f"No design under {budget} keeps {', '.join(texts)} together, though each alone can be "
        f"kept{drop}.{_larger(task, budget)}"
    )


def _fails(task: Task, budget: Budget, limits: Limits) -> bool:
    held = replace(task, limits=limits)
    return not len(allowed_grid(held, held.surface(budget))[0])


def _reach_of(task: Task, inputs: Mapping[str, Array], k: int) -> str:
    """How near a limit can be come, for one that cannot be kept."""
    limits = task.limits
    if k < len(limits.bounds):
        size = len(inputs[task.space.spent])
        sides = [np.broadcast_to(s.evaluate(inputs), size) for s in limits.bounds[k].sides]
        nearest = int(np.argmin(sides[0] - sides[1]))
        shown = " against ".join(format_number(float(side[nearest])) for side in sides)
        return f"{limits.texts[k]}: at the nearest {shown}; widen the box."
    row = limits.probabilities(inputs)[k - len(limits.bounds)]
    most = int(np.argmax(row))
    at = ", ".join(f"{n} = {format_number(float(inputs[n][most]))}" for n in task.space.free)
    return f"The highest probability is {row[most]:.3g}, at {at}: ask for less, or widen the limit."


def _larger(task: Task, budget: Budget) -> str:
    """The first of larger budgets under which the limits can be kept, in a sentence."""
    for factor in 10 ** np.arange(0.5, 4.1, 0.5):
        larger = replace(budget, amount=budget.amount * float(factor))
        if not _fails(task, larger, task.limits):
            return f" It would take about {larger}."
    return " No budget up to 10,000 times as large helps."
