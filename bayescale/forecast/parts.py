"""What a fit says of new points, in the parts that a forecast is put together from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bayescale.forecast.continuation import carry_on
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF

if TYPE_CHECKING:
    from bayescale.posterior.fit import Fit

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """A law's forecast on the log scale, before any discrepancy.

    Attributes
    ----------
    location, scale, dof : ndarray, shape (n_draws, n_points)
        Of the Student-t of the log response of a new observation.
    change : ndarray, shape (n_draws, n_points)
        What the law says the log response still changes beyond the data.
    """

    location: Array
    scale: Array
    dof: Array
    change: Array

    def pick(self, draws: Rows) -> Parts:
        """Some of the draws at each point, by index of shape (n_picked, n_points)."""
        fields = (getattr(self, name) for name in self.__dataclass_fields__)
        return Parts(*(np.take_along_axis(field, draws, axis=0) for field in fields))


def parts_of(fit: Fit, inputs: Mapping[str, Array], rows: Rows) -> Parts:
    """Evaluate a fit at new points.

    Parameters
    ----------
    fit : Fit
    inputs : mapping of str to ndarray, shape (n_points,)
        Raw inputs.
    rows : ndarray of int, shape (n_points,)
        Observed row that a point follows in its training run, where it goes on from; else -1.
    """
    curve = np.log(fit.curve(inputs))
    carried, scale = carry_on(fit, inputs, curve, rows)
    change = curve - np.log(fit.curve(_origins(fit, inputs, curve, rows)))
    if fit.runs_gain:
        # Of a run that goes on, its own rows have said how differently it gains.
        change = np.where(rows < 0, change, 0.0)
    dof = np.broadcast_to(fit.curve.free[NOISE_DOF][:, None], curve.shape)
    return Parts(curve + carried, scale, dof, change)


def pool(
    several: Sequence[Parts], weights: Array, spread: float, rng: np.random.Generator
) -> Parts:
    """Average forecasts of several laws on the log scale, draw by draw.

    At each point draws are put in the order of their forecast, so that high goes with high:
    the average has the laws' middle and their mean width. The weights of a draw come from a
    Dirichlet distribution around the laws' weights, so that laws which disagree at a point
    widen the forecast there.

    Parameters
    ----------
    several : sequence of Parts
        On the same points.
    weights : ndarray, shape (n_laws,)
    spread : float
        Concentration of the Dirichlet distribution: large gives every draw the same weights,
        near zero each draw to one law.
    rng : numpy.random.Generator
    """
    size = min(len(parts.location) for parts in several)
    ordered = []
    for parts in several:
        even = evenly(len(parts.location), size)
        ordered.append(parts.pick(np.argsort(parts.location, axis=0, kind="stable")[even]))
    share = spread_weights(weights, spread, size, rng)

    def mean(name: str, *, log: bool) -> Array:
        values = [getattr(parts, name) for parts in ordered]
        total = sum(
            share[:, k, None] * (np.log(value) if log else value) for k, value in enumerate(values)
        )
        return np.asarray(np.exp(total) if log else total)

    return Parts(
        mean("location", log=False),
        mean("scale", log=True),
        mean("dof", log=True),
        mean("change", log=False),
    )


def evenly(count: int, size: int) -> Rows:
    """``size`` positions spread evenly over ``count``, both ends among them."""
    return np.linspace(0, count - 1, size).round().astype(np.int64)


def spread_weights(weights: Array, spread: float, size: int, rng: np.random.Generator) -> Array:
    """Weights of the laws in each draw, shape (size, n_laws); see :func:`pool`."""
    used = weights > 0
    share = np.zeros((size, len(weights)))
    share[:, used] = rng.dirichlet(spread * weights[used], size)
    return share


def _origins(fit: Fit, inputs: Mapping[str, Array], curve: Array, rows: Rows) -> dict[str, Array]:
    """Observed run that each point's forecast starts from, as raw inputs.

    Among the runs that are no larger in any input the one with the most similar predicted
    response; where there is none, the nearest in standardised log inputs.
    """
    observed = fit.inputs
    there, seen = fit.observed_places
    places = dict(zip(observed, there, strict=True))
    here = np.stack([inputs[name] for name in places])
    unlike = np.abs(np.median(curve, axis=0)[:, None] - seen[None, :])
    # Inputs that come from a product or a table may differ by rounding.
    inside = (there[:, None, :] <= here[:, :, None] * (1 + 1e-9)).all(axis=0)
    similar = np.where(inside, unlike, np.inf).argmin(axis=1)
    start = np.where(inside.any(axis=1), similar, _nearest(here, there))
    return {name: np.where(rows < 0, places[name][start], observed[name][rows]) for name in places}


def _nearest(here: Array, there: Array) -> Rows:
    """Index of the nearest place to each point; zeros count as the smallest positive value."""
    logs = [np.log(np.maximum(x, np.min(there[there > 0]))) for x in (here, there)]
    width = logs[1].std(axis=1, keepdims=True)
    scaled = [x / np.where(width > 0, width, 1.0) for x in logs]
    distance = np.square(scaled[0][:, :, None] - scaled[1][:, None, :]).sum(axis=0)
    return np.asarray(distance.argmin(axis=1))
