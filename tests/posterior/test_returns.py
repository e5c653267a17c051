"""Marginal returns and elasticities against the closed forms, draw by draw."""

import numpy as np
import pytest
from fits import TRUTH, by_hand, fitted

AT = {"N": np.array([3e8, 7e10]), "D": np.array([2e10, 1.4e12])}
AT3 = AT | {"C": 6 * AT["N"] * AT["D"]}


def pretraining_slopes(p, at):
    return {
        "N": -p["beta1"] * p["alpha"] * at["N"] ** (-p["beta1"] - 1),
        "D": -p["beta2"] * p["gamma"] * at["D"] ** (-p["beta2"] - 1),
        "C": -p["beta3"] * p["delta"] * at["C"] ** (-p["beta3"] - 1),
    }


def chinchilla_slopes(p, at):
    return {
        "N": -p["alpha"] * p["A"] * at["N"] ** (-p["alpha"] - 1),
        "D": -p["beta"] * p["B"] * at["D"] ** (-p["beta"] - 1),
    }


CASES = [("pretraining", pretraining_slopes, AT3), ("chinchilla", chinchilla_slopes, AT)]


@pytest.mark.parametrize(("law", "slopes", "at"), CASES)
def test_one_draw_is_the_closed_form(law, slopes, at):
    found = by_hand(law, TRUTH[law])
    table = found.returns(at)
    level = found.law(at, TRUTH[law])
    for symbol, expected in slopes(TRUTH[law], at).items():
        rows = table.xs(symbol, level="input")
        np.testing.assert_allclose(rows["derivative"], expected, rtol=1e-8)
        np.testing.assert_allclose(rows["derivative_lower"], expected, rtol=1e-8)
        np.testing.assert_allclose(rows["elasticity"], expected * at[symbol] / level, rtol=1e-8)


@pytest.mark.parametrize(("law", "slopes", "at"), CASES)
def test_intervals_are_those_of_the_closed_form_at_every_draw(law, slopes, at):
    rng = np.random.default_rng(0)
    raw = {name: value * rng.lognormal(0, 0.1, 500) for name, value in TRUTH[law].items()}
    table = by_hand(law, raw).returns(at, mass=0.8)
    columns = {name: value[:, None] for name, value in raw.items()}
    for symbol, each in slopes(columns, at).items():
        low, middle, high = np.quantile(each, [0.1, 0.5, 0.9], axis=0)
        rows = table.xs(symbol, level="input")
        np.testing.assert_allclose(rows["derivative_lower"], low, rtol=1e-8)
        np.testing.assert_allclose(rows["derivative"], middle, rtol=1e-8)
        np.testing.assert_allclose(rows["derivative_upper"], high, rtol=1e-8)
    assert set(table["interval"]) == {"equal-tailed 80%"}


def test_returns_of_a_sampled_fit_use_its_raw_parameters():
    """The scaled form that is sampled and the raw form in the tables have one derivative."""
    found = fitted("chinchilla", 150)
    raw = {
        name: found.draws["posterior"][name].to_numpy().ravel()[:, None]
        for name in TRUTH["chinchilla"]
    }
    table = found.returns(AT)
    for symbol, each in chinchilla_slopes(raw, AT).items():
        rows = table.xs(symbol, level="input")
        np.testing.assert_allclose(rows["derivative"], np.median(each, axis=0), rtol=1e-6)


def test_elasticity_of_a_pure_power_is_minus_its_exponent():
    found = by_hand("power", {"y0": 1e-12, "a": 5.0, "b": 0.4})
    rows = found.returns({"x": np.array([10.0, 1e5])})
    np.testing.assert_allclose(rows["elasticity"], -0.4, rtol=1e-6)
