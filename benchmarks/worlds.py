"""Simulated worlds with a known truth: runs that are bought, and where the law's curve is forecast.

Truth: E + A*N^-alpha + B*D^-beta with the constants of Hoffmann et al. (2022), arXiv:2203.15556.
Design: levels of compute from 1e18 to 1e21 FLOPs, and at each level tokens per parameter
log-uniform within a factor of six about 20; new ones in every replicate. Noise is normal on the
log loss. The coupled truth is that of Kaplan et al. (2020), arXiv:2001.08361, table 2.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

FLOOR, A, ALPHA, B, BETA = 1.69, 406.4, 0.34, 410.7, 0.28
SMALLEST, LARGEST = 1e18, 1e21
TOKENS_PER_PARAMETER, SPREAD = 20.0, 6.0
LEVELS = {240: 10, 24: 6, 12: 4}
# Multiples of the largest compute that is forecast.
FACTORS = (10, 100)
# The laws of the shelf that take size and data: one separable, two coupled.
SIZE_LAWS = ("chinchilla", "coupled", "kaplan")
Values = dict[str, np.ndarray]


def additive(at: Values) -> np.ndarray:
    """The law of Hoffmann et al."""
    return FLOOR + A * at["N"] ** -ALPHA + B * at["D"] ** -BETA


def flattening(at: Values) -> np.ndarray:
    """Beyond the range of each input in the runs, local slopes fall to a third."""
    largest = dict(zip(("N", "D"), _largest_inputs(), strict=True))
    beyond = {name: np.maximum(x / largest[name], 1.0) for name, x in at.items()}
    return additive({name: x * beyond[name] ** (-2 / 3) for name, x in at.items()})


def coupled(at: Values) -> np.ndarray:
    """The law and the constants of Kaplan et al.: no sum of two terms, and no floor."""
    size, data = (8.8e13 / at["N"]) ** (0.076 / 0.095), 5.4e13 / at["D"]
    return (size + data) ** 0.095


def _largest_inputs() -> tuple[float, float]:
    """What parameters and tokens of a run may come to."""
    least, most = TOKENS_PER_PARAMETER / SPREAD, TOKENS_PER_PARAMETER * SPREAD
    return np.sqrt(LARGEST / 6 / least), np.sqrt(LARGEST / 6 * most)


def even(compute: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """2% in every run."""
    return 0.02 * rng.standard_normal(len(compute))


def outliers(compute: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """2%, and 15% too much in one run of twenty."""
    return even(compute, rng) + np.log(1.15) * (rng.uniform(size=len(compute)) < 0.05)


def falling(compute: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """From 5% at the smallest compute to 0.5% at the largest."""
    share = np.log(compute / SMALLEST) / np.log(LARGEST / SMALLEST)
    return 0.05 * 0.1**share * rng.standard_normal(len(compute))


@dataclass(frozen=True)
class Cell:
    """One simulated world: its truth, noise and design, and the laws that are fitted.

    Parameters
    ----------
    name, meaning : str
    runs : int
    truth : callable
        Loss at inputs N and D.
    noise : callable
        From compute and a generator to what is added to the log loss.
    spread : float
        Factor about 20 within which tokens per parameter lie; 1 is a fixed ratio.
    laws : tuple of str
        Several are averaged, with the weights that :func:`bayescale.average` learns.
    """

    name: str
    meaning: str
    runs: int = 24
    truth: Callable[[Values], np.ndarray] = additive
    noise: Callable[[np.ndarray, np.random.Generator], np.ndarray] = even
    spread: float = SPREAD
    laws: tuple[str, ...] = ("chinchilla",)


CELLS = {
    cell.name: cell
    for cell in (
        Cell("runs-240", "240 runs, 2% noise", 240),
        Cell("runs-24", "24 runs, 2% noise"),
        Cell("runs-12", "12 runs, 2% noise", 12),
        Cell("ratio", "24 runs, all at 20 tokens a parameter", spread=1.0),
        Cell("outliers", "24 runs, 5% of them 15% too high", noise=outliers),
        Cell("falling-noise", "24 runs, noise from 5% to 0.5%", noise=falling),
        Cell("flattening", "24 runs, slopes fall to a third beyond", truth=flattening),
        Cell("coupled", "24 runs, coupled truth", truth=coupled, laws=SIZE_LAWS),
    )
}


def simulate(cell: Cell, number: int) -> tuple[pd.DataFrame, np.random.Generator]:
    """Runs of one replicate, and the generator for what follows."""
    rng = np.random.default_rng([number, zlib.crc32(cell.name.encode())])
    levels = np.geomspace(SMALLEST, LARGEST, LEVELS[cell.runs])
    compute = np.repeat(levels, cell.runs // len(levels))
    log_spread = np.log(cell.spread)
    ratio = TOKENS_PER_PARAMETER * np.exp(rng.uniform(-log_spread, log_spread, cell.runs))
    n = np.sqrt(compute / 6 / ratio)
    inputs = {"N": n, "D": ratio * n}
    loss = cell.truth(inputs) * np.exp(cell.noise(compute, rng))
    return pd.DataFrame({**inputs, "L": loss}), rng


def targets() -> Values:
    """Where the law's curve is forecast: 10 and 100 times the largest compute."""
    n = np.sqrt(LARGEST * np.array(FACTORS, dtype=float) / 6 / TOKENS_PER_PARAMETER)
    return {"N": n, "D": TOKENS_PER_PARAMETER * n}
