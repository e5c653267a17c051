"""Numbers in sentences: with their Monte Carlo error, or as a bound."""

import pytest

from bayescale.words.known import chance, margin, told


def test_a_number_below_twice_its_error_is_not_told():
    assert told(0.0021, 0.001)
    assert told(-0.0021, 0.001)
    assert not told(0.0019, 0.001)
    assert not told(0.0, 0.0)


def test_a_number_stands_with_twice_its_error():
    assert margin(0.00279, 0.00021) == "0.0028 (± 0.00042)"
    assert margin(2.5, 0.0) == "2.5"


@pytest.mark.parametrize(
    ("probability", "error", "count", "says"),
    [
        (0.731, 0.007, 4000, "73.1% (± 1.4%)"),
        # Seen in all of n scenarios: at least 1 - 3/n, the rule of three.
        (1.0, 0.0, 4000, "more than 99.92%"),
        (1.0, 0.0, 1000, "more than 99.7%"),
        (0.0, 0.0, 4000, "less than 0.08%"),
        (0.0, 0.0, 100, "less than 3%"),
        (0.9995, 0.0003, 4000, "more than 99.92%"),
    ],
)
def test_a_share_of_all_scenarios_is_a_bound(probability, error, count, says):
    assert chance(probability, error, count) == says
