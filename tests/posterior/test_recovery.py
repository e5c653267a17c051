"""The posterior finds a known truth, narrows as it must, and does not know units or routes."""

from functools import cache

import numpy as np
import pytest
from fits import TRUTH, fitted, simulated, worst_shift

from bayescale.posterior.data import ModelData
from bayescale.posterior.fit import fit
from bayescale.posterior.parameters import resolve_priors
from bayescale.posterior.predictor import Predictor


def posterior(found, name):
    return found.draws["posterior"][name].to_numpy().ravel()


@pytest.mark.parametrize(("law", "n"), [("power", 40), ("chinchilla", 150), ("pretraining", 200)])
def test_truth_lies_inside_the_intervals(law, n):
    found = fitted(law, n)
    assert found.diagnostics.passed, found.diagnostics
    for name, truth in TRUTH[law].items():
        low, high = np.quantile(posterior(found, name), [0.005, 0.995])
        assert low < truth < high, (name, truth, low, high)


def test_noise_is_recovered():
    """Its scale and tails lie inside nine 90% intervals of ten, to chance."""
    inside = {"noise_scale": 0, "noise_dof": 0}
    for seed in range(10):
        runs = simulated("power", 40, scale=0.01, dof=8.0, seed=50 + seed)
        found = fit(runs, route="compiled", progress=False, draws=300)
        for name, truth in (("noise_scale", 0.01), ("noise_dof", 8.0)):
            low, high = np.quantile(posterior(found, name), [0.05, 0.95])
            inside[name] += low < truth < high
    assert min(inside.values()) >= 6, inside


def test_recovery_notices_a_wrong_truth():
    """The same intervals do not hold a truth that is a third off."""
    found = fitted("chinchilla", 150)
    low, high = np.quantile(posterior(found, "alpha"), [0.005, 0.995])
    assert not low < TRUTH["chinchilla"]["alpha"] * 1.33 < high


@cache
def power_sd(n, scale):
    """SD of the exponent b where the law holds, averaged over data sets."""
    sds = []
    for seed in range(6):
        runs = simulated("power", n, scale=scale, seed=100 + seed)
        found = fit(runs, route="compiled", progress=False, draws=500, discrepancy=False)
        sds.append(posterior(found, "b").std())
    return np.mean(sds)


def test_width_falls_with_runs_and_with_noise():
    """Sixteen times the runs, or a quarter of the noise: a quarter of the width."""
    base = power_sd(20, 0.01)
    assert 3.0 < base / power_sd(320, 0.01) < 5.3
    assert 3.2 < base / power_sd(20, 0.0025) < 4.8


def test_routes_agree_in_distribution():
    runs = simulated("power", 40)
    direct = fit(runs, route="direct", progress=False)
    assert direct.provenance["route"] == "direct"
    shift, name = worst_shift(direct, fitted("power", 40))
    assert shift < 4.5, name
    for name in TRUTH["power"]:
        ratio = posterior(direct, name).std() / posterior(fitted("power", 40), name).std()
        assert 0.9 < ratio < 1.1, (name, ratio)


def test_shift_is_seen_between_fits_of_different_runs():
    """The measure that finds the routes equal finds other runs different."""
    shift, _ = worst_shift(fitted("power", 40), fitted("power", 40, data_seed=5))
    assert shift > 10


@pytest.mark.parametrize("route", ["direct", "compiled"])
def test_same_seed_same_draws(route):
    runs = simulated("power", 40)

    def draws(seed):
        return fit(runs, seed=seed, route=route, draws=100, chains=2, progress=False).draws

    one, again, other = draws(3), draws(3), draws(4)
    assert one["free"].to_dataset().equals(again["free"].to_dataset())
    assert not one["free"].to_dataset().equals(other["free"].to_dataset())
    assert one.attrs["route"] == route
    assert one.attrs["seed"] == 3


UNITS = {"N": 1e-9, "D": 1e-6, "L": 1 / np.log(2)}


def in_other_units(runs):
    from bayescale.runs.runs import read_runs

    table = runs.table.assign(**{name: runs.table[name] * k for name, k in UNITS.items()})
    return read_runs(table, runs.law)


def test_draws_rescale_exactly_with_units():
    """Raw parameters of one draw in two systems of units differ by what the formula says."""
    runs = simulated("chinchilla", 30)
    priors = resolve_priors(runs.law)
    free = priors.draw(np.random.default_rng(0), 50)
    raw = {}
    for key, part in (("old", runs), ("new", in_other_units(runs))):
        data = ModelData.from_runs(part)
        raw[key] = Predictor(runs.law, free, data.centre).raw(data.reference)
    old, new = raw["old"], raw["new"]
    expected = {
        "E": old["E"] * UNITS["L"],
        "A": old["A"] * UNITS["L"] * UNITS["N"] ** old["alpha"],
        "B": old["B"] * UNITS["L"] * UNITS["D"] ** old["beta"],
        "M": old["M"] * UNITS["L"],
        **{name: old[name] for name in ("alpha", "beta", "noise_scale", "share[A]", "share[E]")},
    }
    for name, value in expected.items():
        np.testing.assert_allclose(new[name], value, rtol=1e-9, err_msg=name)


def test_forecasts_do_not_depend_on_units():
    old = fitted("chinchilla", 150)
    new = fit(in_other_units(simulated("chinchilla", 150)), route="compiled", progress=False)
    at = {"N": np.array([1e9, 7e10, 1e12]), "D": np.array([1e11, 1.4e12, 2e13])}
    scaled = {name: x * UNITS[name] for name, x in at.items()}
    for kind in ("mean", "run"):
        one = np.log(old.extrapolate(at, kind=kind).interval(0.9))
        two = np.log(new.extrapolate(scaled, kind=kind).interval(0.9) / UNITS["L"])
        width = (one["upper"] - one["lower"]).to_numpy()
        assert (abs(one - two).max(axis=1) < 0.1 * width).all(), (kind, one, two)
    shift, name = worst_shift(old, new, ["alpha", "beta", "noise_scale", "share[E]"])
    assert shift < 4.5, name
