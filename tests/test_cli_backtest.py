"""``bayescale backtest`` and ``bayescale compare``."""

import json

import numpy as np
import pandas as pd
import pytest

from bayescale.cli.main import main


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    x = np.geomspace(1e3, 1e6, 24)
    noise = np.exp(0.01 * np.random.default_rng(1).standard_normal(24))
    path = tmp_path_factory.mktemp("runs") / "runs.csv"
    pd.DataFrame({"x": x, "y": (0.1 + 3 * x**-0.35) * noise}).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def fits(table):
    paths = []
    for law in ("power", "shifted"):
        paths.append(table.with_name(f"{law}.nc"))
        assert main(["fit", str(table), "--law", law, "--seed", "3", "-o", str(paths[-1])]) == 0
    return paths


def test_a_backtest_prints_scores_and_the_sentence_and_draws(table, tmp_path, capsys):
    picture = tmp_path / "backtest.png"
    command = ["backtest", str(table), "--law", "power", "--hold-out", "0.25"]
    assert main([*command, "--plot", str(picture)]) == 0
    said = capsys.readouterr().out
    assert "On your own runs, intervals labelled 90%" in said
    assert "Huber bootstrap of power" in said
    assert picture.read_bytes()[:4] == b"\x89PNG"


def test_a_backtest_as_json_has_every_forecaster(table, capsys):
    command = ["backtest", str(table), "--law", "power", "--hold-out", "x=200,000", "--json"]
    assert main([*command, "--no-point-estimates", "--no-discrepancy"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["forecaster"] for row in found["table"]} == {"power"}
    assert found["table"][0]["n"] == 6


def test_a_cut_that_leaves_nothing_is_bad_input(table, capsys):
    assert main(["backtest", str(table), "--law", "power", "--hold-out", "x=1e9"]) == 2
    assert "0 to forecast" in capsys.readouterr().err


def test_comparing_fits_gives_loo_weights_and_a_forecast(fits, capsys):
    command = ["compare", *map(str, fits), "--at", "x=10M"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["law"] for row in found["loo"]} == {"power", "shifted"}
    assert sum(row["weight"] for row in found["average"]) == pytest.approx(1)
    truth = 0.1 + 3 * 1e7**-0.35
    point = found["forecast"]["points"][0]
    assert point["lower"] < truth < point["upper"]
    assert "Average over laws" in found["forecast"]["discrepancy"]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "cannot say which holds far" in said
    assert "hindcast_log_score" in said
