"""A scaling law as a value: one formula, its symbols, its priors. No PyMC here.

A law's value is a sum of weights times shapes that equal 1 at the reference run, where
every input is 1 because inputs are divided by it. The same function is called on PyTensor
variables to fit, on numpy or xarray to extrapolate, on complex numbers to differentiate
and on :class:`bayescale.formula.Text` to be printed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.errors import LawError
from bayescale.formula import Text
from bayescale.noise import Noise as Noise
from bayescale.prior import Array as Array
from bayescale.prior import Prior as Prior
from bayescale.prior import Support as Support


@dataclass(frozen=True)
class Input:
    """What a planner can choose: a scale of the run, e.g. parameters N.

    Parameters
    ----------
    symbol : str
        Its name in the formula and in tables.
    unit : str
        Unit of the raw value, e.g. ``"parameters"``.
    meaning : str
        One line on how it is counted.
    reference : str, optional
        Inputs of the same ``reference`` are divided by a common value, because the law
        compares them with each other (unique and total tokens).
    zero : bool, default False
        Whether zero is a legal value (zero-shot).
    at_most : str, optional
        Symbol of another input of the same ``reference`` that this one never exceeds (unique
        tokens, all tokens).
    """

    symbol: str
    unit: str
    meaning: str
    reference: str = ""
    zero: bool = False
    at_most: str = ""


@dataclass(frozen=True)
class Response:
    """What is forecast: positive, and better when smaller."""

    symbol: str
    unit: str
    meaning: str


SHARE_PRIOR = Prior(
    "Normal",
    mu=0.0,
    sigma=1.5,
    why="log ratio of this term to the first weight at the reference run: 90% between "
    "a twelfth and twelve times, so that either may dominate",
)


@dataclass(frozen=True)
class Weight:
    """A non-negative weight in the response's unit; the floor is one without an input.

    Parameters
    ----------
    symbol, meaning : str
        Its name in the formula, and one line on what it stands for.
    share : Prior
        Prior of the log ratio of this term to the law's first weight at the reference run.
        The first weight is the baseline; its own ``share`` is not used.
    """

    symbol: str
    meaning: str
    share: Prior = SHARE_PRIOR


@dataclass(frozen=True)
class Exponent:
    """A dimensionless exponent, the same in every unit."""

    symbol: str
    meaning: str
    prior: Prior


@dataclass(frozen=True)
class Shape:
    """Any other parameter of a term: a break, a decay constant, a share within a term.

    Parameters
    ----------
    symbol, meaning : str
        Its name in the formula, and one line on what it stands for.
    prior : Prior
        Prior on the scaled value (inputs divided by the reference run).
    to_raw : callable, optional
        ``to_raw(curvature, reference) -> raw`` turns scaled draws into the raw unit, given the
        scaled exponents and shapes and the reference run, both by symbol. Without it, the
        parameter is the same in every unit.
    unit : str, optional
        Unit of the raw value.
    """

    symbol: str
    meaning: str
    prior: Prior
    to_raw: Callable[[Mapping[str, Any], Mapping[str, float]], Any] | None = None
    unit: str = ""


Parameter = Weight | Exponent | Shape

TOTAL_PRIOR = Prior(
    "LogNormal",
    mu=0.0,
    sigma=1.0,
    why="response at the reference run over the median observed response: within a factor "
    "of five either way, far wider than any table's own spread there",
)


@dataclass(frozen=True)
class Discrepancy:
    """How wrong a law may be beyond the data.

    Parameters
    ----------
    change : Prior
        Share of the law's further change by which it errs (one SD); drawn once per draw.
    noise : Prior
        Factor on the noise of a new run there.
    basis : str
        Where the numbers come from, as forecasts say it.
    """

    change: Prior
    noise: Prior
    basis: str = "learned on published runs"


DISCREPANCY = Discrepancy(
    change=Prior(
        "LogNormal",
        mu=float(np.log(0.2)),
        sigma=0.5,
        why="share of the further change that a law gets wrong beyond the data: 90% between 9% "
        "and 46%; spread out, because now and then a law is wrong altogether",
        source="learned leaving out one family of published runs at a time, rounded up: "
        "benchmarks/discrepancy.py",
    ),
    noise=Prior(
        "LogNormal",
        mu=0.0,
        sigma=0.01,
        why="new runs scatter as observed ones do",
    ),
)

# Names of what every fit has beside the law's own symbols.
TOTAL, SHARE = "M", "share"
NOISE_SCALE, NOISE_DOF = "noise_scale", "noise_dof"
NOISE_LENGTH, NOISE_LEVEL, NOISE_GAIN = "noise_length", "noise_level", "noise_gain"
NOISES = (NOISE_SCALE, NOISE_DOF, NOISE_LENGTH, NOISE_LEVEL, NOISE_GAIN)
RESERVED = frozenset({TOTAL, SHARE, *NOISES})


@dataclass(frozen=True, kw_only=True)
class Law:
    """A scaling law: a function, the meaning of its arguments, and priors.

    Parameters
    ----------
    name : str
        The law's name; kept, with ``version``, only while its log density is unchanged.
    version : int
        Rises when formula or default priors change.
    function : callable
        Ordinary arithmetic; its argument names are the input and parameter symbols.
    inputs : tuple of Input
    response : Response
    parameters : tuple of Weight, Exponent or Shape
        The first weight is the baseline of the shares; by habit it is the floor.
    summary : str
        One line on what the law says.
    total : Prior, optional
        Prior of ``M``, the response at the reference run over the median response.
    noise : Noise, optional
    discrepancy : Discrepancy, optional
        How wrong the law may be beyond the data; not part of the log density.
    references : tuple of str, optional
        Sources, with DOI or arXiv number.

    Raises
    ------
    LawError
        If the function's arguments and the declared symbols differ, a symbol is reserved or
        declared twice, there is no weight, the function is not linear in the weights, or a
        term is not 1 at the reference run.
    """

    name: str
    version: int
    function: Callable[..., Any]
    inputs: tuple[Input, ...]
    response: Response
    parameters: tuple[Parameter, ...]
    summary: str
    total: Prior = TOTAL_PRIOR
    noise: Noise = field(default_factory=Noise)
    discrepancy: Discrepancy = DISCREPANCY
    references: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_symbols(self)
        _check_shapes(self)

    def __call__(self, inputs: Mapping[str, Any], parameters: Mapping[str, Any]) -> Any:
        """Evaluate the formula on whatever supports arithmetic."""
        return self.function(**inputs, **parameters)

    def __repr__(self) -> str:
        return (
            f"Law({self.name!r}, version={self.version}, {self.response.symbol} = {self.formula})"
        )

    @cached_property
    def formula(self) -> str:
        """The formula as text, printed by the function itself."""
        symbols = [*self.input_symbols, *self.parameter_symbols]
        return str(self.function(**{symbol: Text(symbol) for symbol in symbols}))

    @property
    def input_symbols(self) -> tuple[str, ...]:
        """Symbols of the inputs, in order."""
        return tuple(item.symbol for item in self.inputs)

    @property
    def parameter_symbols(self) -> tuple[str, ...]:
        """Symbols of weights, exponents and shapes, in the order of declaration."""
        return tuple(item.symbol for item in self.parameters)

    @property
    def weights(self) -> tuple[Weight, ...]:
        """The weights, the baseline first."""
        return tuple(item for item in self.parameters if isinstance(item, Weight))

    @property
    def curvature(self) -> tuple[Exponent | Shape, ...]:
        """The parameters that enter the law non-linearly."""
        return tuple(item for item in self.parameters if not isinstance(item, Weight))

    def reference(self, inputs: Mapping[str, Array]) -> dict[str, float]:
        """Geometric mean of observed inputs, common to inputs that are compared.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_runs,)
            Raw values by symbol; zeros, where allowed, are left out.

        Returns
        -------
        dict of str to float
            Raw value of the reference run by symbol.
        """
        logs: dict[str, list[Array]] = {}
        for item in self.inputs:
            values = np.asarray(inputs[item.symbol], dtype=float)
            logs.setdefault(item.reference or item.symbol, []).append(np.log(values[values > 0]))
        means = {key: float(np.exp(np.concatenate(parts).mean())) for key, parts in logs.items()}
        return {item.symbol: means[item.reference or item.symbol] for item in self.inputs}

    def raw_curvature(
        self, curvature: Mapping[str, Any], reference: Mapping[str, float]
    ) -> dict[str, Any]:
        """Turn scaled exponents and shapes into the formula's own, in raw units."""
        return {
            item.symbol: item.to_raw(curvature, reference)
            if isinstance(item, Shape) and item.to_raw is not None
            else curvature[item.symbol]
            for item in self.curvature
        }

    def raw_weight(
        self, symbol: str, value: Any, curvature: Mapping[str, Any], reference: Mapping[str, float]
    ) -> Any:
        """Turn a weight at the reference run into the formula's own, in raw units.

        The formula is called with this weight alone at raw inputs of one, which are
        ``1 / reference`` of the scaled ones.
        """
        alone = {weight.symbol: 0.0 for weight in self.weights} | {symbol: value}
        return self(
            {name: 1.0 / scale for name, scale in reference.items()}, alone | dict(curvature)
        )


