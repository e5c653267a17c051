"""The one place where draws of the free parameters become a law's curve. No PyMC here.

A law is evaluated in the scaled form that is sampled: inputs over the reference run, weights as
shares of the response there, and that over the formula's own value at the reference, so that
``M`` is the response there exactly. A sum of powers is 1 there already. The same code runs on
PyTensor's variables, numpy's arrays and complex numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.errors import InputError
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.law.symbols import NUISANCE, SLOPE_BEYOND, TOTAL, share_name

# Small enough to vanish beside 1, large enough not to underflow: the derivative is exact.
STEP = 1e-30


def shares(law: Law, free: Mapping[str, Any]) -> dict[str, Any]:
    """Share of each weight in the sum of the weights at the reference run; they sum to 1.

    Works on anything that numpy's ``exp`` works on, PyTensor included. Empty without weights.
    """
    if not law.weights:
        return {}
    ratios = [np.exp(free[share_name(weight.symbol)]) for weight in law.weights[1:]]
    total = 1.0 + sum(ratios)
    return {
        weight.symbol: ratio / total
        for weight, ratio in zip(law.weights, [1.0, *ratios], strict=True)
    }


@dataclass(frozen=True, eq=False)
class Predictor:
    """A law at values of its free parameters.

    Attributes
    ----------
    law : Law
    free : mapping of str to number, array or PyTensor variable
        Free parameters by name; arrays broadcast with the inputs.
    unit : number or PyTensor variable
        What ``M`` is multiplied by: the centre of its prior, or 1 where it is raw.
    """

    law: Law
    free: Mapping[str, Any]
    unit: Any = 1.0

    @cached_property
    def curvature(self) -> dict[str, Any]:
        """Exponents and shapes by symbol, as they enter the scaled formula."""
        return {item.symbol: self.free[item.symbol] for item in self.law.curvature}

    @cached_property
    def shares(self) -> dict[str, Any]:
        """See :func:`shares`."""
        return shares(self.law, self.free)

    @property
    def parameters(self) -> dict[str, Any]:
        """What the scaled formula takes beside the inputs, by symbol."""
        return self.shares | self.curvature

    @cached_property
    def total(self) -> Any:
        """``M`` in the response's unit; None for a law without weights."""
        return self.free[TOTAL] * self.unit if self.law.weights else None

    @cached_property
    def weights(self) -> dict[str, Any]:
        """The scaled formula's weights in the response's unit, by symbol."""
        return {
            name: self.total * (part if self.law.is_sum else part / self._at_reference)
            for name, part in self.shares.items()
        }

    def __call__(self, scaled: Mapping[str, Any]) -> Any:
        """Response at inputs over the reference run."""
        found = self._over_reference(scaled)
        return found if self.total is None else self.total * found

    def log(self, scaled: Mapping[str, Any]) -> Any:
        """Log response at inputs over the reference run."""
        found = np.log(self._over_reference(scaled))
        return found if self.total is None else np.log(self.total) + found

    def terms(self, scaled: Mapping[str, Any]) -> dict[str, Any]:
        """Each term of a law that is a sum, by the symbol of its weight."""
        if not self.law.is_sum:
            raise InputError(f"The law {self.law.name!r} is no sum: its response has no terms.")
        none = dict.fromkeys(self.shares, 0.0)
        return {
            name: self.total * self.law(scaled, none | {name: part} | self.curvature)
            for name, part in self.shares.items()
        }

    def raw(self, reference: Mapping[str, Any]) -> dict[str, Any]:
        """All that a person may ask of a draw.

        Parameters
        ----------
        reference : mapping of str to float
            Raw inputs of the reference run.

        Returns
        -------
        dict
            Weights, exponents and shapes in raw units; ``M`` in the response's unit;
            ``share[...]`` of every weight where there are several; the noise, and the error of
            the slopes.
        """
        found = {name: np.asarray(self.raw_weight(name, reference)) for name in self.shares}
        found |= self.law.raw_curvature(self.curvature, reference)
        raw: dict[str, Any] = {name: found[name] for name in self.law.parameter_symbols}
        if self.total is not None:
            raw[TOTAL] = self.total
        if len(self.shares) > 1:
            shape = np.shape(self.total)
            raw |= {share_name(n): np.broadcast_to(x, shape) for n, x in self.shares.items()}
        # What no run speaks of is no finding.
        told = (name for name in NUISANCE if name in self.free and name != SLOPE_BEYOND)
        return raw | {name: self.free[name] for name in told}

    def raw_weight(self, symbol: str, reference: Mapping[str, Any]) -> Any:
        """One weight in raw units."""
        return self.law.raw_weight(symbol, self.weights[symbol], self.curvature, reference)

    def _over_reference(self, scaled: Mapping[str, Any]) -> Any:
        found = self.law(scaled, self.parameters)
        divided = self.law.weights and not self.law.is_sum
        return found / self._at_reference if divided else found

    @cached_property
    def _at_reference(self) -> Any:
        return self.law(dict.fromkeys(self.law.input_symbols, 1.0), self.parameters)


