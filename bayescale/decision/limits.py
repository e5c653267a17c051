"""What a plan may not exceed: plain inequalities, and limits by probability on other fits."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from bayescale.decision.space import Space, bind, ordered
from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula
from bayescale.forecast.scenarios import Scenarios, scenarios
from bayescale.law.prior import Array
from bayescale.numbers import format_number, parse_number

_RELATION = re.compile(r"(?P<left>[^<>=]+)(?P<sign><=|>=|<|>)(?P<right>[^<>=]+)")
_EVEN = 1e-9


@dataclass(frozen=True, eq=False)
class Limit:
    """A limit on a plan.

    Parameters
    ----------
    on : str, Fit or Average
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
    kind: Literal["run", "mean"] = "run"

    def __post_init__(self) -> None:
        if isinstance(self.on, str):
            _relation(self.on)
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
        if self.kind not in ("run", "mean"):
            raise InputError(f"kind is 'run' or 'mean', not {self.kind!r}.")
        object.__setattr__(self, "below", below)


@dataclass(frozen=True, eq=False)
class Bound:
    """A plain inequality between inputs: ``left`` at most ``right``."""

    text: str
    left: Formula
    right: Formula

    def excess(self, inputs: Mapping[str, Array]) -> Array:
        """Relative excess of designs over the limit, in their shape; kept at zero or below."""
        left, right = self.left.evaluate(inputs), self.right.evaluate(inputs)
        size = np.maximum(np.abs(left), np.abs(right)) + np.finfo(float).tiny
        return np.asarray((left - right) / size - _EVEN)


@dataclass(frozen=True, eq=False)
class Chance:
    """A limit by probability on another response.

    Attributes
    ----------
    text : str
        For example ``"P(T < 0.2) >= 0.95"``.
    source : Scenarios
    below, probability : float
    kind : {"run", "mean"}
    at : mapping of str to float
    formulas : mapping of str to Formula
        In the order in which they can be computed.
    pairing : ndarray of int
        Order in which its scenarios stand beside those of the other limits.
    """

    text: str
    source: Scenarios
    below: float
    probability: float
    kind: str
    at: Mapping[str, float]
    formulas: Mapping[str, Formula]
    pairing: Any

    @property
    def name(self) -> str:
        """The probability that is limited, e.g. ``"P(T < 0.2)"``."""
        return self.text.split(" >= ")[0]

    def in_worlds(self, inputs: Mapping[str, Array]) -> Array:
        """Probability in each scenario, shape (n_draws, n_designs)."""
        values: dict[str, Any] = dict(inputs) | dict(self.at)
        for name, formula in self.formulas.items():
            values[name] = formula.evaluate(values)
        own = {name: values[name] for name in self.source.law.input_symbols}
        if self.kind == "mean":
            return np.asarray(self.source(own) < self.below, dtype=float)
        from scipy.special import stdtr

        found = self.source.predictive(own)
        z = (np.log(self.below) - found.location) / found.scale
        return np.asarray(stdtr(found.dof, z))


