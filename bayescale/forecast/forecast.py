"""Forecasts at new scales, as values that print, draw and answer questions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.delegates import later
from bayescale.errors import InputError, Problem
from bayescale.forecast.continuation import split_names
from bayescale.forecast.notes import by_point, lines
from bayescale.forecast.predictive import Predictive
from bayescale.forecast.scenarios import MEANINGS, Forecaster, Kind, Scenarios, scenarios
from bayescale.intervals import DEFAULT_MASS, bounds, check_mass, interval_name
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import brief, format_number
from bayescale.runs.points import read_points


@dataclass(frozen=True, eq=False)
class Extrapolation:
    """A forecast at new scales, as draws.

    Attributes
    ----------
    law : Law
    points : pandas.DataFrame, shape (n_points, n_inputs)
        Raw inputs.
    kind : {"run", "mean"}
        Of one new observed run, or of the law's curve.
    draws : xarray.DataArray, dims (draw, point)
        Responses.
    predictive : Predictive
        The distribution of a new run, whatever the kind.
    reach : ndarray, shape (n_points,)
        Decades beyond the observed runs, in an input or in size (of parameters and tokens,
        compute).
    mass : float
        Of the intervals in ``table``.
    observed : mapping of str to ndarray, shape (n_runs,)
        Inputs and response of the runs that were fitted.
    discrepancy : str
        What was allowed for the law being wrong, in a sentence.
    notes : tuple of Problem
        What changes how the numbers are read: code, severity, message; ``details["points"]``
        where it holds at some points only, and whether the user acknowledged it.
    """

    law: Law
    points: pd.DataFrame
    kind: Kind
    draws: xr.DataArray
    predictive: Predictive
    reach: Array
    mass: float
    observed: Mapping[str, Array]
    discrepancy: str
    notes: tuple[Problem, ...] = ()

    @cached_property
    def table(self) -> pd.DataFrame:
        """Inputs, median, lower, upper, reach; for the curve its mean as well.

        Also the kind of interval and its mass, what the interval is of, what discrepancy it
        allows for, and the notes of each point, as sentences and as codes. A new run has no
        finite mean under heavy-tailed noise: its table has none.
        """
        draws = self.draws.to_numpy()
        table = self.points.copy()
        table["median"], table["lower"], table["upper"] = bounds(draws, self.mass)
        if self.kind == "mean":
            table["mean"] = draws.mean(axis=0)
        table["reach"] = self.reach
        table["interval"] = f"{interval_name(self.mass)} of {MEANINGS[self.kind]}"
        table["discrepancy"] = self.discrepancy
        table["notes"], table["codes"] = by_point(self.notes, len(table))
        return table

    def interval(self, mass: float = DEFAULT_MASS) -> pd.DataFrame:
        """Equal-tailed interval of a mass: a DataFrame with lower and upper, one row per point."""
        _, lower, upper = bounds(self.draws.to_numpy(), mass)
        return pd.DataFrame({"lower": lower, "upper": upper}, index=self.points.index)

    def probability(self, below: Any) -> pd.Series:
        """Probability that the response lies below a limit, one per point.

        Parameters
        ----------
        below : float or sequence of float, shape (n_points,)
            In the response's unit, positive.

        Raises
        ------
        InputError
            If a limit is not a positive number, or there are not as many as points.
        """
        try:
            limit = np.broadcast_to(np.asarray(below, dtype=float), len(self.points))
        except (TypeError, ValueError) as fault:
            raise InputError(
                f"A limit on {self.law.response.symbol} is one number, or one for each of the "
                f"{len(self.points)} points; it is {below!r}."
            ) from fault
        if not (np.isfinite(limit).all() and (limit > 0).all()):
            raise InputError(f"A limit on {self.law.response.symbol} must be positive: {below!r}.")
        if self.kind == "run":
            found = self.predictive.probability(limit)
        else:
            found = (self.draws.to_numpy() < limit).mean(axis=0)
        return pd.Series(
            found, index=self.points.index, name=f"P({self.law.response.symbol} < limit)"
        )

    def beside(self, observed: Any) -> pd.DataFrame:
        """Forecasts beside what was observed at the same points.

        Parameters
        ----------
        observed : sequence of float, shape (n_points,)
            Responses, in the response's unit.

        Returns
        -------
        pandas.DataFrame
            Inputs, ``observed``, median, lower, upper, reach, and whether the interval holds
            what was observed (``inside``).

        Raises
        ------
        InputError
            If there are not as many as points.
        """
        found = np.asarray(observed, dtype=float)
        if found.shape != (len(self.points),):
            raise InputError(
                f"There are {len(self.points)} forecasts and observed responses of shape "
                f"{found.shape}; give one for each point."
            )
        table = self.table[[*self.points.columns, "median", "lower", "upper", "reach"]].copy()
        table.insert(len(self.points.columns), "observed", found)
        table["inside"] = (table["lower"] <= found) & (found <= table["upper"])
        return table

    def plot(self, against: str | None = None) -> Any:
        """Observed runs and forecast against one input, on log axes.

        Parameters
        ----------
        against : str, optional
            Input on the horizontal axis; the one that the points reach furthest in if left out.
        """
        return later("extrapolation")(self, against)

    def __repr__(self) -> str:
        table = self.table.drop(columns=["interval", "discrepancy", "notes", "codes"])
        shown = [f"Extrapolation of {self.law.response.symbol} by {self.law.name!r}", str(table)]
        return "\n".join([*shown, self._first, *lines(self.notes, width=80)])

    @property
    def _first(self) -> str:
        return f"Intervals: {interval_name(self.mass)} of {MEANINGS[self.kind]}. {self.discrepancy}"

    def _repr_html_(self) -> str:
        table = self.table.drop(columns=["interval", "discrepancy", "notes", "codes"])
        human: Any = dict.fromkeys(self.law.input_symbols, format_number)
        return table.to_html(float_format=brief, formatters=human) + "".join(
            f"<p>{escape(line)}</p>" for line in (self._first, *lines(self.notes))
        )


def extrapolate(
    forecaster: Forecaster,
    at: Any,
    *,
    kind: Kind = "run",
    mass: float = DEFAULT_MASS,
    seed: int | None = None,
    allow_unconverged: bool = False,
    acknowledge: Collection[str] = (),
) -> Extrapolation:
    """Forecast the response at new scales.

    Parameters
    ----------
    forecaster : Fit or Ensemble
        Of an ensemble the forecast is the mixture of its laws.
    at : mapping or pandas.DataFrame
        Raw inputs; numbers or human numbers such as ``"70B"``. Inputs that were derived in
        the runs are derived again where they are left out. Where the runs were read with
        ``run=``, a column ``run`` may name the observed training run that a point continues.
    kind : {"run", "mean"}
        Of one new observed run, or of the law's curve.
    mass : float, default 0.9
        Of the equal-tailed intervals in ``table``.
    seed : int, optional
        Of the noise; one of the forecaster's own laws and data if left out.
    allow_unconverged : bool, default False
        Forecast from a fit whose sampler failed its checks; every table then says so.
    acknowledge : collection of str, optional
        Codes of notes that the user knows of, e.g. ``{"lack-of-fit"}``: they still stand in
        tables and files, marked, and are no longer said as cautions.

    Returns
    -------
    Extrapolation

    Raises
    ------
    InputError
        For points that lack an input, have an unknown one or a value out of range.
    UnconvergedError
        If the fit failed its checks and that is not allowed.
    """
    check_kind(kind)
    check_mass(mass)
    made = scenarios(
        forecaster, seed=seed, allow_unconverged=allow_unconverged, acknowledge=acknowledge
    )
    points, inputs, names = read_targets(made, at)
    predictive = made.predictive(inputs, names)
    draws = made.sampled(predictive) if kind == "run" else np.exp(predictive.location)
    return Extrapolation(
        law=made.law,
        points=points,
        kind=kind,
        draws=xr.DataArray(draws, dims=("draw", "point"), name=made.law.response.symbol),
        predictive=predictive,
        reach=made.reach(inputs),
        mass=mass,
        observed=made.observed,
        discrepancy=made.discrepancy,
        notes=made.notes_at(inputs),
    )


def check_kind(kind: str) -> None:
    """Refuse what is no kind of forecast."""
    if kind not in MEANINGS:
        raise InputError(f"kind is 'run' (a new run) or 'mean' (the law's curve), not {kind!r}.")


def read_targets(made: Scenarios, at: Any) -> tuple[pd.DataFrame, dict[str, Array], Any]:
    """Read points as :func:`extrapolate` takes them.

    Returns
    -------
    points : pandas.DataFrame, shape (n_points, n_inputs)
    inputs : dict of str to ndarray, shape (n_points,)
        The same by symbol.
    names : ndarray or None
        Training run that each point goes on from.
    """
    first = made.members[0]
    at, names = split_names(first.fit.runs, first.data.groups, at)
    points = read_points(at, made.law, derive=made.derive)
    inputs = {name: points[name].to_numpy(dtype=float) for name in made.law.input_symbols}
    return points, inputs, names
