"""Axes with numbers as people say them, and the simple pictures of forecasts and backtests."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayescale.numbers import parse_number
from bayescale.plots.axes import (
    log_axis,
    mark_beyond,
    off_zero,
    round_numbers,
    written,
    zero_place,
)
from bayescale.plots.colours import SERIES, tint
from bayescale.plots.figure import finished, panels


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1e9, 1e12, ["1B", "10B", "100B", "1T"]),
        (8e7, 2e10, ["100M", "300M", "1B", "3B", "10B"]),
        (1.9, 5.2, ["2", "3", "4", "5"]),
        (2.31, 2.36, ["2.31", "2.32", "2.33", "2.34", "2.35", "2.36"]),
        (1e18, 1e24, ["1e18", "1e20", "1e22", "1e24"]),
        (0.0001, 1000, ["0.0001", "0.01", "1", "100"]),
    ],
)
def test_ticks_are_what_a_person_would_write(low, high, expected):
    assert written(round_numbers(low, high)) == expected


@given(st.floats(-12, 24), st.floats(0.002, 14), st.integers(3, 9))
def test_any_axis_has_two_ticks_or_more_and_not_too_many(start, span, wanted):
    low, high = 10**start, 10 ** (start + span)
    ticks = round_numbers(low, high, wanted)
    assert 2 <= len(ticks) <= wanted
    assert ticks == sorted(set(ticks))
    assert low * (1 - 1e-6) <= ticks[0]
    assert ticks[-1] <= high * (1 + 1e-6)
    labels = written(ticks)
    assert len(set(labels)) == len(ticks)
    # A label says where its tick stands, to the eye.
    for tick, label in zip(ticks, labels, strict=True):
        assert abs(np.log(parse_number(label) / tick)) < 0.01 * np.log(high / low)


def test_zeros_have_a_place_of_their_own_left_of_the_rest():
    x = np.array([0.0, 10.0, 1000.0])
    zero = zero_place(x)
    assert 0 < zero < 10
    np.testing.assert_array_equal(off_zero(x, zero), [zero, 10.0, 1000.0])
    assert zero_place(x[1:], [3.0]) is None
    _, (axes,) = panels()
    axes.plot(off_zero(x, zero), [1, 2, 3])
    log_axis(axes, "x", zero=zero)
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels[0] == "0"
    assert axes.get_xticks()[0] == zero
    assert all(at > zero for at in axes.get_xticks()[1:])


def test_colours_differ_in_lightness_for_print_and_for_the_colour_blind():
    from matplotlib.colors import to_rgb

    def lightness(colour):
        return np.dot(to_rgb(colour), [0.2126, 0.7152, 0.0722])

    # The first two series are told apart in grey too.
    assert abs(lightness(SERIES[0]) - lightness(SERIES[1])) > 0.25
    assert len(set(SERIES)) == len(SERIES)
    assert tint("#000000", 0) == (1, 1, 1)
    assert tint("#0072B2", 1) == pytest.approx(to_rgb("#0072B2"))


def test_what_is_shaded_lies_outside_the_data():
    _, (axes,) = panels()
    axes.set_xlim(0, 10)
    mark_beyond(axes, 2, 7)
    spans = sorted((p.get_x(), p.get_x() + p.get_width()) for p in axes.patches)
    assert spans == [(0, 2), (7, 10)]
    assert axes.get_xlim() == (0, 10)


def test_a_long_caption_is_broken_so_that_it_stays_inside():
    figure, _ = panels(width=4, height=3)
    finished(figure, "several words that do not fit into one line " * 4)
    figure.draw_without_rendering()
    box = figure._supxlabel.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width
