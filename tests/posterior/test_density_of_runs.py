"""The density of rows that belong together: PyMC's against numpy's, value and gradient."""

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, places

from bayescale import catalogue
from bayescale.posterior.alone import with_slopes
from bayescale.posterior.coordinates import of_priors
from bayescale.posterior.data import ModelData
from bayescale.posterior.density import density
from bayescale.posterior.laplace import log_density
from bayescale.posterior.parameters import Stated, resolve_priors
from bayescale.posterior.slopes import DIRECTIONS
from bayescale.runs.runs import read_runs


@pytest.mark.parametrize("discrepancy", [True, False], ids=["slopes err", "law holds"])
@pytest.mark.parametrize(
    ("law", "n_groups", "bond"), [("power", 1, "curve"), ("chinchilla", 4, "runs")]
)
def test_both_densities_agree_where_rows_belong_to_runs(law, n_groups, bond, discrepancy):
    inputs = places(law, 24)
    curve = catalogue.resolve(law)(inputs, TRUTH[law])
    noise = np.exp(0.02 * np.random.default_rng(2).standard_normal(24))
    table = pd.DataFrame({**inputs, "model": [f"m{k % n_groups}" for k in range(24)]})
    symbol = catalogue.resolve(law).response.symbol
    runs = read_runs(table.assign(**{symbol: curve * noise}), law, run="model")
    data = ModelData.from_runs(runs)
    assert data.bond == bond
    priors = resolve_priors(runs.law, bond=data.bond, discrepancy=discrepancy)
    if discrepancy:
        data, _, _ = with_slopes(runs.law, Stated(), data)
    evaluate = density(runs.law, priors, "direct").value_and_gradient(data)
    rest = DIRECTIONS if discrepancy else 0
    u = np.random.default_rng(1).uniform(-1, 1, (6, len(priors.free) + rest))
    points = of_priors(priors).z(u)
    ours = log_density(runs.law, priors, data, points)
    theirs = np.array([evaluate(z)[0] for z in points])
    np.testing.assert_allclose(np.diff(ours), np.diff(theirs), rtol=1e-8, atol=1e-7)
    steps = points[0] + 1j * 1e-30 * np.eye(points.shape[1])
    slopes = log_density(runs.law, priors, data, steps).imag / 1e-30
    np.testing.assert_allclose(slopes, evaluate(points[0])[1], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("law", ["power", "broken"])
def test_a_single_curve_is_one_and_seeds_are_runs_of_their_own(law):
    x = np.geomspace(1e3, 1e6, 12)
    y = 0.1 + x**-0.3

    def data(x, y, **columns):
        run = next(iter(columns), None)
        return ModelData.from_runs(
            read_runs(pd.DataFrame({"x": x, "y": y, **columns}), law, run=run)
        )

    curve = data(x, y)
    assert (curve.bond, curve.growing) == ("curve", "x")
    seeds = data(np.repeat(x, 2), np.repeat(y, 2) * np.tile([1.0, 1.01], 12))
    assert (seeds.bond, seeds.groups, seeds.growing) == ("none", None, "")
    named = data(np.tile(x, 2), np.r_[y, 1.01 * y], model=["a"] * 12 + ["b"] * 12)
    assert named.bond == "runs"
