"""A scaling law as a value: one formula, its symbols, its priors. No PyMC here.

Inputs are divided by a reference run. Where a law has weights it is homogeneous of degree one in
them, so that its value over its own value at the reference, for weights that are shares, times M
is a response that is M there. Most laws are sums of weights times shapes that equal 1 at the
reference; there is nothing to divide by then. The same function is called on PyTensor variables to
fit, on numpy or xarray to extrapolate, on complex numbers to differentiate and on
:class:`bayescale.expressions.text.Text` to be printed.
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
from bayescale.law import contract
from bayescale.law.discrepancy import DISCREPANCY, Discrepancy
from bayescale.law.noise import Noise
from bayescale.law.places import Places, draw_places
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
# A weight that is as good as none. Unlike 0 it has a logarithm, so that its powers have
# derivatives; far below what rounding keeps beside a weight of any size.
_NONE = 1e-250


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
        The first weight is the baseline of the shares; by habit it is the floor. A law without
        weights has parameters of its own, with priors in the response's unit, and no ``M``.
    summary : str
        One line on what the law says.
    total : Prior, optional
        Prior of ``M``, the response at the reference run over the median response.
    noise : Noise, optional
    discrepancy : Discrepancy, optional
        How wrong the law's slopes may be.
    references : tuple of str, optional
        Sources, with DOI or arXiv number.

    Raises
    ------
    LawError
        If the function's arguments and the declared symbols differ, a symbol is reserved or
        declared twice, the formula cannot be written down or differentiated by a complex step, is
        not homogeneous in its weights, or not positive. :func:`bayescale.check` says all that is
        wrong, and looks longer.
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
        for check in contract.QUICK:
            for sentence in contract.breaches(check, self, self._places):
                raise LawError(f"Law {self.name!r}: {sentence}.")

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
        """The weights, the baseline first; none where the response is in no weight's unit."""
        return tuple(item for item in self.parameters if isinstance(item, Weight))

    @property
    def curvature(self) -> tuple[Exponent | Shape, ...]:
        """The parameters that enter the law non-linearly."""
        return tuple(item for item in self.parameters if not isinstance(item, Weight))

    @cached_property
    def is_sum(self) -> bool:
        """Whether, as measured, the law is a sum of weights times shapes that are 1 at reference.

        Its terms can then be told apart, and nothing need be divided.
        """
        with np.errstate(all="ignore"):
            return contract.is_sum(self, self._places)

    @cached_property
    def _places(self) -> Places:
        return draw_places(self.inputs, self.parameters, size=8, decades=1.5)

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
        self, curvature: Mapping[str, Any], reference: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Turn scaled exponents and shapes into the formula's own, in raw units."""
        return {
            item.symbol: item.to_raw(curvature, reference)
            if isinstance(item, Shape) and item.to_raw is not None
            else curvature[item.symbol]
            for item in self.curvature
        }

    def raw_weight(
        self, symbol: str, value: Any, curvature: Mapping[str, Any], reference: Mapping[str, Any]
    ) -> Any:
        """Turn a weight at the reference run into the formula's own, in raw units.

        The formula is called with this weight alone at raw inputs of one, which are
        ``1 / reference`` of the scaled ones; and divided by what it gives there for a weight of
        one and the raw curvature, which is 1 for a sum.
        """
        none = 0.0 if self.is_sum else _NONE
        others = {weight.symbol: none for weight in self.weights}
        ones = {name: 1.0 / scale for name, scale in reference.items()}
        found = self(ones, others | {symbol: value} | dict(curvature))
        if self.is_sum:
            return found
        bent = self.raw_curvature(curvature, reference)
        return found / self(dict.fromkeys(ones, 1.0), others | {symbol: 1.0} | bent)


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
    if not law.inputs or not law.parameters:
        faults.append("needs at least one input and one parameter")
    if missing := [name for name in arguments if name not in declared]:
        faults.append(f"has a formula with {', '.join(missing)}, which is not declared")
    if missing := [name for name in declared if name not in arguments]:
        faults.append(f"declares {', '.join(missing)}, which the formula does not take")
    if faults:
        raise LawError(f"Law {law.name!r} " + "; and it ".join(faults) + ".")
