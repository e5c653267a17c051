"""A law's curve and its derivatives at every draw. No PyMC here.

Draws are evaluated in the scaled form that was sampled (inputs over the reference run,
weights as shares of the total), so that a forecast is the very formula that was fitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.law.symbols import TOTAL
from bayescale.posterior.parameters import shares

# Small enough to vanish beside 1, large enough not to underflow: the derivative is exact.
_STEP = 1e-30


@dataclass(frozen=True)
class Curve:
    """A law at many draws of its parameters.

    Attributes
    ----------
    law : Law
    free : mapping of str to ndarray, shape (n_draws,)
        Free parameters by name, as sampled.
    reference : mapping of str to float
        Raw inputs of the reference run.
    unit : float
        What ``M`` is multiplied by: the centre of its prior, or 1 where it is raw.
    """

    law: Law
    free: Mapping[str, Array]
    reference: Mapping[str, float]
    unit: float

    def __call__(self, inputs: Mapping[str, Any]) -> Array:
        """Response at raw inputs, an array of shape (n_draws, n_points).

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_points,) or (n_draws, n_points)
            The same for all draws, or each draw's own.
        """
        return self._evaluate(inputs, shares(self.law, self._columns))

    def terms(self, inputs: Mapping[str, Any]) -> dict[str, Array]:
        """Each term of the response, by the symbol of its weight; they sum to the response.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_points,)
            Raw.

        Returns
        -------
        dict of str to ndarray, shape (n_draws, n_points)
        """
        parts = shares(self.law, self._columns)
        none = dict.fromkeys(parts, 0.0)
        # The law is linear in its weights, so a term is the law with one weight alone.
        return {name: self._evaluate(inputs, none | {name: part}) for name, part in parts.items()}

    @property
    def _columns(self) -> dict[str, Array]:
        return {name: value[:, None] for name, value in self.free.items()}

    def _evaluate(self, inputs: Mapping[str, Any], weights: Mapping[str, Any]) -> Array:
        columns = self._columns
        total = columns[TOTAL] * self.unit
        curvature = {item.symbol: columns[item.symbol] for item in self.law.curvature}
        scaled = {name: np.asarray(inputs[name]) / self.reference[name] for name in self.reference}
        value = total * self.law(scaled, dict(weights) | curvature)
        shapes = (np.shape(item) for item in scaled.values())
        return np.broadcast_to(value, np.broadcast_shapes(total.shape, *shapes))

    def derivative(self, inputs: Mapping[str, Array], symbol: str) -> Array:
        """Partial derivative by one raw input, shape (n_draws, n_points), by a complex step.

        Reference: Squire & Trapp (1998), doi:10.1137/S003614459631241X.
        """
        at = {name: np.asarray(value, dtype=complex) for name, value in inputs.items()}
        step = _STEP * np.abs(at[symbol])
        at[symbol] = at[symbol] + 1j * step
        return np.asarray(self(at).imag / step)

    def pick(self, draws: Any) -> Curve:
        """The same at some of the draws, by index or slice."""
        free = {name: value[draws] for name, value in self.free.items()}
        return Curve(self.law, free, self.reference, self.unit)
