"""The discrepancy, updated by how wrong a law was about the user's own larger runs."""

import re

import numpy as np
import pandas as pd
import pytest
from fits import by_hand, simulated

from bayescale.errors import InputError
from bayescale.forecast.scenarios import scenarios
from bayescale.judge.backtest import backtest
from bayescale.judge.hindcast import Reading, independent, learn, read_parts
from bayescale.law.discrepancy import DISCREPANCY
from bayescale.runs.runs import read_runs

ROWS = 60


def readings(shares, sd=0.02):
    """Hindcasts that hide different runs."""
    parted = np.array_split(np.arange(ROWS), len(shares))
    return [
        Reading(share, sd, np.isin(np.arange(ROWS), rows))
        for share, rows in zip(shares, parted, strict=True)
    ]


def typical(discrepancy):
    return np.exp(discrepancy.change.parameters["mu"])


@pytest.fixture(scope="module")
def fit():
    raw = {"y0": 0.1, "a": 3.0, "b": np.random.default_rng(0).normal(0.35, 0.003, 1000)}
    return by_hand("power", raw, inputs={"x": np.geomspace(1e3, 1e6, 20)})


@pytest.mark.parametrize("wrong", [-0.3, 0.0, 0.2])
def test_a_reading_finds_the_share_of_the_change_that_was_wrong(fit, wrong):
    parts = scenarios(fit).parts({"x": np.geomspace(3e6, 1e9, 12)})
    truth = np.median(parts.location, axis=0) + wrong * np.median(parts.change, axis=0)
    noise = 0.01 * np.random.default_rng(1).standard_t(8, 12)
    found = read_parts(parts, np.exp(truth + noise), np.ones(20, dtype=bool))
    assert found.share == pytest.approx(wrong, abs=3 * found.sd)
    assert 0.001 < found.sd < 0.05


def test_runs_within_the_data_and_too_few_runs_say_nothing(fit):
    inside = scenarios(fit).parts({"x": fit.inputs["x"]})
    assert read_parts(inside, fit.response, np.ones(20, dtype=bool)) is None
    few = scenarios(fit).parts({"x": [1e8, 1e9]})
    assert read_parts(few, np.ones(2), np.ones(20, dtype=bool)) is None


def test_many_hindcasts_find_how_wrong_the_law_is_and_few_stay_near_the_prior():
    rng = np.random.default_rng(3)
    for tau in (0.05, 0.6):
        shares = tau * rng.standard_normal(50)
        many, few = (learn(DISCREPANCY, readings(shares[:n])) for n in (50, 4))
        assert typical(many) == pytest.approx(tau, rel=0.25)
        assert min(tau, 0.2) * 0.9 < typical(few) < max(tau, 0.2) * 1.1
        assert many.change.parameters["sigma"] < few.change.parameters["sigma"] < 0.5
        assert "50 hindcasts of these runs" in many.basis


def test_hindcasts_that_cannot_tell_leave_the_prior_as_it_was():
    assert learn(DISCREPANCY, readings([0.3])) is DISCREPANCY
    assert learn(DISCREPANCY, [None, None, *readings([0.3])]) is DISCREPANCY
    vague = learn(DISCREPANCY, readings([0.5, -0.5, 0.2, 0.1], sd=20.0))
    assert typical(vague) == pytest.approx(0.2, rel=0.02)
    assert vague.change.parameters["sigma"] == pytest.approx(0.5, rel=0.02)


def test_few_hindcasts_may_widen_but_not_narrow():
    assert learn(DISCREPANCY, readings([0.01, 0.01, -0.01])) is DISCREPANCY
    assert typical(learn(DISCREPANCY, readings([0.01, 0.01, -0.01, 0.01]))) < 0.15
    assert typical(learn(DISCREPANCY, readings([0.5, 0.5, -0.5]))) > 0.25


def test_hindcasts_of_the_same_runs_count_once():
    same = [Reading(0.4, 0.02, np.ones(ROWS, dtype=bool))] * 4
    assert independent(same) == pytest.approx(1)
    assert independent(readings([0.1] * 4)) == pytest.approx(4)
    assert typical(learn(DISCREPANCY, same)) < typical(learn(DISCREPANCY, readings([0.4] * 4)))


