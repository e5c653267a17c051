"""Reach: by hand, and the properties that it must have whatever the runs are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayescale.forecast.reach import Extent, reach

OBSERVED = {"N": np.array([1e6, 1e8]), "D": np.array([1e9, 1e10])}


@pytest.mark.parametrize(
    ("n", "d", "wanted"),
    [
        (1e7, 2e9, 0.0),
        (1e10, 1e10, 2.0),  # two decades in N, two in compute
        (1e8, 1e13, 3.0),
        (1e5, 1e9, 1.0),  # smaller than any
        (1e10, 1e12, 4.0),  # two decades in each are four in compute
        (1e10, 1e8, 2.0),  # within in compute, beyond in N
    ],
)
def test_reach_by_hand(n, d, wanted):
    found = reach(OBSERVED, {"N": np.array([n]), "D": np.array([d])})
    np.testing.assert_allclose(found, [wanted], atol=1e-12)


def test_the_corner_of_the_largest_of_each_is_beyond_the_largest_compute():
    """Largest N beside middling D, and the other way round: the corner was never near."""
    observed = {"N": np.array([1e9, 1e10, 1e8]), "D": np.array([1e10, 2e9, 4.8e9])}
    corner = {"N": np.array([1e10]), "D": np.array([1e10])}
    largest = (observed["N"] * observed["D"]).max()
    np.testing.assert_allclose(reach(observed, corner), np.log10(1e20 / largest), atol=1e-12)
    assert reach(observed, corner)[0] > 0.38


def test_compute_that_follows_is_not_counted_twice():
    rng = np.random.default_rng(0)
    observed = {"N": 10 ** rng.uniform(7, 9, 30), "D": 10 ** rng.uniform(9, 11, 30)}
    at = {"N": np.array([3e9, 1e9]), "D": np.array([4e11, 1e11])}
    both = [inputs | {"C": 6 * inputs["N"] * inputs["D"]} for inputs in (observed, at)]
    np.testing.assert_allclose(reach(*both), reach(observed, at), rtol=1e-9)


def test_a_zero_that_was_seen_is_within_reach_and_small_values_are_too():
    seen = {"x": np.array([0.0, 10.0, 100.0])}
    np.testing.assert_allclose(reach(seen, {"x": np.array([0.0, 1e-3, 1e3])}), [0, 0, 1])
    with_n = seen | {"N": np.array([1e6, 1e7, 1e8])}
    at = {"x": np.array([0.0, 0.0]), "N": np.array([1e8, 1e9])}
    np.testing.assert_allclose(reach(with_n, at), [0, 1])


logs = st.floats(min_value=-6, max_value=6)
clouds = st.lists(st.tuples(logs, logs), min_size=4, max_size=12)


def inputs_of(points):
    table = 10.0 ** np.asarray(points)
    return {"N": table[:, 0], "D": table[:, 1]}


@given(cloud=clouds, weights=st.lists(st.floats(0.01, 1), min_size=12, max_size=12))
def test_it_is_zero_between_runs(cloud, weights):
    share = np.array(weights[: len(cloud)])
    inside = (share / share.sum()) @ np.asarray(cloud)
    assert reach(inputs_of(cloud), inputs_of([inside]))[0] == 0
    np.testing.assert_array_equal(reach(inputs_of(cloud), inputs_of(cloud)), 0)


@given(cloud=clouds, way=st.tuples(logs, logs))
def test_it_grows_along_every_ray_and_in_small_steps(cloud, way):
    start = np.mean(cloud, axis=0)
    steps = np.linspace(0, 3, 301)[:, None]
    found = reach(inputs_of(cloud), inputs_of(start + steps * np.asarray(way)))
    assert (np.diff(found) >= -1e-9).all()
    # No step is larger than the step in the size.
    assert np.diff(found).max() <= 0.01 * np.abs(way).sum() + 2e-9


@given(cloud=clouds, at=st.tuples(logs, logs), units=st.tuples(logs, logs))
def test_it_does_not_know_units(cloud, at, units):
    moved = np.asarray(cloud) + units, np.asarray([at]) + units
    plain = reach(inputs_of(cloud), inputs_of([at]))
    np.testing.assert_allclose(reach(*map(inputs_of, moved)), plain, atol=1e-7)


def test_an_extent_is_found_once_for_many_designs():
    extent = Extent.of(OBSERVED)
    at = {"N": np.array([1e7, 1e10]), "D": np.array([2e9, 1e10])}
    np.testing.assert_array_equal(extent.reach(at), reach(OBSERVED, at))
