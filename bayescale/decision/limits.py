"""All limits of a plan together, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bayescale.decision.limit import Chance, Limit
from bayescale.decision.space import Space, bind, ordered
from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula
from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.scenarios import Scenarios
from bayescale.law.prior import Array


@dataclass(frozen=True, eq=False)
class Limits:
    """All limits of a plan.

    Attributes
    ----------
    bounds : tuple of Limit
        Plain inequalities.
    chances : tuple of Chance
    joint : float or None
        Probability with which all chances must hold together.
    seed : int or tuple of int
        Of the order in which scenarios of separate fits stand beside each other.
    """

    bounds: tuple[Limit, ...] = ()
    chances: tuple[Chance, ...] = ()
    joint: float | None = None
    seed: int | tuple[int, ...] = 0
    _known: dict[bytes, Array] = field(default_factory=dict, repr=False)

    @property
    def texts(self) -> list[str]:
        """Every limit as it is written, the joint one last."""
        chances = [f"{each.name} >= {each.limit.probability:g}" for each in self.chances]
        joint = [] if self.joint is None else [f"P(all of them) >= {self.joint:g}"]
        return [*(bound.on.strip() for bound in self.bounds), *chances, *joint]

    @property
    def wanted(self) -> Array:
        """Probability of each chance and of all together, NaN where that is not asked."""
        joint = np.nan if self.joint is None else self.joint
        return np.array([*(each.limit.probability for each in self.chances), joint])

    @property
    def hard(self) -> Limits:
        """The plain inequalities alone."""
        return Limits(self.bounds)

    def thin(self, size: int) -> Limits:
        """The same with fewer scenarios, for a first look."""
        few = {id(each.source): each.source.thin(size) for each in self.chances}
        chances = tuple(replace(each, source=few[id(each.source)]) for each in self.chances)
        return Limits(self.bounds, chances, self.joint)

    def only(self, k: int) -> Limits:
        """The limit at a place of :attr:`texts` alone."""
        first = len(self.bounds)
        if k < first:
            return Limits((self.bounds[k],))
        if k < first + len(self.chances):
            return Limits(chances=(self.chances[k - first],))
        return replace(self, bounds=())

    def without(self, k: int) -> Limits:
        """All limits but the one at a place of :attr:`texts`."""
        bounds = tuple(b for i, b in enumerate(self.bounds) if i != k)
        chances = tuple(c for i, c in enumerate(self.chances, len(self.bounds)) if i != k)
        last = k == len(self.bounds) + len(self.chances)
        return Limits(bounds, chances, None if last else self.joint, self.seed)

    def probabilities(self, inputs: Mapping[str, Array]) -> Array:
        """Probability of each chance and of all together, (n_chances + 1, n_designs).

        New observations are independent given the scenarios; scenarios of separate fits are paired
        at random.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_designs,)
        """
        # Designs differ in what no limit asks for: each place is computed once.
        asked = set().union(*(chance.asks_for for chance in self.chances))
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
        rng, orders = np.random.default_rng(self.seed), dict[int, Any]()
        longest = max(chance.source.n_draws for chance in self.chances)
        each, together = [], np.ones((1, 1))
        for chance in self.chances:
            source, size = id(chance.source), chance.source.n_draws
            if source not in orders:
                orders[source] = np.resize(rng.permutation(size), longest)
            found = np.broadcast_to(chance.probabilities(inputs), (size, count))
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
    space: Space,
    joint: float | None,
    assumed: Assumptions,
) -> Limits:
    """Read the limits of a plan.

    Parameters
    ----------
    given : sequence of Limit or str
    space : Space
    joint : float or None
    assumed : Assumptions
        Of the plan. What they state of its law's discrepancy says nothing of another response.

    Raises
    ------
    InputError
        For what is no limit, names that the plan does not know, and inputs that a forecast
        lacks.
    """
    sources: dict[int, Scenarios] = {}
    bounds, chances = [], []
    for limit in _listed(given):
        if isinstance(limit.on, str):
            bounds.append(_checked(limit, space))
            continue
        source = id(limit.on)
        if source not in sources:
            believed, seed = assumed.discrepancy is not False, assumed.seed + len(sources)
            own = replace(assumed, discrepancy=believed, seed=seed)
            sources[source] = own.scenarios(limit.on)
        chances.append(_chance(limit, space, sources[source]))
    if joint is not None and (not chances or not 0 < joint < 1):
        raise InputError(
            f"joint is a probability for limits on fits, between 0 and 1; it is {joint:g} with "
            f"{len(chances)} such limits."
        )
    return Limits(tuple(bounds), tuple(chances), joint, (assumed.seed, 0x11))


def _listed(given: Any) -> list[Limit]:
    several = [given] if isinstance(given, str | Limit) else list(given)
    for each in several:
        if not isinstance(each, str | Limit):
            raise InputError(f"A limit is text such as 'N <= 70B' or a Limit, not {each!r}.")
    return [Limit(each) if isinstance(each, str) else each for each in several]


def _checked(limit: Limit, space: Space) -> Limit:
    """An inequality, unless it names what the plan does not know."""
    known = space.law.input_symbols
    strange = [name for side in limit.sides for name in side.names if name not in known]
    if strange:
        raise InputError(
            f"The limit {limit.on!r} names {', '.join(strange)}; this plan knows "
            f"{', '.join(known)}."
        )
    return limit


def _chance(limit: Limit, space: Space, source: Scenarios) -> Chance:
    law, who = source.law, f"The limit on {source.law.response.symbol}"
    values, formulas = bind(limit.at, law.input_symbols, who, law.name)
    shared = {
        item.symbol: item.unit for item in space.law.inputs if item.symbol not in space.derived
    }
    told = {item.symbol for item in law.inputs if shared.get(item.symbol) == item.unit}
    derived = source.derive
    left = [name for name in law.input_symbols if name not in {*values, *formulas, *told}]
    formulas |= {name: Formula(derived[name]) for name in left if name in derived}
    missing = [name for name in left if name not in derived]
    if missing:
        raise InputError(
            f"{who} ({law.name}) needs {', '.join(missing)}, which "
            f"the design does not tell: give {'it' if len(missing) == 1 else 'them'} in at=."
        )
    known = {*values, *told, *space.law.input_symbols}
    steps = ordered(formulas, known, f"the limit on {law.response.symbol}")
    return Chance(limit, source, values, steps)
