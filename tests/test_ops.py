"""Functions for laws: what they are near, where they are exact, and what they run on."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from bayescale.expressions.arithmetic import evaluate
from bayescale.expressions.text import Text, numpy_function
from bayescale.law import ops

SIZES = st.floats(-6, 6).map(lambda power: 10.0**power)
CORNERS = st.floats(0.0, 1.0)
ONE = (ops.softplus, ops.sigmoid)
TWO = (ops.smooth_max, ops.smooth_min)


@given(st.floats(-700, 700))
def test_softplus_and_sigmoid_are_what_they_say(t):
    assert ops.softplus(t) == pytest.approx(np.logaddexp(0.0, t), rel=1e-12, abs=1e-300)
    assert ops.sigmoid(t) == pytest.approx(1.0 / (1.0 + np.exp(-t)), abs=1e-15)


def test_nothing_overflows():
    far = np.array([-1e6, 1e6])
    assert ops.softplus(far).tolist() == [0.0, 1e6]
    assert ops.sigmoid(far).tolist() == [0.0, 1.0]


@given(SIZES, SIZES, CORNERS, SIZES)
def test_a_smooth_maximum_lies_between_the_maximum_and_the_sum(a, b, corner, factor):
    found = ops.smooth_max(a, b, corner)
    assert max(a, b) * (1 - 1e-12) <= found <= (a + b) * (1 + 1e-12)
    assert ops.smooth_max(b, a, corner) == pytest.approx(found, rel=1e-12)
    # Homogeneous of degree one, as a law is in its weights.
    assert ops.smooth_max(factor * a, factor * b, corner) == pytest.approx(factor * found)
    least = ops.smooth_min(a, b, corner)
    assert least <= min(a, b) * (1 + 1e-12)
    assert least * found == pytest.approx(a * b)


@given(SIZES, CORNERS)
def test_a_corner_is_the_excess_where_both_are_equal(a, corner):
    assert ops.smooth_max(a, a, corner) == pytest.approx(a * (1 + corner))
    assert ops.smooth_min(a, a, corner) == pytest.approx(a / (1 + corner))
    assert ops.smooth_max(a, 0.0, corner) == pytest.approx(a)
    assert ops.smooth_min(a, 0.0, corner) == 0.0


def test_the_ends_of_a_corner_are_the_maximum_and_the_sum():
    assert ops.smooth_max(2.0, 3.0, 0.0) == 3.0
    assert ops.smooth_max(2.0, 3.0, 1.0) == pytest.approx(5.0)


def of(function, *values):
    """A function of one or two values, with what it makes of them as text and by PyTensor."""
    names = ["a", "b"][: len(values)]
    variables = [pt.dscalar(name) for name in names]
    value = function(*variables)
    mode = pytensor.compile.Mode("py", None)
    tensors = pytensor.function(variables, [value, *pytensor.grad(value, variables)], mode)
    printed = str(function(*map(Text, names)))
    named = dict(zip(names, values, strict=True))
    return tensors(*values), evaluate(printed, named, numpy_function)


@pytest.mark.parametrize(
    ("function", "values"),
    [(f, (t,)) for f in ONE for t in (-30.0, -0.3, 0.0, 2.0)]
    + [(f, pair) for f in TWO for pair in [(1.0, 1.0), (3.0, 0.2), (1e-2, 1e2)]],
)
def test_they_are_the_same_on_everything_and_have_derivatives(function, values):
    expected = function(*values)
    (by_pytensor, *gradient), as_text = of(function, *values)
    assert by_pytensor == pytest.approx(expected, rel=1e-14)
    assert as_text == pytest.approx(expected, rel=1e-14)
    arrays = function(*(xr.DataArray([value, value], dims="x") for value in values))
    assert arrays.values == pytest.approx(np.full(2, expected), rel=1e-14)
    for k, slope in enumerate(gradient):
        moved = [value + 1e-30j * (j == k) for j, value in enumerate(values)]
        step = np.imag(function(*moved)) / 1e-30
        assert slope == pytest.approx(float(step), rel=1e-9, abs=1e-14)
        around = [
            function(*(v + h * (j == k) for j, v in enumerate(values))) for h in (1e-7, -1e-7)
        ]
        assert slope == pytest.approx((around[0] - around[1]) / 2e-7, rel=1e-4, abs=1e-6)


def test_derivatives_are_finite_where_both_are_nothing():
    """As for the overhead of a roof alone, whose other weights are 0."""
    (value, *gradient), _ = of(ops.smooth_max, 0.0, 0.0)
    assert value == pytest.approx(0.0, abs=1e-100)
    assert np.isfinite(gradient).all()
