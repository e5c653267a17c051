"""Several laws of the same runs as one forecaster: the mixture of what they say.

A linear pool of the laws' predictive distributions. Its draws are joint: in each of them one law
is true at every point, so that differences between points are that law's own.

Reference: Stone (1961), doi:10.1214/aoms/1177704873 (the opinion pool).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from bayescale.delegates import later
from bayescale.law.prior import Array
from bayescale.posterior import store
from bayescale.posterior.fit import Fit
from bayescale.runs.storage import frame_to_dataset


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Fits of one law or of several to the same runs, with a weight each.

    Attributes
    ----------
    fits : tuple of Fit
        Each of another law.
    weights : pandas.Series, shape (n_fits,)
        By the law's name, in the order of the fits; they sum to 1.
    hindcasts : pandas.DataFrame
        What the weights were learned from, a row per fold and law: ``fold`` (what was hidden),
        ``law``, ``n_fitted``, ``n_hidden``, ``reach`` (the largest, in decades), ``places``
        (how many distinct ones the hidden runs count as) and ``log_score`` (log joint density of
        the hidden runs, per run). Empty where the weights were given, or where nothing could be
        hidden or nothing was to be weighed.
    backtest : pandas.DataFrame
        Forecasts of hidden runs by all laws together, with the weights that the fitted runs
        alone give, a row per fold and hidden run: ``fold``, the inputs, ``observed``,
        ``median``, ``lower`` and ``upper`` (equal-tailed 90% of one new run), ``reach`` (in
        decades), ``inside`` and ``log_score``. Empty where nothing was hidden.
    """

    fits: tuple[Fit, ...]
    weights: pd.Series
    hindcasts: pd.DataFrame
    backtest: pd.DataFrame

    @classmethod
    def of(cls, fits: Sequence[Fit], weights: npt.ArrayLike) -> Ensemble:
        """Fits with weights that no hindcasts stand behind.

        Parameters
        ----------
        fits : sequence of Fit
        weights : array, shape (n_fits,)
            Not negative; they are divided by their sum.
        """
        shares = np.asarray(weights, dtype=float)
        names = [found.law.name for found in fits]
        series = pd.Series(shares / shares.sum(), index=pd.Index(names, name="law"), name="weight")
        return cls(tuple(fits), series, pd.DataFrame(), pd.DataFrame())

    @property
    def laws(self) -> pd.DataFrame:
        """Weight of each law, and its mean log score over the hindcasts."""
        rows = self.weights.to_frame()
        if len(self.hindcasts):
            scores = self.hindcasts.groupby("law")["log_score"].mean()
            rows["hindcast_log_score"] = scores.reindex(rows.index)
        return rows

    @property
    def shown(self) -> str:
        """The laws with their weights, in a line."""
        return "Average over laws: " + ", ".join(f"{n} {w:.0%}" for n, w in self.weights.items())

    def extrapolate(self, at: Any, **options: Any) -> Any:
        """Forecast at new scales; the options are those of :func:`bayescale.extrapolate`."""
        return later("extrapolate")(self, at, **options)

    def save(self, path: str | Path) -> Path:
        """Write netCDF, whole or not at all; :func:`bayescale.load` reads it."""
        return store.write(self.tree, path, "an ensemble")

    @property
    def tree(self) -> xr.DataTree:
        """All of it as groups and attributes of plain numbers and text, as it is saved."""
        groups: dict[str, Any] = {f"fit_{k}": fit.tree for k, fit in enumerate(self.fits)}
        # A file has no tables without rows.
        tables = {"hindcasts": self.hindcasts, "backtest": self.backtest}
        groups |= {name: frame_to_dataset(found) for name, found in tables.items() if len(found)}
        tree = xr.DataTree.from_dict(groups)
        weights = {str(name): float(weight) for name, weight in self.weights.items()}
        tree.attrs = {"bayescale_kind": "ensemble", "weights": json.dumps(weights)}
        return tree

    def __repr__(self) -> str:
        return f"Average over laws\n{self.laws}"

    def _repr_html_(self) -> str:
        return f"<h4>{escape('Average over laws')}</h4>" + self.laws.to_html(
            float_format="{:.3f}".format
        )


def apportioned(weights: Array, total: int) -> npt.NDArray[np.int64]:
    """How many of so many draws each law gets, by largest remainders."""
    count = np.floor(weights * total + 1e-9).astype(int)
    left = np.argsort(count - weights * total, kind="stable")[: total - count.sum()]
    count[left] += 1
    return count
