"""What is compared between designs is compared within a scenario: one draw of all that is unknown.

A scenario is one draw of a law's parameters and of its discrepancy (one ``tau`` and one ``z``, the
same in every call), so that differences between designs are differences within one scenario, and
only what is uncertain about the difference remains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.errors import InputError
from bayescale.forecast.continuation import last_rows
from bayescale.forecast.discrepancy import ONSET, resolve
from bayescale.forecast.forecast import cautions, reach
from bayescale.forecast.mixture import Average
from bayescale.forecast.parts import Parts, parts_of
from bayescale.forecast.predictive import Predictive, paired_normal
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF, TOTAL
from bayescale.posterior.fit import Fit

Inputs = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Scenarios:
    """A law's curve, or a new run, at any design, in every scenario.

    Attributes
    ----------
    members : tuple of Fit
        One, or several laws of the same runs; the draws of the first are the first scenarios.
    shift : ndarray, shape (n_draws,)
        Share of the law's further change by which it errs in each scenario: ``tau * z``.
    log_noise : ndarray, shape (n_draws,)
        Log of the factor on the noise of new runs beyond the data.
    notes : tuple of str
        What changes how the numbers are read.
    error : ndarray, shape (n_draws,), optional
        Standard noise of a new run in each scenario, the same at every design; of the law's curve
        without.
    origin : ndarray, shape (n_draws,), optional
        Log response that the further change counts from, the same at every design; from
        the observed run that each design starts from without.
    """

    members: tuple[Fit, ...]
    shift: Array
    log_noise: Array
    notes: tuple[str, ...] = ()
    error: Array | None = None
    origin: Array | None = None

    @property
    def law(self) -> Law:
        """The law; where there are several, the first, of the same inputs and response."""
        return self.members[0].law

    @property
    def kind(self) -> str:
        """``"mean"`` (the law's curve) or ``"run"`` (a new run)."""
        return "mean" if self.error is None else "run"

    @property
    def n_draws(self) -> int:
        """How many scenarios there are."""
        return len(self.shift)

    @property
    def observed(self) -> dict[str, Array]:
        """Inputs and response of the observed runs, each of shape (n_runs,)."""
        first = self.members[0]
        return first.inputs | {self.law.response.symbol: first.response}

    @cached_property
    def _seen(self) -> dict[str, Array]:
        return self.members[0].inputs

    def reach(self, inputs: Inputs) -> Array:
        """Decades beyond the observed runs in the furthest input, shape (n_designs,)."""
        return reach(self._seen, self._columns(inputs))

    def __call__(self, inputs: Inputs) -> Array:
        """Response at designs.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_designs,)
            Raw values of every input of the law.

        Returns
        -------
        ndarray, shape (n_draws, n_designs)
            In the response's unit.
        """
        if self.error is None and self.origin is not None:
            return self.at_own(self._columns(inputs))
        found = self.predictive(inputs)
        if self.error is None:
            return np.asarray(np.exp(found.location))
        return np.asarray(np.exp(found.location + found.scale * self.error[:, None]))

    def predictive(self, inputs: Inputs) -> Predictive:
        """Distribution of the log response of a new run in each scenario, (n_draws, n_designs)."""
        columns = self._columns(inputs)
        parts = self._parts(columns)
        location, scale, dof, change = parts.location, parts.scale, parts.dof, parts.change
        if self.origin is not None:
            change = location - self.origin[:, None]
        onset = -np.expm1(-reach(self._seen, columns) / ONSET)
        factor = np.exp(self.log_noise[:, None] * onset)
        return Predictive(location + self.shift[:, None] * change, scale * factor, dof)

    def law_curve(self, inputs: Inputs) -> Array:
        """The law's curve without discrepancy, at designs that each scenario may have of its own.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_draws, n_designs) or (n_designs,)

        Returns
        -------
        ndarray, shape (n_draws, n_designs)
        """
        found, start = [], 0
        for fit in self.members:
            rows = slice(start, start + fit.curve.free[TOTAL].size)
            found.append(fit.curve({name: _own(inputs[name], rows) for name in fit.inputs}))
            start = rows.stop
        return np.concatenate(found)

    def at_own(self, inputs: Inputs) -> Array:
        """Curve with discrepancy counted from :attr:`origin`; inputs as in :meth:`law_curve`."""
        if self.origin is None:
            raise InputError("Designs of the scenarios' own are compared from one origin: anchor.")
        log_curve = np.log(self.law_curve(inputs))
        change = log_curve - self.origin[:, None]
        return np.asarray(np.exp(log_curve + self.shift[:, None] * change))

    def anchored(self, inputs: Inputs) -> Scenarios:
        """The same scenarios, with the discrepancy of every design counted from one origin.

        The observed run that a forecast starts from changes from design to design, and the
        discrepancy jumps where it does. Between nearby designs that is no difference that
        anyone knows of: with one origin all of them bend together.

        Parameters
        ----------
        inputs : mapping of str to float
            The design whose origin is taken.
        """
        if not self.shift.any():
            return replace(self, origin=np.zeros(self.n_draws))
        parts = self._parts(self._columns(inputs))
        return replace(self, origin=(parts.location - parts.change)[:, 0])

    def _parts(self, columns: Mapping[str, Array]) -> Parts:
        points = pd.DataFrame(columns)
        each = [parts_of(fit, columns, last_rows(fit, points, None)) for fit in self.members]
        if len(each) == 1:
            return each[0]
        names = ("location", "scale", "dof", "change")
        return Parts(*(np.concatenate([getattr(one, name) for one in each]) for name in names))

    def without_discrepancy(self) -> Scenarios:
        """The same scenarios where the laws hold beyond the data."""
        nothing = np.zeros(self.n_draws)
        return replace(self, shift=nothing, log_noise=nothing)

    def of_new_runs(self, seed: int = 0) -> Scenarios:
        """The same scenarios, of one new run each instead of the law's curve."""
        rng = np.random.default_rng([seed, 0xE])
        dof = np.concatenate([fit.curve.free[NOISE_DOF] for fit in self.members])
        normal = paired_normal(rng, self.n_draws, 1)[:, 0]
        return replace(self, error=normal / np.sqrt(rng.chisquare(dof) / dof))

    def thin(self, size: int) -> Scenarios:
        """Some of the scenarios, evenly spread; all of them where there are no more."""
        if size >= self.n_draws:
            return self
        rows = np.linspace(0, self.n_draws - 1, size).round().astype(int)
        members, start = [], 0
        for fit in self.members:
            stop = start + fit.curve.free[TOTAL].size
            own = rows[(rows >= start) & (rows < stop)] - start
            members += [_picked(fit, own)] if len(own) else []
            start = stop
        return replace(
            self,
            members=tuple(members),
            shift=self.shift[rows],
            log_noise=self.log_noise[rows],
            error=None if self.error is None else self.error[rows],
            origin=None if self.origin is None else self.origin[rows],
        )

    def _columns(self, inputs: Inputs) -> dict[str, Array]:
        given = [np.asarray(inputs[name], dtype=float) for name in self.law.input_symbols]
        flat = np.broadcast_arrays(*(np.atleast_1d(value) for value in given))
        return dict(zip(self.law.input_symbols, flat, strict=True))


def scenarios(
    forecaster: Fit | Average,
    *,
    discrepancy: bool | float | Discrepancy = True,
    seed: int = 0,
    allow_unconverged: bool = False,
) -> Scenarios:
    """Make the scenarios of a fit, or of an average over laws.

    For one fit they are the draws of ``fit.extrapolate(..., kind="mean", seed=seed)``. An
    average forecasts by the quantiles of its laws at each point, which leaves nothing to pair
    between points. Its scenarios are the mixture instead: in each of them one law is true, in as
    many as its weight says, and one of that law's draws with the average's discrepancy.

    Parameters
    ----------
    forecaster : Fit or Average
    discrepancy : bool, float or Discrepancy, default True
        Allow for the law being wrong beyond the data, as in :func:`bayescale.extrapolate`.
    seed : int, default 0
        Of the discrepancy.
    allow_unconverged : bool, default False
        Plan from a fit whose sampler failed its checks; the notes then say so.

    Returns
    -------
    Scenarios

    Raises
    ------
    InputError
        If it is neither.
    UnconvergedError
        If a fit failed its checks and that is not allowed.
    """
    if isinstance(forecaster, Fit):
        members: tuple[Fit, ...] = (forecaster,)
        learned = forecaster.law.discrepancy
    elif isinstance(forecaster, Average):
        members = _apportioned(forecaster.fits, forecaster.weights)
        learned = forecaster.discrepancy
    else:
        raise InputError(
            f"A plan takes a fit or an average of fits, not {type(forecaster).__name__}."
        )
    notes = [note for fit in members for note in cautions(fit, allow_unconverged)]
    size = sum(fit.curve.free[TOTAL].size for fit in members)
    shift = log_noise = np.zeros(size)
    allowed = resolve(learned, discrepancy)
    if allowed is not None:
        # In the order of the forecast's own draws, so that a seed means the same scenarios.
        rng = np.random.default_rng(seed)
        tau = allowed.change.draw(rng, size)
        shift = tau * paired_normal(rng, size, 1)[:, 0]
        log_noise = np.log(allowed.noise.draw(rng, size))
    return Scenarios(members, shift, log_noise, tuple(dict.fromkeys(notes)))


def _apportioned(fits: Sequence[Fit], weights: Array) -> tuple[Fit, ...]:
    """As many draws of each law as its weight says, by largest remainders."""
    total = min(fit.curve.free[TOTAL].size for fit in fits)
    count = np.floor(weights * total + 1e-9).astype(int)
    left = np.argsort(count - weights * total, kind="stable")[: total - count.sum()]
    count[left] += 1
    return tuple(
        _picked(fit, np.linspace(0, fit.curve.free[TOTAL].size - 1, n).round().astype(int))
        for fit, n in zip(fits, count, strict=True)
        if n
    )


def _picked(fit: Fit, draws: Any) -> Fit:
    """A fit with some of its draws, and of its groups those that forecasts read."""
    free = {
        name: (("chain", "draw"), values.to_numpy().ravel()[draws][None])
        for name, values in fit.draws["free"].to_dataset().items()
    }
    groups = {name: fit.draws[name].to_dataset() for name in ("observed_data", "constant_data")}
    tree = xr.DataTree.from_dict(groups | {"free": xr.Dataset(cast("Any", free))})
    tree.attrs = dict(fit.draws.attrs)
    return Fit(fit.law, tree, fit.diagnostics)


def _own(values: Any, rows: slice) -> Any:
    found = np.asarray(values)
    return found[rows] if found.ndim > 1 else found
