"""Scenarios: the draws of a forecast, the same at every design."""

import numpy as np
import pytest
from fits import by_hand, erring, fitted, mixed, spread
from scipy import stats

from bayescale.errors import InputError, Problem, UnconvergedError
from bayescale.forecast.scenarios import NONE, scenarios

DESIGNS = {"N": np.array([1e9, 7e10, 7e10]), "D": np.array([1e11, 1.4e12, 2e13])}
FAILED = Problem("rhat", "error", "R-hat of E is 2.", {})


def coupled(size=1000, **by):
    rng = np.random.default_rng(9)
    raw = {"E": 1.8, "K": 3000.0, "alpha": 0.35, "q": 1.0, "r": 1.05, "c": 1.5} | by
    return {k: v * np.exp(0.02 * rng.standard_normal(size)) for k, v in raw.items()}


@pytest.fixture(scope="module")
def erring_loss(loss):
    """The same draws with slopes that err by a tenth of themselves."""
    return erring(loss, 0.1)


@pytest.mark.parametrize("seed", [0, 7])
def test_the_scenarios_of_a_fit_are_the_draws_of_its_forecast(loss, erring_loss, seed):
    for fit in (loss, erring_loss):
        made = scenarios(fit, seed=seed)
        forecast = fit.extrapolate(DESIGNS, kind="mean", seed=seed)
        np.testing.assert_array_equal(made(DESIGNS), forecast.draws.to_numpy())
        np.testing.assert_array_equal(made.reach(DESIGNS), forecast.reach)


def test_the_scenarios_are_the_same_in_every_call(erring_loss):
    made = scenarios(erring_loss)
    each = [made({name: value[k : k + 1] for name, value in DESIGNS.items()}) for k in range(3)]
    np.testing.assert_allclose(np.hstack(each), made(DESIGNS), rtol=1e-12)


def test_without_errors_of_its_slopes_it_is_the_law(loss, erring_loss):
    np.testing.assert_allclose(scenarios(loss)(DESIGNS), loss.curve(DESIGNS), rtol=1e-12)
    assert scenarios(loss).discrepancy == NONE
    made = scenarios(erring_loss)
    np.testing.assert_allclose(
        np.log(made(DESIGNS) / loss.curve(DESIGNS)), erring_loss.slopes(DESIGNS), atol=1e-12
    )
    assert "err by ± 10% of them" in made.discrepancy


def test_designs_of_the_scenarios_own(erring_loss):
    made = scenarios(erring_loss)
    rng = np.random.default_rng(1)
    own = {n: x[0] * np.exp(rng.standard_normal((made.n_draws, 2))) for n, x in DESIGNS.items()}
    found = made.at_own(own)
    for draw in (0, 11, made.n_draws - 1):
        at = {name: value[draw] for name, value in own.items()}
        np.testing.assert_allclose(found[draw], made(at)[draw], rtol=1e-10)
    # Of both laws of a mixture each scenario has its own.
    both = scenarios(mixed((erring_loss, by_hand("coupled", coupled())), [0.5, 0.5]))
    two = both.at_own(own)
    for draw in (0, both.n_draws - 1):
        at = {name: value[draw] for name, value in own.items()}
        np.testing.assert_allclose(two[draw], both(at)[draw], rtol=1e-10)


def test_fewer_scenarios_are_some_of_them(erring_loss):
    made = scenarios(erring_loss)
    few = made.thin(77)
    assert few.n_draws == 77
    rows = {tuple(row) for row in np.round(made(DESIGNS), 12)}
    assert all(tuple(row) in rows for row in np.round(few(DESIGNS), 12))
    assert made.thin(10**6) is made


def test_a_new_run_scatters_around_the_curve_of_its_scenario(loss):
    made = scenarios(loss)
    gap = np.log(made.of_new_runs()(DESIGNS)) - np.log(made(DESIGNS))
    # Student-t with 8 degrees of freedom and scale 1%, the same at every design of a scenario.
    assert gap[:, 0].std() == pytest.approx(0.01 * np.sqrt(8 / 6), rel=0.1)
    np.testing.assert_allclose(gap[:, 0], gap[:, 1], rtol=0.2)


def test_scenarios_of_unrelated_fits_have_nothing_in_common(loss):
    """By one seed a new run of one law tells that of another: the same noise, in one order."""
    other = by_hand("coupled", coupled())

    def likeness(**options):
        both = [scenarios(fit, **options) for fit in (loss, other)]
        return abs(stats.spearmanr(*(made.of_new_runs().noise for made in both)).statistic)

    assert likeness() < 0.12
    # The checker must see what it is for: one seed for both is the user's own choice.
    assert likeness(seed=5) > 0.9


def test_draws_of_unrelated_fits_have_nothing_in_common():
    """Previews of unrelated tables by the same seed, the default, draw by draw."""
    both = [fitted(law, 30, preview=True) for law in ("chinchilla", "power")]
    for name in ("M", "noise_scale", "slope_error"):
        one, other = (fit.curve.free[name] for fit in both)
        assert abs(stats.spearmanr(one, other).statistic) < 0.06, name
    for part in ("within", "beyond"):
        one, other = (getattr(fit.slopes, part)[:, 0] for fit in both)
        assert abs(stats.spearmanr(one, other).statistic) < 0.06, part


def test_scenarios_of_the_same_runs_and_law_are_the_same_again(loss):
    again = by_hand("chinchilla", spread("chinchilla"))
    one, other = (scenarios(erring(fit, 0.1)).of_new_runs() for fit in (loss, again))
    np.testing.assert_array_equal(one(DESIGNS), other(DESIGNS))
    assert scenarios(loss).seed != scenarios(by_hand("coupled", coupled())).seed


def test_an_average_is_a_mixture_by_its_weights(loss):
    other = by_hand("coupled", coupled())
    both = mixed((loss, other), [0.3, 0.7])
    made = scenarios(both)
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
    (note,) = scenarios(bad, allow_unconverged=True).notes
    assert (note.code, note.severity) == ("unconverged", "warning")
    with pytest.raises(InputError, match="is a fit or an average"):
        scenarios("fit.nc")
