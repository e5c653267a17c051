import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula

VALUES = {"N": 2.5, "D": 0.75, "C": 31.0}
FUNCTIONS = {"log": math.log, "exp": math.exp, "sqrt": math.sqrt}

atoms = st.one_of(
    st.floats(0.01, 100).map(repr), st.integers(0, 12).map(str), st.sampled_from(list(VALUES))
)
expressions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(" ".join),
        inner.map("({})".format),
        inner.map("-{}".format),
        st.tuples(st.sampled_from(list(FUNCTIONS)), inner).map(lambda pair: "{}({})".format(*pair)),
    ),
    max_leaves=8,
)


@given(expressions)
def test_agrees_with_python(text):
    try:
        expected = eval(text, {"__builtins__": {}}, {**FUNCTIONS, **VALUES})
    except (ArithmeticError, ValueError):
        expected = math.nan  # Python refuses what floating point calls infinite or undefined
    found = Formula(text).evaluate(VALUES)
    if isinstance(expected, complex) or not math.isfinite(expected):
        return
    # Integers beyond 2**53 are exact in Python and rounded here.
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9) or abs(expected) > 1e15


def test_the_comparison_would_notice_a_wrong_order_of_operations():
    assert Formula("-2**2 + 2**3**2").evaluate({}) == -(2**2) + 2 ** (3**2) != (2**3) ** 2 - 4


def test_columns_are_evaluated_as_wholes():
    found = Formula("6*N*D").evaluate({"N": np.array([1.0, 2.0]), "D": 3.0})
    assert found.tolist() == [18.0, 36.0]
    assert found.dtype == np.float64


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "N.__class__",
        "().__class__.__bases__[0]",
        "open('x')",
        "eval('1')",
        "N if D else C",
        "[N for N in (1, 2)]",
        "lambda: N",
        "N := 2",
        "N == D",
        "N and D",
        "not N",
        "~N",
        "N // D",
        "N % D",
        "N ^ 2",
        "N @ D",
        "N[0]",
        "{N}",
        "f'{N}'",
        "'text'",
        "1j",
        "True",
        "None",
        "log",
        "log()",
        "log(N, 2)",
        "log(*N)",
        "log(x=N)",
        "sin(N)",
        "log.__call__(N)",
        "N; D",
        "N = D",
        "6B*D",
        "6*N*",
        "N\0D",
        "",
        "   ",
        "(" * 250 + "N" + ")" * 250,
        "-" * 400 + "N",
        "+".join(["N"] * 240),
        "N" * 501,
        "9" * 400,
        "# only a comment",
    ],
)
def test_hostile_or_foreign_expressions_are_refused(text):
    if text == "log":  # a bare name is a column's, and columns may be called log
        assert Formula(text).names == ("log",)
        return
    with pytest.raises(InputError, match=r"formula"):
        Formula(text)


@pytest.mark.parametrize("text", ["9**9**9", "9**9**9**9**9", "10**400", "exp(exp(exp(9)))"])
def test_huge_powers_are_infinite_at_once(text):
    started = time.perf_counter()
    assert Formula(text).evaluate({}) == math.inf
    assert time.perf_counter() - started < 0.5


def test_undefined_values_are_nan_and_silent():
    found = Formula("log(N)/D").evaluate({"N": np.array([-1.0, 1.0]), "D": np.array([1.0, 0.0])})
    assert np.isnan(found).all()


def test_names_leave_functions_out_and_renaming_leaves_them_alone():
    formula = Formula("log(log) + n_params*D")
    assert formula.names == ("log", "n_params", "D")
    assert Formula("log(log)*b").renamed({"log": "a"}).names == ("a", "b")
    assert formula.renamed({"n_params": "N"}).evaluate({"log": np.e, "N": 2, "D": 3}) == 7.0


def test_a_caret_is_explained():
    with pytest.raises(InputError, match=r"\*\* for a power"):
        Formula("10^21")
