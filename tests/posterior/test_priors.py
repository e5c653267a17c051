"""A user's priors: each kind takes effect, each mistake has its sentence."""

import numpy as np
import pytest
from fits import simulated

from bayescale import catalogue
from bayescale.errors import InputError
from bayescale.law.prior import Prior
from bayescale.posterior.fit import fit
from bayescale.posterior.parameters import Belief, constrain, resolve_priors, unconstrain
from bayescale.posterior.predictor import shares

CHINCHILLA = catalogue.resolve("chinchilla")
POSITIVE = Prior("LogNormal", mu=0.0, sigma=0.1, why="a test")
REAL = Prior("Normal", mu=0.0, sigma=0.1, why="a test")


@pytest.mark.parametrize(
    ("name", "prior"),
    [
        ("alpha", POSITIVE),
        ("share[A]", REAL),
        ("noise_scale", POSITIVE),
        ("noise_dof", POSITIVE),
        ("M", POSITIVE),
    ],
)
def test_a_free_parameter_takes_the_users_prior(name, prior):
    default, found = resolve_priors(CHINCHILLA), resolve_priors(CHINCHILLA, {name: prior})
    assert dict(found.free) == dict(default.free) | {name: prior}
    assert found.names == default.names
    assert found.total_is_raw == (name == "M")
    assert found.soft_constraints == ()


def test_a_weight_in_raw_units_is_a_soft_constraint():
    found = resolve_priors(CHINCHILLA, {"E": POSITIVE})
    assert found.free == resolve_priors(CHINCHILLA).free
    assert found.weights == (("E", POSITIVE),)
    assert found.soft_constraints == (f"E ~ {POSITIVE}",)


@pytest.mark.parametrize(
    ("overrides", "beliefs", "message"),
    [
        ({"zeta": POSITIVE}, (), "no parameter 'zeta' in 'chinchilla'.*alpha"),
        ({"alpha": REAL}, (), "prior of alpha must lie above 0"),
        ({"M": REAL}, (), "prior of M must lie above 0"),
        ({"E": REAL}, (), "prior of E must lie above 0"),
        ({}, [Belief({"N": 1e9}, POSITIVE)], "needs a value of N, D; it has N"),
        ({}, [Belief({"N": 1e9, "D": 1e9}, REAL)], "prior of L must lie above 0"),
    ],
)
def test_mistakes_are_refused(overrides, beliefs, message):
    with pytest.raises(InputError, match=message):
        resolve_priors(CHINCHILLA, overrides, beliefs)


def test_constrain_undoes_unconstrain():
    priors = resolve_priors(CHINCHILLA)
    free = priors.draw(np.random.default_rng(0), 20)
    again = constrain(priors, unconstrain(priors, free))
    for name, value in free.items():
        np.testing.assert_allclose(again[name], value, rtol=1e-12)


def test_shares_sum_to_one():
    free = resolve_priors(CHINCHILLA).draw(np.random.default_rng(0), 20)
    np.testing.assert_allclose(sum(shares(CHINCHILLA, free).values()), 1.0, rtol=1e-12)


def quick(runs, **options):
    return fit(runs, preview=True, **options)


def test_beliefs_move_the_posterior_to_where_they_are():
    """Few noisy runs and a firm belief: about an exponent, a weight, M, a point of the curve."""
    runs = simulated("power", 6, scale=0.2, seed=2)
    at = {"x": 1e9}
    firm = {
        "b": Prior("LogNormal", mu=np.log(0.6), sigma=0.02, why="t"),
        "y0": Prior("LogNormal", mu=np.log(0.07), sigma=0.02, why="t"),
        "M": Prior("LogNormal", mu=np.log(0.4), sigma=0.02, why="t"),
    }
    for name, prior in firm.items():
        draws = quick(runs, priors={name: prior}).draws["posterior"][name]
        wanted = np.exp(prior.parameters["mu"])
        assert float(draws.median()) == pytest.approx(wanted, rel=0.05), name
        assert float(np.log(draws).std()) < 0.03, name
    belief = Belief(at, Prior("LogNormal", mu=np.log(0.1), sigma=0.02, why="t"))
    found = quick(runs, beliefs=[belief])
    curve = found.curve({name: np.array([x]) for name, x in at.items()})
    assert np.median(curve) == pytest.approx(0.1, rel=0.05)
    assert found.summary().attrs["soft_constraints"] == [f"response at x=1e+09 ~ {belief.prior}"]


def test_prior_of_the_total_is_in_the_responses_unit():
    """The same belief about M in two units gives the same forecast."""
    from bayescale.runs.runs import read_runs

    runs = simulated("power", 12)
    other = read_runs(runs.table.assign(y=runs.table["y"] * 100), "power")
    prior = Prior("LogNormal", mu=np.log(0.2), sigma=0.1, why="t")
    scaled = Prior("LogNormal", mu=np.log(20.0), sigma=0.1, why="t")
    one = quick(runs, priors={"M": prior}).draws["posterior"]
    two = quick(other, priors={"M": scaled}).draws["posterior"]
    assert float(two["M"].median() / one["M"].median()) == pytest.approx(100, rel=1e-3)
    assert float(two["b"].median() / one["b"].median()) == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("options", [{"chains": 0}, {"draws": 3}])
def test_too_small_a_fit_is_refused(options):
    with pytest.raises(InputError, match="at least 1 chain of 4 draws"):
        fit(simulated("power", 12), **options)
