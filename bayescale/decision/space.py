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
    values, stated = bind(fixed or {}, law.input_symbols, "fixed", law.name)
    formulas = {name: Formula(text) for name, text in derive.items() if name not in values} | stated
    cost.check(law.input_symbols, law.name)
    free = tuple(name for name in law.input_symbols if name not in (*values, *formulas))
    derived = ordered(formulas, {*values, *free}, repr(law.name))
    paid = reached(cost.names, derived)
    spendable = [name for name in free if name in paid]
    if not spendable:
        raise InputError(
            f"Nothing that costs is left to choose for {law.name!r}: free are "
            f"{', '.join(free) or 'no inputs'}, and the cost names {', '.join(cost.names)}."
        )
    found = _box(free, scenarios.observed, box or {})
    return Space(law, free, found, values, derived, spendable[-1])


def derived_with(scenarios: Scenarios, cost: Cost) -> dict[str, str]:
    """Formulas of inputs that follow from others: as in the runs; compute also from the cost."""
    found = dict(scenarios.derive)
    train, symbols = Formula(cost.train), scenarios.law.input_symbols
    for item in scenarios.law.inputs:
        named = item.symbol in train.names or not set(train.names) <= set(symbols)
        if item.unit == "FLOPs" and item.symbol not in found and not named:
            found[item.symbol] = cost.train
    return found


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
