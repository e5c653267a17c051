"""Draws become a curve in one way, for sums of powers and for laws that are none."""

import numpy as np
import pytest
from example_laws import EXAMPLES, LEVELS, ROOF
from fits import runs_of

import bayescale as bs
from bayescale import catalogue
from bayescale.errors import InputError
from bayescale.posterior.parameters import constrain, resolve_priors, unconstrain
from bayescale.posterior.predictor import Curve, Predictor

LAWS = (*map(catalogue.resolve, catalogue.names()), *EXAMPLES)
REFERENCE = 3e4
UNIT = 2.5


def curve_of(law, size=5, seed=0):
    """A law at draws of its priors, near their middle."""
    priors = resolve_priors(law)
    z = unconstrain(priors, priors.draw(np.random.default_rng(seed), 400))
    near = np.median(z, axis=0) + 0.3 * (z[:size] - z.mean(axis=0))
    reference = dict.fromkeys(law.input_symbols, REFERENCE)
    return Curve(law, constrain(priors, near), reference, UNIT if law.weights else 1.0)


def some_inputs(law, n=6, seed=1):
    """Raw inputs within a decade of the reference, that none exceeds which limits it."""
    rng = np.random.default_rng(seed)
    inputs = {name: REFERENCE * 10 ** rng.uniform(-1, 1, n) for name in law.input_symbols}
    for item in law.inputs:
        if item.at_most:
            inputs[item.symbol] = np.minimum(inputs[item.symbol], inputs[item.at_most])
    return inputs


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_m_is_the_response_at_the_reference(law):
    curve = curve_of(law)
    found = curve({name: np.array([REFERENCE]) for name in law.input_symbols})[:, 0]
    if law.weights:
        np.testing.assert_allclose(found, curve.free["M"] * UNIT, rtol=1e-12)
        assert curve.at_draws.total is not None
    else:
        assert "M" not in curve.free
        assert curve.at_draws.total is None


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_raw_parameters_at_raw_inputs_are_the_curve(law):
    curve, inputs = curve_of(law), some_inputs(law)
    raw = curve.at_draws.raw(curve.reference)
    symbols = {name: np.asarray(raw[name])[:, None] for name in law.parameter_symbols}
    np.testing.assert_allclose(law(inputs, symbols), curve(inputs), rtol=1e-9)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_log_and_derivatives_are_those_of_the_curve(law):
    curve, inputs = curve_of(law), some_inputs(law)
    scaled = {name: x / REFERENCE for name, x in inputs.items()}
    by_log = np.exp(Predictor(law, curve.columns, curve.unit).log(scaled))
    np.testing.assert_allclose(by_log, curve(inputs), rtol=1e-12)
    for symbol in law.input_symbols:
        # Downwards only, where another input must not be exceeded.
        step = 1e-6 * inputs[symbol]
        lower = curve({**inputs, symbol: inputs[symbol] - step})
        slope = curve.derivative({**inputs, symbol: inputs[symbol] - step / 2}, symbol)
        size = np.abs(curve(inputs)).max() / inputs[symbol]
        np.testing.assert_allclose(
            slope / size, (curve(inputs) - lower) / step / size, rtol=1e-4, atol=1e-7
        )


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_only_a_sum_has_terms(law):
    curve, inputs = curve_of(law), some_inputs(law)
    if law.is_sum:
        terms = curve.terms(inputs)
        assert set(terms) == {weight.symbol for weight in law.weights}
        np.testing.assert_allclose(sum(terms.values()), curve(inputs), rtol=1e-12)
    else:
        with pytest.raises(InputError, match="no sum"):
            curve.terms(inputs)


@pytest.mark.parametrize("law", EXAMPLES, ids=lambda law: law.name)
def test_a_preview_of_a_law_that_is_no_sum_finds_its_runs(law):
    """Runs without noise from one draw: the fitted curve passes through them."""
    found = bs.fit(runs_from(law), preview=True, draws=200, seed=2)
    middle = np.median(found.curve(found.inputs), axis=0)
    assert np.abs(np.log(middle / found.response)).max() < 0.02
    assert set(found.summary().index) >= set(law.parameter_symbols)


def runs_from(law, n=30, scale=0.002):
    curve, inputs = curve_of(law, size=1, seed=3), some_inputs(law, n)
    noise = scale * np.random.default_rng(5).standard_normal(n)
    return runs_of(law, inputs, curve(inputs)[0] * np.exp(noise))


@pytest.mark.parametrize("law", [ROOF, LEVELS], ids=lambda law: law.name)
def test_such_laws_are_sampled_forecast_and_saved(law, tmp_path):
    """A roof, and a law without weights, from runs to a file and back."""
    options = {"route": "compiled", "progress": False, "strict": False, "draws": 300}
    options |= {"discrepancy": False}
    found = bs.fit(runs_from(law), **options)
    at = {name: [2 * REFERENCE, 20 * REFERENCE] for name in law.input_symbols}
    truth = curve_of(law, size=1, seed=3)({name: np.array(x) for name, x in at.items()})[0]
    forecast = found.extrapolate(at, mass=0.99, allow_unconverged=True)
    table = forecast.table
    assert (table["lower"] <= truth * 1.01).all()
    assert (truth <= table["upper"] * 1.01).all()
    again = bs.load(found.save(tmp_path / "fit.nc"), law)
    other = again.extrapolate(at, mass=0.99, allow_unconverged=True)
    assert other.table.equals(table)
    assert found.identifiability()["contraction"].notna().all()
