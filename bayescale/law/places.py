"""Where a law is tried: scaled inputs, weights and curvature, drawn with a fixed seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bayescale.law.prior import Array
from bayescale.law.symbols import Input, Parameter, Weight


@dataclass(frozen=True)
class Places:
    """Values of a law's symbols; every array of shape (n_places,).

    Attributes
    ----------
    inputs : mapping of str to ndarray
        Over the reference run.
    weights : mapping of str to ndarray
        At the reference run; none where the law has no weights.
    curvature : mapping of str to ndarray
        Scaled exponents and shapes.
    reference : mapping of str to ndarray
        Raw inputs of a reference run.
    """

    inputs: Mapping[str, Array]
    weights: Mapping[str, Array]
    curvature: Mapping[str, Array]
    reference: Mapping[str, Array]

    @property
    def size(self) -> int:
        """Number of places."""
        return next(iter(self.inputs.values())).size

    @cached_property
    def parameters(self) -> dict[str, Array]:
        """Weights and curvature."""
        return {**self.weights, **self.curvature}

    @cached_property
    def values(self) -> dict[str, Array]:
        """Inputs and parameters."""
        return {**self.inputs, **self.parameters}

    @cached_property
    def ones(self) -> dict[str, Array]:
        """Scaled inputs of the reference run."""
        return {name: np.ones_like(value) for name, value in self.inputs.items()}

    def told(self, k: int) -> str:
        """One place in words."""
        return told(k, self.values)

    def crossed(self) -> Places:
        """The parameters of each place at the inputs of every place, in that order."""
        draw, point = np.divmod(np.arange(self.size**2), self.size)

        def taken(values: Mapping[str, Array], k: npt.NDArray[np.int_]) -> dict[str, Array]:
            return {name: value[k] for name, value in values.items()}

        weights, curvature = taken(self.weights, draw), taken(self.curvature, draw)
        return Places(taken(self.inputs, point), weights, curvature, taken(self.reference, point))

    def alone(self, symbol: str) -> Places:
        """The same places with this weight 1 and no other."""
        weights = {name: np.full(self.size, name == symbol, float) for name in self.weights}
        return replace(self, weights=weights)


def told(k: int, *values: Mapping[str, Array]) -> str:
    """Values of one place in words: ``x = 0.31, a = 2``."""
    return ", ".join(f"{n} = {value[k]:.4g}" for items in values for n, value in items.items())


def draw_places(
    inputs: tuple[Input, ...],
    parameters: tuple[Parameter, ...],
    size: int,
    decades: float,
    seed: int = 0,
) -> Places:
    """Draw curvature from its priors, inputs and weights over decades around 1.

    Parameters
    ----------
    inputs : tuple of Input
        One that another limits (``at_most``) is drawn below it.
    parameters : tuple of Weight, Exponent or Shape
    size : int
    decades : float
        Reach of inputs to either side, in powers of ten; that of weights is half of it, that of
        the raw reference run twice.
    seed : int, default 0

    Returns
    -------
    Places
    """
    rng = np.random.default_rng(seed)
    weights = [item.symbol for item in parameters if isinstance(item, Weight)]
    curved = [item for item in parameters if not isinstance(item, Weight)]
    scales = {item.symbol: 10.0 ** rng.uniform(-decades, decades, size) for item in inputs}
    shared = {item.reference or item.symbol: rng.uniform(-2, 2, size) for item in inputs}
    for item in inputs:
        if item.at_most:
            scales[item.symbol] = np.minimum(scales[item.symbol], scales[item.at_most])
    return Places(
        inputs=scales,
        weights={name: 10.0 ** (rng.uniform(-decades, decades, size) / 2) for name in weights},
        curvature={item.symbol: item.prior.draw(rng, size) for item in curved},
        reference={i.symbol: 10.0 ** (decades * shared[i.reference or i.symbol]) for i in inputs},
    )
