"""The designs that may be chosen: what is free, in which box, and what a budget leaves.

Everything is in logs. One free input is spent last: given the others, it takes what the budget
leaves, so that every point of the search uses the whole budget (or, where more of everything
does not help, a stated part of it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayescale.decision.cost import TOKENS, Budget, Cost
from bayescale.decision.risk import Risk
from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import format_number, parse_number
from bayescale.runs.wording import short

# Decades beyond the observed runs, either way, that are searched where no box is given.
DECADES = 3.0
_DEMANDS = 32
_HALVINGS = 60


@dataclass(frozen=True, eq=False)
class Space:
    """What may be chosen.

    Attributes
    ----------
    law : Law
    free : tuple of str
        Inputs that are chosen, in the law's order.
    box : mapping of str to (float, float)
        Lowest and highest raw value of each free input.
    fixed : mapping of str to float
    derived : mapping of str to Formula
        Inputs that follow from others, in the order in which they can be computed.
    spent : str
        The free input that takes what the budget leaves.
    """

    law: Law
    free: tuple[str, ...]
    box: Mapping[str, tuple[float, float]]
    fixed: Mapping[str, float]
    derived: Mapping[str, Formula]
    spent: str

    @property
    def others(self) -> tuple[str, ...]:
        """The free inputs that are set before the spent one."""
        return tuple(name for name in self.free if name != self.spent)

    def inputs(self, free: Mapping[str, Any]) -> dict[str, Array]:
        """All inputs of the law from raw values of the free ones, in their common shape."""
        found: dict[str, Any] = dict(self.fixed) | dict(free)
        for name, formula in self.derived.items():
            found[name] = formula.evaluate(found)
        for item in self.law.inputs:
            if item.at_most:
                value, most = found[item.symbol], found[item.at_most]
                # A free input gives way; a fixed one makes the design impossible.
                over = most if item.symbol in self.free else np.nan
                found[item.symbol] = np.where(value > most * (1 + 1e-9), over, value)
        shape = np.broadcast_shapes(*(np.shape(value) for value in found.values()))
        return {
            name: np.broadcast_to(np.asarray(found[name], dtype=float), shape)
            for name in self.law.input_symbols
        }

    def on_edge(self, inputs: Mapping[str, Any]) -> list[str]:
        """Free inputs of one design that lie on the edge of the box, with the edge."""
        found = []
        for name in self.free:
            value = float(inputs[name])
            for edge, says in zip(self.box[name], ("lower", "upper"), strict=True):
                if abs(np.log(value / edge)) < 1e-4:
                    found.append(f"{name} lies on the {says} edge of the box")
        return found


def read_space(
    law: Law,
    observed: Mapping[str, Array],
    derive: Mapping[str, str],
    cost: Cost,
    fixed: Mapping[str, Any] | None,
    box: Mapping[str, Any] | None,
) -> Space:
    """Read what may be chosen; the arguments as in :func:`bayescale.plan`.

    An input of compute that nobody gives (``C`` of ``pretraining``) is the cost's training
    FLOPs.

    Raises
    ------
    InputError
        For unknown or contradictory names, a bad box, or nothing that is left to choose.
    """
    values, formulas = bind(fixed or {}, law.input_symbols, "fixed", law.name)
    formulas = {name: Formula(text) for name, text in derive.items()} | formulas
    formulas = {name: formula for name, formula in formulas.items() if name not in values}
    cost.check(law.input_symbols, law.name)
    train = Formula(cost.train)
    for item in law.inputs:
        named = item.symbol in train.names
        if item.unit == "FLOPs" and item.symbol not in (*values, *formulas) and not named:
            formulas[item.symbol] = train
    free = tuple(name for name in law.input_symbols if name not in (*values, *formulas))
    derived = ordered(formulas, {*values, *free}, repr(law.name))
    paid = reached(cost.names, derived)
    spendable = [name for name in free if name in paid]
    if not spendable:
        raise InputError(
            f"Nothing that costs is left to choose for {law.name!r}: free are "
            f"{', '.join(free) or 'no inputs'}, and the cost names {', '.join(cost.names)}."
        )
    return Space(law, free, _box(free, observed, box or {}), values, derived, spendable[-1])


def bind(
    given: Mapping[str, Any], known: Iterable[str], option: str, law: str
) -> tuple[dict[str, float], dict[str, Formula]]:
    """Read values that a person sets: numbers, or formulas of other inputs.

    Raises
    ------
    InputError
        For a name that is no input, or what is neither a number nor a formula.
    """
    values: dict[str, float] = {}
    formulas: dict[str, Formula] = {}
    for name, value in given.items():
        if name not in tuple(known):
            raise InputError(
                f"{option} names {short(name)}, which is no input of {law!r}; "
                f"choose from {', '.join(known)}."
            )
        try:
            values[name] = parse_number(value)
        except (InputError, TypeError, ValueError):
            formulas[name] = Formula(str(value))
            continue
        if values[name] < 0:
            raise InputError(f"{option}: {name} must not be negative; it is {value!r}.")
    return values, formulas


def ordered(formulas: Mapping[str, Formula], known: set[str], what: str) -> dict[str, Formula]:
    """Formulas in the order in which each finds what it needs."""
    left = dict(formulas)
    done: dict[str, Formula] = {}
    while left:
        ready = [name for name, f in left.items() if set(f.names) <= known | set(done)]
        if not ready:
            name, formula = next(iter(left.items()))
            lacking = [n for n in formula.names if n not in known | set(done)]
            raise InputError(
                f"{name} = {formula} of {what} needs {', '.join(lacking)}, which is not known; "
                f"known are {', '.join(sorted(known)) or 'no inputs'}."
            )
        done |= {name: left.pop(name) for name in ready}
    return done


def reached(names: Iterable[str], derived: Mapping[str, Formula]) -> set[str]:
    """Names that a formula depends on, through derived ones too."""
    found = set(names)
    for name in reversed(list(derived)):
        if name in found:
            found |= set(derived[name].names)
    return found


def _box(
    free: tuple[str, ...], observed: Mapping[str, Array], given: Mapping[str, Any]
) -> dict[str, tuple[float, float]]:
    strange = [name for name in given if name not in free]
    if strange:
        raise InputError(
            f"box names {', '.join(map(short, strange))}, which is not free to choose; "
            f"free are {', '.join(free)}."
        )
    found: dict[str, tuple[float, float]] = {}
    for name in free:
        if name not in given:
            seen = observed[name][observed[name] > 0]
            found[name] = (float(seen.min()) / 10**DECADES, float(seen.max()) * 10**DECADES)
            continue
        ends = given[name].split("..") if isinstance(given[name], str) else given[name]
        try:
            low, high = (parse_number(end) for end in ends)
        except (InputError, TypeError, ValueError) as fault:
            raise InputError(
                f"box: {name} takes two numbers, e.g. '1B..1T'; it is {given[name]!r}."
            ) from fault
        if not 0 < low < high:
            raise InputError(
                f"box: {name} must go from a positive number to a larger one; it is "
                f"{format_number(low)} to {format_number(high)}."
            )
        found[name] = (low, high)
    return found


@dataclass(frozen=True, eq=False)
class Surface:
    """The designs that use a budget up, by coordinates.

    Attributes
    ----------
    space : Space
    cost : Cost
    budget : Budget
    tokens : ndarray, shape (n_tokens, 1)
        Demand that stands for all of it, see :func:`demand_for`.
    functional : Risk
        Of the cost, which the budget holds.
    partial : bool
        Whether a part of the budget may be left: one more coordinate, between 0 and 1.
    """

    space: Space
    cost: Cost
    budget: Budget
    tokens: Array
    functional: Risk
    partial: bool = False

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

    def at(self, coordinates: Array) -> dict[str, Array]:
        """Raw inputs at coordinates; NaN where even the least of the spent input costs too much.

        Parameters
        ----------
        coordinates : ndarray, shape (..., n_coordinates)
            Log of each of the other free inputs; last, where ``partial``, how far the spent
            input goes from its lowest value (0) to what the budget leaves (1).

        Returns
        -------
        dict of str to ndarray, shape (...)
        """
        others = {name: np.exp(coordinates[..., k]) for k, name in enumerate(self.space.others)}
        shape = coordinates.shape[:-1]
        lowest, most = self.space.box[self.space.spent]
        value = self._affordable(others, shape, lowest, most)
        if self.partial:
            part = lowest * (value / lowest) ** coordinates[..., -1]
            value = np.where(np.isnan(value), np.nan, part)
        return self.space.inputs(others | {self.space.spent: value})

    def price(self, inputs: Mapping[str, Any]) -> Array:
        """What the budget holds of the cost (its mean or a quantile), in the budget's unit."""
        shape = np.broadcast_shapes(*(np.shape(value) for value in inputs.values()))
        flat = {name: np.broadcast_to(value, shape).ravel() for name, value in inputs.items()}
        tokens = self.tokens if self.cost.serves else None
        each = self.cost.in_budget_unit(flat, self.budget.unit, tokens)
        each = np.broadcast_to(each, (len(self.tokens), each.shape[-1] if each.ndim else 1))
        # One demand may stand for all, see demand_for: its cost is the functional already.
        total = each[0] if len(each) == 1 else self.functional(each)
        return total.reshape(shape)

    def _affordable(
        self, others: Mapping[str, Array], shape: tuple[int, ...], lowest: float, most: float
    ) -> Array:
        def price(value: Any) -> Array:
            spent = np.broadcast_to(value, shape)
            return self.price(self.space.inputs(dict(others) | {self.space.spent: spent}))

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
            value = self._halve(price, shape, lowest, most)
        value = np.where(highest <= amount, most, np.clip(value, lowest, most))
        return np.where(least > amount * (1 + 1e-12), np.nan, value)

    def _halve(self, price: Any, shape: tuple[int, ...], lowest: float, most: float) -> Array:
        low, high = np.full(shape, np.log(lowest)), np.full(shape, np.log(most))
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            within = price(np.exp(middle)) <= self.budget.amount
            low, high = np.where(within, middle, low), np.where(within, high, middle)
        return np.exp(low)


