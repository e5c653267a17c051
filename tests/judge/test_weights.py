"""Weights of laws, learned from what the laws said of larger runs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fits import by_hand, observing, simulated
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

import bayescale as bs
from bayescale.forecast.mixture import Ensemble
from bayescale.forecast.predictive import Predictive
from bayescale.judge.hold_out import Fold, ladder, places
from bayescale.judge.rungs import Rung, hindcast_scores, independent
from bayescale.judge.weights import average, weigh, weighed
from bayescale.runs.runs import read_runs

FAST = {"preview": True, "progress": False}
SCORES = st.lists(st.floats(-20, 20), min_size=1, max_size=6)
COUNTS = st.floats(0, 1e6)


@given(st.lists(st.floats(0, 0.1), min_size=2, max_size=6), COUNTS)
def test_laws_a_tenth_of_a_nat_apart_are_weighed_within_a_factor_of_three(scores, count):
    weights = weigh(scores, count)
    assert weights.max() / weights.min() < 3


@given(SCORES, st.floats(1, 1e3), st.floats(9, 1e6))
def test_a_law_that_loses_a_nat_per_run_has_less_than_one_percent(scores, loss, count):
    assert weigh([*scores, min(scores) - loss], count)[-1] < 0.01


def test_a_refuted_law_is_not_kept_by_how_few_runs_refuted_it():
    assert weigh([0, -100], 3)[1] < 1e-30
    # Without a hidden run nobody knows.
    np.testing.assert_array_equal(weigh([0, -100], 0), [0.5, 0.5])


@given(SCORES, COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_laws_does_not_matter(scores, count, random):
    order = list(range(len(scores)))
    random.shuffle(order)
    np.testing.assert_allclose(
        weigh([scores[k] for k in order], count), weigh(scores, count)[order], rtol=1e-12
    )


@given(SCORES, COUNTS, st.floats(-50, 50))
def test_the_unit_of_the_response_does_not_matter(scores, count, shift):
    """Responses in another unit move the log score of every law alike."""
    moved = weigh(np.array(scores) + shift, count)
    np.testing.assert_allclose(moved, weigh(scores, count), rtol=1e-9, atol=1e-12)


@given(SCORES, COUNTS)
def test_a_copy_of_a_law_ties_with_it_and_leaves_the_others_as_they_were(scores, count):
    before, after = weigh(scores, count), weigh([*scores, scores[0]], count)
    assert after[-1] == after[0]
    np.testing.assert_allclose(after[:-1] / after[:-1].sum(), before, rtol=1e-9)


@given(st.floats(0, 1e6), st.floats(0.1, 10))
def test_more_hidden_runs_tell_laws_further_apart(count, more):
    assert independent(count) < independent(count + more) < 10
    assume(count < 1e3)
    assert weigh([0, -0.5], count)[0] < weigh([0, -0.5], count + more)[0]


def shared_error(n_draws, *, spread=0.1, scale=0.02, n_points=60):
    """Draws of one error that all points share, normal noise, and responses of a hidden truth."""
    rng = np.random.default_rng(3)
    location = np.broadcast_to(spread * rng.standard_normal((n_draws, 1)), (n_draws, n_points))
    found = Predictive(location, np.full(location.shape, scale), np.full(location.shape, 1e9))
    return found, np.exp(0.05 + scale * rng.standard_normal(n_points))


@pytest.mark.parametrize("m", [3.0, 8.6, 60.0])
def test_a_joint_density_is_that_of_one_error_that_all_runs_share(m):
    found, y = shared_error(60_000)
    counts = np.full(60, m / 60)

    def density(error, by=0.0):
        runs = counts @ (norm.logpdf(np.log(y), error, 0.02) - np.log(y))
        return np.exp(runs - by) * norm.pdf(error, 0, 0.1)

    top = float(counts @ (norm.logpdf(np.log(y), np.log(y).mean(), 0.02) - np.log(y)))
    exact = top + np.log(quad(density, -0.6, 0.6, args=(top,), points=[np.log(y).mean()])[0])
    assert found.joint_log_density(y, counts) == pytest.approx(exact, abs=0.1)
    # A product of what each run's mixture says pays for the shared error with every run.
    assert exact > counts @ found.log_density(y) + 0.5


def test_a_thousand_draws_are_enough_for_a_score():
    y = shared_error(1)[1]
    power, m = np.full(60, independent(60) / 60), independent(60)
    exact = shared_error(100_000)[0].joint_log_density(y, power) / m
    many = shared_error(40_000)[0]
    each = [many.pick(slice(k, None, 40)).joint_log_density(y, power) / m for k in range(40)]
    assert np.std(each) < 0.02
    assert np.mean(each) == pytest.approx(exact, abs=0.01)


def test_repeats_of_a_place_count_as_one_run():
    x = np.geomspace(1e6, 1e9, 5)
    once, thrice = {"N": x, "D": 20 * x}, {"N": np.repeat(x, 3), "D": 20 * np.repeat(x, 3)}
    np.testing.assert_array_equal(places(once), 1)
    np.testing.assert_allclose(places(thrice), 1 / 3)
    # Neighbours within a factor of 1.25 in one input alone are at another place.
    assert places({"N": np.array([1.0, 1.1]), "D": np.array([1.0, 2.0])}).sum() == 2
    assert places({"x": np.array([0.0, 0.0, 5.0])}).sum() == pytest.approx(1)
    assert places({"x": np.array([0.0, 0.0, 5.0, 50.0])}).sum() == pytest.approx(2)


def two_laws(miss, n=240):
    """Runs, and a rung of two laws: a true one, and one that is off by so much when hidden."""
    runs = simulated("power", n, scale=0.01)
    sizes = runs.inputs["x"]
    hidden = sizes > np.median(sizes)
    raw = {"y0": 0.12, "a": 3.0, "b": 0.35 * np.exp(np.random.default_rng(0).normal(0, 1e-4, 400))}
    fits = []
    for law, by in (("power", 0.0), ("shifted", miss)):
        own = raw | ({"k": 1e-9} if law == "shifted" else {})
        own |= {"y0": raw["y0"] * np.exp(by), "a": raw["a"] * np.exp(by)}
        made = by_hand(law, own, inputs={"x": sizes[~hidden]})
        fits.append(observing(made, runs.response[~hidden], {"x": sizes[~hidden]}))
    return runs, fits, Rung(Fold("the largest 50%", ~hidden, hidden), tuple(fits))


def test_a_law_that_was_off_loses_its_weight_and_one_that_was_not_keeps_it():
    everything = np.ones(240, dtype=bool)
    alike, off = (
        weighed(fits, [rung], runs, everything) for runs, fits, rung in map(two_laws, (1e-3, 0.035))
    )
    gap = off.hindcasts.set_index("law")["log_score"]
    assert 0.8 < gap["power"] - gap["shifted"] < 2
    assert off.weights["shifted"] < 0.01
    assert alike.weights.max() / alike.weights.min() < 1.5


def test_weights_do_not_see_what_is_hidden_from_them():
    runs, fits, rung = two_laws(0.035)
    sizes = runs.inputs["x"]
    known = sizes <= np.quantile(sizes, 2 / 3)
    table = runs.table.copy()
    table.loc[~known, "y"] *= 10
    before, after = (
        weighed(fits, [rung], read, known) for read in (runs, replace(runs, table=table))
    )
    pd.testing.assert_series_equal(before.weights, after.weights)
    assert before.weights["shifted"] < 0.1
    # The check tells: with all runs in sight they differ.
    seen = hindcast_scores([rung], replace(runs, table=table), np.ones(240, dtype=bool))
    assert seen["log_score"].max() < before.hindcasts["log_score"].min()
    # Nothing but what the rung itself has fitted: nothing is known of the laws.
    blind = weighed(fits, [rung], runs, rung.fold.train)
    assert blind.weights.tolist() == [0.5, 0.5]
    assert blind.hindcasts.empty


def test_a_ladder_climbs_and_keeps_runs_whole():
    x = np.geomspace(1, 100, 12)
    table = pd.DataFrame({"x": x, "y": 1 / x})
    by_row = ladder(read_runs(table, "power"), (1 / 3, 1 / 2, 0.02, 0.03))
    assert [cut.test.sum() for cut in by_row] == [6, 4, 1]
    assert ladder(read_runs(table.iloc[:3], "power"), (1 / 2, 1 / 3)) == ()
    # Six named runs of four checkpoints, which overlap: the run that ends largest is hidden first.
    rows = [(f"run {k}", 10.0 ** (k / 2 + step)) for k in range(6) for step in range(4)]
    named = pd.DataFrame(rows, columns=["run", "x"]).assign(y=lambda t: 1 + t["x"] ** -0.3)
    for cut in ladder(read_runs(named, "power", run="run"), (1 / 2, 1 / 3)):
        labels = named["run"].to_numpy()
        assert not set(labels[cut.train]) & set(labels[cut.test])
        assert set(labels[cut.test]) <= {"run 3", "run 4", "run 5"}


@pytest.fixture(scope="module")
def large():
    runs = simulated("chinchilla", 240, scale=0.01)
    return average(
        [bs.fit(runs.for_law(law), **FAST) for law in ("chinchilla", "kaplan")], draws=200
    )


def test_a_wrong_law_has_less_than_one_percent_of_many_runs(large):
    scores = large.laws["hindcast_log_score"]
    assert scores["chinchilla"] - scores["kaplan"] > 0.6
    assert large.weights["kaplan"] < 0.01
    assert large.weights.sum() == pytest.approx(1)


def test_a_backtest_of_the_whole_forecasts_the_largest_third(large):
    told = large.backtest
    assert list(told) == [
        *("fold", "N", "D", "observed", "median", "lower", "upper", "reach", "inside", "log_score")
    ]
    assert told["fold"].unique().tolist() == ["the largest 33%"]
    assert len(told) == 80
    inside = (told["lower"] <= told["observed"]) & (told["observed"] <= told["upper"])
    assert (told["inside"] == inside).all()
    assert told["inside"].mean() > 0.8
    error = np.log(told["median"] / told["observed"])
    assert np.sqrt(np.mean(error**2)) < 0.02


def test_one_law_has_all_the_weight_and_is_backtested():
    whole = average([bs.fit(simulated("power", 12), **FAST)], draws=100)
    assert isinstance(whole, Ensemble)
    assert whole.weights.to_dict() == {"power": 1.0}
    assert whole.hindcasts.empty
    assert len(whole.backtest) == 4


def test_too_few_runs_to_hide_leave_equal_weights():
    runs = simulated("power", 3)
    whole = average([bs.fit(runs.for_law(law), **FAST) for law in ("power", "shifted")])
    assert whole.weights.tolist() == [0.5, 0.5]
    assert whole.hindcasts.empty
    assert whole.backtest.empty
    assert "power 50%, shifted 50%" in whole.shown
