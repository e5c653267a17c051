"""How observations scatter around a law: alone, or alike along one training run. No PyMC here.

The residual r of the log response is Student-t. Where rows are points of one learning curve or
checkpoints of one training run, their residuals resemble each other the more, the nearer they
are in the log of the input that grows along the run (an autoregression in log scale):

    r_1 ~ t(dof, 0, scale),   r_i | r_{i-1} ~ t(dof, rho*r_{i-1}, scale*sqrt(1 - rho^2)),
    rho = exp(-|log x_i - log x_{i-1}| / length)

Where a column names several runs, a run may also gain more or less from its scale than the law
says: its residuals have the part psi*h_i, with h_i what the law's log curve has changed since
the first row of the run and psi ~ Normal(0, gain), one per run. psi is integrated out: given
the rows before it, a row knows psi with precision P and mean m,

    a_i = h_i - rho*h_{i-1},  w_i = r_i - rho*r_{i-1},  v_i = scale^2*(1 - rho^2)
    P_i = 1/gain^2 + sum_{j<i} a_j^2/v_j,   m_i = sum_{j<i} a_j*w_j/v_j / P_i
    r_i | before ~ t(dof, rho*r_{i-1} + m_i*a_i, sqrt(v_i + a_i^2/P_i))

exactly so for normal noise. Independent noise is the same with every row the first of its run.

References: Kelly, Bechtold & Siemiginowska (2009), doi:10.1088/0004-637X/698/1/895 (the
autoregression); Robert & Casella (2004), Monte Carlo Statistical Methods (conjugate update).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from bayescale.prior import Array, Prior

Rows = npt.NDArray[np.int64]
# What rows have in common beside the law: nothing, one curve, or each its named run.
Bond = Literal["none", "curve", "runs"]

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
CURVE_LENGTH_PRIOR = Prior(
    "LogNormal",
    mu=float(np.log(0.3)),
    sigma=1.0,
    why="along one curve the law takes up what lasts; errors are forgotten after a factor of "
    "1.06 to 4.7 in scale (90%)",
)
RUN_LENGTH_PRIOR = Prior(
    "LogNormal",
    mu=float(np.log(10.0)),
    sigma=1.0,
    why="a training run keeps its own level: remembered over a factor of 7 in scale or more (95%)",
)
GAIN_PRIOR = Prior(
    "LogNormal",
    mu=float(np.log(0.25)),
    sigma=0.5,
    why="share by which a run's further gain differs from the law's: 90% between 0.11 and 0.57",
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
    curve_length : Prior
        Correlation length along a single curve, in natural-log units of the input that grows.
    run_length, gain : Prior
        The same along each of several named runs, and the spread of their gains.
    along : str, optional
        Input along which all rows are one curve, unless a column names the runs.
    """

    scale: Prior = SCALE_PRIOR
    dof: Prior = DOF_PRIOR
    curve_length: Prior = CURVE_LENGTH_PRIOR
    run_length: Prior = RUN_LENGTH_PRIOR
    gain: Prior = GAIN_PRIOR
    along: str = ""


class Chain(NamedTuple):
    """Which row each row follows in its training run; every array of shape (n_rows,).

    Attributes
    ----------
    previous : ndarray of int
        Row before it in its run; itself where it is the first.
    first : ndarray of int
        First row of its run.
    order, rank, start : ndarray of int
        Rows sorted by run and position; each row's place in that order, and the place of the
        first row of its run.
    gap : ndarray
        Distance to the previous row in the log of the input that grows; ``FIRST`` for a first.
    """

    previous: Rows
    first: Rows
    order: Rows
    rank: Rows
    start: Rows
    gap: Array


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
    labels = np.unique(groups, return_inverse=True)[1]
    order = np.lexsort((position, labels))
    rank = np.argsort(order)
    is_first = np.r_[True, np.diff(labels[order]) != 0]
    starts = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    before = np.where(is_first, np.arange(len(order)), np.arange(len(order)) - 1)
    step = np.maximum(np.diff(position[order], prepend=0.0), NEAREST)
    gap = np.where(is_first, FIRST, step)
    return Chain(
        previous=order[before][rank],
        first=order[starts][rank],
        order=order,
        rank=rank,
        start=starts[rank],
        gap=gap[rank],
    )


class Conditional(NamedTuple):
    """Distribution of each row given those before it in its run, and what is then known.

    Attributes
    ----------
    location, scale : shape (..., n_rows)
    precision, expected : shape (..., n_rows)
        Of the run's gain, once the row itself is known; 0 where runs gain as the law says.
    """

    location: Any
    scale: Any
    precision: Any
    expected: Any


def conditional(
    mean: Any, log_y: Any, links: Chain, scale: Any, length: Any, gain: Any = None
) -> Conditional:
    """Location and scale of each log response, given the rows before it in its run.

    Works on numpy (also complex) and PyTensor; rows lie along the last axis.

    Parameters
    ----------
    mean : shape (..., n_rows)
        Log of the law's curve.
    log_y : shape (n_rows,)
        Observed log response.
    links : Chain
        Of arrays or of PyTensor vectors.
    scale, length, gain : shape (..., 1) or ()
        Without a gain, runs gain as the law says.

    Returns
    -------
    Conditional
    """
    rho = np.exp(-links.gap / length)
    residual = log_y - mean
    before = residual.take(links.previous, axis=-1)
    variance = scale**2 * (1.0 - rho**2)
    if gain is None:
        return Conditional(mean + rho * before, np.sqrt(variance), 0.0, 0.0)
    change = mean - mean.take(links.first, axis=-1)
    slope = change - rho * change.take(links.previous, axis=-1)
    each = slope**2 / variance
    pull = slope * (residual - rho * before) / variance
    precision = 1.0 / gain**2 + _before(each, links)
    weighted = _before(pull, links)
    return Conditional(
        mean + rho * before + slope * weighted / precision,
        np.sqrt(variance + slope**2 / precision),
        precision + each,
        (weighted + pull) / (precision + each),
    )


def _before(value: Any, links: Chain) -> Any:
    """Sum over the rows that come before each in its run."""
    ordered = value.take(links.order, axis=-1)
    ahead = ordered.cumsum(axis=-1) - ordered
    return ahead.take(links.rank, axis=-1) - ahead.take(links.start, axis=-1)
