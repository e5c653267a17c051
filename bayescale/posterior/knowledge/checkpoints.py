"""Whether rows look like checkpoints of training runs that no column names.

Rows of one training run follow each other in a table: all inputs but one stay, and that one grows.
Separate runs may be listed so too. What tells them apart is what they miss of the law: the next
checkpoint misses as much, another run does not. What is smooth in the inputs is left out: that is
what a law lacks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from bayescale.errors import Problem
from bayescale.law.prior import Array
from bayescale.posterior.data import ModelData
from bayescale.posterior.knowledge.diagnostics import Diagnostics
from bayescale.posterior.predictor import Curve
from bayescale.runs.relations import relations
from bayescale.runs.runs import Runs

# Rows that a stretch has at least, pairs of them in all, and the share of all rows in stretches.
_ROWS, _PAIRS, _SHARE = 4, 12, 0.5
# Correlation of what neighbours miss: .75 and .99 in two published tables of checkpoints, .52 in
# one of separate runs that are listed alike.
_ALIKE = 0.65
_DRAWS = 200


@dataclass(frozen=True, eq=False)
class Stretches:
    """Consecutive rows in which one input grows and all others stay.

    Attributes
    ----------
    growing : str
        The input that grows.
    labels : ndarray of int, shape (n_rows,)
        Which stretch each row is in.
    following : ndarray of int
        Rows that follow another one in a stretch of at least four.
    share : float
        Of all rows in such stretches.
    """

    growing: str
    labels: npt.NDArray[np.int64]
    following: npt.NDArray[np.int64]
    share: float


def with_checkpoints(
    diagnostics: Diagnostics, runs: Runs, data: ModelData, curve: Curve
) -> Diagnostics:
    """Tell to name the runs of checkpoints, in the place of comparing laws."""
    found = unnamed_checkpoints(runs, data, curve)
    if found is None:
        return diagnostics
    kept = [problem for problem in diagnostics.problems if problem.code != "lack-of-fit"]
    return replace(diagnostics, problems=(*kept, found))


def unnamed_checkpoints(runs: Runs, data: ModelData, curve: Curve) -> Problem | None:
    """A warning where rows look like checkpoints, and no column was named.

    Parameters
    ----------
    runs : Runs
    data : ModelData
        Of the same runs.
    curve : Curve
        The posterior.

    Returns
    -------
    Problem or None
    """
    found = None if data.groups is not None else stretches(data)
    if found is None or len(found.following) < _PAIRS or found.share < _SHARE:
        return None
    some = curve.pick(slice(None, None, max(1, curve.n_draws // _DRAWS)))
    missed = _rough(np.log(data.response) - np.median(np.log(some(data.inputs)), axis=0), data)
    with np.errstate(invalid="ignore"):
        alike = np.corrcoef(missed[found.following], missed[found.following - 1])[0, 1]
    if not alike >= _ALIKE:
        return None
    others = " and ".join(name for name in data.inputs if name != found.growing)
    count = len(np.unique(found.labels))
    column = _naming(runs, found.labels)
    name = (
        f"name it, run={column!r} (--run {column})"
        if column
        else "add a column that names it, and read the runs with run= (--run COLUMN)"
    )
    return Problem(
        "checkpoints",
        "warning",
        f"Consecutive rows share {others} while {found.growing} grows, and each misses the law as "
        f"the one before it does (correlation {alike:.2f}): they look like checkpoints of {count} "
        f"training run{'s' * (count > 1)}. If a column says which run a row is of, {name}; until "
        "then each row counts as a run of its own, and intervals are too narrow.",
        {"growing": found.growing, "column": column, "correlation": float(alike)},
    )


def _rough(missed: Array, data: ModelData) -> Array:
    """What is missed, less squares and products of log inputs: another law may take those up."""
    logs = [np.log(x) for x in data.inputs.values() if (x > 0).all() and np.ptp(x) > 0]
    z = [np.ones(len(missed)), *((log - log.mean()) / log.std() for log in logs)]
    smooth = np.stack([a * b for a, b in combinations_with_replacement(z, 2)], axis=1)
    return np.asarray(missed - smooth @ np.linalg.lstsq(smooth, missed)[0])


def stretches(data: ModelData) -> Stretches | None:
    """The longest stretches along any input; None for a law of one input."""
    products = {found.symbol for found in relations(data.inputs) if len(found.powers) > 1}
    inputs = {name: x for name, x in data.inputs.items() if name not in products}
    best: Stretches | None = None
    if len(inputs) < 2:
        return None
    for growing, x in inputs.items():
        stay = [other[1:] == other[:-1] for name, other in inputs.items() if name != growing]
        follows = np.r_[False, np.all(stay, axis=0) & (x[1:] > x[:-1])]
        labels = np.cumsum(~follows)
        long = np.bincount(labels)[labels] >= _ROWS
        found = Stretches(growing, labels, np.flatnonzero(follows & long), float(long.mean()))
        if best is None or len(found.following) > len(best.following):
            best = found
    return best


def _naming(runs: Runs, labels: npt.NDArray[np.int64]) -> str:
    """The column that best names the stretches: one value in each, and the most values."""
    symbols = {*runs.law.input_symbols, runs.law.response.symbol}
    names, best = "", 1
    for column in runs.table:
        if column in symbols:
            continue
        values = runs.table[column].astype(str)
        if (values.groupby(labels).nunique() == 1).all() and values.nunique() > best:
            names, best = str(column), int(values.nunique())
    return names
