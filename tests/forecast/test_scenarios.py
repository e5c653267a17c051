"""Scenarios: the draws of a forecast, the same at every design."""

import numpy as np
import pandas as pd
import pytest
from fits import by_hand

from bayescale.errors import InputError, Problem, UnconvergedError
from bayescale.forecast.mixture import Ensemble
from bayescale.forecast.scenarios import scenarios
from bayescale.law.discrepancy import DISCREPANCY

DESIGNS = {"N": np.array([1e9, 7e10, 7e10]), "D": np.array([1e11, 1.4e12, 2e13])}
FAILED = Problem("rhat", "error", "R-hat of E is 2.", {})


def coupled(size=1000, **by):
    rng = np.random.default_rng(9)
    raw = {"E": 1.8, "K": 3000.0, "alpha": 0.35, "q": 1.0, "r": 1.05, "c": 1.5} | by
    return {k: v * np.exp(0.02 * rng.standard_normal(size)) for k, v in raw.items()}


@pytest.mark.parametrize("discrepancy", [True, False, 0.1])
@pytest.mark.parametrize("seed", [0, 7])
def test_the_scenarios_of_a_fit_are_the_draws_of_its_forecast(loss, seed, discrepancy):
    made = scenarios(loss, seed=seed, discrepancy=discrepancy)
    forecast = loss.extrapolate(DESIGNS, kind="mean", seed=seed, discrepancy=discrepancy)
    np.testing.assert_array_equal(made(DESIGNS), forecast.draws.to_numpy())
    np.testing.assert_array_equal(made.reach(DESIGNS), forecast.reach)


def test_the_scenarios_are_the_same_in_every_call(loss):
    made = scenarios(loss)
    each = [made({name: value[k : k + 1] for name, value in DESIGNS.items()}) for k in range(3)]
    np.testing.assert_allclose(np.hstack(each), made(DESIGNS), rtol=1e-12)


def test_without_discrepancy_it_is_the_law(loss):
    made = scenarios(loss).without_discrepancy()
    np.testing.assert_allclose(made(DESIGNS), loss.curve(DESIGNS), rtol=1e-12)
    np.testing.assert_allclose(made.law_curve(DESIGNS), loss.curve(DESIGNS), rtol=1e-12)


def test_designs_of_the_scenarios_own(loss):
    made = scenarios(loss)
    rng = np.random.default_rng(1)
    own = {n: x[0] * np.exp(rng.standard_normal((made.n_draws, 2))) for n, x in DESIGNS.items()}
    found = made.law_curve(own)
    for draw in (0, 11, made.n_draws - 1):
        one = loss.curve.pick([draw])({name: value[draw] for name, value in own.items()})
        np.testing.assert_allclose(found[draw], one[0], rtol=1e-12)
    with pytest.raises(InputError, match="anchor"):
        made.at_own(own)


def test_anchored_scenarios_agree_at_their_own_design_and_bend_together(loss):
    made = scenarios(loss)
    one = {name: value[1:2] for name, value in DESIGNS.items()}
    anchored = made.anchored(one)
    np.testing.assert_allclose(anchored(one), made(one), rtol=1e-12)
    # log y = (1 + s) log f - s log f(origin): designs differ by (1 + s) times the law's change.
    log_y, log_f = np.log(anchored(DESIGNS)), np.log(made.law_curve(DESIGNS))
    stretch = 1 + made.shift
    np.testing.assert_allclose(
        log_y[:, 2] - log_y[:, 0], stretch * (log_f[:, 2] - log_f[:, 0]), rtol=1e-8
    )


def test_fewer_scenarios_are_some_of_them(loss):
    made = scenarios(loss)
    few = made.thin(77)
    assert few.n_draws == 77
    rows = {tuple(row) for row in np.round(made(DESIGNS), 12)}
    assert all(tuple(row) in rows for row in np.round(few(DESIGNS), 12))
    assert made.thin(10**6) is made


def test_a_new_run_scatters_around_the_curve_of_its_scenario(loss):
    made = scenarios(loss)
    gap = np.log(made.of_new_runs(3)(DESIGNS)) - np.log(made(DESIGNS))
    # Student-t with 8 degrees of freedom and scale 1%, the same at every design of a scenario.
    assert gap[:, 0].std() == pytest.approx(0.01 * np.sqrt(8 / 6), rel=0.1)
    np.testing.assert_allclose(gap[:, 0], gap[:, 1], rtol=0.2)


def test_an_average_is_a_mixture_by_its_weights(loss):
    other = by_hand("coupled", coupled())
    both = Ensemble((loss, other), np.array([0.3, 0.7]), pd.DataFrame(), DISCREPANCY)
    made = scenarios(both, discrepancy=False)
    assert made.n_draws == 1000
    found = made(DESIGNS)
    assert [m.fit.law.name for m in made.members] == ["chinchilla", "coupled"]
    first = {round(value, 12) for value in loss.curve(DESIGNS)[:, 1]}
    assert sum(round(value, 12) in first for value in found[:, 1]) == 300
    even = np.linspace(0, 999, 100).round().astype(int)
    np.testing.assert_allclose(made.thin(100)(DESIGNS), found[even])


def test_a_fit_that_did_not_converge_is_refused():
    bad = by_hand("power", {"y0": 0.1, "a": 3.0, "b": np.full(50, 0.3)}, problems=[FAILED])
    with pytest.raises(UnconvergedError):
        scenarios(bad)
    assert scenarios(bad, allow_unconverged=True).notes == ("from a fit that did not converge",)
    with pytest.raises(InputError, match="is a fit or an average"):
        scenarios("fit.nc")
