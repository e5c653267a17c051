"""Least values on a grid that zooms in: global first, then as exact as floating point allows.

Many independent problems are solved at once. No derivative is asked for, infinite values mark
what is not allowed, and a change of the objective's unit changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np

from bayescale.law.prior import Array

# Of coordinates (n_problems, n_points, n_coordinates), the values (n_problems, n_points).
Objective = Callable[[Array], Array]
_POINTS = {1: 17, 2: 7, 3: 5}


def grid(low: Array, high: Array, points: int) -> Array:
    """A full grid with so many points along each coordinate, (n_points**k, k)."""
    axes = [np.linspace(a, b, points) for a, b in zip(low, high, strict=True)]
    if not axes:
        return np.zeros((1, 0))
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=-1)


def coarse_grid(low: Array, high: Array, counts: Mapping[int, int]) -> tuple[Array, Array]:
    """A full grid with so many points by the number of coordinates, and its spacing, (k,)."""
    count = counts.get(len(low), 5)
    return grid(low, high, count), (high - low) / max(count - 1, 1)


def zoom(
    objective: Objective, start: Array, cell: Array, low: Array, high: Array, to: float = 1e-8
) -> Array:
    """Narrow a grid around the best point of each problem.

    Parameters
    ----------
    objective : callable
    start : ndarray, shape (n_problems, k)
        The best points of a coarse grid.
    cell : ndarray, shape (k,)
        Spacing of that grid.
    low, high : ndarray, shape (k,)
        Where the coordinates end.
    to : float, default 1e-8
        Spacing of the last grid.

    Returns
    -------
    ndarray, shape (n_problems, k)
    """
    best, width = start, np.array(cell, dtype=float)
    if not best.shape[1]:
        return best
    count = _POINTS.get(best.shape[1], 3)
    while width.max() > to:
        # A cell and a half to each side, so that a neighbour of the best is never cut off.
        offsets = grid(-1.5 * width, 1.5 * width, count)
        points = np.clip(best[:, None, :] + offsets, low, high)
        values = objective(points)
        chosen = np.argmin(values, axis=1)
        best = points[np.arange(len(points)), chosen]
        width = width * 3.0 / (count - 1)
    return best


def polish(objective: Objective, best: Array, low: Array, high: Array, step: float) -> Array:
    """Move to the vertex of a parabola through three points, where there is one coordinate.

    Values of a smooth function tell its minimum to half their digits only; differences a
    step apart tell it better.
    """
    if best.shape[1] != 1:
        return best
    points = best[:, None, :] + step * np.array([-1.0, 0.0, 1.0])[:, None]
    inside = (points >= low).all(axis=(1, 2)) & (points <= high).all(axis=(1, 2))
    left, middle, right = objective(np.clip(points, low, high)).T
    with np.errstate(invalid="ignore", divide="ignore"):
        bend = left - 2 * middle + right
        move = 0.5 * step * (left - right) / bend
        sound = inside & (bend > 0) & (np.abs(move) < 2 * step)
    return np.where(sound, best[:, 0] + np.where(sound, move, 0.0), best[:, 0])[:, None]


@dataclass(frozen=True, eq=False)
class Between:
    """Values between the places of a full grid, each problem's own, by cubic convolution.

    Parameters
    ----------
    values : ndarray, shape (n_problems, n_points)
        On the grid of :func:`coarse_grid`.
    low, high : ndarray, shape (k,)
        Where the grid ends.

    References: Keys (1981), doi:10.1109/TASSP.1981.1163711.
    """

    values: Array
    low: Array
    high: Array

    def __call__(self, at: Array) -> Array:
        """Values at coordinates (n_problems, n_points, k), shape (n_problems, n_points)."""
        wide, k = self._wide, len(self.low)
        size, count = len(wide), wide.shape[1] - 2
        place = (at - self.low) / np.maximum(self.high - self.low, 1e-300) * (count - 1)
        first = np.clip(np.floor(place), 0, count - 2).astype(int)
        t = np.clip(place - first, 0.0, 1.0)
        shares = (
            t * (-0.5 + t * (1.0 - 0.5 * t)),
            1.0 + t * t * (1.5 * t - 2.5),
            t * (0.5 + t * (2.0 - 1.5 * t)),
            t * t * (0.5 * t - 0.5),
        )
        found, row = np.zeros(at.shape[:2]), np.arange(size)[:, None]
        for step in product(range(4), repeat=k):
            share = np.prod([shares[s][..., j] for j, s in enumerate(step)], axis=0)
            found += share * wide[(row, *(first[..., j] + s for j, s in enumerate(step)))]
        return found

    @cached_property
    def _wide(self) -> Array:
        """With one more place at each end, on the line through the last two, (n_problems, ...)."""
        size, k = len(self.values), len(self.low)
        count = round(self.values.shape[1] ** (1 / k))
        grid = self.values.reshape(size, *[count] * k)
        return np.pad(grid, [(0, 0), *[(1, 1)] * k], mode="reflect", reflect_type="odd")
