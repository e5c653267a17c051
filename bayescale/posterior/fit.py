"""A posterior as a value, and the function that makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from bayescale.delegates import later
from bayescale.errors import InputError
from bayescale.intervals import DEFAULT_MASS
from bayescale.law.law import Law
from bayescale.law.prior import Array, Prior
from bayescale.law.symbols import NOISE_GAIN
from bayescale.numbers import brief
from bayescale.posterior import store
from bayescale.posterior.alone import with_slopes
from bayescale.posterior.data import ModelData
from bayescale.posterior.draw import Route, approximated, sampled
from bayescale.posterior.knowledge.checkpoints import with_checkpoints
from bayescale.posterior.knowledge.diagnostics import Diagnostics
from bayescale.posterior.knowledge.identifiability import (
    expected_table,
    learned_table,
    with_remedy,
    with_ridges,
)
from bayescale.posterior.knowledge.information import Knowledge, from_draws
from bayescale.posterior.parameters import Belief, Priors, Stated
from bayescale.posterior.predictor import Curve
from bayescale.posterior.record import data_groups, provenance
from bayescale.posterior.seeds import own_seed
from bayescale.posterior.slopes import DrawnSlopes, Slopes
from bayescale.posterior.summary import parameter_table, returns_table
from bayescale.runs.points import read_points
from bayescale.runs.runs import Runs


@dataclass(frozen=True, eq=False)
class Fit:
    """The posterior of a law given runs, with all that it takes to fit again.

    Attributes
    ----------
    runs : Runs
        The whole table that was fitted, and its law.
    stated : Stated
        Priors and beliefs of the user's own.
    draws : xarray.DataTree
        ``posterior`` (raw units), ``free`` (as sampled), ``sample_stats``,
        ``log_likelihood``, ``log_prior``, ``slopes`` (where they may err), ``observed_data`` and
        ``constant_data``; provenance in ``attrs``. No warm-up. A preview has no sampler's groups.
    diagnostics : Diagnostics
    """

    runs: Runs
    stated: Stated
    draws: xr.DataTree
    diagnostics: Diagnostics

    @property
    def law(self) -> Law:
        """The law that was fitted."""
        return self.runs.law

    @property
    def approximate(self) -> bool:
        """Whether this is a preview by a Laplace approximation."""
        return self.diagnostics.approximate

    @property
    def provenance(self) -> Mapping[str, Any]:
        """Where the fit comes from: law and version, data digest, seed, route, versions, ..."""
        return {str(name): value for name, value in self.draws.attrs.items()}

    @cached_property
    def data(self) -> ModelData:
        """The numbers of the runs, as the density reads them."""
        return ModelData.from_runs(self.runs)

    @cached_property
    def priors(self) -> Priors:
        """Priors of the free parameters, the user's own in their places, and beliefs."""
        return self.stated.resolve(self.law, self.data.bond)

    @property
    def inputs(self) -> Mapping[str, Array]:
        """Observed inputs in raw units, by symbol, each of shape (n_runs,)."""
        return self.data.inputs

    @property
    def response(self) -> Array:
        """Observed responses, shape (n_runs,)."""
        return self.data.response

    @property
    def groups(self) -> npt.NDArray[Any] | None:
        """Label of the training run of each row, shape (n_runs,), where rows err alike."""
        return self.data.groups

    @property
    def runs_gain(self) -> bool:
        """Whether named runs gain differently from their scale than the law says."""
        return NOISE_GAIN in self.curve.free

    @property
    def derive(self) -> Mapping[str, str]:
        """Formulas of derived inputs, applied again to the points of a forecast."""
        return self.runs.derive

    @cached_property
    def curve(self) -> Curve:
        """The law's curve at every draw, chains one after the other."""
        free = {str(name): values.to_numpy().ravel() for name, values in self.draws["free"].items()}
        return Curve(self.law, free, self.data.reference, self.data.unit(self.priors))

    @cached_property
    def slopes(self) -> DrawnSlopes | None:
        """Errors of the slopes at every draw; None where the law is taken to hold."""
        if not self.stated.discrepancy:
            return None
        group = self.draws["slopes"].to_dataset()
        slopes = Slopes.from_dataset(group, self.law, self.inputs, self.data.reference)
        w = group["coefficients"].to_numpy()
        rng = np.random.default_rng(own_seed(0, [self.runs]))
        return DrawnSlopes.draw(slopes, w.reshape(-1, w.shape[-1]), self.curve.free, rng)

    @property
    def known(self) -> Knowledge:
        """What the draws know, as a normal distribution."""
        return from_draws(self.law, self.data, self.priors, self.curve.free)

    def refit(self, runs: Runs | None = None, **options: Any) -> Fit:
        """Fit again with the same law, priors and beliefs.

        Parameters
        ----------
        runs : Runs, optional
            Other runs of the law; the same ones if left out.
        **options
            As of :func:`bayescale.fit`; chains and draws are this fit's if left out.

        Returns
        -------
        Fit
        """
        size = self.draws["free"].sizes
        same: dict[str, Any] = {
            "chains": size["chain"],
            "draws": size["draw"],
            "preview": self.approximate,
        }
        same |= {"priors": self.stated.priors, "beliefs": self.stated.beliefs}
        same |= {"discrepancy": self.stated.discrepancy}
        return fit(self.runs if runs is None else runs, **(same | options))

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
        table.attrs["soft_constraints"] = list(self.priors.soft_constraints)
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
        return learned_table(self.known, self.diagnostics, self.draws, self.runs.problems)

    def extrapolate(self, at: Any, **options: Any) -> Any:
        """Forecast at new scales; the options are those of :func:`bayescale.extrapolate`."""
        return later("extrapolate")(self, at, **options)

    def save(self, path: str | Path) -> Path:
        """Write netCDF, whole or not at all; :func:`bayescale.load` reads it."""
        return store.write(self.tree, path, "a fit")

    @property
    def tree(self) -> xr.DataTree:
        """All of it as groups and attributes of plain numbers and text, as it is saved."""
        return store.tree_of(self.draws, self.runs, self.stated, self.diagnostics)

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
    discrepancy: bool = True,
    progress: bool = True,
    preview: bool = False,
    route: Route = "direct",
    strict: bool = True,
) -> Fit:
    """Sample the posterior of the runs' law.

    Where the chains diverge or do not mix, sampling goes on for longer with stricter settings,
    twice at most, and the diagnostics say so. What is kept is ``chains`` times ``draws`` all the
    same. An interrupt ends it at any moment.

    Parameters
    ----------
    runs : Runs
    seed : int, default 1
        Same runs, same seed and same route, same draws; fits of other runs have draws of their
        own from the same seed.
    chains, draws : int
    priors : mapping of str to Prior, optional
        In the place of the law's: by symbol, ``"M"``, ``"share[alpha]"``, ``"noise_scale"``,
        ``"noise_dof"``, ``"noise_trend"``, ``"slope_error"``, ``"slope_beyond"`` (and
        ``"noise_length"``, ``"noise_level"``, ``"noise_gain"`` where rows belong to runs); a
        weight's symbol is a belief about a derived quantity and enters as a soft constraint.
    beliefs : sequence of Belief, optional
        What is believed of the response at stated points.
    discrepancy : bool, default True
        Let the law's slopes err where the runs do not say otherwise, see
        :mod:`bayescale.posterior.slopes`; ``False`` takes the law to hold.
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
        raise InputError(
            f"A fit needs at least 1 chain of 4 draws, not {chains} of {draws}; chains=4, "
            "draws=1000 (--chains 4 --draws 1000) are the usual ones."
        )
    law, data = runs.law, ModelData.from_runs(runs)
    stated = Stated(dict(priors or {}), tuple(beliefs), discrepancy)
    resolved, slopes, start = stated.resolve(law, data.bond), None, None
    if discrepancy:
        data, slopes, start = with_slopes(law, stated, data)
    size = {"chains": chains, "draws": draws, "seed": own_seed(seed, [runs])}
    if preview:
        found = approximated(law, resolved, data, start, **size)
    else:
        found = sampled(law, resolved, data, **size, route=route, progress=progress, strict=strict)
    flat = {name: values.to_numpy().ravel() for name, values in found.groups["free"].items()}
    free = {str(name): x for name, x in flat.items()}
    known = from_draws(law, data, resolved, free)
    diagnostics = with_remedy(with_ridges(found.diagnostics, known), known, runs.problems)
    curve = Curve(law, free, data.reference, data.unit(resolved))
    diagnostics = with_checkpoints(diagnostics, runs, data, curve)
    tree = xr.DataTree.from_dict(found.groups | data_groups(law, data))
    if slopes is not None:
        tree["slopes"] = tree["slopes"].assign(slopes.to_dataset())
    tree.attrs = provenance(runs, resolved, data) | found.how | {"seed": seed}
    return Fit(runs, stated, tree, diagnostics)


def identifiability(of: Fit | Runs) -> pd.DataFrame:
    """Which parameters the runs inform, before a fit or after.

    Parameters
    ----------
    of : Fit or Runs
        Of runs, what a fit is expected to learn, whatever the responses: Fisher information
        over truths drawn from the law's own priors. Of a fit, what it learned.

    Returns
    -------
    pandas.DataFrame
        Indexed by parameter: ``contraction`` (share of the prior's width removed, on the log
        scale where positive; expected where ``of`` are runs), ``informed``, ``diagnosis`` and
        ``cause`` in words; of a fit also ``shift`` (of the middle, in the prior's SDs), ``follows``
        (by how many of its SDs it moves where the priors move by one of theirs) and the
        power-scaling sensitivities ``prior`` and ``likelihood``, missing for a preview.
        ``attrs["remedy"]`` says which further runs would help what is known least, empty where
        all is informed.
    """
    return expected_table(of) if isinstance(of, Runs) else of.identifiability()
