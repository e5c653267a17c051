"""What forecasts of a fit allow for laws whose slopes err: where, how much, and as asked."""

import numpy as np
import pandas as pd
import pytest
from fits import RANGES, TRUTH, by_hand, fitted

import bayescale as bs
from bayescale.errors import InputError
from bayescale.forecast.scenarios import scenarios

PREVIEW = {"preview": True, "progress": False}
# Factors of a ray in steps of 1%.
RAY = np.exp(0.01 * np.arange(1400))
WAYS = [(1, 0), (0, 1), (1, 1), (1, -0.5), (-1, 0), (-0.5, -1)]


def widths(forecaster, at):
    """Widths of the 90% intervals of the log curve, shape (n_points,)."""
    interval = forecaster.extrapolate(at, kind="mean").interval(0.9)
    return np.log(interval["upper"] / interval["lower"]).to_numpy()


def known_law(error=None):
    """A law of which all is known but how far its slopes err."""
    raw = {symbol: np.full(4000, value) for symbol, value in TRUTH["chinchilla"].items()}
    return by_hand("chinchilla", raw, slopes=error)


def along(fit, way):
    """Points on a ray from the reference run."""
    start = fit.data.reference
    return {name: start[name] * RAY**power for name, power in zip("ND", way, strict=True)}


@pytest.mark.parametrize("way", WAYS)
def test_a_step_of_one_percent_changes_a_width_by_at_most_three(way):
    fit = fitted("chinchilla", 60, **PREVIEW)
    width = widths(fit, along(fit, way))
    ratio = width[1:] / width[:-1]
    assert max(ratio.max(), (1 / ratio).max()) < 1.03


@pytest.fixture(scope="module")
def by_number():
    """Widths of previews, with errors of the slopes and without, within the runs and beyond."""
    low, high = RANGES["x"]
    at = {"x": np.append(np.geomspace(3 * low, high / 3, 7), [10 * high, 100 * high])}
    return {
        n: [widths(fitted("power", n, discrepancy=d, **PREVIEW), at) for d in (True, False)]
        for n in (24, 60, 150)
    }


@pytest.mark.parametrize("n", [24, 60, 150])
def test_it_vanishes_among_runs_and_not_beyond(by_number, n):
    erring, alone = by_number[n]
    added = np.sqrt(np.maximum(erring**2 - alone**2, 0))
    assert added[:7].max() < added[7:].min() / 3
    # The law holds and the noise is 1%: beside what its parameters leave open it is little.
    assert (erring[:7] < 1.35 * alone[:7]).all()
    assert (erring[7:] > 1.3 * alone[7:]).all()


def test_it_narrows_as_runs_are_added(by_number):
    few, some, many = (by_number[n][0][7:] for n in (24, 60, 150))
    assert (many < some).all()
    assert (some < few).all()


def test_it_enters_which_design_is_best():
    """Two designs a thousandth apart by the law: far from each other it does not tell them."""
    truth = TRUTH["chinchilla"]
    wanted = known_law().law({"N": 1e11, "D": 1e11}, truth) * 1.001
    left = wanted - truth["E"] - truth["A"] * 1e10 ** -truth["alpha"]
    at = {"N": np.array([1e11, 1e10]), "D": np.array([1e11, 0.0])}
    at["D"][1] = (truth["B"] / left) ** (1 / truth["beta"])

    def best(error):
        response = scenarios(known_law(error))(at)
        return (response[:, 0] < response[:, 1]).mean()

    assert best(None) == 1
    assert 0.4 < best(0.1) < 0.7


def bending(later):
    """Forty runs of a power law whose slope is .3 at first and another later."""
    x = np.geomspace(1e3, 1e7, 40)
    slope = np.where(x < 1e5, 0.3, later)
    y = 2.0 * np.exp(-np.cumsum(slope * np.diff(np.log(x), prepend=np.log(x[0]))))
    noise = np.exp(0.002 * np.random.default_rng(0).standard_normal(40))
    return bs.read_runs(pd.DataFrame({"x": x, "y": y * noise}), "power")


def test_runs_say_how_far_slopes_err():
    straight, bent = (bs.fit(bending(later), **PREVIEW) for later in (0.3, 0.1))
    one, other = (float(np.median(fit.curve.free["slope_error"])) for fit in (straight, bent))
    assert one < 0.04
    assert other > 0.15
    # What it bends by is not taken for noise.
    assert np.median(bent.curve.free["noise_scale"]) < 0.005


def test_a_stated_error_of_slopes_is_used_and_said():
    runs, at = bending(0.3), {"x": [1e9]}

    def stated(error):
        own = {
            name: bs.Prior("LogNormal", mu=float(np.log(error)), sigma=0.01, why="a test")
            for name in ("slope_error", "slope_beyond")
        }
        return bs.fit(runs, priors=own, **PREVIEW)

    none, small, large = (
        found.extrapolate(at, kind="mean")
        for found in (bs.fit(runs, discrepancy=False, **PREVIEW), stated(0.02), stated(0.2))
    )
    width = [np.log(f.table["upper"] / f.table["lower"]).iloc[0] for f in (none, small, large)]
    assert width[0] < width[1] < width[2] / 2
    assert "± 20%" in large.discrepancy
    assert none.discrepancy.startswith("No discrepancy")
    with pytest.raises(InputError, match="no parameter 'slope_error'"):
        bs.fit(
            runs,
            discrepancy=False,
            priors={"slope_error": bs.Prior("LogNormal", mu=0.0, sigma=1.0, why="a test")},
        )
