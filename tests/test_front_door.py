"""From a table to an answer: `bs.forecast` and `bayescale forecast`."""

import json

import numpy as np
import pandas as pd
import pytest
from fits import by_hand, observing

import bayescale as bs
from bayescale import front_door
from bayescale.cli.main import main
from bayescale.errors import InputError, Problem, RunsError, UnconvergedError
from bayescale.forecast.answer import Asked, answered
from bayescale.law.prior import Prior

QUIET = {"progress": False}


@pytest.fixture(scope="module")
def answer(power_table):
    """The training rows of a known power law, by two of its laws."""
    return bs.forecast(
        power_table, {"x": "1M"}, where="split=train", laws=["power", "shifted"], **QUIET
    )


@pytest.fixture
def unfitted(monkeypatch):
    """A front door that must refuse before it fits."""

    def refuse(*_, **__):
        raise AssertionError("fitted")

    monkeypatch.setattr(front_door, "fit", refuse)


def test_the_answer_holds_the_truth_and_was_tested_on_hidden_runs(answer, power_table):
    row = answer.table.iloc[0]
    assert row["lower"] < 0.5 + 20 * 1e6**-0.4 < row["upper"]
    assert list(answer.weights.index) == ["power", "shifted"]
    assert answer.weights.sum() == pytest.approx(1)
    train = power_table[power_table["split"] == "train"]
    hidden = answer.backtest["x"]
    assert set(hidden) <= set(train["x"])
    assert hidden.max() == train["x"].max()
    assert answer.backtest["inside"].mean() > 0.7
    assert ("reach" in {note.code for note in answer.notes}) == (
        answer.table["reach"].max() > answer.backtest["reach"].max()
    )


def test_a_table_too_small_to_hide_a_run_is_answered_and_said_to_be_untested():
    inputs = {"x": np.array([1e3, 1e4, 1e5])}
    raw = {"y0": 0.5, "a": 20.0, "b": np.full(100, 0.4)}
    first = by_hand("power", raw, inputs=inputs)
    second = observing(by_hand("shifted", raw | {"k": 1.0}, inputs=inputs), first.response)
    whole, told = front_door._weighed([first, second], seed=1)
    assert whole.weights.tolist() == [0.5, 0.5]
    found = answered(whole, pd.DataFrame({"x": [1e6]}), Asked(), told=told)
    assert found.verdict == "untested"
    assert {"untested", "equal-weights"} <= {note.code for note in found.notes}
    assert "there are 3" in found.text.splitlines()[1]


def test_one_run_is_refused_in_a_sentence():
    with pytest.raises(RunsError, match="There is 1 run"):
        bs.forecast(pd.DataFrame({"x": [1e3], "y": [1.0]}), {"x": 1e6}, **QUIET)


@pytest.mark.usefixtures("unfitted")
def test_what_cannot_be_answered_is_refused_before_anything_is_fitted(power_table):
    refused = {
        "lacks x": {"at": {}},
        "not an input": {"at": {"x": 1e6, "z": 2}},
        "more than zero": {"at": {"x": -1}},
        "not 7": {"at": 7},
        "kind is": {"at": {"x": 1e6}, "kind": "both"},
        "mass lies": {"at": {"x": 1e6}, "mass": 1.5},
        "has a parameter 'beta'": {
            "at": {"x": 1e6},
            "priors": {"beta": Prior("Normal", mu=0.0, sigma=1.0, why="a test")},
        },
        "pose no question": {"at": {"x": 1e6}},
    }
    for told, options in refused.items():
        table = power_table.drop(columns="y") if "no question" in told else power_table
        with pytest.raises(InputError, match=told):
            bs.forecast(table, **options | QUIET)


def test_a_prior_goes_to_every_law_that_has_its_symbol(monkeypatch, power_table):
    given = {}
    fit = by_hand("power", {"y0": 0.5, "a": 20.0, "b": np.full(100, 0.4)})

    def noting(runs, priors, **_):
        given[runs.law.name] = priors
        return fit

    monkeypatch.setattr(front_door, "fit", noting)
    monkeypatch.setattr(front_door, "average", lambda fits, **_: front_door_stop())
    prior = Prior("LogNormal", mu=-1.0, sigma=0.1, why="a test")
    with pytest.raises(StopIteration):
        bs.forecast(power_table, {"x": 1e6}, priors={"b": prior, "k": prior}, **QUIET)
    assert given["power"] == {"b": prior}
    assert given["shifted"] == {"b": prior, "k": prior}


