"""Where laws part ways, and what each says there."""

import numpy as np
import pytest
from fits import by_hand

from bayescale.forecast.mixture import Ensemble
from bayescale.forecast.parting import by_law, parted, parting_sentence

PLACES = {"x": np.geomspace(1e3, 1e6, 20)}
NEAR, FAR = 1e5, 1e12


def two(weights=(0.6, 0.4), floor=0.1):
    """A power law with a floor and one with another, alike where runs are."""
    b = 0.35 * np.exp(np.random.default_rng(0).normal(0, 1e-3, 1000))
    first = by_hand("power", {"y0": floor, "a": 3.0, "b": b}, inputs=PLACES, scale=0.02)
    raw = {"y0": 0.1, "a": 3.0, "b": b, "k": 1e-9}
    return Ensemble.of((first, by_hand("shifted", raw, inputs=PLACES, scale=0.02)), weights)


def test_each_law_is_told_as_it_is_alone():
    whole, at = two(), {"x": [NEAR, FAR]}
    told = by_law(whole, at)
    assert told["law"].tolist() == ["power", "shifted"] * 2
    assert told["point"].tolist() == [0, 0, 1, 1]
    assert told["weight"].tolist() == pytest.approx([0.6, 0.4] * 2)
    for k, fit in enumerate(whole.fits):
        alone = fit.extrapolate(at).table["median"].to_numpy()
        np.testing.assert_array_equal(told["median"].to_numpy()[k::2], alone)


def test_laws_part_ways_only_where_each_contradicts_the_other():
    assert parted(two(floor=0.1), {"x": [NEAR, FAR]}) is None
    told = parted(two((0.4, 0.6), floor=0.08), {"x": [NEAR / 1e4, FAR]})
    assert told["point"].unique().tolist() == [1]
    # The heavier first.
    assert told["law"].tolist() == ["shifted", "power"]
    low, high = sorted(told["median"])
    assert (low, high) == pytest.approx((0.08, 0.1), rel=0.05)


def test_a_law_without_weight_parts_from_nobody():
    assert parted(two((0.97, 0.03), floor=0.05), {"x": [FAR]}) is None
    assert parted(two((0.94, 0.06), floor=0.05), {"x": [FAR]}) is not None


def test_the_sentence_says_both_numbers_where_they_are_furthest_apart():
    told = parted(two(floor=0.05), {"x": [1e10, FAR]})
    said = parting_sentence(told)
    assert said.startswith("The laws part ways at x 1T: power 0.05")
    assert "(60%), shifted 0.1" in said
    assert said.endswith("so do they at 1 other point.")
