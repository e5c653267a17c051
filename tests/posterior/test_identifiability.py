"""What the runs inform: expected against sampled spreads, known faults, remedies that help."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, by_hand, fitted, free_of, places, simulated
from scipy import stats

import bayescale as bs
from bayescale import catalogue
from bayescale.errors import Problem
from bayescale.law.symbols import NOISES
from bayescale.posterior.data import ModelData
from bayescale.posterior.fit import identifiability
from bayescale.posterior.knowledge.diagnostics import (
    Diagnostics,
    _information_row,
    information_problems,
)
from bayescale.posterior.knowledge.identifiability import remedy_for, with_remedy
from bayescale.posterior.knowledge.information import before_fit, from_priors
from bayescale.posterior.knowledge.remedy import EACH, best_remedy, causes
from bayescale.posterior.parameters import constrain, resolve_priors, unconstrain
from bayescale.runs.runs import read_runs


def runs_at(law, inputs, scale=0.01, seed=0):
    law = catalogue.resolve(law)
    noise = scale * np.random.default_rng(seed).standard_normal(len(inputs["N"]))
    loss = law(inputs, TRUTH[law.name]) * np.exp(noise)
    return read_runs(pd.DataFrame({**inputs, law.response.symbol: loss}), law)


def fixed_ratio(n=24):
    size = np.geomspace(4e7, 2e10, n)
    return {"N": size, "D": 20.0 * size}


def at_truth(runs, scale=0.01, dof=8.0):
    """What the priors know, made linear at the truth instead of their medians."""
    known = from_priors(runs.law, ModelData.from_runs(runs))
    free = free_of(runs.law, TRUTH[runs.law.name], known.data.reference, scale=scale, dof=dof)
    free["M"] /= known.data.unit(known.priors)
    # Errors of slopes, which a truth does not have, stay in the middle of their priors.
    free = constrain(known.priors, known.z) | free
    z = unconstrain(known.priors, {name: np.asarray(value) for name, value in free.items()})
    return replace(known, z=z)


def test_expected_spreads_are_those_of_a_sampled_posterior():
    """Where the law holds: what errors of its slopes hide is not foreseen."""
    found = fitted("chinchilla", 100, discrepancy=False)
    runs = simulated("chinchilla", 100)
    expected = at_truth(runs).with_runs(runs.inputs).spreads()
    sampled = found.known.spreads()
    for name, sd in expected.items():
        assert sampled[name] == pytest.approx(sd, rel=0.35), name
    # The spread of draws by linear propagation is that of the draws themselves.
    draws = found.draws["posterior"]
    for name in ("alpha", "E", "share[A]", "M"):
        assert sampled[name] == pytest.approx(float(np.log(draws[name]).std()), rel=0.1), name


def test_information_adds_up_and_does_not_know_units():
    runs = simulated("chinchilla", 30)
    known = before_fit(runs.law, ModelData.from_runs(runs))
    halves = [{n: x[part] for n, x in runs.inputs.items()} for part in (slice(11), slice(11, 30))]
    prior = from_priors(runs.law, ModelData.from_runs(runs))
    twice = prior.with_runs(halves[0]).with_runs(halves[1])
    np.testing.assert_allclose(twice.covariance, known.covariance, rtol=1e-6, atol=1e-12)
    frame = runs.table.assign(N=runs.table["N"] * 1e-9, L=runs.table["L"] * 0.3)
    other = before_fit(runs.law, ModelData.from_runs(read_runs(frame, runs.law))).spreads()
    for name, sd in known.spreads().items():
        if name not in ("A",):  # its unit holds a power of N
            assert other[name] == pytest.approx(sd, rel=1e-9), name


def test_information_of_student_t_is_the_variance_of_its_score():
    """(dof + 1) / (dof + 3) against numerical integration, through a law's level alone."""
    law = catalogue.resolve("power")
    runs = simulated("power", 12)
    known = from_priors(law, ModelData.from_runs(runs))
    names = list(known.priors.names)
    wide = np.zeros_like(known.covariance)
    wide[names.index("M"), names.index("M")] = 1e6
    z = known.z.copy()
    z[names.index("noise_trend")] = 0.0
    level = replace(known, law=law, z=z, covariance=wide)
    found = level.with_runs(runs.inputs).covariance[names.index("M"), names.index("M")]
    free = {n: float(np.exp(known.z[names.index(n)])) for n in ("noise_scale", "noise_dof")}
    t = stats.t(free["noise_dof"])
    score = lambda x: ((free["noise_dof"] + 1) * x / (free["noise_dof"] + x**2)) ** 2  # noqa: E731
    information = t.expect(score) / free["noise_scale"] ** 2
    assert found == pytest.approx(1 / (12 * information), rel=1e-6)


