"""The designs that a plan decides between, and what another choice would save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayescale.decision.buying.reweighting import weighted_risk
from bayescale.decision.risk import Risk
from bayescale.decision.search import grid
from bayescale.errors import InputError
from bayescale.forecast.parts import Rows
from bayescale.forecast.scenarios import Scenarios
from bayescale.law.prior import Array

if TYPE_CHECKING:
    from bayescale.decision.plan import Plan

# Points along each coordinate of the budget's surface, by the number of coordinates.
_POINTS = {1: 81, 2: 13, 3: 7}


@dataclass(frozen=True, eq=False)
class Decision:
    """What is decided between, before or after a further run.

    Attributes
    ----------
    inputs : mapping of str to ndarray, shape (n_designs,)
        Raw inputs of the designs.
    centre : mapping of str to float
        Design whose origin the discrepancy of all of them counts from.
    risk : Risk
    response : ndarray, shape (n_draws, n_designs)
        In every scenario, as things stand.
    """

    inputs: Mapping[str, Array]
    centre: Mapping[str, float]
    risk: Risk
    response: Array

    @property
    def today(self) -> int:
        """The design of least risk as things stand."""
        return int(np.argmin(self.risk(self.response)))

    def saved(self, taken: Rows, weights: Array) -> Array:
        """Risk that designs save against today's, under weighted draws, shape (n_outcomes,)."""
        risk = weighted_risk(self.risk, self.response, weights)
        return np.asarray(risk[:, self.today] - risk[np.arange(len(taken)), taken])


def decision_of(plan: Plan, draws: Scenarios, seed: int) -> Decision:
    """Designs that use a plan's budget up, around where the scenarios' own optima lie.

    Parameters
    ----------
    plan : Plan
    draws : Scenarios
        The scenarios that candidates are judged in.
    seed : int
        Of new runs, where the plan is of those.

    Raises
    ------
    InputError
        If the plan is of another forecaster.
    """
    ours, theirs = draws, plan.task.scenarios
    if theirs.law.name != ours.law.name or theirs.n_draws != ours.n_draws:
        raise InputError(
            f"The plan is of {theirs.law.name!r} with {theirs.n_draws} draws, the runs are of "
            f"{ours.law.name!r} with {ours.n_draws}: plan with the same forecaster."
        )
    inputs = _around(plan)
    centre = dict(plan.design.inputs)
    asked = draws.of_new_runs(seed) if theirs.kind == "run" else draws
    return Decision(inputs, centre, plan.risk, asked.anchored(centre)(inputs))


def _around(plan: Plan) -> dict[str, Array]:
    """The plan's design, then those allowed within three widths of the optimum's interval."""
    surface = plan.design.surface
    low, high = surface.low.copy(), surface.high.copy()
    for k, name in enumerate(plan.task.space.others):
        band = np.log(plan.optimum.loc[f"{name}*", ["lower", "upper"]].to_numpy(dtype=float))
        middle, width = plan.design.place[k], max(band[1] - band[0], 0.05)
        low[k] = np.clip(min(band[0], middle) - width, surface.low[k], surface.high[k])
        high[k] = np.clip(max(band[1], middle) + width, surface.low[k], surface.high[k])
    found = surface.at(grid(low, high, _POINTS.get(len(low), 5)))
    kept = np.all([np.isfinite(values) for values in found.values()], axis=0)
    kept[kept] = plan.task.limits.allow({name: values[kept] for name, values in found.items()})
    return {
        name: np.append(plan.design.inputs[name], values[kept]) for name, values in found.items()
    }
