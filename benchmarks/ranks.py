"""Whether ranks are uniform: the check behind simulation-based calibration.

Where a posterior is right, the rank of the truth among independent draws is uniform. Three
tests see what goes wrong in practice: the mean of the ranks (a shifted posterior), their spread
about the middle (too narrow or too wide) and their histogram (anything else).

References: Talts et al. (2018), arXiv:1804.06788; Modrák et al. (2023), doi:10.1214/23-BA1404.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

# Of a false alarm in any of the quantities that are checked together.
LEVEL = 0.01
BINS = 10


def rank(truth: float, draws: npt.NDArray[np.float64]) -> int:
    """Number of draws below the truth: 0 to ``len(draws)``."""
    return int((draws < truth).sum())


def p_values(ranks: npt.NDArray[Any], n_draws: int) -> dict[str, float]:
    """P values of the three tests for ranks of truths among ``n_draws`` draws each.

    Parameters
    ----------
    ranks : ndarray of int, shape (n_simulations,)
    n_draws : int
    """
    n = len(ranks)
    places = (np.asarray(ranks) + 0.5) / (n_draws + 1)
    shift = (places.mean() - 0.5) * np.sqrt(12 * n)
    # Square of a uniform's distance from its middle: mean 1/12, variance 1/180.
    spread = (np.square(places - 0.5).mean() - 1 / 12) * np.sqrt(180 * n)
    counts, _ = np.histogram(places, np.linspace(0, 1, BINS + 1))
    return {
        "shift": float(2 * stats.norm.sf(abs(shift))),
        "spread": float(2 * stats.norm.sf(abs(spread))),
        "histogram": float(stats.chisquare(counts).pvalue),
    }


def verdicts(ranks: Mapping[str, npt.NDArray[Any]], n_draws: int) -> pd.DataFrame:
    """One verdict per quantity; with Holm's correction over all tests of all quantities.

    Returns
    -------
    pandas.DataFrame
        Indexed by quantity: the three p values; ``mean`` of the relative ranks, 0.5 where
        right; ``width``, their spread over a uniform's, above 1 where posteriors are too
        narrow; ``calibrated``.
    """
    table = pd.DataFrame({name: p_values(values, n_draws) for name, values in ranks.items()}).T
    ordered = np.sort(table.to_numpy().ravel())
    steps = LEVEL / (ordered.size - np.arange(ordered.size))
    failed = ordered > steps
    limit = ordered[: failed.argmax()].max(initial=-1.0) if failed.any() else ordered.max()
    calibrated = (table > limit).all(axis=1)
    places = {name: (np.asarray(v) + 0.5) / (n_draws + 1) for name, v in ranks.items()}
    table["mean"] = pd.Series({name: v.mean() for name, v in places.items()})
    table["width"] = pd.Series(
        {name: np.sqrt(12 * np.square(v - 0.5).mean()) for name, v in places.items()}
    )
    return table.assign(calibrated=calibrated)


# Posteriors of a normal mean that are right, and wrong in each of three ways.
SPOILED = {
    "right": (1.0, 0.0),
    "too narrow": (0.7, 0.0),
    "too wide": (1.4, 0.0),
    "shifted": (1.0, 0.4),
}


def trial(kind: str, n_simulations: int = 200, n_draws: int = 99, seed: int = 0) -> pd.DataFrame:
    """Verdict on a posterior known in closed form, spoiled on purpose.

    The truth is standard normal, one observation has unit noise: the posterior is normal
    with mean ``y / 2`` and variance 1/2. ``SPOILED`` scales its SD and moves it by SDs.
    """
    factor, move = SPOILED[kind]
    rng = np.random.default_rng(seed)
    sd = np.sqrt(0.5)
    ranks = []
    for _ in range(n_simulations):
        truth = rng.standard_normal()
        y = truth + rng.standard_normal()
        draws = y / 2 + sd * (move + factor * rng.standard_normal(n_draws))
        ranks.append(rank(truth, draws))
    return verdicts({kind: np.array(ranks)}, n_draws)


def trials() -> pd.DataFrame:
    """Verdicts on all of ``SPOILED``: only the right one may be found calibrated."""
    return pd.concat([trial(kind) for kind in SPOILED])
