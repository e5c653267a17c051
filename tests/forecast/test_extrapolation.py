"""Forecasts from posteriors made by hand, where every number can be stated."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from fits import by_hand, fitted
from scipy import stats

from bayescale.errors import InputError

RAW = {"y0": 0.1, "a": 2.0, "b": 0.3}
AT = {"x": np.array([1e8, 1e10])}
B_DRAWS = np.linspace(0.2, 0.4, 1001)


def one_draw(**options):
    return by_hand("power", RAW, **options)


def many_draws(**options):
    return by_hand("power", RAW | {"b": B_DRAWS}, **options)


def test_curve_of_one_draw_is_the_formula():
    found = one_draw().extrapolate(AT, kind="mean")
    expected = 0.1 + 2.0 * AT["x"] ** -0.3
    for column in ("median", "lower", "upper", "mean"):
        np.testing.assert_allclose(found.table[column], expected, rtol=1e-10)


def test_interval_of_the_curve_is_that_of_its_parameter():
    """The response falls with b, so its quantiles are the formula at quantiles of b."""
    found = many_draws().extrapolate(AT, kind="mean")
    for mass in (0.5, 0.9):
        tail = (1 - mass) / 2
        table = found.interval(mass)
        for column, level in (("lower", 1 - tail), ("upper", tail)):
            b = np.quantile(B_DRAWS, level)
            np.testing.assert_allclose(table[column], 0.1 + 2.0 * AT["x"] ** -b, rtol=1e-4)


def test_a_new_run_has_the_noises_quantiles():
    """Without any doubt about the law, a run is its curve times Student-t noise."""
    found = by_hand("power", {**RAW, "b": np.full(20_000, 0.3)}, scale=0.05, dof=4.0)
    forecast = found.extrapolate(AT)
    curve = 0.1 + 2.0 * AT["x"] ** -0.3
    table = forecast.interval(0.8)
    noise = 0.05 * stats.t(4).ppf(0.9)
    np.testing.assert_allclose(np.log(table["upper"] / curve), noise, rtol=0.05)
    np.testing.assert_allclose(np.log(table["lower"] / curve), -noise, rtol=0.05)
    assert "mean" not in forecast.table


@pytest.mark.parametrize("kind", ["run", "mean"])
def test_probability_agrees_with_counting(kind):
    forecast = many_draws(scale=0.05).extrapolate(AT, kind=kind, seed=3)
    limits = forecast.table["median"].to_numpy() * np.array([0.98, 1.05])
    found = forecast.probability(below=limits)
    counted = (forecast.draws.to_numpy() < limits).mean(axis=0)
    np.testing.assert_allclose(found, counted, atol=0.04 if kind == "run" else 0)
    assert found.name == "P(y < limit)"


def test_reach_stands_in_the_table():
    x = np.geomspace(1e3, 1e7, 30)
    found = one_draw(inputs={"x": x}).extrapolate({"x": [1e5, 1e9]})
    np.testing.assert_allclose(found.table["reach"], [0, 2], atol=1e-9)


def test_every_table_names_kind_and_mass_of_its_intervals():
    for kind, name in (("run", "one new run"), ("mean", "the law's curve")):
        forecast = many_draws().extrapolate(AT, kind=kind, mass=0.8)
        wanted = f"equal-tailed 80% of {name}"
        assert set(forecast.table["interval"]) == {wanted}
        assert wanted in repr(forecast)
        assert wanted.replace("'", "&#x27;") in forecast._repr_html_()
    assert set(many_draws().extrapolate(AT).table["interval"]) == {
        "equal-tailed 90% of one new run"
    }


def test_points_come_as_a_mapping_a_table_or_words():
    found = one_draw()
    draws = [
        found.extrapolate(at, kind="mean").draws.to_numpy()
        for at in ({"x": [1e9, 2e9]}, pd.DataFrame({"x": [1e9, 2e9]}), {"x": ["1B", "2e9"]})
    ]
    np.testing.assert_array_equal(draws[0], draws[1])
    np.testing.assert_array_equal(draws[0], draws[2])


def test_same_seed_same_forecast():
    found = many_draws()
    one, again, other = (found.extrapolate(AT, seed=seed).draws for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one.equals(other)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "median"}, "kind is 'run'.*'mean'.*not 'median'"),
        ({"mass": 90}, "mass lies between 0 and 1, e.g. 0.9; it is 90"),
        ({"at": {"x": [-1.0]}}, "x"),
        ({"at": {}}, "x"),
        ({"at": {"x": [1e8], "z": [1.0]}}, "z"),
    ],
)
def test_what_cannot_be_forecast(options, message):
    with pytest.raises(InputError, match=message):
        one_draw().extrapolate(**{"at": AT, **options})


@pytest.mark.parametrize(
    ("below", "message"),
    [
        (-1.0, "must be positive"),
        (np.nan, "must be positive"),
        ([1.0, 2.0, 3.0], "one number, or one for each of the 2 points"),
        ("small", "one number"),
    ],
)
def test_limits_that_mean_nothing(below, message):
    with pytest.raises(InputError, match=message):
        many_draws().extrapolate(AT).probability(below=below)


@pytest.mark.parametrize("mass", [0.0, 1.0, 95])
def test_masses_that_mean_nothing(mass):
    with pytest.raises(InputError, match="mass lies between 0 and 1"):
        many_draws().extrapolate(AT).interval(mass)


NO_PYMC = """
import sys
from bayescale.forecast.load import load
from bayescale.judge.scores import score
fit = load(sys.argv[1])
ex = fit.extrapolate({"x": [1e8, 1e9]})
ex.table, ex.probability(below=0.2), score(ex, [0.1, 0.1]), fit.summary(), fit.returns({"x": [1e8]})
print(" ".join(name for name in ("pymc", "pytensor", "nutpie", "numba") if name in sys.modules))
"""


def test_a_saved_fit_is_used_without_pymc(tmp_path):
    path = fitted("power", 40).save(tmp_path / "fit.nc")
    job = [sys.executable, "-c", NO_PYMC, str(path)]
    found = subprocess.run(job, check=True, capture_output=True, text=True)
    assert found.stdout.strip() == ""


def test_forecasts_stand_beside_what_was_observed():
    forecast = many_draws().extrapolate(AT, kind="mean")
    middle = forecast.table["median"].to_numpy()
    found = forecast.beside(middle * [1.0, 3.0])
    assert found["inside"].tolist() == [True, False]
    np.testing.assert_allclose(found["observed"] / middle, [1.0, 3.0])
    with pytest.raises(InputError, match="2 forecasts"):
        forecast.beside([1.0])