@dataclass(frozen=True, eq=False)
class Limits:
    """All limits of a plan.

    Attributes
    ----------
    bounds : tuple of Bound
    chances : tuple of Chance
    joint : float or None
        Probability with which all chances must hold together.
    """

    bounds: tuple[Bound, ...] = ()
    chances: tuple[Chance, ...] = ()
    joint: float | None = None
    known: dict[bytes, Array] = field(default_factory=dict, repr=False)

    @property
    def texts(self) -> list[str]:
        """Every limit as it is written, the joint one last."""
        joint = [] if self.joint is None else [f"P(all of them) >= {self.joint:g}"]
        return [*(bound.text for bound in self.bounds), *(c.text for c in self.chances), *joint]

    @property
    def hard(self) -> Limits:
        """The plain inequalities alone."""
        return Limits(self.bounds)

    def thin(self, size: int) -> Limits:
        """The same with fewer scenarios, for a first look."""
        rng = np.random.default_rng(0)
        orders: dict[int, Any] = {}
        chances = []
        for chance in self.chances:
            few = chance.source.thin(size)
            order = orders.setdefault(id(chance.source), rng.permutation(few.n_draws))
            pairing = np.resize(order, min(size, len(chance.pairing)))
            chances.append(replace(chance, source=few, pairing=pairing))
        return Limits(self.bounds, tuple(chances), self.joint)

    def only(self, k: int) -> Limits:
        """The limit at a place of :attr:`texts` alone."""
        if k < len(self.bounds):
            return Limits((self.bounds[k],))
        if k < len(self.bounds) + len(self.chances):
            return Limits(chances=(self.chances[k - len(self.bounds)],))
        return Limits(chances=self.chances, joint=self.joint)

    def without(self, k: int) -> Limits:
        """All limits but the one at a place of :attr:`texts`."""
        bounds = tuple(b for i, b in enumerate(self.bounds) if i != k)
        chances = tuple(c for i, c in enumerate(self.chances, len(self.bounds)) if i != k)
        last = k == len(self.bounds) + len(self.chances)
        return Limits(bounds, chances, None if last else self.joint)

    def probabilities(self, inputs: Mapping[str, Array]) -> Array:
        """Probability of each chance and of all together, (n_chances + 1, n_designs).

        New observations are independent given the scenarios; scenarios of separate fits are paired
        at random.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_designs,)
        """
        names = list(inputs)
        table = np.stack([np.asarray(inputs[name], dtype=float) for name in names])
        columns = [k for k, name in enumerate(names) if name in self._used(names)]
        # Designs differ in what no limit asks for: each place is computed once.
        places, back = np.unique(table[columns], axis=1, return_inverse=True)
        keys = [place.tobytes() for place in places.T]
        new = [k for k, key in enumerate(keys) if key not in self.known]
        if new:
            at = {names[column]: row[new] for column, row in zip(columns, places, strict=True)}
            self.known.update(zip((keys[k] for k in new), self._at(at, len(new)).T, strict=True))
        return np.stack([self.known[key] for key in keys], axis=1)[:, back.ravel()]

    def _at(self, inputs: Mapping[str, Array], count: int) -> Array:
        each, together = [], np.ones((1, 1))
        for chance in self.chances:
            found = np.broadcast_to(chance.in_worlds(inputs), (chance.source.n_draws, count))
            each.append(found.mean(axis=0))
            together = together * found[chance.pairing]
        return np.stack([*each, np.broadcast_to(together.mean(axis=0), count)])

    def _used(self, names: Sequence[str]) -> set[str]:
        used = set()
        for chance in self.chances:
            needed = set(chance.source.law.input_symbols) - set(chance.at) - set(chance.formulas)
            used |= needed | {n for f in chance.formulas.values() for n in f.names}
        return (used & set(names)) or {names[0]}

    def excess(self, inputs: Mapping[str, Array]) -> Array:
        """How far designs are from keeping every limit, in their shape; kept at zero or below.

        The largest shortfall of a probability; where an inequality is broken 1 and its
        relative excess more, and infinite where an input is NaN.
        """
        arrays = [np.asarray(value) for value in inputs.values()]
        shape = np.broadcast_shapes(*(value.shape for value in arrays))
        flat = {n: np.broadcast_to(v, shape).ravel() for n, v in inputs.items()}
        found = np.full(flat[next(iter(flat))].shape, -1.0)
        for bound in self.bounds:
            over = np.broadcast_to(bound.excess(flat), found.shape)
            found = np.maximum(found, np.where(over > 0, 1.0 + over, -1.0))
        usable = np.all([np.isfinite(value) for value in flat.values()], axis=0)
        found = np.where(usable, found, np.inf)
        kept = found <= 0
        if self.chances and kept.any():
            probability = self.probabilities({name: value[kept] for name, value in flat.items()})
            wanted = np.array([*(chance.probability for chance in self.chances), self.joint or 0.0])
            found[kept] = (wanted[:, None] - probability).max(axis=0)
        return found.reshape(shape)

    def allow(self, inputs: Mapping[str, Array]) -> Any:
        """Whether designs keep every limit, in their shape; never where an input is NaN."""
        return self.excess(inputs) <= 0


