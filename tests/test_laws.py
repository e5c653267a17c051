"""Every law that the catalogue finds is held to the contract, those added later too."""

import inspect
from dataclasses import replace
from functools import cache

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from bayescale import catalogue
from bayescale.errors import LawError
from bayescale.law.law import Law
from bayescale.law.prior import Prior
from bayescale.law.response import Response
from bayescale.law.symbols import Exponent, Input, Shape, Weight

LAWS = catalogue.names()
FLAT = Prior("Normal", mu=0.5, sigma=0.2, why="a test")
NUMPY = {name: getattr(np, name) for name in dir(np) if isinstance(getattr(np, name), np.ufunc)}


@cache
def bulk(prior):
    """Quantiles of a prior, from 1% to 99%."""
    return np.quantile(prior.draw(np.random.default_rng(0), 20_000), np.linspace(0.01, 0.99, 99))


def powers(low, high):
    return st.floats(low, high).map(lambda power: 10.0**power)


@st.composite
def points(draw, law):
    """Scaled inputs over eight decades, weights, and curvature from the prior's bulk.

    Inputs of one reference are compared by the law (all tokens, and the unique ones among
    them): by convention the larger is declared first.
    """
    inputs = {item.symbol: draw(powers(-4, 4)) for item in law.inputs}
    for group in {item.reference for item in law.inputs if item.reference}:
        names = [item.symbol for item in law.inputs if item.reference == group]
        falling = sorted((inputs[name] for name in names), reverse=True)
        inputs |= dict(zip(names, falling, strict=True))
    weights = {item.symbol: draw(powers(-3, 3)) for item in law.weights}
    curvature = {
        item.symbol: float(bulk(item.prior)[draw(st.integers(0, 98))]) for item in law.curvature
    }
    return inputs, weights, curvature


def close(found, expected, rtol=1e-9):
    np.testing.assert_allclose(np.asarray(found, dtype=float), expected, rtol=rtol)


def check_signature(law):
    arguments = list(inspect.signature(law.function).parameters)
    assert sorted(arguments) == sorted([*law.input_symbols, *law.parameter_symbols])


def check_linear(law, inputs, weights, curvature):
    """The law is the sum of its weights, each times a shape that no weight enters."""
    zero = dict.fromkeys(weights, 0.0)
    shapes = {name: law(inputs, zero | {name: 1.0} | curvature) for name in weights}
    close(
        law(inputs, weights | curvature),
        sum(weights[name] * shape for name, shape in shapes.items()),
    )
    assert all(shape > 0 for shape in shapes.values()), shapes


def check_reference(law, weights, curvature):
    """Where every input is 1, the response is the sum of the weights."""
    ones = dict.fromkeys(law.input_symbols, 1.0)
    close(law(ones, weights | curvature), sum(weights.values()))


def check_formula(law, inputs, weights, curvature):
    """The printed formula is Python that gives the law's own number."""
    value = eval(
        law.formula, {"__builtins__": {}, "abs": abs} | NUMPY, inputs | weights | curvature
    )
    close(value, law(inputs, weights | curvature), rtol=1e-12)


def check_units(law, inputs, weights, curvature, reference):
    """Raw parameters at raw inputs are the scaled law: a change of units changes no value."""
    raw_inputs = {name: value * reference[name] for name, value in inputs.items()}
    raw = {
        name: law.raw_weight(name, value, curvature, reference) for name, value in weights.items()
    }
    raw |= law.raw_curvature(curvature, reference)
    close(law(raw_inputs, raw), law(inputs, weights | curvature), rtol=1e-6)


@cache
def compiled(law):
    """The law and its gradient by PyTensor, as one function of inputs and parameters."""
    symbols = [*law.input_symbols, *law.parameter_symbols]
    variables = {name: pt.dscalar(name) for name in symbols}
    value = law(
        {name: variables[name] for name in law.input_symbols},
        {name: variables[name] for name in law.parameter_symbols},
    )
    parameters = [variables[name] for name in law.parameter_symbols]
    gradient = pytensor.grad(value, parameters, disconnected_inputs="ignore")
    mode = pytensor.compile.mode.Mode(linker="py", optimizer=None)
    return pytensor.function(list(variables.values()), [value, *gradient], mode=mode)


def check_pytensor(law, inputs, weights, curvature):
    """PyTensor has the same value, and finite derivatives equal to numpy's complex step."""
    values = inputs | weights | curvature
    symbols = [*law.input_symbols, *law.parameter_symbols]
    value, *gradient = (float(item) for item in compiled(law)(*(values[name] for name in symbols)))
    close(value, law(inputs, weights | curvature))
    assert np.isfinite([value, *gradient]).all(), dict(
        zip(law.parameter_symbols, gradient, strict=True)
    )
    for name, slope in zip(law.parameter_symbols, gradient, strict=True):
        moved = weights | curvature
        step = 1e-30 * max(abs(moved[name]), 1e-3)
        moved[name] = moved[name] + 1j * step
        # Where all of a derivative cancels, only its size beside the value is comparable.
        np.testing.assert_allclose(
            np.imag(law(inputs, moved)) / step, slope, rtol=1e-7, atol=1e-12 * abs(value)
        )


