"""What one law says of new points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayescale.forecast.continuation import carry_on
from bayescale.forecast.predictive import Predictive
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF
from bayescale.posterior.data import ModelData
from bayescale.posterior.fit import Fit
from bayescale.posterior.predictor import Curve
from bayescale.posterior.slopes import DrawnSlopes

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Member:
    """One law of a forecaster: a fit at some of its draws, and the runs that forecasts start from.

    Attributes
    ----------
    fit : Fit
    curve : Curve
        Of the draws that are used.
    slopes : DrawnSlopes or None
        Errors of its slopes at the same draws; None where the law is taken to hold.
    data : ModelData
        Observed runs, and runs that might be bought.
    """

    fit: Fit
    curve: Curve
    slopes: DrawnSlopes | None
    data: ModelData

    @classmethod
    def of(cls, fit: Fit) -> Member:
        """All draws of a fit, and its own runs."""
        return cls(fit, fit.curve, fit.slopes, fit.data)

    def pick(self, draws: Rows) -> Member:
        """The same at some of the draws, by index."""
        slopes = None if self.slopes is None else self.slopes.pick(draws)
        return replace(self, curve=self.curve.pick(draws), slopes=slopes)

    @property
    def one_curve(self) -> bool:
        """Whether all rows are one training run, which a further row goes on from."""
        return self.data.bond == "curve"

    def with_runs(self, points: pd.DataFrame, response: Array) -> Member:
        """The same draws, with forecasts that go on from further points of one learning curve.

        Parameters
        ----------
        points : pandas.DataFrame, shape (n_runs, n_inputs)
            Raw inputs of the further points.
        response : ndarray, shape (n_runs,)
        """
        seen, groups = self.data, self.data.groups
        if groups is not None:
            groups = np.append(groups, [groups[0]] * len(points))
        inputs = {name: np.append(x, points[name].to_numpy()) for name, x in seen.inputs.items()}
        data = replace(
            seen, inputs=inputs, response=np.append(seen.response, response), groups=groups
        )
        return replace(self, data=data)

    def refit(self, points: pd.DataFrame, response: Array, **options: Any) -> Fit:
        """Fit observed and further runs together; arguments as in :meth:`with_runs`."""
        runs = self.fit.runs
        if runs.run is not None and self.one_curve:
            points = points.assign(**{runs.run: runs.table[runs.run].iloc[0]})
        return self.fit.refit(runs.append(points, response), **options)

    def log_curve(self, inputs: Mapping[str, Any], errors: Array | None = None) -> Array:
        """Log of the law's curve with the errors of its slopes, shape (n_draws, n_points).

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_points,) or (n_draws, n_points)
            Raw; the same for all draws, or each draw's own.
        errors : ndarray, shape (n_draws, n_points), optional
            What the errors of the slopes add there, where that is known.
        """
        found = np.log(self.curve(inputs))
        if self.slopes is None:
            return found
        return found + (self.slopes(inputs) if errors is None else errors)

    def predictive(self, inputs: Mapping[str, Array], rows: Rows) -> Predictive:
        """Distribution of the log response of a new run at each draw.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_points,)
            Raw inputs.
        rows : ndarray of int, shape (n_points,)
            Observed row that a point follows in its training run, where it goes on from; else -1.
        """
        curve = self.log_curve(inputs)
        carried, scale = carry_on(
            self.log_curve, self.curve.columns, self.data, inputs, curve, rows
        )
        dof = np.broadcast_to(self.curve.columns[NOISE_DOF], curve.shape)
        return Predictive(curve + carried, scale, dof)
