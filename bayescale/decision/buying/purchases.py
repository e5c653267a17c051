"""What the forecasts of a fit would start from if further runs had been bought."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from bayescale.forecast.scenarios import Scenarios
from bayescale.law.prior import Array
from bayescale.posterior.fit import Fit

if TYPE_CHECKING:
    import pandas as pd

REFIT_CHAINS, REFIT_DRAWS = 4, 500


def columns(points: pd.DataFrame) -> dict[str, Array]:
    """Raw inputs by symbol, each of shape (n_points,)."""
    return {str(name): points[name].to_numpy(dtype=float) for name in points}


def with_runs(scenarios: Scenarios, points: pd.DataFrame, log_response: Array) -> Scenarios:
    """The same scenarios, with forecasts that may start from further runs.

    The draws stay: what the outcomes say of the parameters is said by weights.

    Parameters
    ----------
    scenarios : Scenarios
    points : pandas.DataFrame, shape (n_runs, n_inputs)
        Raw inputs of the further runs.
    log_response : ndarray, shape (n_runs,)
        Their log responses; only a learning curve, whose error goes on, depends on them.
    """
    members = tuple(_with_rows(fit, points, np.exp(log_response)) for fit in scenarios.members)
    return replace(scenarios, members=members)


def one_curve(fit: Fit) -> bool:
    """Whether all observed rows are one training run, which a further row goes on from."""
    return fit.groups is not None and len(np.unique(fit.groups)) == 1


def _with_rows(fit: Fit, points: pd.DataFrame, response: Array) -> Fit:
    constant = {
        name: ("obs", np.append(seen, points[name].to_numpy())) for name, seen in fit.inputs.items()
    }
    if fit.groups is not None:
        constant["run"] = ("obs", np.append(fit.groups, _labels(fit, len(points))).astype(object))
    name = fit.law.response.symbol
    tree = xr.DataTree.from_dict(
        {
            "free": fit.draws["free"].to_dataset(),
            "constant_data": xr.Dataset(constant),
            "observed_data": xr.Dataset({name: ("obs", np.append(fit.response, response))}),
        }
    )
    tree.attrs = dict(fit.draws.attrs)
    return Fit(fit.law, tree, fit.diagnostics)


def _labels(fit: Fit, count: int) -> list[str]:
    if one_curve(fit):
        return [str(fit.groups[0])] * count  # type: ignore[index]  # one_curve has groups
    return [f"bought {k + 1}" for k in range(count)]


@dataclass(frozen=True)
class Forecast:
    """Log response at targets in every scenario, as it depends on the outcomes of further runs.

    Attributes
    ----------
    level : ndarray, shape (n_draws, n_targets)
        Where every outcome is 1, in the response's unit.
    slope : ndarray, shape (n_draws, n_targets)
        By the log response of the last further run; zero except along one learning curve.
    """

    level: Array
    slope: Array

    def at(self, target: int, log_response: Array) -> Array:
        """Log response at one target, (n_draws,), or (n_outcomes, n_draws) where outcomes count.

        Parameters
        ----------
        target : int
        log_response : ndarray, shape (n_outcomes,)
            Of the last further run.
        """
        if not self.slope[:, target].any():
            return self.level[:, target]
        return self.level[:, target] + self.slope[:, target] * log_response[:, None]


def forecast(scenarios: Scenarios, points: pd.DataFrame, targets: pd.DataFrame) -> Forecast:
    """Forecast targets from the observed and further runs; the arguments as in :func:`with_runs`.

    What a learning curve's last row carries on is linear in its log response, so that two
    outcomes tell of all.
    """
    inputs = columns(targets)
    none = np.zeros(len(points))
    level = np.log(with_runs(scenarios, points, none)(inputs))
    if not any(one_curve(fit) for fit in scenarios.members):
        return Forecast(level, np.zeros_like(level))
    return Forecast(level, np.log(with_runs(scenarios, points, none + 1.0)(inputs)) - level)


def refittable(scenarios: Scenarios) -> str:
    """Why the runs cannot be fitted again as they were; empty where they can."""
    if len(scenarios.members) > 1:
        return "an average over laws is weighed by hindcasts, which a refit would have to repeat"
    from bayescale.posterior.data import ModelData
    from bayescale.posterior.parameters import resolve_priors

    fit = scenarios.members[0]
    default = resolve_priors(fit.law, bond=ModelData.from_runs(fit.runs).bond)
    stored = json.dumps({name: str(prior) for name, prior in default.free})
    told = fit.provenance
    if told.get("soft_constraints", "[]") != "[]" or told.get("priors") != stored:
        return "the fit has priors of its own, of which a saved fit keeps only the text"
    return ""


def refit(scenarios: Scenarios, points: pd.DataFrame, log_response: Array, seed: int) -> Fit:
    """Fit the observed runs and simulated outcomes of further ones.

    Returns
    -------
    Fit
        Of 4 chains of 500 draws.
    """
    import pandas as pd

    from bayescale.posterior.fit import fit as sample
    from bayescale.runs.runs import read_runs

    fit = _with_rows(scenarios.members[0], points, np.exp(log_response))
    frame = pd.DataFrame(fit.inputs | {fit.law.response.symbol: fit.response})
    named = bool(fit.provenance["run"])
    if named:
        frame["run"] = fit.groups
    return sample(
        read_runs(frame, fit.law, run="run" if named else None),
        seed=seed,
        chains=REFIT_CHAINS,
        draws=REFIT_DRAWS,
        progress=False,
        route="compiled",
        strict=False,
    )