def check_arrays(law, inputs, weights, curvature):
    """Numpy and xarray broadcast draws against points, to the same numbers."""
    factors = np.array([1.0, 2.0, 0.5])
    at = {name: value * factors for name, value in inputs.items()}
    draws = {name: np.array([value, 1.1 * value]) for name, value in (weights | curvature).items()}
    by_numpy = law(at, {name: value[:, None] for name, value in draws.items()})
    by_xarray = law(
        {name: xr.DataArray(value, dims="point") for name, value in at.items()},
        {name: xr.DataArray(value, dims="draw") for name, value in draws.items()},
    )
    one_by_one = [
        [
            law({k: v[j] for k, v in at.items()}, {k: v[i] for k, v in draws.items()})
            for j in range(3)
        ]
        for i in range(2)
    ]
    close(np.broadcast_to(by_numpy, (2, 3)), one_by_one)
    close(by_xarray.transpose("draw", "point"), one_by_one)


def check_zero(law, inputs, weights, curvature):
    """Where an input may be zero, value and gradient are finite there."""
    for item in law.inputs:
        if item.zero:
            check_pytensor(law, inputs | {item.symbol: np.float64(0.0)}, weights, curvature)


@st.composite
def references(draw, law):
    scales: dict[str, float] = {}
    for item in law.inputs:
        scales.setdefault(item.reference or item.symbol, draw(powers(-9, 9)))
    return {item.symbol: scales[item.reference or item.symbol] for item in law.inputs}


@pytest.mark.parametrize("name", LAWS)
@given(data=st.data())
def test_a_law_keeps_the_contract(name, data):
    law = catalogue.resolve(name)
    inputs, weights, curvature = data.draw(points(law))
    check_signature(law)
    check_linear(law, inputs, weights, curvature)
    check_reference(law, weights, curvature)
    check_formula(law, inputs, weights, curvature)
    check_arrays(law, inputs, weights, curvature)
    check_pytensor(law, inputs, weights, curvature)
    check_units(law, inputs, weights, curvature, data.draw(references(law)))
    check_zero(law, inputs, weights, curvature)


@pytest.mark.parametrize("name", LAWS)
def test_a_law_is_documented(name):
    law = catalogue.resolve(name)
    assert law.name == name
    assert law.summary
    assert law.references
    assert all(item.meaning for item in [*law.inputs, law.response, *law.parameters])
    assert all(item.unit for item in [*law.inputs, law.response])
    assert all(item.prior.why for item in law.curvature)
    assert all(item.share.why for item in law.weights)
    assert law.response.symbol in inspect.getdoc(inspect.getmodule(law.function))


# The checks, shown laws that they must catch. ------------------------------------------------


def law_of(function, parameters, inputs=("x",), name="made"):
    return Law(
        name=name,
        version=1,
        function=function,
        summary="made for a test",
        inputs=tuple(Input(symbol, "units", "a scale") for symbol in inputs),
        response=Response("y", "units", "a response"),
        parameters=tuple(parameters),
    )


FLOOR, TERM = Weight("c", "floor"), Weight("a", "term")
POWER = Exponent("b", "power", FLAT)


def at_random(law, seed=3):
    rng = np.random.default_rng(seed)
    inputs = {name: 10 ** rng.uniform(-2, 2) for name in law.input_symbols}
    weights = {item.symbol: 10 ** rng.uniform(-1, 1) for item in law.weights}
    curvature = {item.symbol: float(item.prior.draw(rng, 1)[0]) for item in law.curvature}
    return inputs, weights, curvature


@pytest.mark.parametrize(
    "function",
    [
        lambda x, c, a, b: c + a * x ** (-b * a),
        lambda x, c, a, b: c + a * x**-b + c * a,
        lambda x, c, a, b: c + a * x**-b + x - 1,
        lambda x, c, a, b: np.sqrt(c**2 + (a * x**-b) ** 2),
    ],
    ids=["weight in the exponent", "weights multiplied", "term without a weight", "not a sum"],
)
def test_the_linearity_check_catches(function):
    law = law_of(function, [FLOOR, TERM, POWER])
    with pytest.raises(AssertionError):
        check_linear(law, *at_random(law))


