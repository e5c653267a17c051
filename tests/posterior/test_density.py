"""One density: PyMC's, its numba form and the preview's numpy form say the same."""

from dataclasses import replace

import numpy as np
import pymc as pm
import pytensor
import pytest
from example_laws import EXAMPLES
from fits import simulated
from scipy import stats

from bayescale import catalogue
from bayescale.law.prior import Prior
from bayescale.posterior.alone import with_slopes
from bayescale.posterior.data import ModelData
from bayescale.posterior.density import density, pointwise
from bayescale.posterior.laplace import log_density
from bayescale.posterior.model import build_model
from bayescale.posterior.parameters import (
    Belief,
    Priors,
    Stated,
    constrain,
    resolve_priors,
    share_name,
    unconstrain,
)
from bayescale.posterior.slopes import DIRECTIONS, Told

STEP = 1e-30
LAWS = (*map(catalogue.resolve, catalogue.names()), *EXAMPLES)


def data_for(law, n=7, seed=0):
    rng = np.random.default_rng(seed)
    inputs = {item.symbol: np.exp(rng.uniform(5, 12, n)) for item in law.inputs}
    response = rng.uniform(1, 4, n)
    return ModelData(inputs, response, law.reference(inputs), 2.0, told=some_directions(rng, n))


def some_directions(rng, n):
    """Directions of slopes at runs that count differently: orthogonal under their weights."""
    weight = rng.uniform(0.3, 1.2, n)
    left, _, _ = np.linalg.svd(rng.standard_normal((n, n)))
    columns = np.zeros((n, DIRECTIONS))
    columns[:, :n] = left * rng.uniform(0.1, 2.0, n) / np.sqrt(weight)[:, None]
    return Told(columns, weight, (weight[:, None] * columns**2).sum(axis=0))


def stated(law):
    """Priors of every kind at once: a free one, raw M, a share, soft constraints of both kinds."""
    overrides = {
        law.curvature[0].symbol: law.curvature[0].prior,
        "noise_scale": Prior("HalfNormal", sigma=0.1, why="a test"),
        "noise_dof": Prior("InverseGamma", alpha=2.0, beta=8.0, why="a test"),
    }
    if law.weights:
        overrides["M"] = Prior("LogNormal", mu=0.5, sigma=0.4, why="a test")
        first = law.weights[0].symbol
        overrides[first] = Prior("Gamma", alpha=3.0, beta=2.0, why="a test")
    for weight in law.weights[1:]:
        overrides[share_name(weight.symbol)] = Prior("Normal", mu=0.3, sigma=0.7, why="a test")
        overrides[weight.symbol] = Prior("LogNormal", mu=2.0, sigma=3.0, why="a test")
    point = dict.fromkeys(law.input_symbols, 3e4)
    return resolve_priors(law, overrides, [Belief(point, Prior("Exponential", lam=0.5, why="t"))])


def by_pymc(law, priors, data, points):
    """Log density and gradient by PyMC at points of the sampler's scale, evaluated in Python."""
    model = build_model(law, data, priors)
    value = model.logp()
    variables = model.value_vars
    gradients = pytensor.grad(value, variables)
    function = pytensor.function(
        variables, [value, *gradients], mode=pytensor.compile.Mode("py", None)
    )
    size = len(priors.free)
    parts = [[*z[:size], *([z[size:]] if data.told else [])] for z in points]
    found = np.array([np.concatenate([np.atleast_1d(x) for x in function(*z)]) for z in parts])
    return found[:, 0], found[:, 1:]


def by_numpy(law, priors, data, points):
    size = points.shape[1]
    moved = points[:, None].astype(complex) + 1j * STEP * np.eye(size)
    return log_density(law, priors, data, points), log_density(law, priors, data, moved).imag / STEP


def some_points(priors, n=6, seed=3):
    """Points of the sampler's scale from the middle of the priors."""
    rng = np.random.default_rng(seed)
    z = unconstrain(priors, priors.draw(rng, 400))
    points = np.median(z, axis=0) + rng.uniform(-1, 1, (n, z.shape[1])) * z.std(axis=0)
    if "slope_error" not in priors.names:
        return points
    return np.hstack([points, rng.standard_normal((n, DIRECTIONS))])