def demand_for(cost: Cost, functional: Risk, demand: Array, space: Space) -> Array:
    """Fewest demands that stand for all of them in the functional of the cost.

    A quantile of the cost is the cost at that quantile of the demand, as more demand costs
    more; its mean is the cost at the mean demand where the cost is linear in the demand. Else
    the means of 32 equal parts of the sorted demand stand for it.

    Parameters
    ----------
    cost : Cost
    functional : Risk
    demand : ndarray, shape (n_worlds,)
    space : Space

    Returns
    -------
    ndarray, shape (n_tokens, 1)
    """
    if functional.name not in ("mean", "median", "quantile"):
        raise InputError(
            f"A budget holds the mean, the median or a quantile(q) of the cost, not its "
            f"{functional.text}."
        )
    functional.check(demand.size)
    if demand.min() == demand.max() or not cost.serves:
        return demand[:1, None]
    middle = space.inputs({name: np.sqrt(np.prod(ends)) for name, ends in space.box.items()})
    low, half, high = (cost.serving_flops(middle, k * demand.mean()) for k in (0.5, 1.0, 1.5))
    if functional.name != "mean":
        if not low <= half <= high:
            raise InputError(f"The cost serve={cost.serve!r} falls as {TOKENS} grow.")
        return np.atleast_2d(functional(demand[:, None]))
    if abs(low + high - 2 * half) <= 1e-12 * abs(high):
        return np.atleast_2d(demand.mean())
    groups = np.array_split(np.sort(demand), min(_DEMANDS, demand.size))
    return np.array([[group.mean()] for group in groups])
