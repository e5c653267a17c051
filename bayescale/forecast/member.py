"""What one law says of new points, before any discrepancy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayescale.forecast.continuation import carry_on
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF
from bayescale.posterior.data import ModelData
from bayescale.posterior.fit import Fit
from bayescale.posterior.predictor import Curve

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """A law's forecast on the log scale, before any discrepancy.

    Attributes
    ----------
    location, scale, dof : ndarray, shape (n_draws, n_points)
        Of the Student-t of the log response of a new observation.
    change : ndarray, shape (n_draws, n_points)
        What the law says the log response still changes beyond the data.
    """

    location: Array
    scale: Array
    dof: Array
    change: Array


@dataclass(frozen=True, eq=False)
class Member:
    """One law of a forecaster: a fit at some of its draws, and the runs that forecasts start from.

    Attributes
    ----------
    fit : Fit
    curve : Curve
        Of the draws that are used.
    data : ModelData
        Observed runs, and runs that might be bought.
    """

    fit: Fit
    curve: Curve
    data: ModelData

    @classmethod
    def of(cls, fit: Fit) -> Member:
        """All draws of a fit, and its own runs."""
        return cls(fit, fit.curve, fit.data)

    def pick(self, draws: Rows) -> Member:
        """The same at some of the draws, by index."""
        return replace(self, curve=self.curve.pick(draws))

    @property
    def one_curve(self) -> bool:
        """Whether all rows are one training run, which a further row goes on from."""
        return self.data.bond == "curve"

    def with_runs(self, points: pd.DataFrame, response: Array) -> Member:
        """The same draws, with forecasts that may start from further runs.

        Parameters
        ----------
        points : pandas.DataFrame, shape (n_runs, n_inputs)
            Raw inputs of the further runs.
        response : ndarray, shape (n_runs,)
        """
        seen, groups = self.data, self.data.groups
        if groups is not None:
            own = [f"bought {k + 1}" for k in range(len(points))]
            groups = np.append(groups, [groups[0]] * len(points) if self.one_curve else own)
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

    def parts(self, inputs: Mapping[str, Array], rows: Rows) -> Parts:
        """Evaluate the law at new points.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_points,)
            Raw inputs.
        rows : ndarray of int, shape (n_points,)
            Observed row that a point follows in its training run, where it goes on from; else -1.
        """
        curve = np.log(self.curve(inputs))
        carried, scale = carry_on(self.curve, self.data, inputs, curve, rows)
        change = curve - np.log(self.curve(self._origins(inputs, curve, rows)))
        if self.fit.runs_gain:
            # Of a run that goes on, its own rows have said how differently it gains.
            change = np.where(rows < 0, change, 0.0)
        dof = np.broadcast_to(self.curve.columns[NOISE_DOF], curve.shape)
        return Parts(curve + carried, scale, dof, change)

    @cached_property
    def observed_places(self) -> tuple[Array, Array]:
        """Where runs are, each place once, and the log response predicted there.

        Returns
        -------
        places : ndarray, shape (n_inputs, n_places)
            Raw inputs in the law's order.
        seen : ndarray, shape (n_places,)
            Median of the log of the law's curve.
        """
        places = np.unique(np.stack(list(self.data.inputs.values())), axis=1)
        # A median takes no more than some hundred draws.
        some = self.curve.pick(slice(None, None, max(1, self.curve.n_draws // 400)))
        at = dict(zip(self.data.inputs, places, strict=True))
        return places, np.median(np.log(some(at)), axis=0)

    def _origins(self, inputs: Mapping[str, Array], curve: Array, rows: Rows) -> dict[str, Array]:
        """Run that each point's forecast starts from, as raw inputs.

        Among the runs that are no larger in any input the one with the most similar predicted
        response; where there is none, the nearest in standardised log inputs.
        """
        observed = self.data.inputs
        there, seen = self.observed_places
        places = dict(zip(observed, there, strict=True))
        here = np.stack([inputs[name] for name in places])
        unlike = np.abs(np.median(curve, axis=0)[:, None] - seen[None, :])
        # Inputs that come from a product or a table may differ by rounding.
        inside = (there[:, None, :] <= here[:, :, None] * (1 + 1e-9)).all(axis=0)
        similar = np.where(inside, unlike, np.inf).argmin(axis=1)
        start = np.where(inside.any(axis=1), similar, _nearest(here, there))
        return {
            name: np.where(rows < 0, places[name][start], observed[name][rows]) for name in places
        }


def _nearest(here: Array, there: Array) -> Rows:
    """Index of the nearest place to each point; zeros count as the smallest positive value."""
    logs = [np.log(np.maximum(x, np.min(there[there > 0]))) for x in (here, there)]
    width = logs[1].std(axis=1, keepdims=True)
    scaled = [x / np.where(width > 0, width, 1.0) for x in logs]
    distance = np.square(scaled[0][:, :, None] - scaled[1][:, None, :]).sum(axis=0)
    return np.asarray(distance.argmin(axis=1))
