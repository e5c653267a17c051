"""Whoever is asked about one point gives one answer: forecasts, plans, options and next runs."""

import numpy as np
import pytest
from fits import by_hand, mixed, spread

import bayescale as bs

ENDS = ["median", "lower", "upper"]


@pytest.fixture(scope="module")
def ensemble():
    """Two laws of the same runs that part ways far out."""
    first = by_hand("chinchilla", spread("chinchilla"))
    raw = {"E": 1.8, "K": 3000.0, "alpha": 0.35, "q": 1.0, "r": 1.05, "c": 1.5}
    rng = np.random.default_rng(9)
    raw = {name: value * np.exp(0.02 * rng.standard_normal(1000)) for name, value in raw.items()}
    second = by_hand("coupled", raw, inputs=first.inputs)
    return mixed((first, second), [0.4, 0.6])


@pytest.fixture(scope="module", params=["fit", "ensemble"])
def forecaster(request, ensemble):
    return ensemble if request.param == "ensemble" else ensemble.fits[0]


def test_a_plan_says_of_its_design_what_a_forecast_says(forecaster):
    plan = bs.plan(forecaster, budget=1e23)
    at = {name: float(plan.choice[name]) for name in ("N", "D")}
    forecast = bs.extrapolate(forecaster, at, kind="mean").table.iloc[0]
    for name in ENDS:
        assert plan.choice[name] == pytest.approx(forecast[name], rel=1e-12)


def test_options_and_next_runs_say_it_too(forecaster):
    at, other = {"N": 7e10, "D": 1.4e12}, {"N": 3e10, "D": 4e12}
    forecast = bs.extrapolate(forecaster, at, kind="mean").table.iloc[0]
    options = bs.compare_options({"one": at, "other": other}, forecaster).table.loc["one"]
    for name in ENDS:
        assert options[name] == pytest.approx(forecast[name], rel=1e-9)
    found = bs.next_runs(forecaster, {"N": 1e10, "D": 1e11}, at, refits="never")
    width = np.log(forecast["upper"] / forecast["lower"])
    assert found.width_now == pytest.approx(width, rel=0.02)


def test_options_of_an_ensemble_are_compared_within_its_scenarios(ensemble):
    """Where both designs are of one law in each scenario, a difference is that law's own."""
    designs = {"one": {"N": 7e10, "D": 1.4e12}, "other": {"N": 6e10, "D": 1.6e12}}
    draws = bs.compare_options(designs, ensemble).draws
    found = np.log(draws["one"] / draws["other"])
    own = []
    for fit in ensemble.fits:
        at = {name: np.array([d[name] for d in designs.values()]) for name in ("N", "D")}
        own.append(np.log(fit.curve(at)[:, 0] / fit.curve(at)[:, 1]))
    mean = [difference.mean() for difference in own]
    variance = 0.4 * own[0].var() + 0.6 * own[1].var() + 0.24 * (mean[0] - mean[1]) ** 2
    assert found.std() == pytest.approx(np.sqrt(variance), rel=0.05)
