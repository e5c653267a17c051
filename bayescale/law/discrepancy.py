"""How wrong a law may be beyond the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayescale.law.prior import Prior


@dataclass(frozen=True)
class Discrepancy:
    """How wrong a law may be beyond the data.

    Parameters
    ----------
    change : Prior
        Share of the law's further change by which it errs (one SD); drawn once per draw.
    noise : Prior
        Factor on the noise of a new run there.
    basis : str
        Where the numbers come from, as forecasts say it.
    """

    change: Prior
    noise: Prior
    basis: str = "learned on published runs"


DISCREPANCY = Discrepancy(
    change=Prior(
        "LogNormal",
        mu=float(np.log(0.2)),
        sigma=0.5,
        why="share of the further change that a law gets wrong beyond the data: 90% between 9% "
        "and 46%; spread out, because now and then a law is wrong altogether",
        source="learned leaving out one family of published runs at a time, rounded up: "
        "benchmarks/discrepancy.py",
    ),
    noise=Prior(
        "LogNormal",
        mu=0.0,
        sigma=0.01,
        why="new runs scatter as observed ones do",
    ),
)