def read_limits(
    given: Sequence[Limit | str],
    space: Space,
    joint: float | None,
    *,
    discrepancy: Any,
    seed: int,
    allow_unconverged: bool,
) -> Limits:
    """Read the limits of a plan.

    Parameters
    ----------
    given : sequence of Limit or str
    space : Space
    joint : float or None
    discrepancy, seed, allow_unconverged
        As in :func:`bayescale.plan`.

    Raises
    ------
    InputError
        For what is no limit, names that the plan does not know, and inputs that a forecast
        lacks.
    """
    limits = [Limit(each) if isinstance(each, str) else each for each in _listed(given)]
    rng = np.random.default_rng([seed, 0x11])
    sources: dict[int, tuple[Scenarios, Any]] = {}
    bounds, chances = [], []
    for limit in limits:
        if isinstance(limit.on, str):
            bounds.append(_bound(limit.on, space))
            continue
        if id(limit.on) not in sources:
            made = scenarios(
                limit.on,
                # What was stated of the plan's law says nothing of another response.
                discrepancy=discrepancy is not False,
                seed=seed + len(sources),
                allow_unconverged=allow_unconverged,
            )
            sources[id(limit.on)] = made, rng.permutation(made.n_draws)
        chances.append(_chance(limit, space, *sources[id(limit.on)]))
    longest = max((chance.source.n_draws for chance in chances), default=0)
    chances = [replace(each, pairing=np.resize(each.pairing, longest)) for each in chances]
    if joint is not None and (not chances or not 0 < joint < 1):
        raise InputError(
            f"joint is a probability for limits on fits, between 0 and 1; it is {joint:g} with "
            f"{len(chances)} such limits."
        )
    return Limits(tuple(bounds), tuple(chances), joint)


def _listed(given: Any) -> Sequence[Any]:
    several = [given] if isinstance(given, str | Limit) else list(given)
    for each in several:
        if not isinstance(each, str | Limit):
            raise InputError(f"A limit is text such as 'N <= 70B' or a Limit, not {each!r}.")
    return several


def _relation(text: str) -> tuple[Formula, Formula]:
    match = _RELATION.fullmatch(text.strip())
    if match is None:
        raise InputError(f"The limit {text!r} is not an inequality such as 'N <= 70B'.")
    left, right = (_side(match[name]) for name in ("left", "right"))
    return (left, right) if match["sign"].startswith("<") else (right, left)


def _side(text: str) -> Formula:
    try:
        return Formula(repr(parse_number(text)))
    except InputError:
        return Formula(text.strip())


def _bound(text: str, space: Space) -> Bound:
    left, right = _relation(text)
    known = space.law.input_symbols
    strange = [name for name in (*left.names, *right.names) if name not in known]
    if strange:
        raise InputError(
            f"The limit {text!r} names {', '.join(strange)}; this plan knows {', '.join(known)}."
        )
    return Bound(text.strip(), left, right)


def _chance(limit: Limit, space: Space, source: Scenarios, pairing: Any) -> Chance:
    law = source.law
    values, formulas = bind(
        limit.at, law.input_symbols, f"The limit on {law.response.symbol}", law.name
    )
    derived = source.members[0].derive
    shared = {
        item.symbol: item.unit for item in space.law.inputs if item.symbol not in space.derived
    }
    told = {item.symbol for item in law.inputs if shared.get(item.symbol) == item.unit}
    open_names = [n for n in law.input_symbols if n not in (*values, *formulas)]
    for name in open_names:
        if name not in told and name in derived:
            formulas[name] = Formula(derived[name])
    missing = [n for n in open_names if n not in told and n not in formulas]
    if missing:
        raise InputError(
            f"The limit on {law.response.symbol} ({law.name}) needs {', '.join(missing)}, which "
            f"the design does not tell: give {'it' if len(missing) == 1 else 'them'} in at=."
        )
    known = {*values, *told, *space.law.input_symbols}
    steps = ordered(formulas, known, f"the limit on {law.response.symbol}")
    text = f"P({law.response.symbol} < {format_number(limit.below)}) >= {limit.probability:g}"
    return Chance(text, source, limit.below, limit.probability, limit.kind, values, steps, pairing)
