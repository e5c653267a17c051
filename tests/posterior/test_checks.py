"""Posterior predictive checks: quiet under the truth, loud where the law is wrong."""

import tracemalloc
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, places, simulated
from scipy import stats

from bayescale import catalogue
from bayescale.posterior.data import ModelData
from bayescale.posterior.fit import fit
from bayescale.posterior.knowledge.checks import LEVEL, lack_of_fit, predictive_checks
from bayescale.posterior.parameters import constrain, resolve_priors
from bayescale.posterior.predictor import Curve
from bayescale.runs.runs import read_runs


def checked(runs, seed=1):
    """Checks of a posterior sampled briefly, the law being compiled once for all.

    Rows err alone, also along one curve, and the law is taken to hold, so that nothing else takes
    up what it misses.
    """
    from bayescale.posterior.density import density
    from bayescale.posterior.sampling import Attempt, sample

    runs = replace(runs, law=replace(runs.law, noise=replace(runs.law.noise, along="")))
    priors = resolve_priors(runs.law, discrepancy=False)
    data = ModelData.from_runs(runs)
    ready = density(runs.law, priors, "compiled")
    found = sample(ready, data, Attempt(200, 0.9), chains=2, draws=200, seed=seed, progress=False)
    free = {name: value.ravel() for name, value in constrain(priors, found.z).items()}
    curve = Curve(runs.law, free, data.reference, data.unit(priors))
    return predictive_checks(curve, data, priors, None, seed)


@cache
def p_values(n_simulations=80):
    """P values of every check under the truth: one row per simulated data set."""
    rows = []
    for seed in range(n_simulations):
        truth = TRUTH["power"] | {"b": 0.2 + 0.3 * np.random.default_rng(seed).uniform()}
        found = checked(simulated("power", 40, scale=0.02, seed=1000 + seed, truth=truth))
        rows.append({row["check"]: row["p_value"] for row in found})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("level", [0.05, 0.2])
def test_p_values_are_calibrated_under_the_truth(level):
    """The share below a level lies within binomial bounds, for every check."""
    for name, values in p_values().items():
        known = values.dropna()
        low, high = stats.binom.ppf([0.0005, 0.9995], len(known), level)
        if "own derivatives" in name:
            low = 0  # the fit has taken that part up: too few alarms there are no fault
        assert low <= (known < level).sum() <= high, (name, (known < level).mean())


def coupled(n=100, seed=0, scale=0.01):
    """Runs of a law in which model and data interact: no sum of two terms."""
    at = places("chinchilla", n, seed)
    value = 1.7 + ((3e9 / at["N"]) ** 0.6 + (3e10 / at["D"]) ** 0.9) ** 0.5
    noise = scale * np.random.default_rng([seed, 5]).standard_normal(n)
    return read_runs(pd.DataFrame({**at, "L": value * np.exp(noise)}), "chinchilla")


def test_a_coupled_truth_is_seen_by_a_separable_law():
    fired = 0
    for seed in range(10):
        found = checked(coupled(seed=seed))
        fired += any(row["p_value"] < LEVEL for row in found)
    assert fired >= 9


def test_a_separable_truth_is_left_alone():
    fired = 0
    for seed in range(10):
        found = checked(simulated("chinchilla", 100, seed=300 + seed))
        fired += any(row["p_value"] < LEVEL for row in found)
    assert fired <= 2


@pytest.mark.parametrize("steepens", [False, True], ids=["flattens", "steepens"])
def test_a_broken_curve_is_seen_and_said(steepens):
    """A curve that steepens would need a floor below zero: the bound must not hide it."""
    x = np.geomspace(1e3, 1e7, 60)
    early, late = (0.1, 0.5) if steepens else (0.5, 0.1)
    y = np.where(x < 1e5, x**-early, 1e5 ** (late - early) * x**-late)
    noise = 0.01 * np.random.default_rng(0).standard_normal(60)
    runs = read_runs(pd.DataFrame({"x": x, "y": y * np.exp(noise)}), "power")
    checks = checked(runs)
    (problem,) = lack_of_fit(checks)
    assert (problem.code, problem.severity) == ("lack-of-fit", "warning")
    assert "compare another law" in problem.message
    fired = [row for row in checks if row["p_value"] < LEVEL]
    assert problem.details["checks"] == fired
    assert fired


