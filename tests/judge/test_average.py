"""Ensembles of laws, their weights, and the parts that forecasts are put together from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fits import by_hand, runs_of
from hypothesis import given
from hypothesis import strategies as st

from bayescale.errors import InputError
from bayescale.forecast.forecast import extrapolate
from bayescale.forecast.mixture import Ensemble
from bayescale.forecast.scenarios import scenarios
from bayescale.judge.weights import average, stack
from bayescale.law.discrepancy import DISCREPANCY

AT = {"x": np.array([1e8, 1e9])}


def of_two(fit, weights=(0.5, 0.5), shift=0.3):
    """A power law, and one that starts late and lies higher by a share."""
    raw = {"y0": 0.1 * (1 + shift), "a": 3.0 * (1 + shift), "b": fit.curve.free["b"], "k": 1.0}
    other = by_hand("shifted", raw, inputs=fit.inputs)
    return Ensemble((fit, other), np.array(weights), pd.DataFrame(), DISCREPANCY)


def test_an_ensemble_of_one_law_is_that_law(fit):
    whole = of_two(fit, (1.0, 0.0))
    for kind in ("run", "mean"):
        found = whole.extrapolate(AT, kind=kind).draws.to_numpy()
        np.testing.assert_allclose(found, fit.extrapolate(AT, kind=kind).draws.to_numpy())


def test_an_ensemble_is_the_mixture_of_its_laws(fit):
    whole = of_two(fit, (0.25, 0.75))
    draws = whole.extrapolate(AT, kind="mean", discrepancy=False).draws.to_numpy()
    own = [f.extrapolate(AT, kind="mean", discrepancy=False).draws.to_numpy() for f in whole.fits]
    assert len(draws) == 2000
    # 500 evenly spread draws of the first law stand for its 2000: an error of .01.
    for limit in np.quantile(np.concatenate(own)[:, 0], [0.1, 0.4, 0.6, 0.9]):
        expected = 0.25 * (own[0][:, 0] < limit).mean() + 0.75 * (own[1][:, 0] < limit).mean()
        assert (draws[:, 0] < limit).mean() == pytest.approx(expected, abs=0.03)


def test_the_draws_of_an_ensemble_are_joint(fit):
    """The spread of a difference between designs is that of its laws, never less."""
    whole = of_two(fit)
    options = {"kind": "mean", "discrepancy": False}

    def difference(forecaster):
        return np.diff(np.log(forecaster.extrapolate(AT, **options).draws.to_numpy()), axis=1)[:, 0]

    own = [difference(found) for found in whole.fits]
    variance = np.mean([d.var() for d in own]) + np.var([d.mean() for d in own])
    assert difference(whole).std() == pytest.approx(np.sqrt(variance), rel=0.02)


def test_laws_that_disagree_widen_the_forecast(fit):
    width = {}
    for shift in (0.0, 0.3):
        found = of_two(fit, shift=shift).extrapolate(AT, kind="mean", discrepancy=False)
        width[shift] = np.log(found.table["upper"] / found.table["lower"]).to_numpy()
    assert (width[0.3] > np.log(1.3)).all()
    assert (width[0.0] < 0.8 * width[0.3]).all()


def test_an_ensemble_gives_one_answer_wherever_it_is_asked(fit):
    whole = of_two(fit)
    by_function, by_method = extrapolate(whole, AT, kind="mean"), whole.extrapolate(AT, kind="mean")
    np.testing.assert_array_equal(by_function.draws, by_method.draws)
    np.testing.assert_array_equal(by_function.draws, scenarios(whole)(AT))


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
    found = scenarios(fit).parts({"x": [1e8]})
    curve = fit.curve({"x": np.array([1e8, 1e6])})
    np.testing.assert_allclose(found.change[:, 0], np.log(curve[:, 0] / curve[:, 1]))


def test_the_share_of_the_change_is_what_the_prior_says(fit):
    made = scenarios(fit, seed=1)
    parts, wide = made.parts({"x": [1e8]}), made.predictive({"x": [1e8]})
    share = (wide.location - parts.location) / parts.change
    tau = DISCREPANCY.change.draw(np.random.default_rng(2), 100_000)
    expected = tau * np.random.default_rng(3).standard_normal(100_000)
    found_range, wanted = (np.quantile(np.abs(x), [0.5, 0.9]) for x in (share, expected))
    np.testing.assert_allclose(found_range, wanted, rtol=0.15)
    assert "20%" in made.errors.text


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
    other = replace(other, runs=runs_of(other.law, fit.inputs, fit.response))
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
    found = scenarios(fit).parts({"N": [2e9, 5e8], "D": [5e10, 2e9]})
    curve = fit.curve({"N": np.array([2e9, 1e9, 5e8, 1e8]), "D": np.array([5e10, 1e10, 2e9, 1e9])})
    expected = [np.log(curve[0, 0] / curve[0, 1]), np.log(curve[0, 2] / curve[0, 3])]
    np.testing.assert_allclose(found.change[0], expected)
