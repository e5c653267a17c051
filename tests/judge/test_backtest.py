"""Hidden runs: which, and how forecasts of them are scored."""

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, simulated

from bayescale import catalogue
from bayescale.errors import InputError
from bayescale.judge.backtest import backtest
from bayescale.judge.hold_out import folds, size
from bayescale.judge.rivals import bootstrap_curve, huber_curve
from bayescale.posterior.data import ModelData
from bayescale.runs.runs import read_runs


@pytest.fixture
def runs():
    x = np.geomspace(1e3, 1e6, 10)
    table = pd.DataFrame({"x": x, "y": 0.1 + 3 * x**-0.35})
    return read_runs(table.assign(split=["train"] * 7 + ["test"] * 3), "power")


def hidden(runs, cut):
    (fold,) = folds(runs, cut)
    assert (fold.train ^ fold.test).all()
    return np.flatnonzero(fold.test).tolist()


def test_each_way_of_hiding_takes_the_largest_runs(runs):
    assert hidden(runs, 0.3) == [7, 8, 9]
    assert hidden(runs, {"x": "100K"}) == [7, 8, 9]
    assert hidden(runs, "split") == [7, 8, 9]
    assert hidden(runs, np.arange(10) == 4) == [4]
    assert [f.test.sum() for f in folds(runs, "rolling")] == [5, 3, 2]
    assert [f.test.sum() for f in folds(runs, [0.2, {"x": 3e5}])] == [2, 2]


def test_size_orders_runs_by_all_their_inputs():
    inputs = {"N": np.array([1.0, 10.0, 100.0]), "D": np.array([100.0, 100.0, 0.1])}
    assert np.argsort(size(inputs)).tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        (1.5, "between 0 and 1"),
        ({"N": 3}, "no input 'N'"),
        ("fold", "no column 'fold'"),
        ({"x": 1e9}, "0 to forecast"),
        (0.95, "runs to fit"),
        (np.array([True, False]), "10 times True or False"),
        (np.arange(10), "10 times True or False"),
    ],
)
def test_a_cut_that_cannot_be_made_says_why(runs, cut, said):
    with pytest.raises(InputError, match=said):
        folds(runs, cut)


def test_a_huber_fit_finds_the_truth_without_noise():
    runs = simulated("power", 30, scale=1e-9)
    curve = huber_curve(runs.law, ModelData.from_runs(runs))
    at = {"x": np.array([1e8])}
    expected = catalogue.resolve("power")(at, TRUTH["power"])
    np.testing.assert_allclose(curve(at)[0], expected, rtol=1e-3)


def test_a_bootstrap_covers_the_truth_and_widens_with_noise():
    widths = []
    for scale in (0.002, 0.02):
        runs = simulated("power", 40, scale=scale, seed=4)
        data = ModelData.from_runs(runs)
        draws = bootstrap_curve(runs.law, data, resamples=60)({"x": np.array([3e7])})
        truth = catalogue.resolve("power")({"x": 3e7}, TRUTH["power"])
        low, high = np.quantile(draws, [0.005, 0.995])
        assert low < truth < high
        widths.append(np.log(high / low))
    assert widths[1] > 3 * widths[0]


@pytest.fixture(scope="module")
def tested():
    options = {"hold_out": [0.4, 0.2], "draws": 250, "progress": False}
    return backtest(simulated("power", 40, scale=0.01), **options)


def test_a_backtest_scores_every_hidden_run_of_every_forecaster(tested):
    counts = tested.table["n"].unstack(["forecaster", "kind"])
    assert counts.loc["the largest 40%"].eq(16).all()
    assert counts.loc["the largest 20%"].eq(8).all()
    assert set(tested.table.index.get_level_values("forecaster")) == {
        "power",
        "Huber of power",
        "Huber bootstrap of power",
    }


def test_a_true_law_is_seen_to_be_true(tested):
    own = tested.table.xs("power", level="forecaster").xs("run", level="kind")
    assert (own["coverage_95"] >= 0.75).all()
    assert (own["rmsle"] < 0.03).all()
    # Wider further out, and always wider than the curve alone.
    mean = tested.table.xs("power", level="forecaster").xs("mean", level="kind")
    assert (own["width_90"] > mean["width_90"]).all()


def test_the_sentence_and_the_pictures_say_what_the_table_does(tested):
    part = tested.points[tested.points["kind"] == "run"]
    share = f"{part['coverage_90'].mean():.0%}"
    assert f"have covered {share} of 24 hidden runs" in tested.text
    figure = tested.plot()
    assert "of one new run" in tested.text
    assert len(figure.axes) == 1
    with pytest.raises(InputError, match="no forecaster"):
        tested.plot("guess")
    assert {"within the data", "0 to 0.5 decades"} <= set(
        tested.by_reach.index.get_level_values("beyond")
    ) | {"within the data"}


def test_a_backtest_of_several_laws_scores_their_average():
    runs = simulated("chinchilla", 40, scale=0.005)
    options = {"draws": 200, "progress": False, "point_estimates": False}
    tested = backtest(runs, ["chinchilla", "coupled"], hold_out="rolling", **options)
    forecasters = tested.table.index.get_level_values("forecaster")
    assert list(dict.fromkeys(forecasters)) == ["chinchilla", "coupled", "average"]
    own = tested.table.xs("run", level="kind")["rmsle"].groupby("forecaster").mean()
    assert own["average"] <= 1.2 * own.max()
