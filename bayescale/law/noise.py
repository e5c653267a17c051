"""How observations scatter around a law: alone, or alike along one training run. No PyMC here.

The residual r of the log response is Student-t. Where rows are points of one learning curve or
checkpoints of one training run, their residuals resemble each other the more, the nearer they
are in the log of the input that grows along the run (an autoregression in log scale):

    r_1 ~ t(dof, 0, scale),   r_i | r_{i-1} ~ t(dof, rho*r_{i-1}, scale*sqrt(1 - rho^2)),
    rho = exp(-|log x_i - log x_{i-1}| / length)

Where a column names several runs, a run also has a level of its own, and gains more or less
from its scale than the law says: its residuals have the part u + psi*h_i, with h_i what the
law's log curve has changed since the first row of the run, u ~ Normal(0, level) and
psi ~ Normal(0, gain), one pair per run. The pair is integrated out: a row sees it through

    w_i = r_i - rho*r_{i-1} = b_i*u + a_i*psi + e_i,   b_i = 1 - rho,   a_i = h_i - rho*h_{i-1},

e_i of variance v_i = scale^2*(1 - rho^2), so that the rows before it give (u, psi) the
precision [[A, B], [B, C]], A = 1/level^2 + sum b^2/v, B = sum a*b/v, C = 1/gain^2 + sum a^2/v,
and the mean that solves it for (sum b*w/v, sum a*w/v). Exactly so for normal noise; the
location and scale are then those of a Student-t. Independent noise is the same with every row
the first of its run and neither level nor gain.

References: Kelly, Bechtold & Siemiginowska (2009), doi:10.1088/0004-637X/698/1/895 (the
autoregression); Robert & Casella (2004), Monte Carlo Statistical Methods (conjugate update).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from bayescale.law.prior import Array, Prior
from bayescale.law.symbols import NOISE_GAIN, NOISE_LENGTH, NOISE_LEVEL, NOISE_SCALE, NOISE_TREND

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
TREND_PRIOR = Prior(
    "Normal",
    mu=0.0,
    sigma=0.2,
    why="change of the log of the noise per e-fold of size: none, or a factor of up to 2.1 per "
    "decade either way (90%)",
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
    mu=float(np.log(0.5)),
    sigma=0.5,
    why="beside its level and gain a run's error is short-lived: forgotten after a factor of "
    "1.2 to 3.1 in scale (90%)",
)
LEVEL_PRIOR = Prior(
    "LogNormal",
    mu=float(np.log(0.02)),
    sigma=0.7,
    why="relative level of one run for good, e.g. of a width or a seed: 90% between 0.6% and 6%",
)
GAIN_PRIOR = Prior(
    "LogNormal",
    mu=float(np.log(0.2)),
    sigma=0.7,
    why="share by which a run's further gain differs from the law's: 90% between 0.06 and 0.63",
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
    trend : Prior
        Change of the log scale per e-fold of size, the mean log of the inputs.
    curve_length : Prior
        Correlation length along a single curve, in natural-log units of the input that grows.
    run_length, level, gain : Prior
        The same along each of several named runs, and the spread of their levels and gains.
    along : str, optional
        Input along which rows of distinct values are one curve, unless a column names the runs.
    """

    scale: Prior = SCALE_PRIOR
    dof: Prior = DOF_PRIOR
    trend: Prior = TREND_PRIOR
    curve_length: Prior = CURVE_LENGTH_PRIOR
    run_length: Prior = RUN_LENGTH_PRIOR
    level: Prior = LEVEL_PRIOR
    gain: Prior = GAIN_PRIOR
    along: str = ""


class Continuation(NamedTuple):
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


def continuation(position: Array, groups: npt.NDArray[Any]) -> Continuation:
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
    return Continuation(
        previous=order[before][rank],
        first=order[starts][rank],
        order=order,
        rank=rank,
        start=starts[rank],
        gap=gap[rank],
    )


class Shared(NamedTuple):
    """What is known of the level u and the gain psi of a run; shapes (..., n_rows).

    Attributes
    ----------
    level, gain : array
        Means.
    levels, both, gains : array
        Covariance: variance of u, covariance, variance of psi.
    """

    level: Any
    gain: Any
    levels: Any
    both: Any
    gains: Any

    def mean(self, b: Any, a: Any) -> Any:
        """Expected part b*u + a*psi of a residual."""
        return b * self.level + a * self.gain

    def variance(self, b: Any, a: Any) -> Any:
        """Variance of b*u + a*psi."""
        return b**2 * self.levels + 2.0 * a * b * self.both + a**2 * self.gains

    def pick(self, rows: Rows) -> Shared:
        """What is known after each of some rows."""
        return Shared(*(np.asarray(part)[..., rows] for part in self))


def bond_parameters(free: Mapping[str, Any]) -> dict[str, Any]:
    """What :func:`conditional` takes beside the scale; empty where rows have nothing in common."""
    names = {"length": NOISE_LENGTH, "level": NOISE_LEVEL, "gain": NOISE_GAIN}
    return {key: free[name] for key, name in names.items() if name in free}