def covered(tau, n_hindcasts, *, n=400):
    """How often the 90% of the next share held, before and after the update."""
    rng = np.random.default_rng(4)
    inside = {"before": [], "after": []}
    for scale in np.broadcast_to(tau(rng, n), n):
        shares = scale * rng.standard_normal(n_hindcasts + 1)
        updated = learn(DISCREPANCY, readings(shares[:-1]))
        for name, found in (("before", DISCREPANCY), ("after", updated)):
            draws = found.change.draw(rng, 2000) * rng.standard_normal(2000)
            inside[name].append(abs(shares[-1]) < np.quantile(np.abs(draws), 0.9))
    return {name: np.mean(values) for name, values in inside.items()}


def test_updated_intervals_hold_for_laws_as_wrong_as_the_prior_says():
    found = covered(DISCREPANCY.change.draw, 4)
    error = np.sqrt(0.9 * 0.1 / 400)
    assert found["before"] == pytest.approx(0.9, abs=3 * error)
    assert found["after"] == pytest.approx(0.9, abs=3 * error)


def test_updated_intervals_follow_laws_that_are_much_worse():
    found = covered(lambda rng, n: 0.6, 20)
    assert found["before"] < 0.6
    assert found["after"] > 0.8


def test_a_stated_discrepancy_is_used_and_said(fit):
    at = {"x": [1e9]}
    widths = {}
    for asked in (False, 0.05, True, 0.5):
        found = fit.extrapolate(at, kind="mean", discrepancy=asked)
        low, high = found.interval(0.9).iloc[0]
        widths[asked] = high / low
    assert widths[False] < widths[0.05] < widths[True] < widths[0.5]
    assert "as stated" in found.discrepancy
    assert re.search(r"± (49|50|51)%", found.discrepancy)
    for bad in (0, 1.5, -0.2):
        with pytest.raises(InputError, match="between 0 and 1"):
            fit.extrapolate(at, discrepancy=bad if bad else 0.0)


@pytest.fixture(scope="module")
def tested():
    runs = simulated("chinchilla", 40, scale=0.005)
    options = {"draws": 200, "progress": False, "point_estimates": False}
    return backtest(runs, ["chinchilla", "coupled"], hold_out="rolling", **options)


def test_a_backtest_of_several_laws_scores_their_average(tested):
    forecasters = tested.table.index.get_level_values("forecaster")
    assert list(dict.fromkeys(forecasters)) == ["chinchilla", "coupled", "average"]
    own = tested.table.xs("run", level="kind")["rmsle"].groupby("forecaster").mean()
    assert own["average"] <= 1.2 * own.max()


def test_a_wrong_law_is_trusted_less_after_a_backtest():
    """A power law with a floor, fitted to runs whose slope falls to a third."""
    x = np.geomspace(1e3, 1e7, 40)
    slope = np.where(x < 1e5, 0.3, 0.1)
    y = 2.0 * np.exp(-np.cumsum(slope * np.diff(np.log(x), prepend=np.log(x[0]))))
    noise = np.exp(0.002 * np.random.default_rng(0).standard_normal(40))
    runs = read_runs(pd.DataFrame({"x": x, "y": y * noise}), "power")
    options = {"draws": 200, "progress": False, "point_estimates": False}
    tested = backtest(runs, hold_out=[0.5, 0.45, 0.4], **options)
    learned = tested.discrepancy["power"]
    assert typical(learned) > 0.25
    assert tested.errors["allowed_after"].iloc[0] == pytest.approx(typical(learned), rel=0.05)
    assert f"'power' may get wrong is {typical(learned):.2f}" in tested.text


def test_a_true_law_keeps_the_discrepancy_of_published_runs(tested):
    assert tested.discrepancy["chinchilla"] == tested.learned["chinchilla"]
    own = tested.errors.set_index("forecaster").loc["chinchilla"]
    assert (own["share"].abs() < 4 * own["sd"]).all()
    assert "may get wrong" not in tested.text
