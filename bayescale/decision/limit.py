"""One limit of a plan: a plain inequality, or a limit by probability on another response."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula
from bayescale.forecast.forecast import check_kind
from bayescale.forecast.scenarios import Kind, Scenarios
from bayescale.law.prior import Array
from bayescale.numbers import format_number, parse_number

_RELATION = re.compile(r"(?P<left>[^<>=]+)(?P<sign><=|>=|<|>)(?P<right>[^<>=]+)")
_EVEN = 1e-9


@dataclass(frozen=True, eq=False)
class Limit:
    """A limit on a plan.

    Parameters
    ----------
    on : str, Fit or Ensemble
        An inequality between formulas of the plan's inputs, such as ``"N <= 70B"`` or
        ``"2*N <= 160e9"``; or what forecasts another response (or the same one).
    below : float or str, optional
        What that response must stay below, in its unit.
    probability : float, default 0.95
        How surely.
    at : mapping of str to float or str, optional
        Inputs of that forecast which the design does not tell: numbers, or formulas of the
        design's inputs. The design's own inputs of the same symbol and unit are taken as
        they are, unless they are derived.
    kind : {"run", "mean"}
        Of one new observation, or of the law's curve.

    Raises
    ------
    InputError
        For an inequality that cannot be read, and numbers out of range.
    """

    on: Any
    below: Any = None
    probability: float = 0.95
    at: Mapping[str, Any] = field(default_factory=dict)
    kind: Kind = "run"

    def __post_init__(self) -> None:
        if isinstance(self.on, str):
            _ = self.sides
            if self.below is not None:
                raise InputError(
                    f"The limit {self.on!r} is an inequality; below= goes with a fit only."
                )
            return
        below = np.nan if self.below is None else parse_number(self.below)
        if not below > 0:
            raise InputError(f"A limit on a fit takes below=, a positive number: {self.below!r}.")
        if not 0 < self.probability < 1:
            raise InputError(
                f"A limit's probability lies between 0 and 1; it is {self.probability:g}."
            )
        check_kind(self.kind)
        object.__setattr__(self, "below", below)

    @cached_property
    def sides(self) -> tuple[Formula, Formula]:
        """Of an inequality: what must be at most the second."""
        match = _RELATION.fullmatch(self.on.strip())
        if match is None:
            raise InputError(f"The limit {self.on!r} is not an inequality such as 'N <= 70B'.")
        left, right = (_side(match[name]) for name in ("left", "right"))
        return (left, right) if match["sign"].startswith("<") else (right, left)

    def excess(self, inputs: Mapping[str, Array]) -> Array:
        """Relative excess of designs over an inequality, in their shape; kept at zero or below."""
        left, right = (side.evaluate(inputs) for side in self.sides)
        size = np.maximum(np.abs(left), np.abs(right)) + np.finfo(float).tiny
        return np.asarray((left - right) / size - _EVEN)


@dataclass(frozen=True, eq=False)
class Chance:
    """A limit by probability, with the scenarios of the response that it is on.

    Attributes
    ----------
    limit : Limit
    source : Scenarios
    at : mapping of str to float
    formulas : mapping of str to Formula
        In the order in which they can be computed.
    """

    limit: Limit
    source: Scenarios
    at: Mapping[str, float]
    formulas: Mapping[str, Formula]

    @property
    def name(self) -> str:
        """The probability that is limited, e.g. ``"P(T < 0.2)"``."""
        return f"P({self.source.law.response.symbol} < {format_number(self.limit.below)})"

    def probabilities(self, inputs: Mapping[str, Array]) -> Array:
        """Probability in each scenario, shape (n_draws, n_designs)."""
        values: dict[str, Any] = dict(inputs) | dict(self.at)
        for name, formula in self.formulas.items():
            values[name] = formula.evaluate(values)
        own = {name: values[name] for name in self.source.law.input_symbols}
        if self.limit.kind == "mean":
            return np.asarray(self.source(own) < self.limit.below, dtype=float)
        return self.source.predictive(own).probabilities(self.limit.below)

    @property
    def asks_for(self) -> set[str]:
        """Inputs of a design that the probability may depend on."""
        told = {name for formula in self.formulas.values() for name in formula.names}
        return (set(self.source.law.input_symbols) - set(self.at) - set(self.formulas)) | told


def _side(text: str) -> Formula:
    try:
        return Formula(repr(parse_number(text)))
    except InputError:
        return Formula(text.strip())
