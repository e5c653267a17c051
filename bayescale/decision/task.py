"""What a plan decides on: designs that use a budget up, and what it holds of their cost.

Everything is in logs. One free input is spent last: given the others, it takes what the budget
leaves, so that every point of the search uses the whole budget (or, where more of everything
does not help, a stated part of it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bayescale.decision.cost import TOKENS, Budget, Cost, Unit
from bayescale.decision.limits import Limits
from bayescale.decision.risk import Risk
from bayescale.decision.space import Space
from bayescale.errors import InputError
from bayescale.forecast.scenarios import Scenarios
from bayescale.law.prior import Array

_DEMANDS = 32
_HALVINGS = 60


@dataclass(frozen=True, eq=False)
class Pricing:
    """What a budget holds of a cost, which demand may make uncertain.

    Attributes
    ----------
    cost : Cost
    functional : Risk
        Mean, median or a quantile of the cost.
    demand : ndarray, shape (n_draws,)
        Tokens served in each scenario.
    tokens : ndarray, shape (n_tokens, 1)
        Demand that stands for all of it, see :func:`read_pricing`.
    """

    cost: Cost
    functional: Risk
    demand: Array
    tokens: Array

    def __call__(self, inputs: Mapping[str, Any], unit: Unit) -> Array:
        """Price of designs, in the shape that their inputs broadcast to."""
        shape = np.broadcast_shapes(*(np.shape(value) for value in inputs.values()))
        flat = {name: np.broadcast_to(value, shape).ravel() for name, value in inputs.items()}
        tokens = self.tokens if self.cost.serves else None
        each = (self.cost.money if unit == "$" else self.cost.flops)(flat, tokens)
        each = np.broadcast_to(each, (len(self.tokens), each.shape[-1] if each.ndim else 1))
        # One demand may stand for all: its cost is the functional already.
        total = each[0] if len(each) == 1 else self.functional(each)
        return total.reshape(shape)


def read_pricing(cost: Cost, functional: Risk, demand: Array, space: Space) -> Pricing:
    """Pricing with the fewest demands that stand for all of them in the functional of the cost.

    A quantile of the cost is the cost at that quantile of the demand, as more demand costs
    more; its mean is the cost at the mean demand where the cost is linear in the demand. Else
    the means of 32 equal parts of the sorted demand stand for it.

    Parameters
    ----------
    cost : Cost
    functional : Risk
    demand : ndarray, shape (n_draws,)
    space : Space
        In the middle of which the cost is tried.

    Raises
    ------
    InputError
        For another functional, and a cost that falls as demand grows.
    """
    if functional.name not in ("mean", "median", "quantile"):
        raise InputError(
            f"A budget holds the mean, the median or a quantile(q) of the cost, not its "
            f"{functional}."
        )
    functional.check(demand.size)
    if demand.min() == demand.max() or not cost.serves:
        return Pricing(cost, functional, demand, demand[:1, None])
    middle = space.inputs({name: np.sqrt(np.prod(ends)) for name, ends in space.box.items()})
    low, half, high = (cost.serving_flops(middle, k * demand.mean()) for k in (0.5, 1.0, 1.5))
    if functional.name != "mean":
        if not low <= half <= high:
            raise InputError(f"The cost serve={cost.serve!r} falls as {TOKENS} grow.")
        tokens = functional(demand[:, None])
    elif abs(low + high - 2 * half) <= 1e-12 * abs(high):
        tokens = np.array([demand.mean()])
    else:
        groups = np.array_split(np.sort(demand), min(_DEMANDS, demand.size))
        tokens = np.array([group.mean() for group in groups])
    return Pricing(cost, functional, demand, tokens[:, None])


@dataclass(frozen=True, eq=False)
class Task:
    """What a plan decides on, and by coordinates the designs that use its budget up.

    Attributes
    ----------
    scenarios : Scenarios
    space : Space
    pricing : Pricing
    budget : Budget
    risk : Risk
        Of the response.
    limits : Limits
    partial : bool
        Whether using less than the budget may be better: one more coordinate, between 0 and 1.
    """

    scenarios: Scenarios
    space: Space
    pricing: Pricing
    budget: Budget
    risk: Risk
    limits: Limits
    partial: bool = False

    @property
    def unlimited(self) -> Task:
        """The same without limits."""
        return replace(self, limits=Limits())

    @property
    def neutral(self) -> Task:
        """The same by the mean of the law's curve."""
        return replace(self, risk=Risk("mean"), scenarios=self.scenarios.of_curve)

    def thin(self, size: int) -> Task:
        """The same with fewer scenarios, yet no fewer than the risk takes."""
        size = max(size, self.risk.minimum_draws)
        return replace(self, scenarios=self.scenarios.thin(size), limits=self.limits.thin(size))

    def under(self, budget: float) -> Task:
        """The same under another budget, in the same unit."""
        return replace(self, budget=replace(self.budget, amount=budget))

    @property
    def low(self) -> Array:
        """Lowest coordinates, shape (n_coordinates,)."""
        return self._ends(0)

    @property
    def high(self) -> Array:
        """Highest coordinates, shape (n_coordinates,)."""
        return self._ends(1)

    def _ends(self, k: int) -> Array:
        logs = [np.log(self.space.box[name][k]) for name in self.space.others]
        return np.array([*logs, *([float(k)] if self.partial else [])])

    def at(self, coordinates: Array, *, least: bool = False) -> dict[str, Array]:
        """Raw inputs at coordinates; NaN where even the least of the spent input costs too much.

        Parameters
        ----------
        coordinates : ndarray, shape (..., n_coordinates)
            Log of each of the other free inputs; last, where ``partial``, how far the spent
            input goes from its lowest value (0) to what the budget leaves (1).
        least : bool, default False
            The least of the spent input in the place of NaN.

        Returns
        -------
        dict of str to ndarray, shape (...)
        """
        others = {name: np.exp(coordinates[..., k]) for k, name in enumerate(self.space.others)}
        value = self._affordable(others, coordinates.shape[:-1])
        lowest = self.space.box[self.space.spent][0]
        if least:
            value = np.where(np.isnan(value), lowest, value)
        if self.partial:
            part = lowest * (value / lowest) ** coordinates[..., -1]
            value = np.where(np.isnan(value), np.nan, part)
        return self.space.inputs(others | {self.space.spent: value})

    def price(self, inputs: Mapping[str, Any]) -> Array:
        """What the budget holds of the cost (its mean or a quantile), in the budget's unit."""
        return self.pricing(inputs, self.budget.unit)

    def risks(self, inputs: Mapping[str, Array], allowed: Any, seen: Scenarios) -> Array:
        """Risk of designs in some scenarios, (n_designs,); infinite where they are not allowed."""
        value = np.full(len(allowed), np.inf)
        if allowed.any():
            kept = {name: column[allowed] for name, column in inputs.items()}
            value[allowed] = self.risk.rank(seen(kept))
        return value

    def _affordable(self, others: Mapping[str, Array], shape: tuple[int, ...]) -> Array:
        """Most of the spent input that the budget leaves, in a shape."""
        lowest, most = self.space.box[self.space.spent]

        def price(value: Any) -> Array:
            spent = np.broadcast_to(value, shape)
            return self.price(self.space.inputs({**others, self.space.spent: spent}))

        amount = self.budget.amount
        least, highest = price(lowest), price(most)
        if (highest < least * (1 - 1e-9)).any():
            raise InputError(
                f"The cost falls as {self.space.spent} grows, so a budget does not hold it back; "
                "fix it (fixed=), or write the cost another way."
            )
        slope = (highest - least) / (most - lowest)
        middle = np.sqrt(lowest * most)
        linear = np.abs(price(middle) - least - slope * (middle - lowest)) <= 1e-12 * highest
        if linear.all():
            with np.errstate(divide="ignore", invalid="ignore"):
                value = np.where(highest > amount, lowest + (amount - least) / slope, most)
        else:
            # Halved in logs, for a cost of any shape that grows.
            low, high = np.full(shape, np.log(lowest)), np.full(shape, np.log(most))
            for _ in range(_HALVINGS):
                half = (low + high) / 2
                within = price(np.exp(half)) <= amount
                low, high = np.where(within, half, low), np.where(within, high, half)
            value = np.exp(low)
        value = np.where(highest <= amount, most, np.clip(value, lowest, most))
        return np.where(least > amount * (1 + 1e-12), np.nan, value)


@dataclass(frozen=True, eq=False)
class Design:
    """One design that uses a budget up.

    Attributes
    ----------
    inputs : mapping of str to float
        Every input of the law, raw.
    place : ndarray, shape (n_coordinates,)
    """

    inputs: Mapping[str, float]
    place: Array

    @property
    def columns(self) -> dict[str, Array]:
        """The inputs, each of shape (1,)."""
        return {name: np.atleast_1d(value) for name, value in self.inputs.items()}
