"""How wrong a law's slopes may be: a process along each log input, conditioned on the runs.

A law is taken to be right up to a relative error of its local slopes:

    log y(x) = log f(x) + delta(x),
    delta(x) = sum_j integral over the straight way from the reference run to x of
               s_j(u) * (eta_j(u_j) + zeta_j(u_j)) du_j

The axes ``j`` are the logs of the inputs, of their ratios (interactions) and of their mean (size),
``s_j`` the law's elasticity, ``eta_j`` an Ornstein-Uhlenbeck process of SD ``slope_error``, and
``zeta_j`` a further slope of SD ``slope_beyond`` on either side of the observed range: a regime
that nobody saw, by an input alone, a ratio, or by all inputs together. So the
discrepancy is continuous, grows along every way that leaves the data, is shared by designs that
are near each other, and vanishes where runs are dense.

Elasticities are those of the law alone at its mode. The process is then linear in standard normal
coefficients: ``delta = B c``. What the runs can tell of ``c`` lies in few directions, the
leading right singular vectors of ``B`` at the runs (each weighted); only the coefficients ``w``
along them are sampled, the rest stays as it was before any run.

References: Kennedy & O'Hagan (2001), doi:10.1111/1467-9868.00294 (discrepancy as a process);
Uhlenbeck & Ornstein (1930), doi:10.1103/PhysRev.36.823.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import xarray as xr

from bayescale.law.law import Law
from bayescale.law.noise import paired_normal
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_LEVEL, NOISE_SCALE, SLOPE_BEYOND, SLOPE_ERROR
from bayescale.posterior.predictor import STEP, Predictor
from bayescale.posterior.threads import one_thread

# Directions that are sampled; fewer runs tell of fewer, and the rest are noughts.
DIRECTIONS = 24
# Knots of the process, one e-fold apart, this far from the reference run to either side.
FURTHEST = 40
# Steps of the way from the reference run to a point.
STEPS = 64
# Points evaluated at a time.
_BLOCK = 2000


@dataclass(frozen=True, eq=False)
class Told:
    """What the density reads of the directions that the runs speak of.

    Attributes
    ----------
    columns : ndarray, shape (n_runs, DIRECTIONS)
        Log response that each brings at the runs, for an SD of one.
    weight : ndarray, shape (n_runs,)
        How much each run counts in :func:`coefficients`: an outlier says little.
    strength : ndarray, shape (DIRECTIONS,)
        Weighted sum of squares of each column; the columns are orthogonal.
    """

    columns: Array
    weight: Array
    strength: Array


def coefficients(
    z: Any, residual: Any, error: Any, scale: Any, columns: Any, weight: Any, strength: Any
) -> tuple[Any, Any]:
    """Coefficients from the sampler's numbers, which are nearly standard normal given the runs.

    ``w = m + sd * z`` with mean and SD of ``w`` given the residuals if their noise were normal:
    the sampler's numbers then hardly depend on the law's parameters. Exact for any noise, with
    the Jacobian. Works on numpy (also complex) and PyTensor.

    Parameters
    ----------
    z : shape (..., DIRECTIONS)
    residual : shape (..., n_runs)
        Log response over the law's curve.
    error, scale : shape (..., 1) or ()
        ``slope_error``, and the noise of one row.
    columns, weight, strength
        As of :class:`Told`.

    Returns
    -------
    w : shape (..., DIRECTIONS)
    log_jacobian : shape (...)
    """
    variance = 1.0 / (1.0 + strength * (error / scale) ** 2)
    mean = variance * error / scale**2 * ((residual * weight) @ columns)
    return mean + np.sqrt(variance) * z, 0.5 * np.log(variance).sum(axis=-1)


def effective_scale(free: Mapping[str, Any]) -> Any:
    """Noise of one row beside the law: its own, and the level of its run where it has one."""
    if NOISE_LEVEL not in free:
        return free[NOISE_SCALE]
    return np.sqrt(free[NOISE_SCALE] ** 2 + free[NOISE_LEVEL] ** 2)


@dataclass(frozen=True, eq=False)
class Slopes:
    """The directions in which a law's slopes may err, at any point.

    Attributes
    ----------
    law : Law
    held : mapping of str to float
        Free parameters that the elasticities are taken at.
    reference : mapping of str to float
        Raw inputs of the reference run.
    edges : ndarray, shape (n_axes, 2)
        Observed range of each axis, in e-folds from the reference run.
    told : ndarray, shape (n_coefficients, DIRECTIONS)
        Orthonormal directions that the runs speak of; noughts where there are fewer.
    """

    law: Law
    held: Mapping[str, float]
    reference: Mapping[str, float]
    edges: Array
    told: Array

    @classmethod
    def of(
        cls,
        law: Law,
        held: Mapping[str, float],
        inputs: Mapping[str, Array],
        reference: Mapping[str, float],
        weight: Array,
    ) -> Slopes:
        """Directions that runs speak of.

        Parameters
        ----------
        law : Law
        held : mapping of str to float
        inputs : mapping of str to ndarray, shape (n_runs,)
            Raw inputs of the runs.
        reference : mapping of str to float
        weight : ndarray, shape (n_runs,)
            How much each run counts: an outlier says little.
        """
        none = np.zeros((0, DIRECTIONS))
        edges = _edges(law, inputs, reference)
        blocks = cls(law, held, reference, edges, none)._blocks(inputs)
        # Sums of squares and products, so that nothing as long as the table is kept.
        with one_thread():
            products = sum(within.T @ (weight[rows, None] * within) for rows, within, _ in blocks)
            size, vectors = np.linalg.eigh(products)
        told = vectors[:, ::-1][:, :DIRECTIONS]
        # What lies below rounding is no direction.
        some = size[::-1][:DIRECTIONS] > 1e-12 * max(size[-1], 1e-300)
        return cls(law, held, reference, edges, told * some)

    @classmethod
    def from_dataset(
        cls,
        group: xr.Dataset,
        law: Law,
        inputs: Mapping[str, Array],
        reference: Mapping[str, float],
    ) -> Slopes:
        """The inverse of :meth:`to_dataset`, given the law and the runs."""
        held = dict(
            zip(group["parameter"].to_numpy().tolist(), group["held"].to_numpy(), strict=True)
        )
        told = group["told"].to_numpy()
        return cls(law, held, reference, _edges(law, inputs, reference), told)

    def to_dataset(self) -> xr.Dataset:
        """What a file holds of them."""
        names = np.array(list(self.held), dtype=object)
        return xr.Dataset(
            {
                "held": ("parameter", np.array(list(self.held.values()))),
                "told": (("coefficient", "direction"), self.told),
            },
            coords={"parameter": names},
        )

    def told_by(self, inputs: Mapping[str, Array], weight: Array) -> Told:
        """What the density reads; the arguments as in :meth:`of`."""
        columns = np.concatenate([within @ self.told for _, within, _ in self._blocks(inputs)])
        return Told(columns, weight, (weight[:, None] * columns**2).sum(axis=0))

    def columns(self, inputs: Mapping[str, Any]) -> tuple[Array, Array]:
        """What multiplies the coefficients at points, for SDs of one.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_points,)
            Raw.

        Returns
        -------
        within : ndarray, shape (n_points, n_coefficients)
            Of the process.
        beyond : ndarray, shape (n_points, 2 * n_axes)
            Of the slopes below and above the observed range; nought inside it.
        """
        _, *parts = zip(*self._blocks(inputs), strict=True)
        within, beyond = (np.concatenate(part) for part in parts)
        return within, beyond

    def _blocks(self, inputs: Mapping[str, Any]) -> Iterator[tuple[slice, Array, Array]]:
        """Some of the points at a time: which ones, and their columns."""
        for k in range(0, len(next(iter(inputs.values()))), _BLOCK):
            rows = slice(k, k + _BLOCK)
            yield rows, *self._columns({name: x[rows] for name, x in inputs.items()})

    def _columns(self, inputs: Mapping[str, Any]) -> tuple[Array, Array]:
        logs = _logs(self.law, inputs, self.reference)
        axes = _axes(logs)
        ends = np.linspace(0.0, 1.0, STEPS + 1)
        middle = (ends[1:] + ends[:-1]) / 2
        # What each step adds to the log response by each axis: (n_axes, n_points, n_steps).
        pull = self._elasticities(logs[:, :, None] * middle) * axes[:, :, None] / STEPS
        within = [
            _hats(u[:, None] * middle, part) @ self.root for u, part in zip(axes, pull, strict=True)
        ]
        beyond = []
        for u, part, (low, high) in zip(axes, pull, self.edges, strict=True):
            at = u[:, None] * ends
            beyond += [
                (part * _share_above(-at, -low)).sum(1),
                (part * _share_above(at, high)).sum(1),
            ]
        return np.concatenate(within, axis=1), np.stack(beyond, axis=1)

    @cached_property
    def root(self) -> Array:
        """Cholesky root of the covariance of the process at its knots."""
        knots = np.arange(-FURTHEST, FURTHEST + 1)
        apart = np.abs(knots[:, None] - knots[None])
        return np.linalg.cholesky(np.exp(-apart / self.law.discrepancy.length))

    def _elasticities(self, logs: Array) -> Array:
        """The law's slope along each axis; of a ratio the mean size of its inputs' two.

        Along the size, the mean log input, all inputs grow alike.
        """
        predictor = Predictor(self.law, self.held)
        slopes = []
        for j in range(len(logs)):
            moved = logs.astype(complex)
            moved[j] += 1j * STEP
            scaled = {
                item.symbol: 2.0 * np.exp(u) - 1.0 if item.zero else np.exp(u)
                for item, u in zip(self.law.inputs, moved, strict=True)
            }
            slopes.append(np.broadcast_to(predictor.log(scaled), logs.shape[1:]).imag / STEP)
        sizes = [(abs(a) + abs(b)) / 2 for a, b in combinations(slopes, 2)]
        return np.stack([*slopes, *sizes, *([np.sum(slopes, axis=0)] if sizes else [])])


def _logs(law: Law, inputs: Mapping[str, Any], reference: Mapping[str, float]) -> Array:
    """Logs of inputs over the reference run, shape (n_inputs, n_points).

    Where zero is legal, of the mean of input and reference: it is finite at zero.
    """
    ratios = [np.asarray(inputs[item.symbol]) / reference[item.symbol] for item in law.inputs]
    return np.stack(
        [
            np.log((ratio + 1.0) / 2.0 if item.zero else ratio)
            for item, ratio in zip(law.inputs, ratios, strict=True)
        ]
    )


def _axes(logs: Array) -> Array:
    """Logs of the inputs, of their ratios, and of the size, shape (n_axes, n_points)."""
    ratios = [later - earlier for earlier, later in combinations(logs, 2)]
    return np.stack([*logs, *ratios, *([logs.mean(axis=0)] if ratios else [])])


def _edges(law: Law, inputs: Mapping[str, Any], reference: Mapping[str, float]) -> Array:
    """Range of runs along each axis, shape (n_axes, 2)."""
    axes = _axes(_logs(law, inputs, reference))
    return np.stack([axes.min(axis=1), axes.max(axis=1)], axis=1)


def _hats(at: Array, weight: Array) -> Array:
    """Weights spread over the two knots beside each place, summed along the way."""
    at = np.clip(at, -FURTHEST, FURTHEST - 1e-9) + FURTHEST
    knot = np.floor(at).astype(int)
    share = at - knot
    count = 2 * FURTHEST + 1
    rows = np.arange(len(at))[:, None] * count
    flat = np.bincount((rows + knot).ravel(), ((1 - share) * weight).ravel(), len(at) * count)
    flat += np.bincount((rows + knot + 1).ravel(), (share * weight).ravel(), len(at) * count)
    return flat.reshape(len(at), count)


def _share_above(ends: Array, edge: float) -> Array:
    """Share of each step of a way that lies above an edge; ends have shape (n, n_steps + 1)."""
    low, high = np.sort([ends[:, :-1], ends[:, 1:]], axis=0)
    width = np.maximum(high - low, 1e-300)
    return np.asarray(np.clip((high - edge) / width, 0.0, 1.0))


@dataclass(frozen=True, eq=False)
class DrawnSlopes:
    """Errors of the slopes in each draw, at any point.

    Attributes
    ----------
    slopes : Slopes
    within : ndarray, shape (n_draws, n_coefficients)
        Coefficients of the process, its SD included.
    beyond : ndarray, shape (n_draws, 2 * n_axes)
        Further slopes outside the data.
    """

    slopes: Slopes
    within: Array
    beyond: Array

    @classmethod
    def draw(
        cls, slopes: Slopes, told: Array, free: Mapping[str, Array], rng: np.random.Generator
    ) -> DrawnSlopes:
        """Draw what the runs do not tell, beside what they do.

        Parameters
        ----------
        slopes : Slopes
        told : ndarray, shape (n_draws, DIRECTIONS)
            Coefficients along the directions that the runs speak of.
        free : mapping of str to ndarray, shape (n_draws,)
            Free parameters.
        rng : numpy.random.Generator
        """
        size, width = len(told), len(slopes.told)
        whole = paired_normal(rng, size, width)
        whole += (told - whole @ slopes.told) @ slopes.told.T
        beyond = paired_normal(rng, size, 2 * len(slopes.edges))
        return cls(slopes, free[SLOPE_ERROR][:, None] * whole, free[SLOPE_BEYOND][:, None] * beyond)

    def __call__(self, inputs: Mapping[str, Any]) -> Array:
        """What they add to the log response at points, shape (n_draws, n_points).

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_points,) or (n_draws, n_points)
            Raw; the same for all draws, or each draw's own.
        """
        shape = np.broadcast_shapes(*(np.shape(x) for x in inputs.values()))
        flat = {name: np.broadcast_to(x, shape).ravel() for name, x in inputs.items()}
        within, beyond = self.slopes.columns(flat)
        if len(shape) < 2:
            return np.asarray(self.within @ within.T + self.beyond @ beyond.T)
        own = [part.reshape(*shape, -1) for part in (within, beyond)]
        return np.asarray(
            np.einsum("dpk,dk->dp", own[0], self.within)
            + np.einsum("dpk,dk->dp", own[1], self.beyond)
        )

    def at_knots(self) -> list[Array]:
        """Error of the slope at the knots of each axis, each of shape (n_draws, n_knots)."""
        axes = np.split(self.within, len(self.slopes.edges), axis=1)
        return [part @ self.slopes.root.T for part in axes]

    def pick(self, draws: Any) -> DrawnSlopes:
        """The same at some of the draws, by index or slice."""
        return DrawnSlopes(self.slopes, self.within[draws], self.beyond[draws])
