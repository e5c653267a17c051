"""The designs that may be chosen: what is free, in which box, and what follows from the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayescale.decision.cost import Cost
from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula
from bayescale.forecast.scenarios import Scenarios
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import format_number, parse_number
from bayescale.runs.wording import short

# Inputs by symbol: numbers, or formulas of other inputs.
Given = dict[str, float | Formula]
# Decades beyond the observed runs, either way, that are searched where no box is given.
DECADES = 3.0


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
    given : mapping of str to float or Formula
        Inputs that are fixed or follow from others, in the order in which they can be computed.
    spent : str
        The free input that takes what the budget leaves.
    """

    law: Law
    free: tuple[str, ...]
    box: Mapping[str, tuple[float, float]]
    given: Given
    spent: str

    @property
    def others(self) -> tuple[str, ...]:
        """The free inputs that are set before the spent one."""
        return tuple(name for name in self.free if name != self.spent)

    def inputs(self, free: Mapping[str, Any]) -> dict[str, Array]:
        """All inputs of the law from raw values of the free ones, in their common shape."""
        found = follow(free, self.given)
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

    def on_edge(self, name: str, values: Any) -> Array:
        """Whether values of a free input lie on the lower and on the upper edge, (..., 2)."""
        ends = np.log(np.asarray(values)[..., None] / np.array(self.box[name]))
        return np.asarray(np.abs(ends) < 1e-4)

    def held(self, inputs: Mapping[str, Any]) -> Any:
        """Whether any free input of designs lies on an edge of the box, in their shape."""
        each = [self.on_edge(name, inputs[name]).any(axis=-1) for name in self.free]
        return np.any(each, axis=0)


def read_space(
    scenarios: Scenarios,
    cost: Cost,
    fixed: Mapping[str, Any] | None = None,
    box: Mapping[str, Any] | None = None,
) -> Space:
    """Read what may be chosen; the arguments as in :func:`bayescale.plan`.

    An input of compute that nobody gives (``C`` of ``pretraining``) is the cost's training
    FLOPs.

    Raises
    ------
    InputError
        For unknown or contradictory names, a bad box, or nothing that is left to choose.
    """
    law, derive = scenarios.law, derived_with(scenarios, cost)
    stated = bind(fixed or {}, law.input_symbols, "fixed", law.name)
    cost.check(law.input_symbols, law.name)
    given = {name: Formula(text) for name, text in derive.items()} | stated
    free = tuple(name for name in law.input_symbols if name not in given)
    given = ordered(given, set(free), repr(law.name))
    paid = reached(cost.names, given)
    spendable = [name for name in free if name in paid]
    if not spendable:
        raise InputError(
            f"Nothing that costs is left to choose for {law.name!r}: free are "
            f"{', '.join(free) or 'no inputs'}, and the cost names {', '.join(cost.names)}."
        )
    found = _box(free, scenarios.observed, box or {})
    return Space(law, free, found, given, spendable[-1])


def derived_with(scenarios: Scenarios, cost: Cost) -> dict[str, str]:
    """Formulas of inputs that follow from others: as in the runs; compute also from the cost."""
    found = dict(scenarios.derive)
    train, symbols = Formula(cost.train), scenarios.law.input_symbols
    for item in scenarios.law.inputs:
        named = item.symbol in train.names or not set(train.names) <= set(symbols)
        if item.unit == "FLOPs" and item.symbol not in found and not named:
            found[item.symbol] = cost.train
    return found


def bind(given: Mapping[str, Any], known: Iterable[str], option: str, law: str) -> Given:
    """Read values that a person sets: numbers, or formulas of other inputs.

    Raises
    ------
    InputError
        For a name that is no input, or what is neither a number nor a formula.
    """
    found: Given = {}
    for name, value in given.items():
        if name not in tuple(known):
            raise InputError(
                f"{option} names {short(name)}, which is no input of {law!r}; "
                f"choose from {', '.join(known)}."
            )
        number = found[name] = read_value(value)
        if isinstance(number, float) and number < 0:
            raise InputError(f"{option}: {name} must not be negative; it is {value!r}.")
    return found


def read_value(value: Any) -> float | Formula:
    """Read what a person sets: a number, or else a formula of inputs."""
    try:
        return parse_number(value)
    except (InputError, TypeError, ValueError):
        return Formula(str(value))


def follow(inputs: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """Raw values of inputs with those that are given, or that follow from them in this order."""
    found = dict(inputs)
    for name, value in given.items():
        found[name] = value.evaluate(found) if isinstance(value, Formula) else value
    return found


def needs(value: float | Formula) -> set[str]:
    """Inputs that a given one follows from."""
    return set(value.names) if isinstance(value, Formula) else set()


def ordered(given: Given, known: set[str], what: str) -> Given:
    """Given inputs in the order in which each finds what it needs."""
    left, done = dict(given), Given()
    while left:
        ready = [name for name, value in left.items() if needs(value) <= known | set(done)]
        if not ready:
            name, value = next(iter(left.items()))
            lacking = sorted(needs(value) - known - set(done))
            raise InputError(
                f"{name} = {value} of {what} needs {', '.join(lacking)}, which is not known; "
                f"known are {', '.join(sorted(known | set(done))) or 'no inputs'}."
            )
        done |= {name: left.pop(name) for name in ready}
    return done


def reached(names: Iterable[str], given: Given) -> set[str]:
    """Names that a formula depends on, through those that follow from others too."""
    found = set(names)
    for name in reversed(list(given)):
        if name in found:
            found |= needs(given[name])
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