def test_rows_of_one_training_run_say_less_than_as_many_runs():
    frame = simulated("power", 20).table.assign(model="a")
    law = catalogue.resolve("power")
    law = replace(law, noise=replace(law.noise, along=""))
    alone, bound = (
        before_fit(law, ModelData.from_runs(read_runs(frame, law, run=run))).spreads()
        for run in (None, "model")
    )
    assert bound["M"] > 1.2 * alone["M"]


@pytest.mark.parametrize(
    ("law", "inputs", "poor", "fault"),
    [
        ("chinchilla", fixed_ratio(), {"alpha", "beta"}, "D = 20*N in every run"),
        (
            "chinchilla",
            places("chinchilla", 30) | {"D": np.full(30, 1e11)},
            {"beta"},
            "D is 100B in all runs",
        ),
        (
            "chinchilla",
            places("chinchilla", 30) | {"D": np.geomspace(1e11, 1.2e11, 30)},
            {"beta"},
            "D varies by a factor of 1.2 only",
        ),
    ],
)
def test_a_known_fault_is_named_for_the_parameters_it_hurts(law, inputs, poor, fault):
    table = identifiability(runs_at(law, inputs))
    assert set(table.index[~table["informed"]]) >= poor
    assert table.loc[list(poor), "cause"].str.contains(fault, regex=False).all()
    assert (table.loc[table["informed"], "cause"] == "").all()
    assert table.attrs["remedy"].startswith("Three runs each at ")
    if len(poor) == 1:
        assert table.loc["alpha", "informed"]


def test_compute_that_follows_from_size_and_data_is_seen_before_any_fit():
    """With C = 6ND three exponents hardly come apart, and with C of its own they do."""
    inputs = places("pretraining", 60)
    tied, free = (
        identifiability(runs_at("pretraining", inputs | {"C": c}))
        for c in (6 * inputs["N"] * inputs["D"], inputs["C"])
    )
    names = ["beta1", "beta2", "beta3"]
    assert not tied.loc[names, "informed"].any()
    assert free.loc[names, "informed"].all()
    assert tied.loc[names, "cause"].str.contains("C = 6*N*D in every run", regex=False).all()
    assert free.loc["beta3", "contraction"] > tied.loc["beta3", "contraction"] + 0.15
    assert tied.attrs["remedy"].startswith("Three runs each at ")


def test_where_no_run_tells_an_exponent_its_share_is_next():
    """A term that is nearly nought has no exponent that any run could tell."""
    inputs = places("pretraining", 40)
    runs = runs_at("pretraining", inputs | {"C": 6 * inputs["N"] * inputs["D"]})
    known = at_truth(runs)
    z = known.z.copy()
    z[known.priors.names.index("share[delta]")] = -9.0
    known = replace(known, z=z)
    known = known.with_runs(runs.inputs)
    assert not best_remedy(known, "beta3").helps
    contraction = dict.fromkeys(known.spreads(), 0.9) | {"beta3": 0.0, "share[gamma]": 0.3}
    remedy = remedy_for(known, contraction)
    assert remedy.parameter == "share[gamma]"
    assert remedy.helps
    # Where nothing helps, that is said of the exponent.
    assert remedy_for(known, contraction | {"share[gamma]": 0.9}).parameter == "beta3"


def test_a_good_design_needs_no_remedy():
    table = identifiability(simulated("chinchilla", 100))
    assert table.loc[["alpha", "beta"], "informed"].all()
    assert table.attrs["remedy"] == ""


def with_places(runs, remedy):
    """The runs and those that the remedy buys, simulated from the same truth."""
    new = {name: np.repeat(x, EACH) for name, x in remedy.places.items()}
    bought = runs_at(runs.law, new, seed=99).table
    return read_runs(pd.concat([runs.table, bought], ignore_index=True), runs.law)


def test_the_remedy_of_a_fixed_ratio_breaks_it_and_helps_as_much_as_it_says():
    """Fitted before, bought, fitted again; the mean over five tables, since one is mostly noise."""
    options = {"route": "compiled", "progress": False, "draws": 500}
    promised, kept = [], []
    for seed in range(5):
        runs = runs_at("chinchilla", fixed_ratio(), seed=seed)
        before = bs.fit(runs, **options)
        remedy = best_remedy(before.known, "alpha")
        assert remedy.moved == "D/N"
        ratio = remedy.places["D"] / remedy.places["N"]
        np.testing.assert_allclose(ratio, [5.0, 80.0], rtol=1e-6)
        after = bs.fit(with_places(runs, remedy), **options)
        spread = [float(np.log(f.draws["posterior"]["alpha"]).std()) for f in (before, after)]
        promised.append(remedy.remaining)
        kept.append(spread[1] / spread[0])
    assert np.mean(kept) < 0.9
    assert np.mean(kept) == pytest.approx(np.mean(promised), abs=0.15)


