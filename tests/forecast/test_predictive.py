"""PyMC's own posterior predictive draws and ours have the same quantiles."""

import numpy as np
import pymc as pm
import pytest
from fits import fitted, simulated

from bayescale.posterior.data import ModelData
from bayescale.posterior.model import OBSERVED, build_model
from bayescale.posterior.parameters import Stated

AT = {"N": np.array([1e9, 7e10, 1e12]), "D": np.array([1e11, 1.4e12, 2e13])}


def alone():
    """The law without errors of its slopes, which no row of a PyMC model has beside the runs."""
    return fitted("chinchilla", 150, discrepancy=False)


@pytest.fixture(scope="module")
def by_pymc():
    """Responses of new runs at ``AT``, shape (n_draws, n_points)."""
    found, runs = alone(), simulated("chinchilla", 150)
    data = ModelData.from_runs(runs)
    priors = Stated(discrepancy=False).resolve(runs.law, data.bond)
    new = ModelData(AT, np.ones(3), data.reference, data.centre)
    with build_model(runs.law, new, priors):
        # The noise is of the size that a run has among the observed ones.
        pm.set_data({"size": data.sizes(AT)})
        tree = pm.sample_posterior_predictive(
            found.draws["free"].to_dataset(),
            var_names=[OBSERVED],
            random_seed=1,
            progressbar=False,
            compile_kwargs={"mode": "FAST_COMPILE"},
        )
    return np.exp(tree["posterior_predictive"][OBSERVED].to_numpy().reshape(-1, 3))


def distance(one, two):
    """Largest distance of log quantiles, as a share of the 90% width."""
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    a, b = (np.quantile(np.log(draws), levels, axis=0) for draws in (one, two))
    return (abs(a - b) / (a[-1] - a[0])).max()


def test_new_runs_agree_with_pymc(by_pymc):
    ours = alone().extrapolate(AT, kind="run", seed=2)
    assert distance(ours.draws.to_numpy(), by_pymc) < 0.05


def test_the_comparison_tells_the_curve_from_a_run(by_pymc):
    curve = alone().extrapolate(AT, kind="mean")
    assert distance(curve.draws.to_numpy(), by_pymc) > 0.1
