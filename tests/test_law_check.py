"""The contract's checks, shown laws that they must catch, and what they say."""

import math
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from example_laws import POWER, X, law_of, scale_of

import bayescale as bs
from bayescale.errors import InputError, LawError
from bayescale.law import Exponent, Input, Prior, Shape, Weight
from bayescale.law.check import check
from bayescale.law.places import Places

WIDE = Prior("Normal", mu=0.5, sigma=0.2, why="a test")
FLOOR, TERM, B = Weight("c", "floor"), Weight("a", "term"), Exponent("b", "power", WIDE)
USUAL = [FLOOR, TERM, B]


def failures(function, parameters=(), **more):
    return check(law_of(function, parameters or USUAL, **more)).failures


# When a law is made. ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "parameters", "says"),
    [
        (lambda x, c, a: c + a * x, USUAL, "declares b, which the formula does not"),
        (lambda x, c, a, b, d: c + a * x**-b + d, USUAL, "with d, which is not"),
        (lambda x: 1.0 + x, [], "at least one input and one parameter"),
        (lambda x, c, a, b: c + a * x**-b, [FLOOR, *USUAL], "declares c twice"),
        (lambda x, L, b: L + b * x, [Weight("L", "floor"), Weight("b", "term")], "uses L for its"),
        (lambda x, M: M + 0 * x, [Weight("M", "floor")], "reserved symbol M"),
    ],
)
def test_a_signature_that_does_not_fit_is_refused(function, parameters, says):
    with pytest.raises(LawError, match=says):
        law_of(function, parameters)


def test_all_faults_of_a_signature_are_named_at_once():
    with pytest.raises(LawError, match=r"with z.*; and it declares b"):
        law_of(lambda x, c, a, z: c + a * x**-z, USUAL)


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda x, c, a, b: c + a**2 * x**-b, r"every weight \(c, a\) times 2.5 .* homogeneous"),
        (lambda x, c, a, b: c + a * x**-b + 1, "times 2.5 the response is .* times as large at x"),
        (lambda x, c, a, b: c + a * x ** (-b * a), "homogeneous of degree one"),
        (lambda x, c, a, b: c + a * x**-b + c * a, "homogeneous of degree one"),
        (lambda x, c, a, b: c * a * x**-b, "is 6.25 times as large"),
        (lambda x, c, a, b: c - a * x**-b, "the response is -.* must be positive"),
        (lambda x, c, a, b: c + a * (2 - x**b), "the response is -.* must be positive"),
        (
            lambda x, c, a, b: c + a * x**-b / (1 - x) ** 2,
            "reference run.* must be positive and finite",
        ),
        (lambda x, c, a, b: np.maximum(c, a * x**-b), "larger .* use bayescale.law.ops.smooth_max"),
        (lambda x, c, a, b: np.minimum(c, a * x**-b), "use bayescale.law.ops.smooth_max or smooth"),
        (lambda x, c, a, b: c + max(a * x**-b, a), "use bayescale.law.ops.smooth_max"),
        (lambda x, c, a, b: c + a * np.where(x > 1, 1.0, x**-b), "use bayescale.law.ops.smooth"),
        (lambda x, c, a, b: c + np.clip(x, 1, 2) * a, "use bayescale.law.ops.smooth_max"),
        (lambda x, c, a, b: c if x > 1 else a, "use bayescale.law.ops.smooth_max"),
        (lambda x, c, a, b: c or a, "use bayescale.law.ops.smooth_max"),
        (lambda x, c, a, b: c + a * abs(np.log(x)), r"abs\(\) has no derivative.*write \(t\*t"),
        (lambda x, c, a, b: c + a * np.fabs(x - 1), r"abs\(\) has no derivative.*write \(t\*t"),
        (lambda x, c, a, b: c + a * np.real(x) ** -b, "by x is -.* differences and 0 by a complex"),
        (lambda x, c, a, b: c + a * math.exp(-b), r"TypeError .*\(np.exp, not math.exp\)"),
        (lambda x, c, a, b: c + a * np.hypot(x, b), "'hypot'.* use ordinary arithmetic"),
        (lambda x, c, a, b: c + a * np.floor(x), "'written' ends in TypeError"),
        (lambda x, c, a, b: c + a * (1 // 0), "ends in ZeroDivisionError"),
    ],
)
def test_what_breaks_the_contract_is_refused_when_made(function, says):
    with pytest.raises(LawError, match=f"(?s)^Law 'made': .*{says}") as caught:
        law_of(function, USUAL)
    assert "\n" not in str(caught.value)


