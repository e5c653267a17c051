"""Risk measures: hand-made draws, closed forms, Monte Carlo errors, refusals."""

import numpy as np
import pytest
from scipy.stats import norm

from bayescale.decision.risk import Risk, resolve
from bayescale.errors import ComputationError, InputError

SIZE = 200_000


@pytest.fixture(scope="module")
def normal():
    return norm(3.0, 0.5).rvs(SIZE, random_state=1)[:, None]


@pytest.fixture(scope="module")
def exponential():
    return np.random.default_rng(2).exponential(2.0, SIZE)[:, None]


NORMAL = {
    "mean": 3.0,
    "median": 3.0,
    "quantile(0.9)": 3.0 + 0.5 * norm.ppf(0.9),
    "cvar(0.9)": 3.0 + 0.5 * norm.pdf(norm.ppf(0.9)) / 0.1,
    "tail_distance(0.75)": 2 * 0.5 * norm.ppf(0.75),
    "tail_distance": 2 * 0.5 * norm.ppf(0.75),
    "exceedance(3.5)": norm.sf(1.0),
    "entropic(1.2)": 3.0 + 1.2 * 0.5**2 / 2,
}
EXPONENTIAL = {
    "mean": 2.0,
    "median": 2 * np.log(2),
    "quantile(0.95)": -2 * np.log(0.05),
    "cvar(0.95)": -2 * np.log(0.05) + 2,
    "tail_distance(0.9)": 2 * (np.log(1 / 0.1) - np.log(1 / 0.9)),
    "exceedance(5)": np.exp(-2.5),
    "entropic(0.2)": -np.log(1 - 0.2 * 2) / 0.2,
}


@pytest.mark.parametrize("risk", NORMAL)
def test_closed_forms_of_the_normal_distribution(risk, normal):
    assert resolve(risk)(normal)[0] == pytest.approx(NORMAL[risk], abs=0.008)


@pytest.mark.parametrize("risk", EXPONENTIAL)
def test_closed_forms_of_the_exponential_distribution(risk, exponential):
    found = resolve(risk)(exponential)[0]
    assert abs(found - EXPONENTIAL[risk]) < 5 * resolve(risk).error(exponential)[0]


def test_draws_made_by_hand():
    draws = np.arange(1.0, 1001.0)[:, None]
    assert resolve("mean")(draws) == pytest.approx(500.5)
    assert resolve("quantile(0.8)")(draws) == pytest.approx(1 + 0.8 * 999)
    # The mean of the worst fifth, wherever between two draws the quantile lies.
    assert resolve("cvar(0.8)")(draws) == pytest.approx(np.mean(np.arange(801, 1001)))
    assert resolve("exceedance(900)")(draws) == pytest.approx(0.1)
    assert resolve("entropic(1e-9)")(draws) == pytest.approx(500.5, rel=1e-4)


@pytest.mark.parametrize("risk", [*NORMAL, "cvar(0.95)"])
def test_the_monte_carlo_error_is_the_spread_over_repeated_draws(risk):
    measure = resolve(risk)
    draws = np.random.default_rng(4).normal(3.0, 0.5, (4000, 400))
    stated, actual = measure.error(draws).mean(), measure(draws).std()
    assert stated == pytest.approx(actual, rel=0.15)


@pytest.mark.parametrize(
    "risk", ["mean", "median", "quantile(0.9)", "cvar(0.9)", "tail_distance(0.8)"]
)
def test_a_change_of_units_changes_only_the_unit(risk, exponential):
    measure = resolve(risk)
    np.testing.assert_allclose(measure(1e3 * exponential), 1e3 * measure(exponential))


def test_more_is_worse():
    draws = np.random.default_rng(5).exponential(1.0, (4000, 1))
    for risk in ("mean", "median", "quantile(0.9)", "cvar(0.9)", "exceedance(1)", "entropic(0.3)"):
        low, high = resolve(risk)(np.hstack([draws, draws + 0.5]))
        assert high > low, risk


def test_what_a_risk_takes_is_said():
    with pytest.raises(InputError, match=r"no risk 'var'; choose from mean, .*cvar\(q\)"):
        resolve("var(0.9)")
    for wrong in ("cvar", "cvar(1)", "cvar(0)", "quantile(1.5)", "entropic(0)", "exceedance"):
        with pytest.raises(InputError, match="takes"):
            resolve(wrong)
    with pytest.raises(InputError, match="no argument"):
        resolve("mean(0.5)")
    with pytest.raises(InputError, match="no risk"):
        resolve("cvar(0.9")
    for written in ("cvar(0.9)", "cvar(q=0.9)", " cvar( 0.9 ) ", Risk("cvar", 0.9)):
        assert resolve(written) == Risk("cvar", 0.9)
    assert resolve("mean") == Risk("mean")


def test_too_few_draws_are_refused_with_the_number_it_takes():
    draws = np.ones((4000, 1))
    with pytest.raises(ComputationError, match="at least 100000 draws"):
        resolve("cvar(0.999)")(draws)
    with pytest.raises(ComputationError, match="at least 2000 draws"):
        resolve("quantile(0.05)")(draws[:1999])
    assert resolve("cvar(0.975)")(draws) == 1.0


def test_an_entropic_risk_that_rests_on_a_few_draws_is_refused():
    draws = np.random.default_rng(6).normal(size=(4000, 1))
    assert resolve("entropic(1)")(draws) == pytest.approx(0.5, abs=0.1)
    with pytest.raises(ComputationError, match="it would take about"):
        resolve("entropic(8)")(draws)


@pytest.mark.parametrize("risk", ["mean", "cvar(0.9)", "tail_distance", "entropic(1)"])
def test_what_is_infinite_for_a_new_run_is_refused(risk):
    with pytest.raises(InputError, match="infinite"):
        resolve(risk).check(4000, "run")
    for bounded in ("median", "quantile(0.9)", "exceedance(2)"):
        resolve(bounded).check(4000, "run")
