import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayescale.errors import InputError
from bayescale.numbers import brief, format_number, parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("70B", 70e9),
        ("1.4T", 1.4e12),
        ("5.9e23", 5.9e23),
        ("1,000", 1000.0),
        ("1,234,567.5", 1234567.5),
        (" 125m ", 125e6),
        ("12 k", 12e3),
        ("3G", 3e9),
        ("-.5", -0.5),
        ("+2.", 2.0),
        (7, 7.0),
        (0.25, 0.25),
    ],
)
def test_numbers_that_people_type(text, number):
    assert parse_number(text) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    ["", "B", "seven", "1,5", "1,0000", "10,00", "1e", "70BB", "nan", "inf", "1e999", "0x10",
     "1_000", "٣", "5%", "$2M", "1 000", "--1", True, math.nan, math.inf],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(InputError):
        parse_number(text)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (7e10, "70B"),
        (5.9e23, "5.9e23"),
        (1.4e12, "1.4T"),
        (999.96e9, "1T"),
        (999.6, "1K"),
        (999.4, "999"),
        (0.0125, "0.0125"),
        (1e-7, "1e-7"),
        (1e15, "1e15"),
        (0.0, "0"),
        (-2.5e6, "-2.5M"),
    ],
)
def test_numbers_as_people_read_them(number, text):
    assert format_number(number) == text


@given(
    st.floats(min_value=-1e300, max_value=1e300).filter(lambda x: x == 0 or abs(x) > 1e-300),
    st.integers(3, 12),
)
def test_what_is_written_is_read_back(number, digits):
    assert parse_number(format_number(number, digits)) == pytest.approx(
        number, rel=10 ** (1 - digits), abs=0
    )


def test_a_number_of_a_table_is_brief_whatever_its_size():
    found = [brief(x) for x in (0.0123456, 1234.6, 64846.7, -2.5e9, 1e15, np.inf, np.nan)]
    assert found == ["0.01235", "1235", "64.85K", "-2.5B", "1e15", "inf", "nan"]