def row_scale(free: Mapping[str, Any], size: Any) -> Any:
    """Scale of the noise at rows of a size, shape (..., n_rows).

    Parameters
    ----------
    free : mapping
        Free parameters of the noise by name, each of shape (..., 1) or ().
    size : shape (n_rows,)
        Mean log input of each row over the mean of the observed rows.
    """
    return free[NOISE_SCALE] * np.exp(free[NOISE_TREND] * size)


def given_before(
    log_curve: Any, log_y: Any, links: Continuation | None, free: Mapping[str, Any], size: Any
) -> tuple[Any, Any]:
    """Location and scale of each log response, given the rows before it where rows err alike.

    Parameters
    ----------
    log_curve : shape (..., n_rows)
        Log of the law's curve, its discrepancy included.
    log_y : shape (n_rows,)
        Observed log response.
    links : Continuation or None
        None where rows have nothing in common.
    free : mapping
        Free parameters of the noise by name, each of shape (..., 1) or ().
    size : shape (n_rows,)
        As of :func:`row_scale`.

    Returns
    -------
    location, scale
        As of :func:`conditional`.
    """
    bond, scale = bond_parameters(free), row_scale(free, size)
    if links is None or not bond:
        return log_curve, scale
    return conditional(log_curve, log_y, links, scale, **bond)


def log_density(standard: Any, scale: Any, dof: Any) -> Any:
    """Log density of Student's t at standardised residuals; takes complex numbers too."""
    from scipy.special import loggamma

    return (
        loggamma((dof + 1) / 2)
        - loggamma(dof / 2)
        - 0.5 * np.log(np.pi * dof)
        - np.log(scale)
        - (dof + 1) / 2 * np.log1p(standard**2 / dof)
    )


def conditional(
    mean: Any,
    log_y: Any,
    links: Continuation,
    scale: Any,
    length: Any,
    level: Any = None,
    gain: Any = None,
) -> tuple[Any, Any]:
    """Location and scale of each log response, given the rows before it in its run.

    Works on numpy (also complex) and PyTensor; rows lie along the last axis.

    Parameters
    ----------
    mean : shape (..., n_rows)
        Log of the law's curve.
    log_y : shape (n_rows,)
        Observed log response.
    links : Continuation
        Of arrays or of PyTensor vectors.
    scale, length, level, gain : shape (..., 1) or ()
        Without level and gain, runs are on the law's level and gain as it says.

    Returns
    -------
    location, scale : shape (..., n_rows)
    """
    step = _step(mean, log_y, links, scale, length)
    location = mean + step.rho * step.before
    if level is None:
        return location, np.sqrt(step.variance)
    known = _known(step, links, level, gain, itself=False)
    spread = step.variance + known.variance(step.b, step.a)
    return location + known.mean(step.b, step.a), np.sqrt(spread)


def shared(
    mean: Any, log_y: Any, links: Continuation, scale: Any, length: Any, level: Any, gain: Any
) -> Shared:
    """What each row and those before it say of its run; arguments as in :func:`conditional`."""
    return _known(_step(mean, log_y, links, scale, length), links, level, gain, itself=True)


class _Step(NamedTuple):
    """From one row of a run to the next, in the symbols of the module's docstring."""

    rho: Any
    before: Any
    b: Any
    a: Any
    w: Any
    variance: Any


def _step(mean: Any, log_y: Any, links: Continuation, scale: Any, length: Any) -> _Step:
    rho = np.exp(-links.gap / length)
    residual = log_y - mean
    before = residual.take(links.previous, axis=-1)
    change = mean - mean.take(links.first, axis=-1)
    a = change - rho * change.take(links.previous, axis=-1)
    return _Step(rho, before, 1.0 - rho, a, residual - rho * before, scale**2 * (1.0 - rho**2))


def _known(step: _Step, links: Continuation, level: Any, gain: Any, *, itself: bool) -> Shared:
    def total(value: Any) -> Any:
        each = value / step.variance
        return _before(each, links) + (each if itself else 0.0)

    levels = 1.0 / level**2 + total(step.b**2)
    both = total(step.a * step.b)
    gains = 1.0 / gain**2 + total(step.a**2)
    pulls = total(step.b * step.w), total(step.a * step.w)
    determinant = levels * gains - both**2
    return Shared(
        level=(gains * pulls[0] - both * pulls[1]) / determinant,
        gain=(levels * pulls[1] - both * pulls[0]) / determinant,
        levels=gains / determinant,
        both=-both / determinant,
        gains=levels / determinant,
    )


def _before(value: Any, links: Continuation) -> Any:
    """Sum over the rows that come before each in its run."""
    ordered = value.take(links.order, axis=-1)
    ahead = ordered.cumsum(axis=-1) - ordered
    return ahead.take(links.rank, axis=-1) - ahead.take(links.start, axis=-1)


def paired_normal(rng: np.random.Generator, size: int, count: int) -> Array:
    """Standard normal numbers in pairs of opposite sign down each column, in random order.

    They take most of the Monte Carlo error out of medians.
    """
    half = rng.standard_normal(((size + 1) // 2, count))
    return np.asarray(rng.permuted(np.concatenate([half, -half])[:size], axis=0))
