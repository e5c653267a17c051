"""Which further runs would tell a law's parameters apart, and by how much. No PyMC here.

Candidates are pairs of places on either side of an observed run: one input, or the ratio of two,
a quarter and four times what it is there. Inputs that follow from others in every run follow
them in the new runs too, unless it is they that are moved. The pair after which the parameter in
question is expected to be known best is the remedy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bayescale.errors import Problem
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import format_number
from bayescale.posterior.knowledge.information import Knowledge
from bayescale.runs.relations import ROUNDED, Relation, relations

# How far the new runs lie from an observed one, as a factor, and how many are bought at each.
FACTOR, EACH = 4.0, 3
# Quantiles of the observed sizes that candidates start from.
SIZES = (0.1, 0.5, 0.9)
# A remedy that leaves more of the SD than this is none.
NO_HELP = 0.9


@dataclass(frozen=True, eq=False)
class Remedy:
    """Runs that would inform a parameter.

    Attributes
    ----------
    parameter : str
    places : mapping of str to ndarray, shape (2,)
        Raw inputs of the two places.
    moved : str
        What differs between them: an input, or a ratio such as ``D/N``.
    runs : int
        At each place.
    remaining : float
        Expected SD of the parameter after these runs over its SD before, on the log scale
        where it is positive.
    """

    parameter: str
    places: Mapping[str, Array]
    moved: str
    runs: int
    remaining: float

    @property
    def helps(self) -> bool:
        """Whether it is worth naming."""
        return self.remaining <= NO_HELP

    def __str__(self) -> str:
        if not self.helps:
            return (
                f"No {_word(2 * self.runs)} runs near these would tell much of {self.parameter} "
                f"(the best leave {self.remaining:.0%} of its SD): state what you believe of it "
                "as a prior, or take a simpler law."
            )
        sides = self._values()
        where = " and ".join(
            ", ".join(f"{name} = {format_number(x[k])}" for name, x in self.places.items())
            for k in (0, 1)
        )
        what = f"{self.moved} = {format_number(sides[0])} and {format_number(sides[1])}"
        more = "" if len(self.places) == 1 else f" ({where})"
        return (
            f"{_word(self.runs).capitalize()} runs each at {what}{more} are expected to cut "
            f"the SD of {self.parameter} to {self.remaining:.0%}."
        )

    def _values(self) -> Array:
        top, _, below = self.moved.partition("/")
        return self.places[top] / self.places[below] if below else self.places[top]


def best_remedy(known: Knowledge, parameter: str) -> Remedy | None:
    """The pair of places that would tell most of a parameter; None where nothing can move.

    Parameters
    ----------
    known : Knowledge
        Before the new runs.
    parameter : str
        As in :meth:`Knowledge.spreads`.
    """
    before = known.spreads()[parameter]
    if not before > 0:
        # Draws that stood still: there is nothing to narrow.
        return None
    found = []
    for moved, places in _candidates(known.law, known.data.inputs):
        repeated = {name: np.repeat(x, EACH) for name, x in places.items()}
        after = known.with_runs(repeated).spreads()[parameter]
        found.append(Remedy(parameter, places, moved, EACH, after / before))
    return min(found, key=lambda remedy: remedy.remaining, default=None)


def _candidates(law: Law, inputs: Mapping[str, Array]) -> Iterator[tuple[str, dict[str, Array]]]:
    """Pairs of places that the law allows, and what differs between them."""
    positive = np.all([x > 0 for x in inputs.values()], axis=0)
    if not positive.any():
        return
    seen = {name: x[positive] for name, x in inputs.items()}
    tied = [found for found in relations(seen) if found.residual <= ROUNDED]
    half, whole = np.array([FACTOR**-0.5, FACTOR**0.5]), np.array([1 / FACTOR, FACTOR])
    steps = [(name, {name: whole}) for name in seen]
    steps += [(f"{b}/{a}", {a: 1 / half, b: half}) for a, b in combinations(seen, 2)]
    size = np.mean([np.log(x) for x in seen.values()], axis=0)
    order = np.argsort(size, kind="stable")
    for row in dict.fromkeys(order[round(q * (len(order) - 1))] for q in SIZES):
        for moved, step in steps:
            places = {name: x[row] * step.get(name, np.ones(2)) for name, x in seen.items()}
            for relation in tied:
                if relation.symbol not in step:
                    places[relation.symbol] = _follows(relation, places)
            if _allowed(law, places):
                yield moved, places


def _follows(relation: Relation, places: Mapping[str, Array]) -> Array:
    factors = [places[name] ** power for name, power in relation.powers.items()]
    return np.asarray(relation.constant * np.prod(factors, axis=0))


def _allowed(law: Law, places: Mapping[str, Array]) -> bool:
    bound = [item for item in law.inputs if item.at_most]
    return all((places[item.symbol] <= places[item.at_most] * (1 + 1e-9)).all() for item in bound)


def _word(count: int) -> str:
    return {3: "three", 6: "six"}.get(count, str(count))


# Codes of findings on a table that say why a parameter cannot be told, see bayescale.runs.
DESIGN_FAULTS = (
    *("product-input", "fixed-ratio", "near-product"),
    *("constant-input", "narrow-input", "few-runs", "few-places"),
)


def causes(law: Law, problems: tuple[Problem, ...], parameter: str) -> tuple[Problem, ...]:
    """Faults of the design that bear on a parameter: of an input that it goes with, or of all."""
    own = _inputs_of(law, parameter)
    found = []
    for problem in problems:
        if problem.code not in DESIGN_FAULTS:
            continue
        symbols = {problem.details.get("symbol"), *problem.details.get("powers", ())} - {None}
        if not symbols or symbols & own:
            found.append(problem)
    return tuple(found)


def _inputs_of(law: Law, parameter: str) -> set[str]:
    """Inputs that a parameter's effect on the response depends on."""
    symbol = parameter.removeprefix("share[").removesuffix("]")
    if symbol not in law.parameter_symbols:
        return set()
    middle: dict[str, complex] = {weight.symbol: 1.0 + 0j for weight in law.weights}
    rng = np.random.default_rng(0)
    middle |= {item.symbol: complex(np.median(item.prior.draw(rng, 99))) for item in law.curvature}
    middle[symbol] += 1e-30j

    def effect(inputs: Mapping[str, float]) -> float:
        return complex(law(inputs, middle)).imag / 1e-30

    at = dict.fromkeys(law.input_symbols, 1.7)
    return {name for name in at if not np.isclose(effect(at), effect(at | {name: 2.9}), atol=0)}
