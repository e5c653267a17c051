"""A posterior as a value, and the function that makes it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from bayescale.delegates import later
from bayescale.errors import InputError, Problem
from bayescale.intervals import DEFAULT_MASS
from bayescale.law.law import Law
from bayescale.law.noise import Continuation, continuation
from bayescale.law.prior import Array, Prior
from bayescale.law.symbols import NOISE_GAIN, TOTAL
from bayescale.numbers import brief
from bayescale.posterior import store
from bayescale.posterior.data import ModelData
from bayescale.posterior.knowledge.checks import lack_of_fit, predictive_checks
from bayescale.posterior.knowledge.diagnostics import (
    PRIOR_DRAWS,
    Diagnostics,
    diagnose,
    diagnose_approximation,
)
from bayescale.posterior.knowledge.identifiability import identifiability, with_remedy
from bayescale.posterior.knowledge.information import from_draws
from bayescale.posterior.parameters import Belief, Priors, constrain, resolve_priors, to_raw
from bayescale.posterior.predictor import Curve
from bayescale.posterior.record import data_groups, provenance
from bayescale.posterior.summary import parameter_table, returns_table
from bayescale.runs.points import read_points
from bayescale.runs.runs import read_runs

if TYPE_CHECKING:
    import pandas as pd

    from bayescale.runs.runs import Runs


@dataclass(frozen=True, eq=False)
class Fit:
    """The posterior of a law given runs, with its diagnostics and provenance.

    Attributes
    ----------
    law : Law
    draws : xarray.DataTree
        ``posterior`` (raw units), ``free`` (as sampled), ``sample_stats``,
        ``log_likelihood``, ``log_prior``, ``observed_data`` and ``constant_data``; provenance
        in ``attrs``. No warm-up. A preview has no sampler's groups.
    diagnostics : Diagnostics
    """

    law: Law
    draws: xr.DataTree
    diagnostics: Diagnostics

    @property
    def approximate(self) -> bool:
        """Whether this is a preview by a Laplace approximation."""
        return self.diagnostics.approximate

    @property
    def provenance(self) -> Mapping[str, Any]:
        """Where the fit comes from: law and version, data digest, seed, route, versions, ..."""
        return {str(name): value for name, value in self.draws.attrs.items()}

    @cached_property
    def inputs(self) -> dict[str, Array]:
        """Observed inputs in raw units, by symbol, each of shape (n_runs,)."""
        constant = self.draws["constant_data"]
        return {name: constant[name].to_numpy() for name in self.law.input_symbols}

    @cached_property
    def response(self) -> Array:
        """Observed responses, shape (n_runs,)."""
        return np.asarray(self.draws["observed_data"][self.law.response.symbol])

    @cached_property
    def groups(self) -> npt.NDArray[Any] | None:
        """Label of the training run of each row, shape (n_runs,), where rows err alike."""
        constant = self.draws["constant_data"]
        return constant["run"].to_numpy().astype(str) if "run" in constant else None

    @cached_property
    def continuation(self) -> Continuation:
        """Which row follows which in its training run, where rows belong to runs."""
        groups = self.groups
        if groups is None:
            raise InputError("These runs do not belong to named training runs.")
        return continuation(np.log(self.inputs[self.growing]), groups)

    @property
    def runs_gain(self) -> bool:
        """Whether named runs gain differently from their scale than the law says."""
        return NOISE_GAIN in self.draws["free"]

    @property
    def growing(self) -> str:
        """Input that grows along a training run; empty where rows do not belong to runs."""
        return str(self.draws.attrs["growing"])

    @property
    def derive(self) -> Mapping[str, str]:
        """Formulas of derived inputs, applied again to the points of a forecast."""
        return dict(json.loads(self.draws.attrs["derive"]))

    @property
    def runs(self) -> Runs:
        """The observed runs, as far as the law reads them."""
        import pandas as pd

        columns = self.inputs | {self.law.response.symbol: self.response}
        frame = pd.DataFrame(columns)
        groups, named = self.groups, bool(self.draws.attrs["run"])
        if groups is not None and named:
            frame["run"] = groups
        return read_runs(frame, self.law, run="run" if named else None)

    @cached_property
    def curve(self) -> Curve:
        """The law's curve at every draw, chains one after the other."""
        free = {str(name): values.to_numpy().ravel() for name, values in self.draws["free"].items()}
        attrs = self.draws.attrs
        return Curve(self.law, free, json.loads(attrs["reference"]), float(attrs["unit"]))

    @cached_property
    def observed_places(self) -> tuple[Array, Array]:
        """Where runs were observed, each place once, and the log response predicted there.

        Returns
        -------
        places : ndarray, shape (n_inputs, n_places)
            Raw inputs in the law's order.
        seen : ndarray, shape (n_places,)
            Median of the log of the law's curve.
        """
        places = np.unique(np.stack(list(self.inputs.values())), axis=1)
        # A median takes no more than some hundred draws.
        some = self.curve.pick(slice(None, None, max(1, self.curve.free[TOTAL].size // 400)))
        at = dict(zip(self.inputs, places, strict=True))
        return places, np.median(np.log(some(at)), axis=0)

    def summary(self, mass: float = DEFAULT_MASS) -> pd.DataFrame:
        """The law's own symbols in raw units, then total, shares and noise.

        Parameters
        ----------
        mass : float, default 0.9
            Of the equal-tailed intervals.

        Returns
        -------
        pandas.DataFrame
            Indexed by parameter: median, lower, upper, sd, interval (kind and mass), unit,
            informed (by the data), meaning. What is believed as a soft constraint stands in
            ``attrs["soft_constraints"]``.
        """
        posterior = {str(k): v.to_numpy().ravel() for k, v in self.draws["posterior"].items()}
        informed = {row["parameter"]: row["informed"] for row in self.diagnostics.parameters}
        table = parameter_table(self.law, posterior, informed, mass)
        table.attrs["soft_constraints"] = json.loads(self.draws.attrs["soft_constraints"])
        return table

    def returns(self, at: Any, mass: float = DEFAULT_MASS) -> pd.DataFrame:
        """Marginal returns at points: partial derivatives of the law's curve, and elasticities.

        For instance dL/dN = -beta1*alpha*N^(-beta1-1) for ``pretraining``.

        Parameters
        ----------
        at : mapping or pandas.DataFrame
            Raw inputs.
        mass : float, default 0.9
            Of the equal-tailed intervals.

        Returns
        -------
        pandas.DataFrame
            A row per point and input; ``derivative`` in response units per unit of the input.
        """
        points = read_points(at, self.law, derive=self.derive)
        return returns_table(self.curve, points, mass)

    def identifiability(self) -> pd.DataFrame:
        """Which parameters the runs informed, why not the others, and what would help.

        Returns
        -------
        pandas.DataFrame
            As :func:`bayescale.identifiability` says.
        """
        return identifiability(self)

    def extrapolate(self, at: Any, **options: Any) -> Any:
        """Forecast at new scales; the options are those of :func:`bayescale.extrapolate`."""
        return later("extrapolate")(self, at, **options)

    def save(self, path: str | Path) -> Path:
        """Write netCDF, whole or not at all; :func:`bayescale.load` reads it."""
        return store.save(self.draws, self.diagnostics, path)

    def __repr__(self) -> str:
        state = "passed" if self.diagnostics.passed else "FAILED"
        kind = "preview of " if self.approximate else ""
        size = self.draws["free"].sizes
        return (
            f"Fit({kind}{self.law.name!r}, {len(self.response)} runs, "
            f"{size['chain']} x {size['draw']} draws, diagnostics {state})"
        )

    def _repr_html_(self) -> str:
        title = f"<h4>{escape(repr(self))}</h4>"
        return title + self.summary().to_html(float_format=brief) + (self.diagnostics._repr_html_())


def fit(
    runs: Runs,
    *,
    seed: int = 1,
    chains: int = 4,
    draws: int = 1000,
    priors: Mapping[str, Prior] | None = None,
    beliefs: Sequence[Belief] = (),
    progress: bool = True,
    preview: bool = False,
    route: Literal["direct", "compiled"] = "direct",
    strict: bool = True,
) -> Fit:
    """Sample the posterior of the runs' law.

    Where the first attempt diverges or does not mix, it is tried again with stricter
    settings, and the diagnostics say so.

    Parameters
    ----------
    runs : Runs
    seed : int, default 1
        Same seed and same route, same draws.
    chains, draws : int
    priors : mapping of str to Prior, optional
        In the place of the law's: by symbol, ``"M"``, ``"share[alpha]"``, ``"noise_scale"``,
        ``"noise_dof"`` (and ``"noise_length"``, ``"noise_level"``, ``"noise_gain"`` where rows
        belong to runs); a weight's symbol is a belief about a derived quantity and enters as a
        soft constraint.
    beliefs : sequence of Belief, optional
        What is believed of the response at stated points.
    progress : bool, default True
        Show a progress bar where there is a terminal or a notebook.
    preview : bool, default False
        A Laplace approximation in under a second, marked as such wherever it is shown.
    route : {"direct", "compiled"}
        ``direct`` is ready soonest, ``compiled`` is faster for many fits of one law.
    strict : bool, default True
        Try again until every check passes. Where thousands of fits are only scored, as in a
        backtest, ``False`` tries again only after divergences or an R-hat above 1.05.

    Returns
    -------
    Fit

    Raises
    ------
    InputError
        For priors that the law does not take, or fewer than one chain or four draws.
    ComputationError
        If a preview finds no mode.
    """
    if chains < 1 or draws < 4:
        raise InputError(f"A fit needs at least 1 chain of 4 draws, not {chains} of {draws}.")
    law, data = runs.law, ModelData.from_runs(runs)
    chosen = resolve_priors(law, priors, beliefs, bond=data.bond)
    if preview:
        from bayescale.posterior.laplace import laplace

        z = laplace(law, chosen, data, draws=chains * draws, seed=seed)
        groups, diagnostics = _approximation(law, chosen, data, z.reshape(chains, draws, -1), seed)
        how: dict[str, Any] = {"route": "laplace", "attempts": 0, "sampling_seconds": 0.0}
    else:
        groups, diagnostics, how = _sampled(
            law,
            chosen,
            data,
            route=route,
            chains=chains,
            draws=draws,
            seed=seed,
            progress=progress,
            strict=strict,
        )
    flat = {str(name): x.to_numpy().ravel() for name, x in groups["free"].items()}
    known = from_draws(law, data, chosen, data.unit(chosen), flat)
    diagnostics = with_remedy(diagnostics, known, runs.problems)
    tree = xr.DataTree.from_dict(groups | data_groups(law, data))
    tree.attrs = provenance(runs, chosen, data) | how | {"seed": seed}
    return Fit(law, tree, diagnostics)


def _sampled(
    law: Law,
    priors: Priors,
    data: ModelData,
    *,
    route: Literal["direct", "compiled"],
    chains: int,
    draws: int,
    seed: int,
    progress: bool,
    strict: bool,
) -> tuple[dict[str, xr.Dataset], Diagnostics, dict[str, Any]]:
    """Attempt after attempt until the diagnostics pass."""
    from bayescale.posterior.density import density, pointwise
    from bayescale.posterior.sampling import ATTEMPTS, SCORED_ATTEMPTS, sample

    ready = density(law, priors, route)
    prior = _prior_draws(law, priors, data)
    attempts = ATTEMPTS if strict else SCORED_ATTEMPTS
    for attempt in attempts:
        found = sample(
            ready, data, attempt, chains=chains, draws=draws, seed=seed, progress=progress
        )
        free = constrain(priors, found.z)
        raw = to_raw(law, priors, free, data.reference, data.centre)
        diagnostics = diagnose(law, raw, prior, found.stats)
        if diagnostics.passed or not (strict or diagnostics.diverged):
            break
    tries = attempts.index(attempt) + 1
    if tries > 1:
        diagnostics = diagnostics.with_problems([_retry_note(tries, str(attempt))])
    log_prior, log_likelihood = pointwise(law, priors, data, found.z)
    name = law.response.symbol
    groups = {
        "posterior": _dataset(raw),
        "free": _dataset(free),
        "sample_stats": found.stats,
        "log_prior": _dataset(log_prior),
        "log_likelihood": xr.Dataset({name: (("chain", "draw", "obs"), log_likelihood)}),
    }
    how = {"route": route, "attempts": tries, "sampling_seconds": found.seconds}
    return groups, _with_checks(law, priors, data, free, diagnostics, seed), how


def _approximation(
    law: Law, priors: Priors, data: ModelData, z: Array, seed: int
) -> tuple[dict[str, xr.Dataset], Diagnostics]:
    free = constrain(priors, z)
    raw = to_raw(law, priors, free, data.reference, data.centre)
    diagnostics = diagnose_approximation(law, raw, _prior_draws(law, priors, data))
    groups = {"posterior": _dataset(raw), "free": _dataset(free)}
    return groups, _with_checks(law, priors, data, free, diagnostics, seed)


def _with_checks(
    law: Law,
    priors: Priors,
    data: ModelData,
    free: Mapping[str, Array],
    diagnostics: Diagnostics,
    seed: int,
) -> Diagnostics:
    flat = {name: value.ravel() for name, value in free.items()}
    curve = Curve(law, flat, data.reference, data.unit(priors))
    checks = predictive_checks(curve, data, seed)
    return diagnostics.with_checks(checks).with_problems(lack_of_fit(checks))


def _prior_draws(law: Law, priors: Priors, data: ModelData) -> dict[str, Array]:
    free = priors.draw(np.random.default_rng(0), PRIOR_DRAWS)
    with np.errstate(over="ignore", under="ignore"):
        return to_raw(law, priors, free, data.reference, data.centre)


def _retry_note(tries: int, settings: str) -> Problem:
    return Problem(
        "retried",
        "note",
        f"{'The first attempt' if tries == 2 else f'The first {tries - 1} attempts'} did not pass "
        f"the checks; these draws are from attempt {tries}, with {settings}.",
        {"attempts": tries},
    )


def _dataset(values: Mapping[str, Array]) -> xr.Dataset:
    return xr.Dataset({name: (("chain", "draw"), value) for name, value in values.items()})