def test_the_remedy_beats_as_many_runs_of_the_same_design():
    runs = runs_at("chinchilla", fixed_ratio())
    known = before_fit(runs.law, ModelData.from_runs(runs))
    remedy = best_remedy(known, "alpha")
    more = known.with_runs(
        {name: x[:: len(x) // (2 * EACH)][:6] for name, x in runs.inputs.items()}
    )
    same = more.spreads()["alpha"] / known.spreads()["alpha"]
    assert remedy.remaining < 0.8 < same


def test_the_remedy_of_compute_that_follows_moves_compute_alone():
    """With C = 6ND the term in C is told apart only where that is broken."""
    inputs = places("pretraining", 40)
    inputs = {name: np.exp(np.log(x).mean() + 0.2 * np.log(x / x[0])) for name, x in inputs.items()}
    inputs["C"] = 6 * inputs["N"] * inputs["D"]
    runs = runs_at("pretraining", inputs)
    remedy = best_remedy(before_fit(runs.law, ModelData.from_runs(runs)), "beta3")
    exact = 6 * remedy.places["N"] * remedy.places["D"]
    assert "C" in remedy.moved
    assert (np.abs(np.log(remedy.places["C"] / exact)) > 0.5).all()
    assert remedy.helps


def test_new_runs_keep_to_the_bounds_of_a_law():
    rng = np.random.default_rng(0)
    unique = np.exp(rng.uniform(20, 24, 40))
    inputs = {"N": np.exp(rng.uniform(18, 22, 40)), "D": unique * rng.uniform(1, 3, 40)}
    data = ModelData(
        inputs | {"U": unique}, np.ones(40), dict.fromkeys("NDU", 1e9) | {"N": 1e8}, 1.0
    )
    law = catalogue.resolve("data_limited")
    for name in ("R", "alpha", "p"):
        places_of = best_remedy(before_fit(law, data), name).places
        assert (places_of["U"] <= places_of["D"] * (1 + 1e-9)).all()


def test_what_cannot_be_helped_is_said():
    """A sharp prior is not widened by any run: no false promise."""
    runs = simulated("power", 200, scale=0.001)
    known = before_fit(runs.law, ModelData.from_runs(runs))
    sharp = replace(known, covariance=known.covariance * 1e-8)
    remedy = best_remedy(sharp, "b")
    assert not remedy.helps
    assert str(remedy).startswith("No six runs near these would tell much of b")


def test_causes_are_those_of_the_parameters_own_inputs():
    law = catalogue.resolve("pretraining")
    problems = (
        Problem("narrow-input", "warning", "N varies little: ...", {"symbol": "N"}),
        Problem("product-input", "warning", "C = 6*N*D", {"symbol": "C", "powers": {"D": 1.0}}),
        Problem("few-runs", "warning", "few", {"runs": 3}),
        Problem("duplicate-rows", "warning", "twice", {}),
    )
    codes = {
        name: [p.code for p in causes(law, problems, name)]
        for name in ("beta1", "beta2", "beta3", "share[alpha]", "L0")
    }
    assert codes == {
        "beta1": ["narrow-input", "few-runs"],
        "beta2": ["product-input", "few-runs"],
        "beta3": ["product-input", "few-runs"],
        "share[alpha]": ["narrow-input", "few-runs"],
        "L0": ["few-runs"],
    }


def test_a_fit_says_what_prior_and_likelihood_decide():
    """Power-scaling on a fit where the runs say all of M and nothing of beta.

    The priors on errors of slopes decide on the width of M too: less than the runs, and not at
    all where the law holds.
    """
    runs = runs_at("chinchilla", places("chinchilla", 30) | {"D": np.full(30, 1e11)})
    options = {"route": "compiled", "progress": False, "draws": 500}
    alone = bs.fit(runs, discrepancy=False, **options).identifiability()
    assert alone.loc["M", "likelihood"] > 0.05 > alone.loc["M", "prior"]
    found = bs.fit(runs, **options)
    table = found.identifiability()
    assert list(table.columns[:5]) == ["contraction", "shift", "follows", "prior", "likelihood"]
    assert table.loc["M", "likelihood"] > max(0.05, table.loc["M", "prior"])
    assert table.loc["beta", "likelihood"] < table.loc["M", "likelihood"] / 2
    assert table.loc["M", "diagnosis"] == "informed"
    assert not table.loc["beta", "informed"]
    assert "D is 100B in all runs" in table.loc["beta", "cause"]
    # The fit's own warning says the same, with what to buy.
    (warning,) = (p for p in found.diagnostics.problems if p.code == "not-informed")
    assert "D is 100B in all runs" in warning.message
    assert "are expected to cut the SD of" in warning.message
    assert warning.details["remedy"]["runs"] == EACH


# Exponents so small that the floor lies where the priors of the exponents put it.
RIDGE = {"E": 1.7, "A": 2.5, "alpha": 0.05, "B": 3.0, "beta": 0.05}


@pytest.mark.parametrize("n", [24, 100])
def test_what_follows_the_priors_along_a_ridge_is_not_informed(n):
    """E looks as narrow as in a clean world, and is far from the truth."""
    ridge = bs.fit(simulated("chinchilla", n, truth=RIDGE), preview=True)
    clean = bs.fit(simulated("chinchilla", n), preview=True)
    one, other = (found.identifiability() for found in (ridge, clean))
    assert one.loc["E", "contraction"] > 0.8
    assert ridge.summary().loc["E", "lower"] > RIDGE["E"]
    names = ["E", "alpha", "beta", "share[E]"]
    assert not one.loc[names, "informed"].any()
    assert other.loc[[*names, "M", "noise_scale"], "informed"].all()
    (warning,) = (p for p in ridge.diagnostics.problems if p.code == "not-informed")
    assert set(names) <= set(warning.details["parameters"])


def test_to_follow_is_what_fits_under_moved_priors_do():
    """The posterior under each exponent's prior moved by one SD, against the linear answer."""
    runs = simulated("chinchilla", 60, truth=RIDGE)
    options = {"preview": True, "draws": 2000}
    base, moved = bs.fit(runs, **options), []
    spread = float(np.log(base.draws["posterior"]["E"]).std())
    for name in ("alpha", "beta"):
        prior = dict(base.priors.free)[name]
        values = dict(prior.parameters)
        step = 0.25 * values["sigma"]
        other = bs.Prior("LogNormal", mu=values["mu"] + step, sigma=values["sigma"], why="a test")
        again = bs.fit(runs, priors={name: other}, **options)
        change = np.log(again.draws["posterior"]["E"] / base.draws["posterior"]["E"].mean())
        before = np.log(base.draws["posterior"]["E"] / base.draws["posterior"]["E"].mean())
        moved.append(float(change.mean() - before.mean()) / spread / 0.25)
    assert base.known.follows()["E"][0] == pytest.approx(np.hypot(*moved), rel=0.35)


def test_a_posterior_that_left_its_prior_was_informed_however_wide():
    """As wide as the prior and four of its SDs away: the data did speak, and disagree with it."""
    law, rng = catalogue.resolve("power"), np.random.default_rng(0)
    z = rng.standard_normal(4000)
    near, far = (_information_row(law, "b", np.exp(z + by), np.exp(z)) for by in (0.5, 4.0))
    assert not near["informed"]
    assert far["informed"]
    assert abs(far["contraction"]) < 0.01
    (problem,) = information_problems([far])
    assert problem.code == "prior-conflict"
    assert "b by 4.0" in problem.message
    assert information_problems([{**far, "parameter": "noise_scale"}]) == []


def test_a_preview_has_no_power_scaling():
    draws = {name: np.full(9, value) for name, value in TRUTH["power"].items()}
    table = by_hand("power", draws, approximate=True).identifiability()
    assert table[["prior", "likelihood"]].isna().all(axis=None)
    assert set(table.index) >= {"y0", "a", "b", *NOISES[:2]} - {"noise_gain"}


def test_other_warnings_are_left_as_they_are():
    runs = simulated("power", 40)
    other = Problem("approximate", "warning", "a preview", {})
    poor = Problem("not-informed", "warning", "The data did not inform b: it is the prior.", {})
    rows = ({"parameter": "b", "contraction": 0.1, "informed": False},)
    found = Diagnostics(rows, (), 0, 1.0, (other, poor))
    known = before_fit(runs.law, ModelData.from_runs(runs), resolve_priors(runs.law))
    first, second = with_remedy(found, known, ()).problems
    assert first == other
    assert second.message.startswith("The data did not inform b: it is the prior. ")
    assert len(second.message) > len(poor.message) + 40


@pytest.mark.parametrize(("n_places", "warned"), [(4, True), (5, False)])
def test_repeats_at_few_places_are_warned_of(n_places, warned):
    """Chinchilla has five parameters: repeats at four places cannot tell them."""
    at = {name: np.repeat(x, 3) for name, x in places("chinchilla", n_places).items()}
    found = [p for p in runs_at("chinchilla", at).problems if p.code == "few-places"]
    assert bool(found) == warned
    if warned:
        assert found[0].message.startswith("The 12 runs lie at 4 distinct places, fewer than")
