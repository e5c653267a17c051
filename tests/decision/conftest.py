"""Posteriors made by hand for the tests of decisions."""

import numpy as np
import pytest
from fits import TRUTH, by_hand


def spread(name, size=1000, seed=3, **wide):
    """Raw parameters around the simulated truth, one value per draw, each spread by a share."""
    rng = np.random.default_rng(seed)
    return {
        symbol: value * np.exp(wide.get(symbol, 0.03) * rng.standard_normal(size))
        for symbol, value in TRUTH[name].items()
    }


@pytest.fixture(scope="session")
def loss():
    """A posterior of ``chinchilla``, 1000 draws."""
    return by_hand("chinchilla", spread("chinchilla"))


@pytest.fixture(scope="session")
def latency():
    """A posterior of ``power`` where time rises with x: y = 0.02 + 1e-12 * x."""
    rng = np.random.default_rng(5)
    slope = 1e-12 * np.exp(0.1 * rng.standard_normal(1500))
    inputs = {"x": np.geomspace(1e8, 1e12, 25)}
    return by_hand("power", {"y0": 0.02, "a": slope, "b": -1.0}, inputs=inputs, scale=0.05)
