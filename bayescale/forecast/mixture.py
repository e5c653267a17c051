"""Several laws of the same runs as one forecaster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.forecast.discrepancy import resolve
from bayescale.forecast.forecast import (
    Extrapolation,
    Kind,
    assemble,
    cautions,
    check_kind,
    evaluate,
)
from bayescale.forecast.parts import Parts, pool
from bayescale.intervals import DEFAULT_MASS, check_mass
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.prior import Array
from bayescale.posterior.fit import Fit

if TYPE_CHECKING:
    import pandas as pd

# Concentration of each draw's weights around the laws' weights.
SPREAD = 9.0


@dataclass(frozen=True, eq=False)
class Average:
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
        How wrong the average may be beyond the data, updated by the hindcasts.
    """

    fits: tuple[Fit, ...]
    weights: Array
    hindcasts: pd.DataFrame
    discrepancy: Discrepancy

    @property
    def table(self) -> pd.DataFrame:
        """Weight of each law, and its mean log score over the hindcasts."""
        import pandas as pd

        rows = pd.DataFrame({"law": [f.law.name for f in self.fits], "weight": self.weights})
        if len(self.hindcasts):
            scores = self.hindcasts.groupby("law")["log_score"].mean()
            rows["hindcast_log_score"] = rows["law"].map(scores)
        return rows.set_index("law")

    def extrapolate(
        self,
        at: Any,
        *,
        kind: Kind = "run",
        mass: float = DEFAULT_MASS,
        discrepancy: bool | float | Discrepancy = True,
        seed: int = 0,
        allow_unconverged: bool = False,
    ) -> Extrapolation:
        """Forecast at new scales; the options are those of :func:`bayescale.extrapolate`.

        Returns
        -------
        Extrapolation
            Its ``discrepancy`` names the weights.
        """
        check_kind(kind)
        check_mass(mass)
        notes = [note for found in self.fits for note in cautions(found, allow_unconverged)]
        rng = np.random.default_rng(seed)
        points, pooled = self.evaluate(at, rng)
        allowed = resolve(self.discrepancy, discrepancy)
        whole = tuple(dict.fromkeys(notes))
        forecast = assemble(self.fits[0], points, pooled, allowed, kind, mass, whole, rng)
        return replace(forecast, discrepancy=f"{self._shown}. {forecast.discrepancy}")

    def evaluate(self, at: Any, rng: np.random.Generator) -> tuple[pd.DataFrame, Parts]:
        """Read points, and pool what the laws say there before any discrepancy."""
        each = [evaluate(found, at) for found in self.fits]
        return each[0][0], pool([parts for _, parts in each], self.weights, SPREAD, rng)

    @property
    def _shown(self) -> str:
        pairs = zip(self.fits, self.weights, strict=True)
        return "Average over laws: " + ", ".join(f"{f.law.name} {w:.0%}" for f, w in pairs)

    def __repr__(self) -> str:
        return f"Average over laws\n{self.table}"

    def _repr_html_(self) -> str:
        return f"<h4>{escape('Average over laws')}</h4>" + self.table.to_html(
            float_format="{:.3f}".format
        )
