"""The one forecaster: joint draws of everything unknown, at any designs.

A scenario is one draw of a law, of its parameters and of the errors of its slopes, the same in
every call, so that differences between designs are differences within one
scenario, and only what is uncertain about the difference remains. Forecasts, plans, next runs,
options and reports all ask the same scenarios.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np

from bayescale.errors import InputError, Problem
from bayescale.forecast.continuation import last_rows
from bayescale.forecast.member import Member
from bayescale.forecast.mixture import Ensemble, apportioned
from bayescale.forecast.notes import at_points, marked, of_fit, read_codes
from bayescale.forecast.predictive import Predictive, student_t
from bayescale.forecast.reach import Extent
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF, SLOPE_ERROR
from bayescale.posterior.fit import Fit
from bayescale.posterior.seeds import own_seed

Inputs = Mapping[str, Any]
Forecaster = Fit | Ensemble
Kind = Literal["run", "mean"]
KINDS: tuple[Kind, ...] = ("run", "mean")
NONE = "No discrepancy: the law is taken to hold."
# What intervals of each kind are of, in words.
MEANINGS = {"run": "one new run", "mean": "the law's curve"}


@dataclass(frozen=True, eq=False)
class Scenarios:
    """A law's curve, or a new run, at any design, in every scenario.

    Attributes
    ----------
    forecaster : Fit or Ensemble
        That they were made of.
    members : tuple of Member
        One, or several laws of the same runs; the draws of the first are the first scenarios.
    notes : tuple of Problem
        What changes how all numbers are read.
    acknowledged : frozenset of str
        Codes of notes that the user knows of.
    seed : int
        That they were drawn with.
    rng : numpy.random.Generator
        Where the noise of new runs comes from; it is copied, never moved on.
    noise : ndarray, shape (n_draws,), optional
        Standard noise of a new run in each scenario, the same at every design; of the law's curve
        without.
    """

    forecaster: Forecaster
    members: tuple[Member, ...]
    notes: tuple[Problem, ...]
    acknowledged: frozenset[str]
    seed: int
    rng: np.random.Generator
    noise: Array | None = None

    @property
    def law(self) -> Law:
        """The law; where there are several, the first, of the same inputs and response."""
        return self.members[0].fit.law

    @property
    def kind(self) -> Kind:
        """``"mean"`` (the law's curve) or ``"run"`` (a new run)."""
        return "mean" if self.noise is None else "run"

    @property
    def meaning(self) -> str:
        """What its intervals are of, in words."""
        return MEANINGS[self.kind]

    @property
    def n_draws(self) -> int:
        """How many scenarios there are."""
        return sum(member.curve.n_draws for member in self.members)

    @property
    def discrepancy(self) -> str:
        """What is allowed for the laws being wrong, in a sentence."""
        errors = [
            member.curve.free[SLOPE_ERROR] for member in self.members if member.slopes is not None
        ]
        several = f"{self.forecaster.shown}. " if isinstance(self.forecaster, Ensemble) else ""
        if not errors:
            return several + NONE
        low, middle, high = np.quantile(np.concatenate(errors), [0.05, 0.5, 0.95])
        return (
            f"{several}Discrepancy: the law's slopes err by ± {middle:.0%} of them (one SD, as the "
            f"runs say; equal-tailed 90% of that SD: {low:.0%} to {high:.0%}), and further beyond "
            "the data."
        )

    @property
    def dof(self) -> Array:
        """Degrees of freedom of the noise in each scenario, shape (n_draws, 1)."""
        return np.concatenate([member.curve.columns[NOISE_DOF] for member in self.members])

    @property
    def inputs(self) -> Mapping[str, Array]:
        """Inputs of the observed runs, each of shape (n_runs,)."""
        return self.members[0].fit.inputs

    @property
    def observed(self) -> dict[str, Array]:
        """Inputs and response of the observed runs, each of shape (n_runs,)."""
        return {**self.inputs, self.law.response.symbol: self.members[0].fit.response}

    @property
    def derive(self) -> Mapping[str, str]:
        """Formulas of derived inputs."""
        return self.members[0].fit.derive

    @property
    def one_curve(self) -> bool:
        """Whether the observed rows are one learning curve, which further rows go on from."""
        return self.members[0].one_curve

    def reach(self, inputs: Inputs) -> Array:
        """Decades beyond the observed runs, in an input or in size; shape (n_designs,)."""
        return self.extent.reach(self._columns(inputs))

    def notes_at(self, inputs: Inputs) -> tuple[Problem, ...]:
        """All that changes how numbers at designs are read; those of some say of which.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_designs,)
        """
        at, tested = self._columns(inputs), None
        if isinstance(self.forecaster, Ensemble) and len(self.forecaster.backtest):
            tested = float(self.forecaster.backtest["reach"].max())
        own = at_points(self.members, at, self.reach(at), tested)
        return marked((*self.notes, *own), self.acknowledged)

    @cached_property
    def extent(self) -> Extent:
        """Where the observed runs lie."""
        return Extent.of(self.inputs)

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
        found = self.predictive(inputs)
        if self.noise is None:
            return np.asarray(np.exp(found.location))
        return np.asarray(np.exp(found.location + found.scale * self.noise[:, None]))

    def predictive(self, inputs: Inputs, names: Any = None) -> Predictive:
        """Distribution of the log response of a new run in each scenario.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_designs,)
        names : ndarray of str, shape (n_designs,), optional
            Observed training run that each design goes on from; empty for a new one.

        Returns
        -------
        Predictive
            Of shape (n_draws, n_designs).
        """
        columns = self._columns(inputs)
        each = [
            member.predictive(columns, last_rows(member.data, columns, names))
            for member in self.members
        ]
        if len(each) == 1:
            return each[0]
        fields = ("location", "scale", "dof")
        return Predictive(
            *(np.concatenate([getattr(one, name) for one in each]) for name in fields)
        )

    def sampled(self, predictive: Predictive) -> Array:
        """Response of one new run per scenario and design, each with its own noise."""
        return predictive.sample(deepcopy(self.rng))

    def noise_at_one(self) -> Array:
        """Standard noise that :meth:`sampled` gives a single design, shape (n_draws,)."""
        return student_t(deepcopy(self.rng), self.dof)[:, 0]

    def at_own(self, inputs: Inputs, errors: Array | None = None) -> Array:
        """The law's curve at designs that each scenario has of its own.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_draws, n_designs) or (n_designs,)
        errors : ndarray, shape (n_draws, n_designs), optional
            What the laws err by there, as :meth:`errors` says, where that is known.

        Returns
        -------
        ndarray, shape (n_draws, n_designs)
        """
        found = []
        for member, rows in zip(self.members, self._slices(), strict=True):
            own = {name: _own(inputs[name], rows) for name in self.law.input_symbols}
            known = None if errors is None else errors[rows]
            found.append(np.exp(member.log_curve(own, known)))
        return np.concatenate(found)

    def errors(self, inputs: Inputs) -> Array | None:
        """What the laws err by at designs, in logs, (n_draws, n_designs); None where they hold.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_designs,)
        """
        if all(member.slopes is None for member in self.members):
            return None
        columns = self._columns(inputs)
        count = len(next(iter(columns.values())))
        return np.concatenate(
            [
                np.zeros((member.curve.n_draws, count))
                if member.slopes is None
                else member.slopes(columns)
                for member in self.members
            ]
        )

    def with_runs(self, points: Any, log_response: Array) -> Scenarios:
        """The same scenarios, with forecasts that go on from further points of one learning curve.

        The draws stay: what the outcomes say of the parameters is said by weights.

        Parameters
        ----------
        points : pandas.DataFrame, shape (n_runs, n_inputs)
            Raw inputs of the further points.
        log_response : ndarray, shape (n_runs,)
            Their log responses.
        """
        response = np.exp(log_response)
        members = tuple(member.with_runs(points, response) for member in self.members)
        return replace(self, members=members)

    @property
    def of_curve(self) -> Scenarios:
        """The same scenarios, of the law's curve instead of new runs."""
        return replace(self, noise=None)

    def of_new_runs(self, number: int = 0) -> Scenarios:
        """The same scenarios, of one new run each instead of the law's curve.

        Parameters
        ----------
        number : int, default 0
            Runs of different numbers scatter each for itself.
        """
        rng = np.random.default_rng([self.seed, 0xE, number])
        return replace(self, noise=student_t(rng, self.dof)[:, 0])

    def thin(self, size: int) -> Scenarios:
        """Some of the scenarios, evenly spread; all of them where there are no more."""
        if size >= self.n_draws:
            return self
        rows = np.linspace(0, self.n_draws - 1, size).round().astype(int)
        members = []
        for member, own in zip(self.members, self._slices(), strict=True):
            kept = rows[(rows >= own.start) & (rows < own.stop)] - own.start
            members += [member.pick(kept)] if len(kept) else []
        return replace(
            self,
            members=tuple(members),
            noise=None if self.noise is None else self.noise[rows],
        )

    def _slices(self) -> list[slice]:
        """Which scenarios follow each member."""
        ends = np.cumsum([member.curve.n_draws for member in self.members]).tolist()
        return [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]

    def _columns(self, inputs: Inputs) -> dict[str, Array]:
        given = [np.asarray(inputs[name], dtype=float) for name in self.law.input_symbols]
        flat = np.broadcast_arrays(*(np.atleast_1d(value) for value in given))
        return dict(zip(self.law.input_symbols, flat, strict=True))


def scenarios(
    forecaster: Forecaster,
    *,
    seed: int | None = None,
    allow_unconverged: bool = False,
    acknowledge: Collection[str] = (),
) -> Scenarios:
    """Make the scenarios of a fit, or of an ensemble of laws.

    Of an ensemble they are the mixture: in each scenario one law is true, in as many as its
    weight says, and one of that law's draws with the errors of its slopes.

    Parameters
    ----------
    forecaster : Fit or Ensemble
    seed : int, optional
        Of the noise; by default one of the forecaster's own laws and data, so that the
        scenarios of unrelated forecasters have nothing in common.
    allow_unconverged : bool, default False
        Forecast from a fit whose sampler failed its checks; the notes then say so.
    acknowledge : collection of str, optional
        Codes of notes that the user knows of; they are marked.

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
        members: tuple[Member, ...] = (Member.of(forecaster),)
    elif isinstance(forecaster, Ensemble):
        members = _mixed(forecaster)
    else:
        raise InputError(
            f"What forecasts is a fit or an average of fits, not a {type(forecaster).__name__}."
        )
    codes, several = read_codes(acknowledge), len(members) > 1
    told = {"allow_unconverged": allow_unconverged, "several": several}
    notes = marked((note for one in members for note in of_fit(one.fit, **told)), codes)
    if seed is None:
        seed = own_seed(0, [one.fit.runs for one in members])
    return Scenarios(forecaster, members, notes, codes, seed, np.random.default_rng(seed))


def _mixed(ensemble: Ensemble) -> tuple[Member, ...]:
    """As many draws of each law as its weight says, evenly spread over them."""
    total = min(fit.curve.n_draws for fit in ensemble.fits)
    counts = apportioned(ensemble.weights.to_numpy(), total)
    return tuple(
        Member.of(fit).pick(np.linspace(0, fit.curve.n_draws - 1, count).round().astype(int))
        for fit, count in zip(ensemble.fits, counts, strict=True)
        if count
    )


def _own(values: Any, rows: slice) -> Any:
    found = np.asarray(values)
    return found[rows] if found.ndim > 1 else found
