"""Averages over laws and the parts that forecasts are put together from."""

import numpy as np
import pytest
from fits import by_hand
from hypothesis import given
from hypothesis import strategies as st

from bayescale.errors import InputError
from bayescale.forecast.discrepancy import widen
from bayescale.forecast.forecast import evaluate, extrapolate
from bayescale.forecast.parts import Parts, pool
from bayescale.judge.weights import average, stack
from bayescale.law.discrepancy import DISCREPANCY


def parts(center, spread=0.1, size=4000, points=2, seed=0):
    rng = np.random.default_rng(seed)
    location = center + spread * rng.standard_normal((size, 1)) * np.ones((1, points))
    scale, dof = np.full(location.shape, 0.05), np.full(location.shape, 8.0)
    return Parts(location, scale, dof, location - 1.0)


def test_a_pool_of_one_law_is_that_law():
    one = parts(0.3)
    found = pool([one, parts(5.0)], np.array([1.0, 0.0]), 10.0, np.random.default_rng(0))
    np.testing.assert_allclose(np.sort(found.location, 0), np.sort(one.location, 0), rtol=1e-12)
    np.testing.assert_allclose(found.scale, one.scale)


def test_a_pool_has_the_middle_and_the_mean_width_of_its_laws():
    pair = [parts(0.0, 0.1), parts(1.0, 0.3, seed=1)]
    found = pool(pair, np.array([0.5, 0.5]), 1e9, np.random.default_rng(0))
    assert np.median(found.location) == pytest.approx(0.5, abs=0.02)
    assert found.location[:, 0].std() == pytest.approx(0.2, rel=0.05)


def test_laws_that_disagree_widen_the_forecast():
    alike = [parts(0.0), parts(0.0, seed=1)]
    apart = [parts(0.0), parts(1.0, seed=1)]
    half = np.array([0.5, 0.5])
    sd = [pool(p, half, 10.0, np.random.default_rng(0)).location.std() for p in (alike, apart)]
    # A Dirichlet weight around one half with concentration 10 has this SD.
    assert sd[0] == pytest.approx(0.1, rel=0.05)
    assert sd[1] == pytest.approx(np.hypot(0.1, np.sqrt(0.25 / 11)), rel=0.05)


@given(st.integers(2, 5), st.integers(1, 6))
def test_equal_scores_keep_equal_weights(n_laws, n_hindcasts):
    weights = stack(np.zeros((n_hindcasts, n_laws)))
    np.testing.assert_allclose(weights, 1 / n_laws)


def test_stacking_follows_the_better_law_the_more_hindcasts_there_are():
    few, many = (stack(np.tile([0.0, -3.0], (n, 1)))[0] for n in (1, 50))
    assert 0.5 < few < many
    assert many > 0.95
    # Without a pull to equal weights and with one certain winner, all of it.
    assert stack(np.tile([0.0, -50.0], (3, 1)), strength=1e-9)[0] == pytest.approx(1.0)


def test_stacking_reaches_the_maximum_of_its_objective():
    scores = np.random.default_rng(5).normal(size=(4, 2))
    found = stack(scores, strength=2.0)[0]
    grid = np.linspace(1e-4, 1 - 1e-4, 20001)
    mixed = np.log(
        grid[:, None] * np.exp(scores[:, 0]) + (1 - grid[:, None]) * np.exp(scores[:, 1])
    )
    objective = mixed.sum(1) + np.log(grid) + np.log1p(-grid)
    assert found == pytest.approx(grid[objective.argmax()], abs=1e-3)


@pytest.fixture
def fit():
    rng = np.random.default_rng(0)
    raw = {"y0": 0.1, "a": 3.0, "b": rng.normal(0.35, 0.01, 2000)}
    return by_hand("power", raw, inputs={"x": np.geomspace(1e3, 1e6, 20)})


def test_discrepancy_is_nothing_at_observed_runs_and_grows_beyond(fit):
    at = {"x": [1e3, 1e6, 1e7, 1e9]}
    width = {}
    for allowed in (True, False):
        interval = extrapolate(fit, at, kind="mean", discrepancy=allowed).interval(0.9)
        width[allowed] = np.log(interval["upper"] / interval["lower"]).to_numpy()
    np.testing.assert_allclose(width[True][:2], width[False][:2], rtol=1e-6)
    more = np.sqrt(width[True] ** 2 - width[False] ** 2)
    assert 0.01 < more[2] < more[3]


def test_the_change_is_measured_from_the_nearest_smaller_run(fit):
    _, found = evaluate(fit, {"x": [1e8]})
    curve = fit.curve({"x": np.array([1e8, 1e6])})
    np.testing.assert_allclose(found.change[:, 0], np.log(curve[:, 0] / curve[:, 1]))


def test_the_share_of_the_change_is_what_the_prior_says(fit):
    _, found = evaluate(fit, {"x": [1e8]})
    rng = np.random.default_rng(1)
    wide, sentence = widen(found, np.array([2.0]), DISCREPANCY, rng)
    share = (wide.location - found.location) / found.change
    tau = DISCREPANCY.change.draw(np.random.default_rng(2), 100_000)
    expected = tau * np.random.default_rng(3).standard_normal(100_000)
    found_range, wanted = (np.quantile(np.abs(x), [0.5, 0.9]) for x in (share, expected))
    np.testing.assert_allclose(found_range, wanted, rtol=0.15)
    assert "20%" in sentence


def test_an_average_refuses_fits_of_other_runs(fit):
    other = by_hand("broken", TRUTH_BROKEN, inputs={"x": np.geomspace(1e3, 1e6, 20)})
    with pytest.raises(InputError, match="not of the same runs"):
        average([fit, other], weights=[1, 1])
    with pytest.raises(InputError, match="another law"):
        average([fit, fit], weights=[1, 1])
    with pytest.raises(InputError, match="at least two"):
        average([fit])


TRUTH_BROKEN = {"y0": 0.1, "a": 2.0, "b": 0.3, "c": 0.1, "k": 1.0, "s": 1.0}


def test_given_weights_must_fit_the_fits(fit):
    other = by_hand("shifted", {"y0": 0.1, "a": 3.0, "b": 0.35, "k": 1.0}, inputs=fit.inputs)
    other.draws["observed_data"]["y"][:] = fit.response
    for bad in ([1.0], [-1.0, 2.0], [0.0, 0.0]):
        with pytest.raises(InputError, match="Weights are 2 numbers"):
            average([fit, other], weights=bad)
    whole = average([fit, other], weights=[3, 1])
    np.testing.assert_allclose(whole.weights, [0.75, 0.25])
    ex = whole.extrapolate({"x": [1e7]})
    assert "power 75%, shifted 25%" in ex.discrepancy
    assert ex.table["median"].iloc[0] > 0


def test_places_of_several_inputs_start_from_the_best_smaller_run():
    raw = {"E": 1.8, "A": 480.0, "alpha": 0.35, "B": 2000.0, "beta": 0.37}
    inputs = {"N": np.array([1e8, 1e9, 1e8, 1e9]), "D": np.array([1e9, 1e9, 1e10, 1e10])}
    fit = by_hand("chinchilla", raw, inputs=inputs)
    _, found = evaluate(fit, {"N": [2e9, 5e8], "D": [5e10, 2e9]})
    curve = fit.curve({"N": np.array([2e9, 1e9, 5e8, 1e8]), "D": np.array([5e10, 1e10, 2e9, 1e9])})
    expected = [np.log(curve[0, 0] / curve[0, 1]), np.log(curve[0, 2] / curve[0, 3])]
    np.testing.assert_allclose(found.change[0], expected)