def row(name, p_value):
    return {"check": name, "observed": 3.0, "lower": -1.0, "upper": 1.0, "p_value": p_value}


def test_one_warning_names_every_feature_that_fired_and_no_other():
    checks = (row("trend in N", 0.0), row("curvature in D", 0.4), row("likeness", 0.001))
    (problem,) = lack_of_fit((*checks, row("curvature in N", 0.009)))
    assert "trend in N, likeness and curvature in N of the residuals lie" in problem.message
    assert "curvature in D" not in problem.message
    assert [item["check"] for item in problem.details["checks"]] == [
        "trend in N",
        "likeness",
        "curvature in N",
    ]


def test_one_feature_is_named_alone_and_none_is_no_warning():
    (problem,) = lack_of_fit((row("trend in x", 0.002), row("curvature in x", 0.02)))
    assert "trend in x of the residuals lies outside" in problem.message
    assert lack_of_fit((row("trend in x", 0.01),)) == []


def test_likeness_sees_noise_that_neighbours_share():
    """Residuals that wander along x are not independent noise."""
    rng = np.random.default_rng(3)
    x = np.geomspace(1e3, 1e7, 80)
    wander = 0.0
    noise = []
    for step in rng.standard_normal(80):
        wander = 0.8 * wander + 0.02 * step
        noise.append(wander)
    y = catalogue.resolve("power")({"x": x}, TRUTH["power"]) * np.exp(noise)
    runs = read_runs(pd.DataFrame({"x": x, "y": y}), "power")
    found = {row["check"]: row for row in checked(runs)}
    assert found["likeness of neighbouring runs"]["p_value"] < LEVEL


def test_nothing_is_checked_where_nothing_is_left():
    """Three parameters of the law take up three runs whole; of four something is left."""
    assert checked(simulated("power", 3)) == ()
    assert checked(simulated("power", 4)) != ()


OWN = "size along the law's own derivatives"


def own_p(runs):
    """P value of that check under a preview: of many worlds, quickly."""
    found = {row["check"]: row for row in fit(runs, preview=True).diagnostics.checks}
    return found[OWN]["p_value"]


def test_its_own_derivatives_are_left_alone_in_true_worlds():
    """No more alarms in 60 worlds than the level, by the exact binomial bound."""
    p = np.array([own_p(simulated("power", 12, scale=0.02, seed=2000 + k)) for k in range(60)])
    for level in (LEVEL, 0.05, 0.2):
        assert (p < level).sum() <= stats.binom.ppf(0.999, 60, level)
    # One-sided: a fit that has taken all up is no surprise either.
    assert p.max() > 0.9


@pytest.mark.parametrize("n", [6, 14, 40])
def test_an_accuracy_that_rises_past_a_falling_law_is_seen(n):
    """Noise as large as the trend takes it up, or errors that last as long as the curve."""
    x = np.geomspace(1e3, 1e7, n)
    rises = 0.3 + 0.1 * np.log10(x / 1e3)
    noise = 0.02 * np.random.default_rng(n).standard_normal(n)
    runs = read_runs(pd.DataFrame({"x": x, "y": rises * np.exp(noise)}), "power")
    assert own_p(runs) < LEVEL


@pytest.mark.parametrize("n", [10, 60])
def test_a_curve_that_steepens_presses_on_the_floor(n):
    x = np.geomspace(1e3, 1e7, n)
    y = np.where(x < 1e5, x**-0.1, 1e5**0.4 * x**-0.5)
    noise = 0.01 * np.random.default_rng(0).standard_normal(n)
    assert own_p(read_runs(pd.DataFrame({"x": x, "y": y * np.exp(noise)}), "power")) < LEVEL


def test_memory_grows_with_rows_and_not_with_their_square():
    law, rng = catalogue.resolve("chinchilla"), np.random.default_rng(0)
    priors = resolve_priors(law)
    free = {name: np.full(400, np.median(x)) for name, x in priors.draw(rng, 99).items()}

    def peak(rows):
        at = places("chinchilla", rows)
        data = ModelData(at, np.exp(rng.normal(0, 0.02, rows)), law.reference(at), 1.0)
        tracemalloc.start()
        found = predictive_checks(Curve(law, free, data.reference, 1.0), data, priors, None, 1)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(found) > 3
        return used

    assert peak(20_000) < 5 * peak(5_000)
    assert peak(20_000) < 1e9
