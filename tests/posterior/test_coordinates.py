"""The change of variables is exact, and takes the funnel of few runs away."""

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, places, simulated

from bayescale import catalogue
from bayescale.posterior.alone import with_slopes
from bayescale.posterior.coordinates import coordinates, of_priors
from bayescale.posterior.data import ModelData
from bayescale.posterior.density import _evaluate, density
from bayescale.posterior.fit import fit
from bayescale.posterior.parameters import Stated, resolve_priors, unconstrain
from bayescale.posterior.slopes import DIRECTIONS
from bayescale.runs.runs import read_runs


def exact(law, n, digits=4):
    """A table without noise, rounded."""
    law = catalogue.resolve(law)
    inputs = places(law, n, seed=3)
    values = [float(f"{y:.{digits}g}") for y in law(inputs, TRUTH[law.name])]
    return read_runs(pd.DataFrame({**inputs, law.response.symbol: values}), law)


def case(law, n=6, *, discrepancy=True):
    runs = exact(law, n)
    data, stated = ModelData.from_runs(runs), Stated(discrepancy=discrepancy)
    if discrepancy:
        data, _, _ = with_slopes(runs.law, stated, data)
    priors = stated.resolve(runs.law, data.bond)
    return runs.law, priors, data, coordinates(runs.law, priors, data)


def vectors(priors, n=5, rest=0):
    return np.random.default_rng(2).standard_normal((n, len(priors.free) + rest))


def test_the_jacobian_is_the_determinant():
    _, priors, _, place = case("chinchilla")
    found = []
    for u in vectors(priors):
        steps = 1e-6 * np.eye(len(u))
        slopes = (place.z(u + steps) - place.z(u - steps)) / 2e-6
        found.append(np.linalg.slogdet(slopes)[1] - place.log_jacobian(u))
    np.testing.assert_allclose(found, found[0], atol=1e-6)


@pytest.mark.parametrize("discrepancy", [True, False], ids=["slopes err", "law holds"])
@pytest.mark.parametrize("law", ["chinchilla", "power"])
def test_the_density_that_is_sampled_is_the_models(law, discrepancy):
    """Of u, it is that of z times the Jacobian; its gradient is that of differences."""
    law, priors, data, place = case(law, discrepancy=discrepancy)
    moved = _evaluate(law, priors, data, place)
    plain = density(law, priors, "direct").value_and_gradient(data)
    points = vectors(priors, rest=DIRECTIONS if discrepancy else 0)
    theirs = [plain(place.z(u))[0] + place.log_jacobian(u) for u in points]
    ours = [moved(u)[0] for u in points]
    np.testing.assert_allclose(np.diff(ours), np.diff(theirs), rtol=1e-9, atol=1e-8)
    u, steps = points[0], 1e-5 * np.eye(points.shape[1])
    slopes = [(moved(u + step)[0] - moved(u - step)[0]) / 2e-5 for step in steps]
    np.testing.assert_allclose(moved(u)[1], slopes, rtol=1e-5, atol=1e-5)


def test_coordinates_of_priors_are_their_centre_and_spread():
    priors = resolve_priors(catalogue.resolve("power"))
    place = of_priors(priors)
    z = unconstrain(priors, priors.draw(np.random.default_rng(9), 4000))
    u = (z - place.centre) / place.spread
    np.testing.assert_allclose(place.z(u), z)
    np.testing.assert_allclose(u.std(axis=0), 1.0, atol=0.1)


def test_a_law_without_finite_slopes_is_sampled_in_the_coordinates_of_its_priors():
    law = catalogue.resolve("power")
    data = ModelData({"x": np.ones(3)}, np.full(3, np.nan), {"x": 1.0}, 1.0)
    priors = resolve_priors(law)
    assert coordinates(law, priors, data) is of_priors(priors)


@pytest.mark.parametrize("n", [5, 8])
def test_few_runs_without_noise_converge_at_the_first_attempt(n):
    found = fit(exact("power", n), progress=False)
    assert found.diagnostics.passed
    assert found.provenance["attempts"] == 1
    # In the parameters' own scale the effective draws were 17 to 520 of 4000.
    assert found.diagnostics.table["ess_bulk"].min() > 1000


def test_what_is_sampled_has_nearly_unit_width():
    """With many runs, u is nearly standard normal in the law's parameters."""
    from bayescale.posterior.sampling import Attempt, sample

    runs = simulated("chinchilla", 150)
    data, _, _ = with_slopes(runs.law, Stated(), ModelData.from_runs(runs))
    priors = resolve_priors(runs.law)
    ready = density(runs.law, priors, "direct")
    found = sample(ready, data, Attempt(200, 0.9), chains=2, draws=500, seed=1, progress=False)
    n_law = priors.names.index("noise_scale")
    widths = found.u[..., :n_law].reshape(-1, n_law).std(axis=0)
    assert (widths > 0.6).all()
    assert (widths < 1.7).all()