def _check_symbols(law: Law) -> None:
    declared = [*law.input_symbols, *law.parameter_symbols]
    twice = sorted({symbol for symbol in declared if declared.count(symbol) > 1})
    taken = sorted((set(declared) | {law.response.symbol}) & RESERVED)
    arguments = list(inspect.signature(law.function).parameters)
    faults = []
    if twice:
        faults.append(f"declares {', '.join(twice)} twice")
    if taken:
        faults.append(f"uses the reserved symbol {', '.join(taken)}")
    if law.response.symbol in declared:
        faults.append(f"uses {law.response.symbol} for its response and for an argument")
    if not law.inputs or not law.weights:
        faults.append("needs at least one input and one weight")
    if missing := [name for name in arguments if name not in declared]:
        faults.append(f"has a formula with {', '.join(missing)}, which is not declared")
    if missing := [name for name in declared if name not in arguments]:
        faults.append(f"declares {', '.join(missing)}, which the formula does not take")
    if faults:
        raise LawError(f"Law {law.name!r} " + "; and it ".join(faults) + ".")


def _check_shapes(law: Law) -> None:
    """Each term must be linear in its weight, and 1 where every input is 1."""
    rng = np.random.default_rng(0)
    curvature = {item.symbol: float(item.prior.draw(rng, 1)[0]) for item in law.curvature}
    ones = dict.fromkeys(law.input_symbols, 1.0)
    for weight in law.weights:
        alone = dict.fromkeys((item.symbol for item in law.weights), 0.0)
        for value in (1.0, 2.5):
            found = complex(law(ones, alone | {weight.symbol: value} | curvature))
            if not np.isclose(found, value, rtol=1e-9, atol=0):
                raise LawError(
                    f"Law {law.name!r}: with {weight.symbol} = {value} alone and every input 1 "
                    f"the formula gives {found.real:.6g}; a term must be its weight times a "
                    "shape that is 1 at the reference run."
                )
