"""What changes how a plan is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bayescale.decision.cost import write_amount
from bayescale.decision.space import reached
from bayescale.decision.task import Design, Task
from bayescale.law.prior import Array


def notes_of(
    task: Task, design: Design, own: Mapping[str, Array], binding: Sequence[str]
) -> tuple[str, ...]:
    """What changes how a plan is read.

    Parameters
    ----------
    task : Task
    design : Design
    own : mapping of str to ndarray, shape (n_draws,)
        Best design of each scenario, see :func:`own_optima`.
    binding : sequence of str
        Limits that bind.
    """
    space, cost, budget = task.space, task.pricing.cost, design.surface.budget
    notes = list(task.scenarios.notes)
    notes += [f"{edge}: widen the box (box=, --box)" for edge in space.on_edge(design.inputs)]
    paid = reached(cost.names, space.derived)
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
    if binding:
        notes.append(f"binding: {', '.join(binding)}; alternatives tell the plan without")
    spent = float(design.surface.price(design.columns)[0])
    if spent < budget.amount * (1 - 1e-6):
        amount = write_amount(spent, budget.unit)
        notes.append(f"the plan leaves a part of the budget: it costs {amount}")
    if cost.uncertain:
        held = task.pricing.functional
        notes.append(f"the budget holds the {held} of the cost; demand is uncertain")
    if task.risk.name == "tail_distance":
        notes.append("tail_distance is the spread alone: it does not see the response's level")
    if len(task.scenarios.members) > 1:
        notes.append("of an average over laws each scenario follows one law, by their weights")
    return tuple(notes)
