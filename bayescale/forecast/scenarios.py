"""The one forecaster: joint draws of everything unknown, at any designs.

A scenario is one draw of a law, of its parameters and of its discrepancy (one ``tau`` and one
``z``, the same in every call), so that differences between designs are differences within one
scenario, and only what is uncertain about the difference remains. Forecasts, plans, next runs,
options and reports all ask the same scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from bayescale.errors import InputError, UnconvergedError
from bayescale.forecast.continuation import last_rows
from bayescale.forecast.discrepancy import Errors, draw_errors, onset, resolve
from bayescale.forecast.member import Member, Parts
from bayescale.forecast.mixture import Ensemble, apportioned
from bayescale.forecast.predictive import Predictive, student_t
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF
from bayescale.posterior.fit import Fit

Inputs = Mapping[str, Any]
Forecaster = Fit | Ensemble
Kind = Literal["run", "mean"]
KINDS: tuple[Kind, ...] = ("run", "mean")
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
    errors : Errors
        How wrong the law is in each scenario.
    notes : tuple of str
        What changes how the numbers are read.
    rng : numpy.random.Generator
        Where the noise of new runs comes from; it is copied, never moved on.
    noise : ndarray, shape (n_draws,), optional
        Standard noise of a new run in each scenario, the same at every design; of the law's curve
        without.
    origin : ndarray, shape (n_draws,), optional
        Log response that the further change counts from, the same at every design; from
        the observed run that each design starts from without.
    """

    forecaster: Forecaster
    members: tuple[Member, ...]
    errors: Errors
    notes: tuple[str, ...]
    rng: np.random.Generator
    noise: Array | None = None
    origin: Array | None = None

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
        return len(self.errors.shift)

    @property
    def shift(self) -> Array:
        """Share of the law's further change by which it errs, shape (n_draws,)."""
        return self.errors.shift

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
        """Decades beyond the observed runs in the furthest input, shape (n_designs,)."""
        return reach(self.inputs, self._columns(inputs))

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
        if self.noise is None and self.origin is not None:
            return self.at_own(self._columns(inputs))
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
        parts = self.parts(inputs, names)
        change = parts.change if self.origin is None else parts.location - self.origin[:, None]
        # New runs far out may scatter more than the observed ones.
        factor = np.exp(self.errors.log_noise[:, None] * onset(self.reach(inputs)))
        location = parts.location + self.errors.shift[:, None] * change
        return Predictive(location, parts.scale * factor, parts.dof)

    def parts(self, inputs: Inputs, names: Any = None) -> Parts:
        """What the laws say before any discrepancy; the arguments as in :meth:`predictive`."""
        columns = self._columns(inputs)
        each = [
            member.parts(columns, last_rows(member.data, columns, names)) for member in self.members
        ]
        if len(each) == 1:
            return each[0]
        fields = ("location", "scale", "dof", "change")
        return Parts(*(np.concatenate([getattr(one, name) for one in each]) for name in fields))

    def sampled(self, predictive: Predictive) -> Array:
        """Response of one new run per scenario and design, each with its own noise."""
        return predictive.sample(deepcopy(self.rng))

    def noise_at_one(self) -> Array:
        """Standard noise that :meth:`sampled` gives a single design, shape (n_draws,)."""
        return student_t(deepcopy(self.rng), self.dof)[:, 0]

    def law_curve(self, inputs: Inputs) -> Array:
        """The law's curve without discrepancy, at designs that each scenario may have of its own.

        Parameters
        ----------
        inputs : mapping of str to ndarray, shape (n_draws, n_designs) or (n_designs,)

        Returns
        -------
        ndarray, shape (n_draws, n_designs)
        """
        found = []
        for member, rows in zip(self.members, self._slices(), strict=True):
            own = {name: _own(inputs[name], rows) for name in self.law.input_symbols}
            found.append(member.curve(own))
        return np.concatenate(found)

    def at_own(self, inputs: Inputs) -> Array:
        """Curve with discrepancy counted from :attr:`origin`; inputs as in :meth:`law_curve`."""
        if self.origin is None:
            raise InputError("Designs of the scenarios' own are compared from one origin: anchor.")
        log_curve = np.log(self.law_curve(inputs))
        change = log_curve - self.origin[:, None]
        return np.asarray(np.exp(log_curve + self.errors.shift[:, None] * change))

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
        if not self.errors.shift.any():
            return replace(self, origin=np.zeros(self.n_draws))
        parts = self.parts(inputs)
        return replace(self, origin=(parts.location - parts.change)[:, 0])

    def with_runs(self, points: Any, log_response: Array) -> Scenarios:
        """The same scenarios, with forecasts that may start from further runs.

        The draws stay: what the outcomes say of the parameters is said by weights.

        Parameters
        ----------
        points : pandas.DataFrame, shape (n_runs, n_inputs)
            Raw inputs of the further runs.
        log_response : ndarray, shape (n_runs,)
            Their log responses; only a learning curve, whose error goes on, depends on them.
        """
        response = np.exp(log_response)
        members = tuple(member.with_runs(points, response) for member in self.members)
        return replace(self, members=members)

    def without_discrepancy(self) -> Scenarios:
        """The same scenarios where the laws hold beyond the data."""
        return replace(self, errors=draw_errors(None, self.n_draws, self.rng))

    def of_new_runs(self, seed: int = 0) -> Scenarios:
        """The same scenarios, of one new run each instead of the law's curve."""
        rng = np.random.default_rng([seed, 0xE])
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
        errors = replace(
            self.errors, shift=self.errors.shift[rows], log_noise=self.errors.log_noise[rows]
        )
        return replace(
            self,
            members=tuple(members),
            errors=errors,
            noise=None if self.noise is None else self.noise[rows],
            origin=None if self.origin is None else self.origin[rows],
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
    discrepancy: bool | float | Discrepancy = True,
    seed: int = 0,
    allow_unconverged: bool = False,
) -> Scenarios:
    """Make the scenarios of a fit, or of an ensemble of laws.

    Of an ensemble they are the mixture: in each scenario one law is true, in as many as its
    weight says, and one of that law's draws with the ensemble's discrepancy.

    Parameters
    ----------
    forecaster : Fit or Ensemble
    discrepancy : bool, float or Discrepancy, default True
        Allow for the law being wrong beyond the data, as in :func:`bayescale.extrapolate`.
    seed : int, default 0
        Of discrepancy and noise.
    allow_unconverged : bool, default False
        Forecast from a fit whose sampler failed its checks; the notes then say so.

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
        learned = forecaster.law.discrepancy
    elif isinstance(forecaster, Ensemble):
        members, learned = _mixed(forecaster), forecaster.discrepancy
    else:
        raise InputError(
            f"What forecasts is a fit or an average of fits, not a {type(forecaster).__name__}."
        )
    notes = [note for one in members for note in cautions(one.fit, allow_unconverged)]
    size = sum(member.curve.n_draws for member in members)
    rng = np.random.default_rng(seed)
    errors = draw_errors(resolve(learned, discrepancy), size, rng)
    if isinstance(forecaster, Ensemble):
        errors = replace(errors, text=f"{forecaster.shown}. {errors.text}")
    return Scenarios(forecaster, members, errors, tuple(dict.fromkeys(notes)), rng)


def _mixed(ensemble: Ensemble) -> tuple[Member, ...]:
    """As many draws of each law as its weight says, evenly spread over them."""
    total = min(fit.curve.n_draws for fit in ensemble.fits)
    return tuple(
        Member.of(fit).pick(np.linspace(0, fit.curve.n_draws - 1, count).round().astype(int))
        for fit, count in zip(ensemble.fits, apportioned(ensemble.weights, total), strict=True)
        if count
    )


def reach(observed: Mapping[str, Array], inputs: Mapping[str, Array]) -> Array:
    """Decades that points lie beyond the observed runs in their furthest input, either way.

    Zeros, where a law allows them, lie within reach if zeros were observed.
    """
    furthest = np.zeros(len(next(iter(inputs.values()))))
    for name, values in inputs.items():
        seen = np.log10(observed[name][observed[name] > 0])
        at = np.log10(np.where(values > 0, values, observed[name].max()))
        beyond = np.maximum(at - seen.max(), seen.min() - at)
        furthest = np.maximum(furthest, beyond)
    return np.asarray(furthest)


def cautions(fit: Fit, allow_unconverged: bool) -> tuple[str, ...]:
    """What must be said of a forecast from this fit; raise if it cannot be trusted."""
    notes = []
    if not fit.diagnostics.passed:
        errors = [p.message for p in fit.diagnostics.problems if p.severity == "error"]
        if not allow_unconverged:
            raise UnconvergedError(
                f"This fit did not converge, so its forecast cannot be trusted: {errors[0]} "
                "To look at it all the same, pass allow_unconverged=True (--allow-unconverged)."
            )
        notes.append("from a fit that did not converge")
    if fit.approximate:
        notes.append("from a preview (Laplace approximation), not a sampled posterior")
    return tuple(notes)


def _own(values: Any, rows: slice) -> Any:
    found = np.asarray(values)
    return found[rows] if found.ndim > 1 else found
