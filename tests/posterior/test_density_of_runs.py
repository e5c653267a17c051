"""The density of rows that belong together: PyMC's against numpy's, value and gradient."""

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, places

from bayescale import catalogue
from bayescale.posterior.data import ModelData
from bayescale.posterior.density import density, starting_point
from bayescale.posterior.laplace import log_density
from bayescale.posterior.parameters import resolve_priors
from bayescale.runs.runs import read_runs


@pytest.mark.parametrize(
    ("law", "n_groups", "bond"), [("power", 1, "curve"), ("chinchilla", 4, "runs")]
)
def test_both_densities_agree_where_rows_belong_to_runs(law, n_groups, bond):
    inputs = places(law, 24)
    curve = catalogue.resolve(law)(inputs, TRUTH[law])
    noise = np.exp(0.02 * np.random.default_rng(2).standard_normal(24))
    table = pd.DataFrame({**inputs, "model": [f"m{k % n_groups}" for k in range(24)]})
    symbol = catalogue.resolve(law).response.symbol
    runs = read_runs(table.assign(**{symbol: curve * noise}), law, run="model")
    data = ModelData.from_runs(runs)
    assert data.bond == bond
    priors = resolve_priors(runs.law, bond=data.bond)
    evaluate = density(runs.law, priors, "direct").value_and_gradient(data)
    points = np.stack([starting_point(priors, seed) for seed in range(6)])
    ours = log_density(runs.law, priors, data, points)
    theirs = np.array([evaluate(z)[0] for z in points])
    np.testing.assert_allclose(np.diff(ours), np.diff(theirs), rtol=1e-8, atol=1e-7)
    steps = points[0] + 1j * 1e-30 * np.eye(points.shape[1])
    slopes = log_density(runs.law, priors, data, steps).imag / 1e-30
    np.testing.assert_allclose(slopes, evaluate(points[0])[1], rtol=1e-6, atol=1e-6)
