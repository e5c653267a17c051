"""How wrong a law may be beyond the data.

A law is only right about the further change up to a share ``tau`` of it:

    log y(x) = log f(x) + tau * z * (log f(x) - log f(nearest)),   z ~ Normal(0, 1)

``nearest`` is the observed run that the forecast starts from: among the runs that are no
larger in any input, the one with the most similar predicted response; where there is none,
the nearest in log inputs. At observed runs the discrepancy is zero, far out it grows with
what the law says is still to come. One ``tau`` and one ``z`` per draw, so that the curves of
all points bend together. The prior of ``tau`` is learned from public runs that were held out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bayescale.law import Array

if TYPE_CHECKING:
    from bayescale.posterior.fit import Fit


def discrepancy(
    fit: Fit,
    inputs: Mapping[str, Array],
    location: Array,
    rows: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> tuple[Array, str]:
    """Draw the discrepancy of the log response.

    Parameters
    ----------
    fit : Fit
    inputs : mapping of str to ndarray, shape (n_points,)
        Raw inputs of the points.
    location : ndarray, shape (n_draws, n_points)
        Log of the law's curve there.
    rows : ndarray of int, shape (n_points,)
        Observed row that a point follows in its training run, where it goes on from; else -1.
    rng : numpy.random.Generator

    Returns
    -------
    shift : ndarray, shape (n_draws, n_points)
    sentence : str
        What was allowed for, with numbers.
    """
    observed = fit.inputs
    # Many runs share their place; each place is evaluated once.
    unique = np.unique(np.stack(list(observed.values())), axis=1)
    places = dict(zip(observed, unique, strict=True))
    seen = np.log(fit.curve.pick(slice(None, None, 10))(places))
    start = _starting_runs(places, inputs, seen, location)
    origin = {n: np.where(rows < 0, x[start], observed[n][rows]) for n, x in places.items()}
    change = location - np.log(fit.curve(origin))
    tau = fit.law.discrepancy.draw(rng, len(location))
    shift = (tau * rng.standard_normal(len(location)))[:, None] * change
    low, high = np.quantile(tau, [0.05, 0.95])
    return shift, (
        f"Beyond the data the law's further change is taken to be right to ± {np.median(tau):.0%} "
        f"of it (one SD; 90% between {low:.0%} and {high:.0%})."
    )


def _starting_runs(
    places: Mapping[str, Array], inputs: Mapping[str, Array], seen: Array, location: Array
) -> Array:
    """Index of the observed place that each point's forecast starts from, shape (n_points,)."""
    here = np.stack([inputs[name] for name in places])[:, :, None]
    there = np.stack(list(places.values()))[:, None, :]
    # Inputs that come from a product or a table may differ by rounding.
    inside = (there <= here * (1 + 1e-9)).all(axis=0)
    unlike = np.abs(np.median(location, 0)[:, None] - np.median(seen, 0)[None, :])
    spread = np.log(np.maximum(there, 1e-300)).std(axis=-1, keepdims=True)
    gap = np.log(np.maximum(here, 1e-300)) - np.log(np.maximum(there, 1e-300))
    distance = np.square(gap / np.where(spread > 0, spread, 1.0)).sum(axis=0)
    similar = np.where(inside, unlike, np.inf).argmin(axis=1)
    return np.where(inside.any(axis=1), similar, distance.argmin(axis=1))