def test_the_linearity_check_catches_a_negative_shape():
    law = law_of(lambda x, c, a, b: c + a * (2 - x**b), [FLOOR, TERM, POWER])
    with pytest.raises(AssertionError):
        check_linear(law, {"x": 100.0}, {"c": 1.0, "a": 1.0}, {"b": 0.5})


def test_the_reference_check_catches_a_sum_that_does_not_add():
    law = law_of(lambda x, c, a, b: c + a * x**-b + 0.1 * c * a, [FLOOR, TERM, POWER])
    _, weights, curvature = at_random(law)
    with pytest.raises(AssertionError):
        check_reference(law, weights, curvature)


def test_the_units_check_catches_a_break_without_its_conversion():
    def function(x, c, a, b, d):
        return c + a * x**-b * (1 + d) / (1 + d * x)

    positive = Prior("LogNormal", mu=0.0, sigma=0.5, why="a test")
    wrong = law_of(function, [FLOOR, TERM, POWER, Shape("d", "break", positive)])
    point = at_random(wrong)
    with pytest.raises(AssertionError):
        check_units(wrong, *point, {"x": 1e6})
    right = Shape("d", "break", positive, lambda bent, reference: bent["d"] / reference["x"])
    check_units(law_of(function, [FLOOR, TERM, POWER, right]), *point, {"x": 1e6})


def test_the_formula_check_catches_a_constant_that_depends_on_the_call():
    def function(x, c, a, b):
        return c + a * x ** (-b * (1.0 if isinstance(x, float) else 2.0))

    law = law_of(function, [FLOOR, TERM, POWER])
    with pytest.raises(AssertionError):
        check_formula(law, *at_random(law))


def test_the_gradient_check_catches_an_infinite_slope():
    def function(x, c, a, b):
        return c + a * x**-b + a * np.sqrt(0.0 * b)

    law = law_of(function, [FLOOR, TERM, POWER])
    with np.errstate(all="ignore"), pytest.raises(AssertionError):
        check_pytensor(law, *at_random(law))


def test_the_zero_check_catches_a_law_without_a_limit():
    law = law_of(lambda x, c, a, b: c + a * x**-b, [FLOOR, TERM, POWER])
    zero = replace(law, inputs=(replace(law.inputs[0], zero=True),))
    point = at_random(law)
    check_zero(law, *point)
    with pytest.raises((AssertionError, RuntimeWarning)):
        check_zero(zero, *point)


@pytest.mark.parametrize(
    ("function", "parameters", "says"),
    [
        (lambda x, c, a: c + a * x, [FLOOR, TERM, POWER], "declares b, which the formula does not"),
        (lambda x, c, a, b, d: c + a * x**-b + d, [FLOOR, TERM, POWER], "with d, which is not"),
        (lambda x, c, a, b: c + 2 * a * x**-b, [FLOOR, TERM, POWER], "a = 1.0 alone"),
        (lambda x, c, a, b: c + a**2 * x**-b, [FLOOR, TERM, POWER], "a = 2.5 alone"),
        (lambda x, c, a, b: c + a * x**-b + 1, [FLOOR, TERM, POWER], "c = 1.0 alone"),
        (lambda x, b: x**-b, [POWER], "at least one input and one weight"),
        (lambda x, c, a, b: c + a * x**-b, [FLOOR, FLOOR, TERM, POWER], "declares c twice"),
        (lambda x, y, b: y + b * x, [Weight("y", "floor"), Weight("b", "term")], "uses y for its"),
        (lambda x, M: M + 0 * x, [Weight("M", "floor")], "reserved symbol M"),
    ],
)
def test_a_law_that_breaks_the_contract_is_refused_when_made(function, parameters, says):
    with pytest.raises(LawError, match=says):
        law_of(function, parameters)


def test_all_faults_of_a_signature_are_named_at_once():
    with pytest.raises(LawError, match=r"with z.*; and it declares b"):
        law_of(lambda x, c, a, z: c + a * x**-z, [FLOOR, TERM, POWER])


@pytest.mark.parametrize(
    ("distribution", "parameters", "says"),
    [
        ("Cauchy", {"alpha": 0, "beta": 1}, "cannot be 'Cauchy'; choose one of Normal"),
        ("Normal", {"mu": 0}, "takes mu, sigma; it was given mu"),
        ("Normal", {"mu": 0, "sigma": -1}, "sigma = -1 must be positive"),
        ("LogNormal", {"mu": float("nan"), "sigma": 1}, "mu = nan must be finite"),
        ("Beta", {"alpha": 0, "beta": 1}, "alpha = 0 must be positive"),
    ],
)
def test_a_prior_that_makes_no_sense_is_refused(distribution, parameters, says):
    with pytest.raises(LawError, match=says):
        Prior(distribution, why="a test", **parameters)
