"""Which runs a backtest hides: the largest ones, since that is where forecasts are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bayescale.errors import InputError
from bayescale.law.prior import Array
from bayescale.numbers import format_number, parse_number
from bayescale.runs.runs import Runs

Mask = npt.NDArray[np.bool_]
# Fewer would leave nothing to fit or to score.
SMALLEST_TRAIN = 3
# Runs whose inputs differ by no more than this factor are at nearly one place.
NEARLY = 1.25
# Shares of the runs that are proposed in the place of one that leaves too few.
_SHARES = (0.3, 0.2, 0.1)


@dataclass(frozen=True)
class Fold:
    """One cut of a table: rows that are fitted and rows that are forecast.

    Attributes
    ----------
    name : str
        What was hidden, e.g. ``N > 4B``.
    train, test : ndarray of bool, shape (n_runs,)
    """

    name: str
    train: Mask
    test: Mask


def size(inputs: Mapping[str, Array]) -> Array:
    """Size of each run, shape (n_runs,): the mean log of its inputs, zeros taken as smallest.

    For parameters and tokens this orders runs by training compute.
    """
    return np.asarray(np.mean(_logs(inputs), axis=0))


def _logs(inputs: Mapping[str, Array]) -> list[Array]:
    """Log of each input, zeros taken as smallest."""
    positive = ((x, x[x > 0]) for x in inputs.values())
    return [np.log(np.maximum(x, some.min() if some.size else 1.0)) for x, some in positive]


def folds(runs: Runs, hold_out: Any) -> tuple[Fold, ...]:
    """Cut a table of runs.

    Parameters
    ----------
    runs : Runs
    hold_out : float, mapping, str, array of bool, or sequence of these
        A share of the runs, the largest ones; ``{"N": "4B"}``: all with N above it; a column
        whose value ``test`` marks the hidden rows and ``train`` the fitted ones; a mask, True
        where hidden; several of these, one fold each; ``"rolling"``: the largest half, then
        the largest third, then the largest sixth.

    Returns
    -------
    tuple of Fold

    Raises
    ------
    InputError
        If a cut cannot be read, or leaves fewer than three runs to fit or none to forecast.
    """
    if isinstance(hold_out, str) and hold_out == "rolling":
        hold_out = [1 / 2, 1 / 3, 1 / 6]
    several = isinstance(hold_out, Sequence) and not isinstance(hold_out, str)
    if several and not all(isinstance(item, bool | np.bool_) for item in hold_out):
        return tuple(_fold(runs, item) for item in hold_out)
    return (_fold(runs, hold_out),)


def ladder(runs: Runs, shares: Sequence[float]) -> tuple[Fold, ...]:
    """Hide the largest runs, several times, from the smallest part that is fitted upwards.

    Where a column names at least six training runs each is hidden or fitted whole, by its
    largest row: how a run goes on says little of runs that nobody has started.

    Parameters
    ----------
    runs : Runs
    shares : sequence of float
        Of the runs, to hide; those that leave fewer than three rows to fit are left out.
    """
    sizes, groups = size(runs.inputs), runs.groups
    if groups is not None and len(np.unique(groups)) >= 2 * SMALLEST_TRAIN:
        _, place = np.unique(groups, return_inverse=True)
        ends = np.full(place.max() + 1, -np.inf)
        np.maximum.at(ends, place, sizes)
        sizes, counted = ends[place], ends
    else:
        counted = sizes
    found: dict[bytes, Fold] = {}
    for share in sorted(shares, reverse=True):
        cut = _hidden_above(float(np.quantile(counted, 1 - _share(share))), share, sizes)
        if _enough(cut):
            found.setdefault(cut.test.tobytes(), cut)
    return tuple(found.values())


def places(inputs: Mapping[str, Array]) -> Array:
    """What each run counts as beside others at nearly its place, shape (n_runs,).

    One over the number of runs, itself included, within a factor of 1.25 in every input: seeds
    of one design, or neighbouring checkpoints, count as one run together.
    """
    from scipy.spatial import KDTree

    logs = np.stack(_logs(inputs), axis=1)
    near = KDTree(logs).query_ball_point(logs, np.log(NEARLY), p=np.inf, return_length=True)
    return np.asarray(1.0 / near)


def _enough(cut: Fold) -> bool:
    return bool(cut.train.sum() >= SMALLEST_TRAIN and cut.test.any())


def _fold(runs: Runs, cut: Any) -> Fold:
    if isinstance(cut, Mapping):
        fold = _above(runs, cut)
    elif isinstance(cut, str):
        fold = _by_column(runs, cut)
    elif isinstance(cut, int | float) and not isinstance(cut, bool):
        fold = _largest(runs, float(cut))
    else:
        hidden = np.asarray(cut)
        if hidden.dtype != bool or hidden.shape != (len(runs),):
            raise InputError(
                f"A mask of hidden runs is {len(runs)} times True or False; this one is "
                f"{hidden.dtype} of shape {hidden.shape}."
            )
        fold = Fold("chosen runs", ~hidden, hidden)
    if not _enough(fold):
        raise InputError(
            f"Hiding {fold.name} leaves {fold.train.sum()} runs to fit and {fold.test.sum()} to "
            f"forecast; at least {SMALLEST_TRAIN} and 1 are needed: {_instead(runs)}."
        )
    return fold


def _instead(runs: Runs) -> str:
    """What to hide of a table that leaves enough, in a few words."""
    for share in _SHARES:
        if _enough(_largest(runs, share)):
            return f"hide the largest {share:.0%} with hold_out={share:g} (--hold-out {share:g})"
    return f"add runs, these {len(runs)} are too few to hide any of them"


def _largest(runs: Runs, share: float) -> Fold:
    sizes = size(runs.inputs)
    return _hidden_above(float(np.quantile(sizes, 1 - _share(share))), share, sizes)


def _share(share: float) -> float:
    if not 0 < share < 1:
        raise InputError(f"A share of runs to hide lies between 0 and 1, e.g. 0.3, not {share:g}.")
    return share


def _hidden_above(limit: float, share: float, sizes: Array) -> Fold:
    hidden = sizes > limit
    return Fold(f"the largest {share:.0%}", ~hidden, hidden)


def _above(runs: Runs, cut: Mapping[str, Any]) -> Fold:
    hidden = np.zeros(len(runs), dtype=bool)
    names = []
    for symbol, limit in cut.items():
        if symbol not in runs.inputs:
            raise InputError(
                f"{runs.law.name!r} has no input {symbol!r} to cut at; choose from "
                f"{', '.join(runs.law.input_symbols)}."
            )
        value = parse_number(limit)
        hidden |= runs.inputs[symbol] > value
        names.append(f"{symbol} > {format_number(value)}")
    return Fold(" or ".join(names), ~hidden, hidden)


def _by_column(runs: Runs, column: str) -> Fold:
    if column not in runs.table:
        raise InputError(
            f"The runs have no column {column!r} that says which are hidden; there are "
            f"{', '.join(map(str, runs.table.columns))}."
        )
    labels = runs.table[column].astype(str).to_numpy()
    return Fold(f"{column} = test", labels == "train", labels == "test")
