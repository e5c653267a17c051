"""Forecasts for later points of a training run that was observed: its error goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bayescale.errors import InputError
from bayescale.law import NOISE_LENGTH, NOISE_SCALE, Array
from bayescale.noise import NEAREST
from bayescale.posterior.data import ONE_RUN

if TYPE_CHECKING:
    import pandas as pd

    from bayescale.posterior.fit import Fit

Labels = npt.NDArray[Any]
NEW_RUN = ""


def split_names(fit: Fit, at: Any) -> tuple[Any, Labels | None]:
    """Take the names of training runs out of a forecast's points.

    Parameters
    ----------
    fit : Fit
    at : mapping or pandas.DataFrame
        May have a column ``run``, or of the name that the runs were read with: the name of an
        observed training run that the point continues; empty for a new one.

    Returns
    -------
    at : mapping or pandas.DataFrame
        Without that column.
    names : ndarray or None
        As given, one or several.

    Raises
    ------
    InputError
        If the runs were read without names.
    """
    wanted = [name for name in ("run", fit.provenance["run"]) if name and name in at]
    if not wanted or "run" in fit.law.input_symbols:
        return at, None
    if fit.groups is None:
        raise InputError(
            f"The points name training runs in {wanted[0]!r}, and the observed runs were read "
            "without: read them with run= (--run) and the column that names them."
        )
    rest = {name: at[name] for name in at if name not in wanted}
    return rest, np.atleast_1d(np.asarray(at[wanted[0]], dtype=object))


def last_rows(fit: Fit, points: pd.DataFrame, names: Labels | None) -> npt.NDArray[np.int64]:
    """Index of the observed row that each point follows in its run, -1 for a new run.

    Raises
    ------
    InputError
        If a named run was not observed.
    """
    count = len(points)
    if fit.groups is None:
        return np.full(count, -1)
    if names is None:
        # Points of a learning curve go on from it; else a point is a run of its own.
        names = np.full(count, ONE_RUN if (fit.groups == ONE_RUN).all() else NEW_RUN)
    names = np.broadcast_to(names, count)
    unknown = sorted({str(name) for name in names} - set(fit.groups) - {NEW_RUN})
    if unknown:
        known = sorted(set(fit.groups))
        shown = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")
        raise InputError(
            f"There is no observed training run {', '.join(map(repr, unknown))} to go on from; "
            f"leave the name empty for a new run. Observed: {shown}."
        )
    seen, at = fit.inputs[fit.growing], points[fit.growing].to_numpy(dtype=float)
    rows = np.full(count, -1)
    for k, name in enumerate(names):
        before = np.flatnonzero((fit.groups == name) & (seen <= at[k] * (1 + 1e-9)))
        if before.size:
            rows[k] = before[np.argmax(seen[before])]
    return rows


def carry_on(
    fit: Fit, inputs: Mapping[str, Array], rows: npt.NDArray[np.int64]
) -> tuple[Array, Array]:
    """What the last residual of a run says about later points of it.

    Parameters
    ----------
    fit : Fit
    inputs : mapping of str to ndarray, shape (n_points,)
    rows : ndarray of int, shape (n_points,)
        From :func:`last_rows`.

    Returns
    -------
    shift : ndarray, shape (n_draws, n_points)
        To be added to the log curve.
    scale : ndarray, shape (n_draws, n_points)
        Scale of the noise that is left.
    """
    scale = fit.curve.free[NOISE_SCALE][:, None]
    if fit.groups is None or (rows < 0).all():
        return np.zeros((len(scale), len(rows))), np.broadcast_to(scale, (len(scale), len(rows)))
    seen = fit.inputs
    last = {name: values[rows] for name, values in seen.items()}
    residual = np.log(fit.response[rows]) - np.log(fit.curve(last))
    gap = np.log(inputs[fit.growing] / last[fit.growing])
    rho = np.exp(-np.maximum(gap, NEAREST) / fit.curve.free[NOISE_LENGTH][:, None])
    rho = np.where(rows < 0, 0.0, rho)
    return rho * residual, scale * np.sqrt(1 - rho**2)
