"""Several laws of the same runs as one forecaster: the mixture of what they say.

A linear pool of the laws' predictive distributions. Its draws are joint: in each of them one law
is true at every point, so that differences between points are that law's own.

Reference: Stone (1961), doi:10.1214/aoms/1177704873 (the opinion pool).
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayescale.delegates import later
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.prior import Array
from bayescale.posterior.fit import Fit


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Fits of several laws to the same runs, with a weight each.

    Attributes
    ----------
    fits : tuple of Fit
    weights : ndarray, shape (n_fits,)
        Sum to 1.
    hindcasts : pandas.DataFrame
        A row per hindcast and law: what was hidden, mean log score; empty where the weights
        were given.
    discrepancy : Discrepancy
        How wrong the laws may be beyond the data, updated by the hindcasts.
    """

    fits: tuple[Fit, ...]
    weights: Array
    hindcasts: pd.DataFrame
    discrepancy: Discrepancy

    @property
    def table(self) -> pd.DataFrame:
        """Weight of each law, and its mean log score over the hindcasts."""
        rows = pd.DataFrame({"law": [f.law.name for f in self.fits], "weight": self.weights})
        if len(self.hindcasts):
            scores = self.hindcasts.groupby("law")["log_score"].mean()
            rows["hindcast_log_score"] = rows["law"].map(scores)
        return rows.set_index("law")

    @property
    def shown(self) -> str:
        """The laws with their weights, in a line."""
        pairs = zip(self.fits, self.weights, strict=True)
        return "Average over laws: " + ", ".join(f"{f.law.name} {w:.0%}" for f, w in pairs)

    def extrapolate(self, at: Any, **options: Any) -> Any:
        """Forecast at new scales; the options are those of :func:`bayescale.extrapolate`."""
        return later("extrapolate")(self, at, **options)

    def __repr__(self) -> str:
        return f"Average over laws\n{self.table}"

    def _repr_html_(self) -> str:
        return f"<h4>{escape('Average over laws')}</h4>" + self.table.to_html(
            float_format="{:.3f}".format
        )


def apportioned(weights: Array, total: int) -> npt.NDArray[np.int64]:
    """How many of so many draws each law gets, by largest remainders."""
    count = np.floor(weights * total + 1e-9).astype(int)
    left = np.argsort(count - weights * total, kind="stable")[: total - count.sum()]
    count[left] += 1
    return count
