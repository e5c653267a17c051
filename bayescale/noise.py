"""How observations scatter around a law: alone, or alike along one training run. No PyMC here.

The residual of the log response is Student-t. Where rows are checkpoints of one training run,
or points of one learning curve, their residuals resemble each other the more, the nearer they
are in the log of the input that grows along the run:

    r_1 ~ t(dof, 0, scale),   r_i | r_{i-1} ~ t(dof, rho*r_{i-1}, scale*sqrt(1 - rho^2)),
    rho = exp(-|log x_i - log x_{i-1}| / length)

A first-order autoregression in log scale (an Ornstein-Uhlenbeck process where dof is large).
Independent noise is the same with every row the first of its run.

Reference: Kelly, Bechtold & Siemiginowska (2009), doi:10.1088/0004-637X/698/1/895.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bayescale.prior import Array, Prior

SCALE_PRIOR = Prior(
    "LogNormal",
    mu=float(np.log(0.02)),
    sigma=1.5,
    why="relative noise of one run: 90% between 0.2% and 24%, from repeated seeds at one "
    "end to digitised or badly tuned runs at the other",
)
DOF_PRIOR = Prior(
    "Gamma",
    alpha=2.0,
    beta=0.1,
    why="tails from heavy (a diverged run) to normal",
    source="Juárez & Steel (2010), doi:10.1198/jbes.2009.07145",
)
LENGTH_PRIOR = Prior(
    "LogNormal",
    mu=float(np.log(1.0)),
    sigma=1.0,
    why="errors of one training run are forgotten after a factor of 1.2 to 160 in scale (90%)",
)
# In log units; stands for no common past. Finite, so that its derivative is 0 and not missing.
FIRST = 1e6
# Rows closer than this have one error; without it, two equal rows would have no density.
NEAREST = 0.01


@dataclass(frozen=True)
class Noise:
    """Multiplicative, heavy-tailed noise: Student-t on the log of the response.

    Parameters
    ----------
    scale, dof : Prior
    length : Prior
        Of the correlation length along one run, in natural-log units of the input that grows;
        used where rows belong to runs.
    along : str, optional
        Input along which all rows are one run, unless a column names the runs: learning curves.
    """

    scale: Prior = SCALE_PRIOR
    dof: Prior = DOF_PRIOR
    length: Prior = LENGTH_PRIOR
    along: str = ""


@dataclass(frozen=True, eq=False)
class Chain:
    """Which row each row follows in its training run.

    Attributes
    ----------
    previous : ndarray of int, shape (n_rows,)
        Row before it in its run; itself where it is the first.
    gap : ndarray, shape (n_rows,)
        Distance to that row in the log of the input that grows; ``FIRST`` for a first row.
    """

    previous: npt.NDArray[np.int64]
    gap: Array


def independent(n_rows: int) -> Chain:
    """Rows that have nothing in common but the law."""
    return Chain(np.arange(n_rows), np.full(n_rows, FIRST))


def growing_input(inputs: Mapping[str, Array], groups: npt.NDArray[Any]) -> str:
    """Input that grows along the runs: the one with the largest spread inside them."""
    within = {}
    for name, values in inputs.items():
        logs = np.log(np.maximum(values, values[values > 0].min()))
        within[name] = sum(float(np.ptp(logs[groups == label])) for label in np.unique(groups))
    return max(within, key=lambda name: within[name])


def chain(position: Array, groups: npt.NDArray[Any]) -> Chain:
    """Order the rows of each run.

    Parameters
    ----------
    position : ndarray, shape (n_rows,)
        Log of the input that grows along a run.
    groups : ndarray, shape (n_rows,)
        Label of each row's run.
    """
    alone = independent(len(position))
    previous, gap = alone.previous, alone.gap
    for label in np.unique(groups):
        rows = np.flatnonzero(groups == label)
        rows = rows[np.argsort(position[rows], kind="stable")]
        previous[rows[1:]] = rows[:-1]
        gap[rows[1:]] = np.maximum(np.diff(position[rows]), NEAREST)
    return Chain(previous, gap)


def conditional(mean: Any, log_y: Any, previous: Any, gap: Any, scale: Any, length: Any) -> Any:
    """Location and scale of each log response, given the row before it in its run.

    Works on numpy (also complex) and PyTensor; rows lie along the last axis.

    Parameters
    ----------
    mean : shape (..., n_rows)
        Log of the law's curve.
    log_y : shape (n_rows,)
        Observed log response.
    previous, gap : shape (n_rows,)
        From a :class:`Chain`.
    scale, length : shape (..., 1) or ()

    Returns
    -------
    location, scale : shape (..., n_rows)
    """
    rho = np.exp(-gap / length)
    before = log_y.take(previous, axis=-1) - mean.take(previous, axis=-1)
    return mean + rho * before, scale * np.sqrt(1.0 - rho**2)
