"""Every law that the catalogue finds is held to the contract, those added later too."""

import inspect
from functools import cache

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from example_laws import EXAMPLES, KAPLAN, LEVELS, NORM, PENALTY, ROOF
from hypothesis import given
from hypothesis import strategies as st

from bayescale import catalogue
from bayescale.law import contract
from bayescale.law.check import CHECKS
from bayescale.law.places import Places, draw_places

SHIPPED = [catalogue.resolve(name) for name in catalogue.names()]
LAWS = [*SHIPPED, *EXAMPLES]


def name_of(law):
    return law.name


@cache
def bulk(prior):
    """Quantiles of a prior, from 1% to 99%."""
    return np.quantile(prior.draw(np.random.default_rng(0), 20_000), np.linspace(0.01, 0.99, 99))


DECADES = {d: st.floats(-d, d).map(lambda power: 10.0**power) for d in (3, 4, 9)}
PERCENT = st.integers(0, 98)


@st.composite
def places(draw, law):
    """Scaled inputs over eight decades, weights, and curvature from the prior's bulk; and nearby.

    Inputs of one reference are compared by the law (all tokens, and the unique ones among
    them): by convention the larger is declared first.
    """
    inputs = {item.symbol: draw(DECADES[4]) for item in law.inputs}
    for group in {item.reference for item in law.inputs if item.reference}:
        names = [item.symbol for item in law.inputs if item.reference == group]
        falling = sorted((inputs[name] for name in names), reverse=True)
        inputs |= dict(zip(names, falling, strict=True))
    scales = {item.reference or item.symbol: draw(DECADES[9]) for item in law.inputs}
    weights = {item.symbol: draw(DECADES[3]) for item in law.weights}
    curvature = {item.symbol: bulk(item.prior)[draw(PERCENT)] for item in law.curvature}
    return Places(
        inputs={name: value * np.array([1.0, 2.0]) for name, value in inputs.items()},
        weights={name: value * np.array([1.0, 1.1]) for name, value in weights.items()},
        curvature={name: value * np.array([1.0, 1.1]) for name, value in curvature.items()},
        reference={i.symbol: np.full(2, scales[i.reference or i.symbol]) for i in law.inputs},
    )


@pytest.mark.parametrize("law", LAWS, ids=name_of)
@given(data=st.data())
def test_a_law_keeps_the_contract(law, data):
    at = data.draw(places(law))
    for check in CHECKS:
        assert list(check(law, at)) == []


@pytest.mark.parametrize("law", SHIPPED, ids=name_of)
@given(data=st.data())
def test_the_laws_that_ship_are_sums(law, data):
    """Each is the sum of its weights, each times a positive shape that no weight enters."""
    at = data.draw(places(law))
    assert law.is_sum
    assert contract.is_sum(law, at)
    assert all((law(at.inputs, at.alone(name).parameters) > 0).all() for name in at.weights)
    np.testing.assert_allclose(law(at.ones, at.parameters), sum(at.weights.values()), rtol=1e-9)


@pytest.mark.parametrize("law", SHIPPED, ids=name_of)
def test_a_law_is_documented(law):
    assert catalogue.resolve(law.name) is law
    assert law.summary
    assert law.references
    assert all(item.meaning for item in [*law.inputs, law.response, *law.parameters])
    assert all(item.unit for item in [*law.inputs, law.response])
    assert all(item.prior.why for item in law.curvature)
    assert all(item.share.why for item in law.weights)
    assert law.response.symbol in inspect.getdoc(inspect.getmodule(law.function))
    arguments = list(inspect.signature(law.function).parameters)
    assert sorted(arguments) == sorted([*law.input_symbols, *law.parameter_symbols])


# M is the response at the reference run. ----------------------------------------------------


@pytest.mark.parametrize("law", [law for law in LAWS if law.weights], ids=name_of)
@given(data=st.data(), total=DECADES[3])
def test_divided_by_its_own_value_a_law_is_m_at_the_reference(law, data, total):
    """Exactly so where inputs are scaled; and what it comes to in raw units is M there too."""
    at = data.draw(places(law))
    whole = sum(at.weights.values())
    shares = {name: weight / whole for name, weight in at.weights.items()}
    own = law(at.ones, {**shares, **at.curvature})
    there = total * (law(at.ones, {**shares, **at.curvature}) / own)
    np.testing.assert_array_equal(there, total)
    raw = law.raw_curvature(at.curvature, at.reference) | {
        name: law.raw_weight(name, total * share / own, at.curvature, at.reference)
        for name, share in shares.items()
    }
    np.testing.assert_allclose(law(at.reference, raw), total, rtol=1e-6)
    if law.is_sum:
        np.testing.assert_allclose(own, 1.0, rtol=1e-9)


