"""How far designs lie beyond the observed runs, in decades: alone in an input, or in size.

Size is the product of the inputs: of parameters and tokens it is compute. An input that is itself
a product of others in every run (compute beside both) is left out of it, or it would count twice.

    reach(x) = max over u of max(u.x - max_i u.x_i, min_i u.x_i - u.x, 0),   x in log10

with u each input alone, and the size. So it is continuous and 0 among the runs, grows along every
ray that leaves them, and does not know units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayescale.law.prior import Array
from bayescale.runs.relations import relations

# Beyond by less than this many decades is rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Extent:
    """Where runs lie, as far as reach goes.

    Attributes
    ----------
    size : tuple of str
        Inputs whose product is the size.
    ends : mapping of str to (float, float)
        Smallest and largest log10 of each input; from minus infinity where a zero was observed.
    sizes : (float, float)
        Smallest and largest log10 of the size.
    least : mapping of str to float
        What a zero counts as in the size: the smallest positive value of each input.
    """

    size: tuple[str, ...]
    ends: Mapping[str, tuple[float, float]]
    sizes: tuple[float, float]
    least: Mapping[str, float]

    @classmethod
    def of(cls, observed: Mapping[str, Array]) -> Extent:
        """The extent of observed runs; inputs by symbol, each of shape (n_runs,)."""
        products = {found.symbol for found in relations(observed) if len(found.powers) > 1}
        size = tuple(name for name in observed if name not in products)
        least = {name: float(x[x > 0].min()) for name, x in observed.items()}
        ends, open_below = {}, False
        for name, x in observed.items():
            zero = bool((x == 0).any())
            open_below = open_below or (zero and name in size)
            ends[name] = (-np.inf if zero else np.log10(least[name]), np.log10(x.max()))
        sizes = _size(observed, size, least)
        low = -np.inf if open_below else float(sizes.min())
        return cls(size, ends, (low, float(sizes.max())), least)

    def reach(self, inputs: Mapping[str, Array]) -> Array:
        """Decades that designs lie beyond the runs, shape (n_designs,).

        A zero, where a law allows it, is within reach of its own input.
        """
        found = [_beyond(_size(inputs, self.size, self.least), self.sizes)]
        for name, (low, high) in self.ends.items():
            values = inputs[name]
            found.append(_beyond(np.log10(np.where(values > 0, values, 10.0**high)), (low, high)))
        furthest = np.max(found, axis=0)
        return np.where(furthest > _ROUNDING, furthest, 0.0)


def reach(observed: Mapping[str, Array], inputs: Mapping[str, Array]) -> Array:
    """Decades that designs lie beyond observed runs, see :class:`Extent`; shape (n_designs,)."""
    return Extent.of(observed).reach(inputs)


def _size(inputs: Mapping[str, Array], size: tuple[str, ...], least: Mapping[str, float]) -> Array:
    logs = [np.log10(np.where(inputs[name] > 0, inputs[name], least[name])) for name in size]
    return np.asarray(np.sum(logs, axis=0))


def _beyond(logs: Array, ends: tuple[float, float]) -> Array:
    return np.maximum(logs - ends[1], ends[0] - logs)