@dataclass(frozen=True, eq=False)
class Curve:
    """A law's curve and its derivatives at many draws of its parameters, at raw inputs.

    Attributes
    ----------
    law : Law
    free : mapping of str to ndarray, shape (n_draws,)
        Free parameters by name, as sampled.
    reference : mapping of str to float
        Raw inputs of the reference run.
    unit : float
        As of :class:`Predictor`.
    """

    law: Law
    free: Mapping[str, Array]
    reference: Mapping[str, float]
    unit: float

    @property
    def n_draws(self) -> int:
        """How many draws there are."""
        return len(next(iter(self.free.values())))

    @cached_property
    def at_draws(self) -> Predictor:
        """The law at each draw, arrays of shape (n_draws,)."""
        return Predictor(self.law, self.free, self.unit)

    @cached_property
    def columns(self) -> dict[str, Array]:
        """Free parameters as columns, each of shape (n_draws, 1)."""
        return {name: value[:, None] for name, value in self.free.items()}

    def __call__(self, inputs: Mapping[str, Any]) -> Array:
        """Response at raw inputs, an array of shape (n_draws, n_points).

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_points,) or (n_draws, n_points)
            The same for all draws, or each draw's own.
        """
        scaled = self._scaled(inputs)
        shapes = (np.shape(item) for item in scaled.values())
        whole = np.broadcast_shapes((self.n_draws, 1), *shapes)
        return np.broadcast_to(self._predictor(scaled), whole)

    def terms(self, inputs: Mapping[str, Any]) -> dict[str, Array]:
        """Each term of the response, by the symbol of its weight; they sum to the response.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_points,)
            Raw.

        Returns
        -------
        dict of str to ndarray, shape (n_draws, n_points)

        Raises
        ------
        InputError
            If the law is no sum.
        """
        scaled = self._scaled(inputs)
        whole = np.shape(self(inputs))
        found = self._predictor.terms(scaled)
        return {name: np.broadcast_to(term, whole) for name, term in found.items()}

    def derivative(self, inputs: Mapping[str, Array], symbol: str) -> Array:
        """Partial derivative by one raw input, shape (n_draws, n_points), by a complex step.

        Reference: Squire & Trapp (1998), doi:10.1137/S003614459631241X.
        """
        at = {name: np.asarray(value, dtype=complex) for name, value in inputs.items()}
        step = STEP * np.abs(at[symbol])
        at[symbol] = at[symbol] + 1j * step
        return np.asarray(self(at).imag / step)

    def pick(self, draws: Any) -> Curve:
        """The same at some of the draws, by index or slice."""
        return replace(self, free={name: value[draws] for name, value in self.free.items()})

    @cached_property
    def _predictor(self) -> Predictor:
        return Predictor(self.law, self.columns, self.unit)

    def _scaled(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return {name: np.asarray(inputs[name]) / self.reference[name] for name in self.reference}
