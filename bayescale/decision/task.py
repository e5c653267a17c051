"""What a plan decides on, for any budget, and one design that it may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bayescale.decision.cost import Budget
from bayescale.decision.limits import Limits
from bayescale.decision.risk import Risk
from bayescale.decision.space import Space
from bayescale.decision.surface import Pricing, Surface
from bayescale.forecast.scenarios import Kind, Scenarios
from bayescale.law.prior import Array


@dataclass(frozen=True, eq=False)
class Task:
    """What a plan decides on, for any budget.

    Attributes
    ----------
    scenarios : Scenarios
    space : Space
    pricing : Pricing
    risk : Risk
        Of the response.
    limits : Limits
    partial : bool
        Whether using less than the budget may be better.
    """

    scenarios: Scenarios
    space: Space
    pricing: Pricing
    risk: Risk
    limits: Limits
    partial: bool = False

    @property
    def kind(self) -> Kind:
        """Of the response: the law's curve, or a new run."""
        return self.scenarios.kind

    @property
    def unlimited(self) -> Task:
        """The same without limits."""
        return replace(self, limits=Limits())

    @property
    def neutral(self) -> Task:
        """The same by the mean of the law's curve."""
        return replace(self, risk=Risk("mean"), scenarios=replace(self.scenarios, noise=None))

    def thin(self, size: int) -> Task:
        """The same with fewer scenarios, yet no fewer than the risk takes."""
        size = max(size, self.risk.minimum_draws)
        return replace(self, scenarios=self.scenarios.thin(size), limits=self.limits.thin(size))

    def surface(self, budget: Budget) -> Surface:
        """The designs that use a budget up."""
        return Surface(self.space, self.pricing, budget, self.partial)


@dataclass(frozen=True, eq=False)
class Design:
    """One design on the surface of a budget.

    Attributes
    ----------
    inputs : mapping of str to float
        Every input of the law, raw.
    place : ndarray, shape (n_coordinates,)
    surface : Surface
    scenarios : Scenarios
        With their discrepancy counted from where this design's forecast starts.
    """

    inputs: Mapping[str, float]
    place: Array
    surface: Surface
    scenarios: Scenarios

    @property
    def columns(self) -> dict[str, Array]:
        """The inputs, each of shape (1,)."""
        return {name: np.atleast_1d(value) for name, value in self.inputs.items()}

    @property
    def curve(self) -> Scenarios:
        """Its scenarios, of the law's curve."""
        return replace(self.scenarios, noise=None)
