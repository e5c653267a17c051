"""Whoever fits again asks the same question: the priors and beliefs that a fit was made with."""

import numpy as np
import pandas as pd
import pytest
from fits import simulated

import bayescale as bs
from bayescale.judge.hindcast import Refittable
from bayescale.judge.hold_out import folds

# Far from what the runs say, and sure: default priors would be told apart at once.
SHARP = {
    "b": bs.Prior("LogNormal", mu=float(np.log(0.1)), sigma=0.01, why="a test"),
    "noise_scale": bs.Prior("LogNormal", mu=float(np.log(0.3)), sigma=0.05, why="a test"),
}
AT = {"x": [1e8, 1e10]}
OPTIONS = {"draws": 200, "chains": 2, "progress": False, "route": "compiled", "strict": False}


@pytest.fixture(scope="module")
def runs():
    return simulated("power", 24)


@pytest.fixture(scope="module")
def fit(runs):
    return bs.fit(runs, priors=SHARP, **OPTIONS)


def same(one, other):
    np.testing.assert_array_equal(one.draws["free"].to_dataset(), other.draws["free"].to_dataset())


def exponent(fit):
    return float(fit.draws["free"]["b"].median())


def test_leaving_out_nothing_changes_nothing(fit, runs):
    again = fit.refit(**{k: OPTIONS[k] for k in ("progress", "route", "strict")})
    np.testing.assert_array_equal(again.draws["free"]["b"], fit.draws["free"]["b"])
    assert again.stated == fit.stated
    everything = Refittable.of(fit).fit(np.ones(len(runs), dtype=bool), **OPTIONS)
    np.testing.assert_array_equal(everything.draws["free"]["b"], fit.draws["free"]["b"])


def test_the_check_tells_default_priors(runs, fit):
    assert exponent(fit) == pytest.approx(0.1, rel=0.05)
    assert exponent(bs.fit(runs, **OPTIONS)) > 0.25


def test_sensitivity_to_nothing_is_nothing(fit):
    """A share of the runs too small to leave any out: the same priors, the same forecast."""
    found = bs.sensitivity(fit, AT, smallest=0.01, draws=500)
    assert len(found) == 4
    moved = found.iloc[2:]
    assert (moved["runs"] == 24).all()
    assert moved["shift"].abs().max() < 0.05
    assert moved["width"].between(0.9, 1.1).all()
    # By default priors of the same runs the forecast lies elsewhere.
    other = bs.sensitivity(fit.runs, AT, smallest=0.01, draws=500)
    apart = np.log(other["median"].iloc[3] / moved["median"].iloc[1])
    assert (
        abs(apart)
        > 10 * np.abs(np.log(moved["median"] / found["median"].iloc[:2].to_numpy())).max()
    )


def test_a_backtest_of_a_fit_is_what_its_priors_forecast(fit, runs):
    cut = folds(runs, 0.3)[0]
    tested = bs.backtest(fit, draws=200, chains=2, progress=False, point_estimates=False)
    part = Refittable.of(fit).fit(cut.train, draws=200, chains=2, route="direct")
    expected = part.extrapolate(
        runs.table.loc[cut.test, ["x"]].reset_index(drop=True),
        kind="mean",
        allow_unconverged=True,
    ).table
    rows = tested.points[tested.points["kind"] == "mean"]
    np.testing.assert_allclose(rows["median"], expected["median"], rtol=1e-9)
    by_default = bs.backtest(runs, draws=200, chains=2, progress=False, point_estimates=False)
    other = by_default.points[by_default.points["kind"] == "mean"]
    # By default it says something else everywhere: the equality above is no coincidence.
    assert (np.abs(np.log(other["median"].to_numpy() / rows["median"].to_numpy())) > 0.01).all()


def test_a_law_that_was_taken_to_hold_is_hidden_from_as_such(runs):
    """A backtest lets slopes err as its fit did, unless it is told otherwise."""
    small = {"draws": 100, "chains": 2, "progress": False}
    found = bs.fit(runs, discrepancy=False, strict=False, **small)

    def told(**options):
        rows = bs.backtest(found, point_estimates=False, **small, **options).points
        return rows.loc[rows["kind"] == "mean", ["median", "lower", "upper"]]

    as_made, holding, erring = told(), told(discrepancy=False), told(discrepancy=True)
    pd.testing.assert_frame_equal(as_made, holding)
    width = [np.log(rows["upper"] / rows["lower"]).mean() for rows in (holding, erring)]
    assert width[1] > 1.1 * width[0]


def test_an_average_weighs_fits_with_their_own_priors(runs):
    """Two fits of one truth, one held to a wrong exponent: its hindcasts must show it."""
    sharp = {"b": SHARP["b"]}
    held = bs.fit(runs, priors=sharp, **OPTIONS)
    free = bs.fit(runs.for_law("shifted"), **OPTIONS)
    whole = bs.average([held, free], draws=200)
    scores = whole.hindcasts.groupby("law")["log_score"].mean()
    default = bs.average([bs.fit(runs, **OPTIONS), free], draws=200)
    scores_by_default = default.hindcasts.groupby("law")["log_score"].mean()
    assert scores["power"] < scores_by_default["power"] - 0.5
    assert whole.weights["power"] < default.weights["power"]


def test_next_runs_fit_again_with_the_same_priors(fit):
    """Runs that repeat what the fit says leave it where its priors hold it."""
    further = fit.runs.append(
        fit.runs.table[["x"]].iloc[:2], np.median(fit.curve(fit.inputs), axis=0)[:2]
    )
    again = fit.refit(further, progress=False, route="compiled", strict=False)
    assert len(again.runs) == 26
    assert exponent(again) == pytest.approx(exponent(fit), rel=0.02)
