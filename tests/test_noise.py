"""Noise along a run, against the exact multivariate normal distribution it stands for."""

import numpy as np
import pytest

from bayescale.law.noise import FIRST, NEAREST, conditional, continuation, growing_input, shared

SCALE, LENGTH, LEVEL, GAIN = 0.02, 1.5, 0.05, 0.3


def joint(position, groups, change, level, gain):
    """Covariance of all residuals: autoregression inside a run, one level and gain per run."""
    same = groups[:, None] == groups[None, :]
    fade = np.exp(-np.abs(position[:, None] - position[None, :]) / LENGTH)
    return same * (SCALE**2 * fade + level**2 + gain**2 * np.outer(change, change))


def sequential(covariance, residual, order):
    """Mean and SD of each residual given those before it in an order, by linear algebra."""
    mean, sd = np.zeros(len(residual)), np.zeros(len(residual))
    for k, row in enumerate(order):
        past = order[:k]
        weights = np.linalg.solve(covariance[np.ix_(past, past)], covariance[past, row])
        mean[row] = weights @ residual[past]
        sd[row] = np.sqrt(covariance[row, row] - weights @ covariance[past, row])
    return mean, sd


@pytest.fixture
def rows():
    rng = np.random.default_rng(3)
    groups = np.array(list("babacabbca"))
    position = rng.permutation(np.linspace(0.0, 5.0, len(groups)))
    mean = 1.0 - 0.3 * position + 0.1 * rng.standard_normal(len(groups))
    return groups, position, mean, mean + 0.05 * rng.standard_normal(len(groups))


@pytest.mark.parametrize("own", [{}, {"level": LEVEL, "gain": GAIN}, {"level": 1e-9, "gain": GAIN}])
def test_conditionals_are_those_of_the_joint_normal(rows, own):
    groups, position, mean, log_y = rows
    links = continuation(position, groups)
    change = mean - mean[links.first]
    covariance = joint(position, groups, change, own.get("level", 0.0), own.get("gain", 0.0))
    expected, sd = sequential(covariance, log_y - mean, links.order)
    location, scale = conditional(mean, log_y, links, SCALE, LENGTH, **own)
    np.testing.assert_allclose(location - mean, expected, rtol=1e-6, atol=1e-10)
    np.testing.assert_allclose(scale, sd, rtol=1e-6)


def test_the_comparison_catches_a_level_and_a_gain_that_are_left_out(rows):
    groups, position, mean, log_y = rows
    links = continuation(position, groups)
    change = mean - mean[links.first]
    for level, gain in ((LEVEL, 0.0), (0.0, GAIN)):
        covariance = joint(position, groups, change, level, gain)
        expected, _ = sequential(covariance, log_y - mean, links.order)
        location, _ = conditional(mean, log_y, links, SCALE, LENGTH)
        assert np.abs(location - mean - expected).max() > 0.1 * np.abs(expected).max()


def test_what_is_known_of_a_run_is_the_posterior_of_its_level_and_gain(rows):
    groups, position, mean, log_y = rows
    links = continuation(position, groups)
    change = mean - mean[links.first]
    known = shared(mean, log_y, links, SCALE, LENGTH, LEVEL, GAIN)
    for label in np.unique(groups):
        own = np.flatnonzero(groups == label)
        last = own[np.argmax(position[own])]
        design = np.stack([np.ones(len(own)), change[own]], axis=1)
        fade = np.exp(-np.abs(position[own][:, None] - position[own]) / LENGTH)
        noise = np.linalg.inv(SCALE**2 * fade)
        covariance = np.linalg.inv(design.T @ noise @ design + np.diag([LEVEL**-2, GAIN**-2]))
        expected = covariance @ design.T @ noise @ (log_y - mean)[own]
        found = known.pick(np.array([last]))
        np.testing.assert_allclose([found.level[0], found.gain[0]], expected, rtol=1e-6)
        np.testing.assert_allclose(found.variance(1.0, 2.0)[0], [1, 2] @ covariance @ [1, 2])


def test_rows_alone_have_nothing_in_common(rows):
    _, position, mean, log_y = rows
    links = continuation(position, np.arange(len(position)))
    assert (links.gap == FIRST).all()
    location, scale = conditional(mean, log_y, links, SCALE, LENGTH)
    np.testing.assert_array_equal(location, mean)
    np.testing.assert_allclose(scale, SCALE)


def test_a_continuation_follows_each_run_in_its_order():
    links = continuation(np.array([3.0, 1.0, 2.0, 1.0]), np.array(["u", "u", "u", "v"]))
    assert links.previous.tolist() == [2, 1, 1, 3]
    assert links.first.tolist() == [1, 1, 1, 3]
    assert links.gap.tolist() == [1.0, FIRST, 1.0, FIRST]


def test_equal_rows_keep_a_density():
    links = continuation(np.zeros(2), np.array(["u", "u"]))
    assert links.gap.tolist() == [FIRST, NEAREST]
    assert conditional(np.zeros(2), np.zeros(2), links, SCALE, LENGTH)[1].min() > 0


def test_the_growing_input_is_the_one_that_varies_inside_runs():
    groups = np.array(["u", "u", "v", "v"])
    inputs = {"N": np.array([1.0, 1.0, 1e6, 1e6]), "D": np.array([1.0, 10.0, 1.0, 10.0])}
    assert growing_input(inputs, groups) == "D"
