"""A scaling law as a value: one formula, its symbols, its priors. No PyMC here.

A law's value is a sum of weights times shapes that equal 1 at the reference run, where
every input is 1 because inputs are divided by it. The same function is called on PyTensor
variables to fit, on numpy or xarray to extrapolate, on complex numbers to differentiate
and on :class:`bayescale.expressions.text.Text` to be printed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.errors import LawError
from bayescale.expressions.text import Text
from bayescale.law.discrepancy import DISCREPANCY, Discrepancy
from bayescale.law.noise import Noise
from bayescale.law.prior import Array, Prior
from bayescale.law.response import Response
from bayescale.law.symbols import RESERVED, Exponent, Input, Parameter, Shape, Weight

TOTAL_PRIOR = Prior(
    "LogNormal",
    mu=0.0,
    sigma=1.0,
    why="response at the reference run over the median observed response: within a factor "
    "of five either way, far wider than any table's own spread there",
)


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
