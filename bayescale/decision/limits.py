"""What a plan must keep: plain inequalities, and limits by probability on another response."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.decision.space import Given, bind, follow, needs, ordered, read_value
from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula
from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.forecast import check_kind
from bayescale.forecast.scenarios import Kind, Scenarios
from bayescale.law.law import Law
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
        ``"2*N <= 160e9"``; or what forecasts another response (or the same one), in a plan by
        its scenarios.
    below : float or str, optional
        What that response must stay below, in its unit.
    probability : float, default 0.95
        How surely.
    at : mapping of str to float or str, optional
        Inputs of that forecast which the design does not tell: numbers, or formulas of the
        design's inputs. The design's own inputs of the same symbol and unit are taken as
        they are, unless they are derived. In a plan all that is needed, in the order in which
        it can be computed.
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
        if self.hard:
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

    @property
    def text(self) -> str:
        """The limit as it is written, e.g. ``"P(T < 0.2) >= 0.95"``."""
        return self.on.strip() if self.hard else f"{self.name} >= {self.probability:g}"

    @property
    def name(self) -> str:
        """The probability that is limited, e.g. ``"P(T < 0.2)"``."""
        return f"P({self.on.law.response.symbol} < {format_number(self.below)})"

    @property
    def hard(self) -> bool:
        """Whether it is an inequality."""
        return isinstance(self.on, str)

    @cached_property
    def sides(self) -> tuple[Formula, Formula]:
        """Of an inequality: what must be at most the second."""
        match = _RELATION.fullmatch(self.on.strip())
        if match is None:
            raise InputError(f"The limit {self.on!r} is not an inequality such as 'N <= 70B'.")
        left, right = (Formula(str(read_value(match[name].strip()))) for name in ("left", "right"))
        return (left, right) if match["sign"].startswith("<") else (right, left)

    def excess(self, inputs: Mapping[str, Array]) -> Array:
        """Relative excess of designs over an inequality, in their shape; kept at zero or below."""
        left, right = (side.evaluate(inputs) for side in self.sides)
        size = np.maximum(np.abs(left), np.abs(right)) + np.finfo(float).tiny
        return np.asarray((left - right) / size - _EVEN)

    def probabilities(self, inputs: Mapping[str, Array]) -> Array:
        """Probability in each scenario, shape (n_draws, n_designs)."""
        values = follow(inputs, dict(self.at))
        own = {name: values[name] for name in self.on.law.input_symbols}
        if self.kind == "mean":
            return np.asarray(self.on(own) < self.below, dtype=float)
        return np.asarray(self.on.predictive(own).probabilities(self.below))

    @property
    def asks_for(self) -> set[str]:
        """Inputs of a design that the probability may depend on."""
        told = set().union(*map(needs, self.at.values()))
        return (set(self.on.law.input_symbols) - set(self.at)) | told


@dataclass(frozen=True, eq=False)
class Limits:
    """All limits of a plan.

    Attributes
    ----------
    each : tuple of Limit
        Plain inequalities, then limits by probability on scenarios.
    joint : float or None
        Probability with which all the latter must hold together.
    seed : int or tuple of int
        Of the order in which scenarios of separate fits stand beside each other.
    """

    each: tuple[Limit, ...] = ()
    joint: float | None = None
    seed: int | tuple[int, ...] = 0
    _known: dict[bytes, Array] = field(default_factory=dict, init=False, repr=False)

    @property
    def bounds(self) -> tuple[Limit, ...]:
        """Plain inequalities."""
        return tuple(limit for limit in self.each if limit.hard)

    @property
    def chances(self) -> tuple[Limit, ...]:
        """Limits by probability."""
        return self.each[len(self.bounds) :]

    @property
    def texts(self) -> list[str]:
        """Every limit as it is written, the joint one last."""
        joint = [] if self.joint is None else [f"P(all of them) >= {self.joint:g}"]
        return [*(limit.text for limit in self.each), *joint]

    @property
    def wanted(self) -> Array:
        """Probability of each chance and of all together, NaN where that is not asked."""
        joint = np.nan if self.joint is None else self.joint
        return np.array([*(limit.probability for limit in self.chances), joint])

    @property
    def hard(self) -> Limits:
        """The plain inequalities alone."""
        return Limits(self.bounds)

    def thin(self, size: int) -> Limits:
        """The same with fewer scenarios, for a first look."""
        few = {limit.on: limit.on.thin(size) for limit in self.chances}
        chances = [replace(limit, on=few[limit.on]) for limit in self.chances]
        return Limits((*self.bounds, *chances), self.joint)

    def only(self, k: int) -> Limits:
        """The limit at a place of :attr:`texts` alone."""
        if k == len(self.each):
            return replace(self, each=self.chances)
        return Limits((self.each[k],))

    def without(self, k: int) -> Limits:
        """All limits but the one at a place of :attr:`texts`."""
        joint = None if k == len(self.each) else self.joint
        return Limits((*self.each[:k], *self.each[k + 1 :]), joint, self.seed)

    def probabilities(self, inputs: Mapping[str, Array]) -> Array:
        """Probability of each chance and of all together, (n_chances + 1, n_designs).

        New observations are independent given the scenarios; scenarios of separate fits are paired
        at random.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_designs,)
        """
        # Designs differ in what no limit asks for: each place is computed once.
        asked = set().union(*(limit.asks_for for limit in self.chances))
        names = [name for name in inputs if name in asked] or list(inputs)[:1]
        table = np.stack([np.asarray(inputs[name], dtype=float) for name in names])
        places, back = np.unique(table, axis=1, return_inverse=True)
        keys = [place.tobytes() for place in places.T]
        new = [k for k, key in enumerate(keys) if key not in self._known]
        if new:
            found = self._at(dict(zip(names, places[:, new], strict=True)), len(new))
            self._known.update(zip((keys[k] for k in new), found.T, strict=True))
        return np.stack([self._known[key] for key in keys], axis=1)[:, back.ravel()]

    def _at(self, inputs: Mapping[str, Array], count: int) -> Array:
        rng, orders = np.random.default_rng(self.seed), dict[Scenarios, Any]()
        longest = max(limit.on.n_draws for limit in self.chances)
        each, together = [], np.ones((1, 1))
        for limit in self.chances:
            source, size = limit.on, limit.on.n_draws
            if source not in orders:
                orders[source] = np.resize(rng.permutation(size), longest)
            found = np.broadcast_to(limit.probabilities(inputs), (size, count))
            each.append(found.mean(axis=0))
            together = together * found[orders[source]]
        return np.stack([*each, np.broadcast_to(together.mean(axis=0), count)])

    def excess(self, inputs: Mapping[str, Array]) -> Array:
        """How far designs are from keeping every limit, in their shape; kept at zero or below.

        The largest shortfall of a probability; where an inequality is broken 1 and its
        relative excess more, and infinite where an input is NaN.
        """
        shape = np.broadcast_shapes(*(np.shape(value) for value in inputs.values()))
        flat = {n: np.broadcast_to(v, shape).ravel() for n, v in inputs.items()}
        usable = np.all([np.isfinite(value) for value in flat.values()], axis=0)
        found = np.where(usable, -1.0, np.inf)
        for bound in self.bounds:
            over = bound.excess(flat)
            found = np.maximum(found, np.where(over > 0, 1.0 + over, -1.0))
        kept = found <= 0
        if self.chances and kept.any():
            probability = self.probabilities({name: value[kept] for name, value in flat.items()})
            found[kept] = np.nanmax(self.wanted[:, None] - probability, axis=0)
        return found.reshape(shape)

    def allow(self, inputs: Mapping[str, Array]) -> Any:
        """Whether designs keep every limit, in their shape; never where an input is NaN."""
        return self.excess(inputs) <= 0


def read_limits(
    given: Sequence[Limit | str] | Limit | str,
    law: Law,
    follows: Given,
    joint: float | None,
    assumed: Assumptions,
) -> Limits:
    """Read the limits of a plan.

    Parameters
    ----------
    given : sequence of Limit or str
    law : Law
        Of the designs.
    follows : mapping of str to float or Formula
        Its inputs that are fixed or follow from others.
    joint : float or None
    assumed : Assumptions
        Of the plan.

    Raises
    ------
    InputError
        For what is no limit, names that the plan does not know, and inputs that a forecast
        lacks.
    """
    several = [given] if isinstance(given, str | Limit) else given
    sources: dict[int, Scenarios] = {}
    bounds, chances = [], []
    for each in several:
        if not isinstance(each, str | Limit):
            raise InputError(f"A limit is text such as 'N <= 70B' or a Limit, not {each!r}.")
        limit = Limit(each) if isinstance(each, str) else each
        if limit.hard:
            bounds.append(_checked(limit, law))
            continue
        source = id(limit.on)
        if source not in sources:
            seed = None if assumed.seed is None else assumed.seed + len(sources)
            own = replace(assumed, seed=seed)
            sources[source] = own.scenarios(limit.on)
        chances.append(_told(limit, law, follows, sources[source]))
    if joint is not None and (not chances or not 0 < joint < 1):
        raise InputError(
            f"joint is a probability for limits on fits, between 0 and 1; it is {joint:g} with "
            f"{len(chances)} such limits."
        )
    return Limits((*bounds, *chances), joint, (assumed.seed or 0, 0x11))


def _checked(limit: Limit, law: Law) -> Limit:
    """An inequality, unless it names what the plan does not know."""
    known = law.input_symbols
    strange = [name for side in limit.sides for name in side.names if name not in known]
    if strange:
        raise InputError(
            f"The limit {limit.on!r} names {', '.join(strange)}; this plan knows "
            f"{', '.join(known)}."
        )
    return limit


def _told(limit: Limit, law: Law, follows: Given, source: Scenarios) -> Limit:
    """A limit by probability with all that its forecast takes of a design."""
    other, who = source.law, f"The limit on {source.law.response.symbol}"
    given = bind(limit.at, other.input_symbols, who, other.name)
    free = [item for item in law.inputs if not needs(follows.get(item.symbol, 0.0))]
    shared = {item.symbol: item.unit for item in free}
    told = {item.symbol for item in other.inputs if shared.get(item.symbol) == item.unit}
    left = [name for name in other.input_symbols if name not in {*given, *told}]
    given |= {name: Formula(source.derive[name]) for name in left if name in source.derive}
    missing = [name for name in left if name not in given]
    if missing:
        raise InputError(
            f"{who} ({other.name}) needs {', '.join(missing)}, which "
            f"the design does not tell: give {'it' if len(missing) == 1 else 'them'} in at=."
        )
    known = {*told, *law.input_symbols}
    steps = ordered(given, known, f"the limit on {other.response.symbol}")
    return replace(limit, on=source, at=steps)