@pytest.mark.parametrize("options", [{}, {"discrepancy": False}])
def test_whether_slopes_may_err_is_decided_at_every_fit(monkeypatch, power_table, options):
    given = []
    fit = by_hand("power", {"y0": 0.5, "a": 20.0, "b": np.full(100, 0.4)})

    def noting(_, discrepancy, **__):
        given.append(discrepancy)
        return fit

    monkeypatch.setattr(front_door, "fit", noting)
    monkeypatch.setattr(front_door, "average", lambda fits, **_: front_door_stop())
    with pytest.raises(StopIteration):
        bs.forecast(power_table, {"x": 1e6}, **options, **QUIET)
    assert len(given) > 1
    assert set(given) == {not options}


def front_door_stop():
    raise StopIteration


def test_a_law_that_did_not_converge_is_left_out_and_named():
    raw = {"y0": 0.5, "a": 20.0, "b": np.full(100, 0.4)}
    good = by_hand("power", raw)
    bad = by_hand(
        "shifted", raw | {"k": 1.0}, problems=[Problem("r-hat", "error", "Chains differ.")]
    )
    kept, told = front_door._converged([good, bad])
    assert kept == [good]
    assert "'shifted'" in told[0].message
    assert told[0].severity == "warning"
    with pytest.raises(UnconvergedError, match=r"Chains differ\. .*bayescale fit .* --law shifted"):
        front_door._converged([bad])


@pytest.fixture
def call(capsys):
    def run(*arguments):
        code = main(list(map(str, arguments)))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_the_command_prints_writes_and_saves(call, runs_file, tmp_path):
    saved, page = tmp_path / "answer.nc", tmp_path / "answer.html"
    code, out, err = call(
        *("forecast", runs_file, "--where", "split=train", "--law", "power", "--at", "x=1M"),
        *("-o", saved, "--report", page),
    )
    assert code == 0, err
    number, held, *_ = out.splitlines()
    assert number.startswith("y = ")
    assert "equal-tailed 90% of one new run" in number
    assert held.startswith("Hiding the largest")
    assert page.read_text(encoding="utf-8").count(number) >= 1
    again = bs.load(saved)
    assert again.text.splitlines()[0] == number
    assert "one-law" in {note.code for note in again.notes}
    # Every command takes what was saved.
    code, out, _ = call("show", saved)
    assert code == 0
    assert number in out
    assert "Verdict: " in out
    told = json.loads(call("show", saved, "--json")[1])
    assert told["verdict"] == again.verdict
    assert told["fits"][0]["law"] == "power"
    point = json.loads(call("extrapolate", saved, "--at", "x=1M", "--json")[1])["points"][0]
    assert point["median"] == pytest.approx(again.table["median"].iloc[0])
    bought = call("next-runs", saved, "--target", "x=1M", "--at", "x=200K", "--train", "x")
    assert bought[0] == 0, bought[2]


def test_the_command_reads_points_from_a_file_and_prints_json(call, runs_file, tmp_path):
    points = tmp_path / "points.csv"
    points.write_text("x\n50K\n1000000\n")
    code, out, err = call(
        *("forecast", runs_file, "--law", "power", "--points", points, "--mass", "0.5"),
        *("--kind", "mean", "--json"),
    )
    assert code == 0, err
    told = json.loads(out)
    assert [row["x"] for row in told["points"]] == [5e4, 1e6]
    assert told["interval"] == "equal-tailed"
    assert (told["kind"], told["mass"]) == ("mean", 0.5)
    assert told["laws"][0]["law"] == "power"
    assert {"code", "severity", "message"} == set(told["notes"][0])
    assert len(told["text"]) >= 4


def test_the_command_refuses_in_one_line(call, runs_file, tmp_path):
    assert call("forecast", runs_file)[0] == 2
    code, _, err = call("forecast", runs_file, "--at", "N=1B")
    assert code == 2
    assert err.count("\n") == 1
    code, _, err = call(
        "forecast", runs_file, "--at", "x=1M", "--report", tmp_path / "no" / "r.html"
    )
    assert code == 2
    assert "there is no folder" in err