def test_two_weights_that_are_homogeneous_one_by_one_only_are_caught():
    """Each weight alone at inputs of 1 is itself; together they are not of degree one."""
    with pytest.raises(LawError, match=r"times 2\.5 .* homogeneous"):
        law_of(lambda x, c, a, b: c + a * x**-b + 0.1 * c * a, USUAL)


# What is a sum. -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "function",
    [
        lambda x, c, a, b: np.sqrt(c**2 + (a * x**-b) ** 2),
        lambda x, c, a, b: c + 2 * a * x**-b,
        lambda x, c, a, b: c + a * (1 + x) ** -b,
        lambda x, c, a, b: (c + a * x**-b) * (1 + b * np.log(x) ** 2) + (c * a) ** 0.5,
    ],
    ids=["norm", "two at the reference", "not 1 at the reference", "weights multiplied"],
)
def test_what_is_no_sum_is_told_from_one(function):
    assert not law_of(function, USUAL).is_sum


def test_a_product_with_a_penalty_is_a_sum_of_its_terms():
    law = law_of(lambda x, c, a, b: (c + a * x**-b) * (1 + b * np.log(x) ** 2), USUAL)
    assert law.is_sum


# The check as a value. ----------------------------------------------------------------------


def test_a_law_that_ships_passes_by_name_as_value_and_by_path(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(LAW_FILE)
    for law in ("power", bs.law("power"), path, str(path)):
        found = bs.check(law)
        assert found.passed
        assert found.failures == ()
        assert "keeps the contract" in repr(found)
    assert max(map(len, repr(found).splitlines())) <= 80


LAW_FILE = """
from bayescale import Exponent, Input, Law, Prior, Response, Weight

POWER = Prior("LogNormal", mu=-1.0, sigma=0.5, why="a test")
LAW = Law(
    name="mine",
    version=1,
    function=lambda N, floor, a, b: floor + a * N**-b,
    summary="a test",
    inputs=(Input("N", "parameters", "size"),),
    response=Response("L", "nats", "loss"),
    parameters=(Weight("floor", "floor"), Weight("a", "term"), Exponent("b", "power", POWER)),
)
"""


def test_a_file_that_makes_no_law_fails_the_check_with_its_sentence(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(LAW_FILE.replace("floor + a * N**-b", "max(floor, a * N**-b)"))
    found = bs.check(path)
    assert not found.passed
    assert len(found.failures) == 1
    assert "mine.py" in found.failures[0]
    assert "ops.smooth_max" in found.failures[0]
    with pytest.raises(InputError, match="There is no law 'powr'"):
        bs.check("powr")
    with pytest.raises(InputError, match="no law file"):
        bs.check(tmp_path / "absent.py")


def test_all_failures_are_told_at_once():
    def function(x, c, a, b, d):
        return c + a * np.exp2(-b * np.log2(x)) * (1 + d) / (1 + d * x)

    law = law_of(function, [*USUAL, Shape("d", "", POWER)], inputs=[Input("x", "", "a scale")])
    found = bs.check(law)
    assert not found.passed
    starts = ["The meaning of d is empty", "The unit of x is empty", "Reports carry the formula"]
    starts += ["For a reference run of x = "]
    assert [text.startswith(start) for text, start in zip(found.failures, starts, strict=True)]
    assert sorted(found.failures) == sorted(
        text for start in starts for text in found.failures if text.startswith(start)
    )
    shown = repr(found).splitlines()
    assert shown[0] == "Law 'made' breaks the contract:"
    assert sum(line.startswith("- ") for line in shown) == 4
    assert max(map(len, shown)) <= 80


def test_the_check_catches_a_term_that_is_negative_far_out():
    text, *_ = failures(lambda x, c, a, b: c + a * (20 - x**b) / 19)
    assert text.startswith("With a as the only weight the response is -")
    assert "at x = " in text


def test_the_check_catches_a_response_that_is_not_finite_far_out():
    text, *_ = failures(lambda x, c, a, b: c + a * np.exp(x**b * x**b))
    assert text.startswith("The response is inf at x = ")


def test_the_check_catches_a_break_without_its_conversion():
    def function(x, c, a, b, d):
        return c + a * x**-b * (1 + x / d) / (1 + 1 / d)

    (text,) = failures(function, [*USUAL, Shape("d", "break", POWER)])
    assert "For a reference run of x = " in text
    assert "its to_raw" in text
    assert failures(function, [*USUAL, scale_of("d")]) == ()


def test_the_check_catches_a_weight_that_is_nothing_alone():
    texts = failures(lambda x, c, a, b: (c * a) ** 0.5 * x**-b)
    assert [text[:20] for text in texts[:2]] == ["With c as the only w", "With a as the only w"]


def test_the_check_catches_a_formula_that_depends_on_the_type():
    def by_number(x, c, a, b):
        return c + a * x ** (-b * (1.0 if isinstance(x, float) else 2.0))

    def by_label(x, c, a, b):
        return c + a * x ** (-b * (2.0 if isinstance(x, xr.DataArray) else 1.0))

    texts = failures(by_number)
    assert [text.partition(" the formula")[0] for text in texts] == ["By numpy arrays", "By xarray"]
    assert [text.partition(" the")[0] for text in failures(by_label)] == ["By xarray"]


def test_the_check_catches_a_printed_formula_that_is_another():
    def function(x, c, a, b):
        return c + a * x ** (-b * (1.0 if isinstance(x, np.ndarray | float) else 2.0))

    starts = [text.partition(" the formula")[0] for text in failures(function)]
    assert starts[:4] == ["By xarray", "As printed", "As JavaScript", "By PyTensor"]


def test_the_check_catches_a_function_that_browsers_do_not_have():
    (text,) = failures(lambda x, c, a, b: c + a * np.exp2(-b * np.log2(x)))
    assert "'exp2(" in text
    assert "cannot be evaluated in a browser; write it with" in text


def test_the_check_catches_an_infinite_slope():
    texts = failures(lambda x, c, a, b: c + a * x**-b + a * np.sqrt(0.0 * b))
    assert any(text.startswith("PyTensor's derivative by b is nan") for text in texts)


def test_the_check_catches_a_law_without_a_limit_at_zero():
    law = law_of(lambda x, c, a, b: c + a * x**-b, USUAL)
    assert check(law).passed
    zero = replace(law, inputs=(replace(X, zero=True),))
    texts = check(zero).failures
    assert any("x = 0" in text for text in texts)
    parameters = [FLOOR, TERM, scale_of("k")]
    fine = law_of(lambda x, c, a, k: c + a / (k + x), parameters, inputs=zero.inputs)
    assert check(fine).passed


def test_places_are_told_and_crossed():
    at = Places(
        inputs={"x": np.array([1.0, 2.0])},
        weights={"a": np.array([3.0, 4.0])},
        curvature={"b": np.array([0.5, 0.25])},
        reference={"x": np.array([10.0, 20.0])},
    )
    assert at.told(1) == "x = 2, a = 4, b = 0.25"
    assert at.crossed().told(1) == "x = 2, a = 3, b = 0.5"
    assert at.crossed().size == 4
    assert at.alone("a").weights["a"].tolist() == [1.0, 1.0]


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
