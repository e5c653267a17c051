"""Formulas as text and as JavaScript; typed ones are in ``runs/test_arithmetic.py``."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayescale import catalogue
from bayescale.errors import InputError, LawError
from bayescale.expressions import arithmetic, javascript
from bayescale.expressions.text import Text, numpy_function

NAMES = {"a": "a", "b": "b"}
texts = st.recursive(
    st.sampled_from(["a", "b", "2", "0.5", "1e-300"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(
            lambda t: f"({t[0]}) {t[1]} ({t[2]})"
        ),
        inner.map(lambda t: f"-({t})"),
        st.tuples(st.sampled_from(sorted(javascript.FUNCTIONS)), inner).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
    ),
    max_leaves=8,
)


def test_a_formula_keeps_brackets_where_they_matter():
    a, b, c = Text("a"), Text("b"), Text("c")
    assert str((a + b) * c) == "(a + b)*c"
    assert str(a - (b - c)) == "a - (b - c)"
    assert str(a / (b / c)) == "a/(b/c)"
    assert str((a**b) ** c) == "(a**b)**c"
    assert str(a ** (b**c)) == "a**b**c"
    assert str((-a) ** b) == "(-a)**b"
    assert str(-(a**b)) == "-a**b"
    assert str(2 - a * -b) == "2 - a*-b"
    assert str((1 / 3) * abs(a)) == f"{1 / 3!r}*abs(a)"


@pytest.mark.parametrize(
    "compared",
    [
        lambda a: a < 1,
        lambda a: a >= 1,
        lambda a: np.maximum(a, 1.0),
        lambda a: np.sign(a),
        lambda a: np.where(a > 1, a, 1.0),
        lambda a: a and 1,
    ],
)
def test_text_is_not_larger_or_smaller(compared):
    with pytest.raises(LawError, match=r"bayescale\.law\.ops\.smooth_max"):
        compared(Text("a"))


@given(texts, st.floats(0.1, 3.0), st.floats(0.1, 3.0))
def test_what_is_written_for_a_browser_is_read_as_the_formula(text, a, b):
    values = {"a": a, "b": b}
    expected = arithmetic.evaluate(text, values, numpy_function)
    code = javascript.javascript(text, NAMES)
    np.testing.assert_array_equal(javascript.evaluate(code, values), expected)


@pytest.mark.parametrize("name", catalogue.names())
def test_the_script_of_a_law_is_read_by_its_own_names(name):
    law = catalogue.resolve(name)
    symbols = [*law.input_symbols, *law.parameter_symbols]
    values = {symbol: 1.0 + 0.1 * k for k, symbol in enumerate(symbols)}
    code = javascript.javascript(law.formula, {symbol: symbol for symbol in symbols})
    assert javascript.evaluate(code, values) == pytest.approx(law.function(**values), rel=1e-12)


@pytest.mark.parametrize(
    "script",
    [
        "",
        "c",
        "a + b",
        "(-a ** b)",
        "(a + b + a)",
        "(a + b",
        "(a + b))",
        "(a % b)",
        "Math.exp(a, b)",
        "Math.random()",
        "Math.expa",
        "alert(1)",
        "(a + inf_)",
        "a.constructor",
    ],
)
def test_a_script_that_relies_on_anything_but_its_brackets_is_refused(script):
    with pytest.raises(InputError, match=r"browser|goes on after its end"):
        javascript.evaluate(script, {"a": 1.0, "b": 2.0})


def test_a_script_is_read_step_by_step():
    assert javascript.evaluate("((-(a ** 2.0)) + Math.atanh((b / 1e1)))", {"a": 3.0, "b": 5.0}) == (
        -9.0 + np.arctanh(0.5)
    )
