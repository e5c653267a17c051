"""Forecasts for later points of a training run that was observed: its error goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayescale.errors import InputError
from bayescale.law.noise import NEAREST, bond_parameters, row_scale, shared
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_GAIN, NOISE_LEVEL
from bayescale.posterior.data import ModelData
from bayescale.runs.runs import Runs

Labels = npt.NDArray[Any]
NEW_RUN = ""


def split_names(runs: Runs, groups: Labels | None, at: Any) -> tuple[Any, Labels | None]:
    """Take the names of training runs out of a forecast's points.

    Parameters
    ----------
    runs : Runs
        That were fitted.
    groups : ndarray or None
        Label of the training run of each of their rows.
    at : mapping or pandas.DataFrame
        May have a column ``run``, or of the name that the runs were read with: the name of an
        observed training run that the point continues; empty for a new one. In a DataFrame
        other names stand for new runs too, and where the runs were read without names the
        column is one of others that do not matter.

    Returns
    -------
    at : mapping or pandas.DataFrame
        Without that column.
    names : ndarray or None
        As given, one or several.

    Raises
    ------
    InputError
        If a mapping names a run that was not observed.
    """
    wanted = [name for name in (runs.run, "run") if name and name in at]
    if not wanted or "run" in runs.law.input_symbols:
        return at, None
    if isinstance(at, pd.DataFrame):
        if groups is None:
            return at, None
        names = at[wanted[0]].astype(str)
        known = names.where(names.isin(np.unique(groups)), NEW_RUN)
        return at.drop(columns=wanted), known.to_numpy(dtype=object)
    if groups is None:
        raise InputError(
            f"The points name training runs in {wanted[0]!r}, and the observed runs were read "
            "without: read them with run= (--run) and the column that names them."
        )
    rest = {name: at[name] for name in at if name not in wanted}
    return rest, np.atleast_1d(np.asarray(at[wanted[0]], dtype=object))


def last_rows(
    data: ModelData, inputs: Mapping[str, Array], names: Labels | None
) -> npt.NDArray[np.int64]:
    """Index of the observed row that each point follows in its run, -1 for a new run.

    Raises
    ------
    InputError
        If a named run was not observed.
    """
    count, groups = len(next(iter(inputs.values()))), data.groups
    if groups is None:
        return np.full(count, -1)
    if names is None:
        # Points of a learning curve go on from it; else a point is a run of its own.
        only = np.unique(groups)
        names = np.full(count, only[0] if len(only) == 1 else NEW_RUN)
    names = np.broadcast_to(names, count)
    unknown = sorted({str(name) for name in names} - set(groups) - {NEW_RUN})
    if unknown:
        known = sorted(set(groups))
        shown = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")
        raise InputError(
            f"There is no observed training run {', '.join(map(repr, unknown))} to go on from; "
            f"leave the name empty for a new run. Observed: {shown}."
        )
    seen, at = data.inputs[data.growing], inputs[data.growing]
    rows = np.full(count, -1)
    for k, name in enumerate(names):
        before = np.flatnonzero((groups == name) & (seen <= at[k] * (1 + 1e-9)))
        if before.size:
            rows[k] = before[np.argmax(seen[before])]
    return rows


def carry_on(
    log_curve: Callable[[Mapping[str, Array]], Array],
    free: Mapping[str, Array],
    data: ModelData,
    inputs: Mapping[str, Array],
    curve: Array,
    rows: npt.NDArray[np.int64],
) -> tuple[Array, Array]:
    """What the observed rows of a run say about later points of it.

    Parameters
    ----------
    log_curve : callable
        From raw inputs to the log of the law's curve, discrepancy included.
    free : mapping of str to ndarray, shape (n_draws, 1)
        Free parameters.
    data : ModelData
        The observed rows.
    inputs : mapping of str to ndarray, shape (n_points,)
        Of the points.
    curve : ndarray, shape (n_draws, n_points)
        Log of the law's curve there.
    rows : ndarray of int, shape (n_points,)
        From :func:`last_rows`.

    Returns
    -------
    shift : ndarray, shape (n_draws, n_points)
        To be added to the log curve.
    scale : ndarray, shape (n_draws, n_points)
        Scale of the noise that is left; for a new run with its own level and gain unknown.
    """
    own_scale = np.broadcast_to(row_scale(free, data.sizes(inputs)), curve.shape)
    scale = own_scale
    if NOISE_GAIN in free:
        own = free[NOISE_GAIN] * (curve - _early(log_curve, data, inputs))
        scale = np.sqrt(scale**2 + free[NOISE_LEVEL] ** 2 + own**2)
    if (rows < 0).all():
        return np.zeros(curve.shape), scale
    bond, links, log_y = bond_parameters(free), data.continuation, np.log(data.response)
    seen = log_curve(data.inputs)
    gap = np.log(inputs[data.growing] / data.inputs[data.growing][rows])
    rho = np.exp(-np.maximum(gap, NEAREST) / bond["length"])
    shift = rho * (log_y - seen)[:, rows]
    variance = own_scale**2 * (1 - rho**2)
    if "gain" in bond:
        first = seen[:, links.first[rows]]
        slope = (curve - first) - rho * (seen[:, rows] - first)
        of_rows = row_scale(free, data.sizes(data.inputs))
        known = shared(seen, log_y, links, of_rows, **bond).pick(rows)
        shift = shift + known.mean(1 - rho, slope)
        variance = variance + known.variance(1 - rho, slope)
    new = rows < 0
    return np.where(new, 0.0, shift), np.where(new, scale, np.sqrt(variance))


def early(data: ModelData) -> float:
    """Where named runs have their first row, in the input that grows along them."""
    firsts = data.inputs[data.growing][np.unique(data.continuation.first)]
    return float(np.exp(np.log(firsts).mean()))


def _early(
    log_curve: Callable[[Mapping[str, Array]], Array], data: ModelData, inputs: Mapping[str, Array]
) -> Array:
    """Log of the law's curve where a new run would have its first row, (n_draws, n_points)."""
    start = np.minimum(early(data), inputs[data.growing])
    return log_curve({**inputs, data.growing: start})