@pytest.mark.parametrize("kind", ["default", "stated"])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_numpy_density_is_pymcs_up_to_a_constant(law, kind):
    priors = resolve_priors(law) if kind == "default" else stated(law)
    data = data_for(law)
    points = some_points(priors)
    pymc_value, pymc_slope = by_pymc(law, priors, data, points)
    value, slope = by_numpy(law, priors, data, points)
    np.testing.assert_allclose(np.diff(value), np.diff(pymc_value), rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(slope, pymc_slope, rtol=1e-7, atol=1e-8)


def test_the_comparison_catches_a_missing_belief():
    """Without its soft constraints the numpy density must be seen to differ."""
    law = catalogue.resolve("power")
    priors, data = stated(law), data_for(law)
    points = some_points(priors)
    bare = Priors(free=priors.free, total_is_raw=priors.total_is_raw)
    pymc_value, _ = by_pymc(law, priors, data, points)
    value, _ = by_numpy(law, bare, data, points)
    assert abs(np.diff(value) - np.diff(pymc_value)).max() > 0.1


@pytest.mark.parametrize(
    "prior",
    [
        Prior("Normal", mu=0.4, sigma=0.3, why="t"),
        Prior("LogNormal", mu=-1.0, sigma=0.6, why="t"),
        Prior("HalfNormal", sigma=0.7, why="t"),
        Prior("Exponential", lam=2.0, why="t"),
        Prior("Gamma", alpha=2.5, beta=3.0, why="t"),
        Prior("InverseGamma", alpha=3.0, beta=1.5, why="t"),
        Prior("Beta", alpha=2.0, beta=4.0, why="t"),
    ],
    ids=lambda prior: prior.distribution,
)
def test_every_distribution_means_pymcs(prior):
    """Density and draws of a named prior are those of PyMC's distribution of that name."""
    x = np.array([0.05, 0.2, 0.45, 0.9])
    theirs = pm.logp(getattr(pm, prior.distribution).dist(**prior.parameters), x)
    theirs = theirs.eval(mode=pytensor.compile.Mode("py", None))
    np.testing.assert_allclose(np.diff(prior.log_density(x)), np.diff(theirs), rtol=1e-9)
    # Draws against the density's own distribution function, by integration.
    draws = prior.draw(np.random.default_rng(0), 4000)
    low, high = {"real": (-4, 5), "positive": (1e-7, 60), "unit": (1e-7, 1 - 1e-7)}[prior.support]
    grid = np.linspace(low, high, 400_001)
    weights = np.exp(prior.log_density(grid))
    cdf = np.cumsum(weights) / weights.sum()
    assert stats.kstest(draws, lambda at: np.interp(at, grid, cdf)).pvalue > 1e-3


def test_direct_route_evaluates_the_same_density():
    runs = simulated("power", 12)
    priors = resolve_priors(runs.law)
    data, _, _ = with_slopes(runs.law, Stated(), ModelData.from_runs(runs))
    evaluate = density(runs.law, priors, "direct").value_and_gradient(data)
    points = some_points(priors)
    value, slope = by_numpy(runs.law, priors, data, points)
    found = [evaluate(z) for z in points]
    np.testing.assert_allclose(np.diff([v for v, _ in found]), np.diff(value), rtol=1e-9)
    np.testing.assert_allclose([g for _, g in found], slope, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("law", [law for law in LAWS if law.weights], ids=lambda law: law.name)
def test_density_does_not_know_units(law):
    """Other units of every input and of the response: the same density on the sampler's scale."""
    priors, data = resolve_priors(law), data_for(law)
    common = {item.symbol: item.reference or item.symbol for item in law.inputs}
    factors = {key: 10.0**k for k, key in enumerate(sorted(set(common.values())), start=-3)}
    inputs = {symbol: x * factors[common[symbol]] for symbol, x in data.inputs.items()}
    other = replace(
        data,
        inputs=inputs,
        response=data.response * 60.0,
        reference=law.reference(inputs),
        centre=data.centre * 60.0,
    )
    points = some_points(priors)
    np.testing.assert_allclose(
        log_density(law, priors, other, points), log_density(law, priors, data, points), rtol=1e-9
    )


def test_pointwise_densities_are_closed_forms():
    """Log likelihood per run and log prior per parameter, against scipy."""
    law = catalogue.resolve("chinchilla")
    priors, data = resolve_priors(law, discrepancy=False), replace(data_for(law), told=None)
    z = some_points(priors, 6).reshape(2, 3, -1)
    log_prior, log_likelihood = pointwise(law, priors, data, z)
    free = constrain(priors, z)
    alpha = law.curvature[0].prior.parameters
    expected = stats.lognorm.logpdf(free["alpha"], alpha["sigma"], scale=np.exp(alpha["mu"]))
    np.testing.assert_allclose(log_prior["alpha"], expected, rtol=1e-7)
    ratio_a, ratio_b = np.exp(free["share[A]"]), np.exp(free["share[B]"])
    total = 1 + ratio_a + ratio_b
    n, d = (data.inputs[s] / data.reference[s] for s in ("N", "D"))
    cell = (..., None)
    curve = (
        1 + ratio_a[cell] * n ** -free["alpha"][cell] + ratio_b[cell] * d ** -free["beta"][cell]
    ) / total[cell]
    location = np.log(free["M"][cell] * data.centre * curve)
    # Noise that grows with size, the mean log input.
    size = (np.log(data.inputs["N"]) + np.log(data.inputs["D"])) / 2
    scale = free["noise_scale"][cell] * np.exp(free["noise_trend"][cell] * (size - size.mean()))
    expected = stats.t.logpdf(np.log(data.response), free["noise_dof"][cell], location, scale)
    np.testing.assert_allclose(log_likelihood, expected, rtol=1e-9)