def test_what_is_divided_out_matters_where_a_law_is_no_sum():
    """The test above would see a law that were taken for a sum."""
    halves = {"A": 0.5, "B": 0.5, "a": 0.3, "b": 0.3, "p": 2.0}
    assert NORM({"N": 1.0, "D": 1.0}, halves) == pytest.approx(0.5**0.5)


@pytest.mark.parametrize("law", EXAMPLES, ids=name_of)
def test_what_is_no_sum_is_seen(law):
    assert not law.is_sum


def test_a_law_without_weights_has_no_shares():
    assert LEVELS.weights == ()
    assert {item.symbol for item in LEVELS.curvature} == set(LEVELS.parameter_symbols)
    raw = LEVELS.raw_curvature({"low": 1.0, "high": 3.0, "k": 2.0, "s": 1.0}, {"x": 1e6})
    assert raw == {"low": 1.0, "high": 3.0, "k": 2e6, "s": 1.0}
    assert LEVELS({"x": 2e6}, raw) == pytest.approx(2.0)


def test_published_parameters_are_raw_ones():
    """Kaplan et al. (2020), equation 1.5, in their own numbers and back by the reference run."""
    n, d = 1e9, 2e10
    raw = {"aN": 0.076, "aD": 0.103, "A": 8.8e13**0.076, "B": 5.4e13**0.103}
    published = ((8.8e13 / n) ** (0.076 / 0.103) + 5.4e13 / d) ** 0.103
    assert KAPLAN({"N": n, "D": d}, raw) == pytest.approx(published)
    reference, curvature = {"N": 3e8, "D": 7e9}, {"aN": 0.076, "aD": 0.103}
    scaled = {"A": raw["A"] * 3e8**-0.076, "B": raw["B"] * 7e9**-0.103}
    for name, value in scaled.items():
        assert KAPLAN.raw_weight(name, value, curvature, reference) == pytest.approx(raw[name])


def test_a_raw_weight_of_a_sum_is_not_divided():
    """Bit for bit what the term gives at raw inputs of one."""
    law = catalogue.resolve("chinchilla")
    curvature, reference = {"alpha": 0.34, "beta": 0.28}, {"N": 1e9, "D": 2e10}
    found = law.raw_weight("A", 0.7, curvature, reference)
    assert found == 0.0 + 0.7 * (1.0 / 1e9) ** -0.34 + 0.0 * (1.0 / 2e10) ** -0.28


@pytest.mark.parametrize("law", [ROOF, PENALTY, KAPLAN, NORM], ids=name_of)
def test_a_raw_weight_has_derivatives(law):
    """A prior on a weight in raw units is differentiated through the other weights' absence."""
    at = few_places(law)
    bent = {name: pt.dscalar(name) for name in at.curvature}
    here = {name: float(value[0]) for name, value in at.curvature.items()}
    reference = dict.fromkeys(at.inputs, 1e6)
    for symbol in at.weights:
        raw = law.raw_weight(symbol, 1.5, bent, reference)
        slopes = pytensor.grad(raw, list(bent.values()), disconnected_inputs="ignore")
        mode = pytensor.compile.Mode("py", None)
        function = pytensor.function(list(bent.values()), slopes, mode, on_unused_input="ignore")
        for name, slope in zip(bent, function(*here.values()), strict=True):
            moved = {**here, name: here[name] + 1e-30j}
            step = np.imag(law.raw_weight(symbol, 1.5, moved, reference)) / 1e-30
            assert slope == pytest.approx(float(step), rel=1e-7, abs=1e-9)


def few_places(law):
    return draw_places(law.inputs, law.parameters, 1, 1.0)


def test_places_respect_what_an_input_may_be():
    law = catalogue.resolve("data_limited")
    at = few_places(law)
    assert (at.inputs["U"] <= at.inputs["D"]).all()
    np.testing.assert_array_equal(at.reference["U"], at.reference["D"])
