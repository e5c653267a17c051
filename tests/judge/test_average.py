"""Ensembles of laws, their weights, and the parts that forecasts are put together from."""

from dataclasses import replace

import numpy as np
import pytest
from fits import by_hand, mixed, runs_of

from bayescale.errors import InputError
from bayescale.forecast.forecast import extrapolate
from bayescale.forecast.scenarios import scenarios
from bayescale.judge.weights import average, compare

AT = {"x": np.array([1e8, 1e9])}


def of_two(fit, weights=(0.5, 0.5), shift=0.3):
    """A power law, and one that starts late and lies higher by a share."""
    raw = {"y0": 0.1 * (1 + shift), "a": 3.0 * (1 + shift), "b": fit.curve.free["b"], "k": 1.0}
    other = by_hand("shifted", raw, inputs=fit.inputs)
    return mixed((fit, other), weights)


def test_an_ensemble_of_one_law_is_that_law(fit):
    whole = of_two(fit, (1.0, 0.0))
    for kind in ("run", "mean"):
        found = whole.extrapolate(AT, kind=kind).draws.to_numpy()
        np.testing.assert_allclose(found, fit.extrapolate(AT, kind=kind).draws.to_numpy())


def test_an_ensemble_is_the_mixture_of_its_laws(fit):
    whole = of_two(fit, (0.25, 0.75))
    draws = whole.extrapolate(AT, kind="mean").draws.to_numpy()
    own = [f.extrapolate(AT, kind="mean").draws.to_numpy() for f in whole.fits]
    assert len(draws) == 2000
    # 500 evenly spread draws of the first law stand for its 2000: an error of .01.
    for limit in np.quantile(np.concatenate(own)[:, 0], [0.1, 0.4, 0.6, 0.9]):
        expected = 0.25 * (own[0][:, 0] < limit).mean() + 0.75 * (own[1][:, 0] < limit).mean()
        assert (draws[:, 0] < limit).mean() == pytest.approx(expected, abs=0.03)


def test_the_draws_of_an_ensemble_are_joint(fit):
    """The spread of a difference between designs is that of its laws, never less."""
    whole = of_two(fit)

    def difference(forecaster):
        return np.diff(np.log(forecaster.extrapolate(AT, kind="mean").draws), axis=1)[:, 0]

    own = [difference(found) for found in whole.fits]
    variance = np.mean([d.var() for d in own]) + np.var([d.mean() for d in own])
    assert difference(whole).std() == pytest.approx(np.sqrt(variance), rel=0.02)


def test_laws_that_disagree_widen_the_forecast(fit):
    width = {}
    for shift in (0.0, 0.3):
        found = of_two(fit, shift=shift).extrapolate(AT, kind="mean")
        width[shift] = np.log(found.table["upper"] / found.table["lower"]).to_numpy()
    assert (width[0.3] > np.log(1.3)).all()
    assert (width[0.0] < 0.8 * width[0.3]).all()


def test_an_ensemble_gives_one_answer_wherever_it_is_asked(fit):
    whole = of_two(fit)
    by_function, by_method = extrapolate(whole, AT, kind="mean"), whole.extrapolate(AT, kind="mean")
    np.testing.assert_array_equal(by_function.draws, by_method.draws)
    np.testing.assert_array_equal(by_function.draws, scenarios(whole)(AT))


@pytest.fixture
def fit():
    rng = np.random.default_rng(0)
    raw = {"y0": 0.1, "a": 3.0, "b": rng.normal(0.35, 0.01, 2000)}
    return by_hand("power", raw, inputs={"x": np.geomspace(1e3, 1e6, 20)})


def test_an_average_refuses_fits_of_other_runs(fit):
    other = by_hand("broken", TRUTH_BROKEN, inputs={"x": np.geomspace(1e3, 1e6, 20)})
    with pytest.raises(InputError, match="not of the same runs"):
        average([fit, other], weights=[1, 1])
    with pytest.raises(InputError, match="another law"):
        average([fit, fit], weights=[1, 1])
    with pytest.raises(InputError, match="at least one fit"):
        average([])
    with pytest.raises(InputError, match="at least two"):
        compare([fit])


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
