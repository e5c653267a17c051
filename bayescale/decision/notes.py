"""What changes how a plan is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from bayescale.decision.cost import write_amount
from bayescale.decision.space import reached
from bayescale.law.prior import Array

if TYPE_CHECKING:
    from bayescale.decision.plan import Plan


def notes_of(plan: Plan, own: Mapping[str, Array]) -> tuple[str, ...]:
    """What changes how a plan is read."""
    task, inputs = plan.task, plan.design.inputs
    space = task.space
    notes = list(task.scenarios.notes)
    notes += [f"{edge}: widen the box (box=, --box)" for edge in space.on_edge(inputs)]
    paid = reached(task.cost.names, space.derived)
    notes += [
        f"nothing holds {name} back: it costs nothing, so the law alone sets it"
        for name in space.free
        if name not in paid
    ]
    for name in space.free:
        ends = np.log(own[name][:, None] / np.array(space.box[name]))
        share = float((np.abs(ends) < 1e-4).any(axis=1).mean())
        if share > 0.01:
            notes.append(f"in {share:.0%} of the scenarios the best {name} lies on the box's edge")
    binding = [str(limit) for limit in plan.limits.index[plan.limits["binds"].astype(bool)]]
    if binding:
        notes.append(f"binding: {', '.join(binding)}; alternatives tell the plan without")
    if plan.choice["cost"] < plan.budget.amount * (1 - 1e-6):
        spent = write_amount(plan.choice["cost"], plan.budget.unit)
        notes.append(f"the plan leaves a part of the budget: it costs {spent}")
    if task.cost.uncertain:
        notes.append(f"the budget holds the {task.functional} of the cost; demand is uncertain")
    if plan.risk.name == "tail_distance":
        notes.append("tail_distance is the spread alone: it does not see the response's level")
    if len(task.scenarios.members) > 1:
        notes.append("of an average over laws each scenario follows one law, by their weights")
    return tuple(notes)
