"""Checkpoints that no column names are found, and tables of separate runs are left alone."""

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH

from bayescale import catalogue
from bayescale.posterior.fit import fit
from bayescale.runs.runs import read_runs

LAW = catalogue.resolve("chinchilla")


def table(*, level, size=0.002, runs=8, rows=10, seed=0):
    """So many training runs with a level of their own (SD) and noise (SD) at each checkpoint."""
    rng = np.random.default_rng(seed)
    n = np.repeat(np.geomspace(5e7, 5e9, runs), rows)
    d = np.tile(np.geomspace(2e9, 2e11, rows), runs)
    noise = np.repeat(level * rng.standard_normal(runs), rows) + size * rng.standard_normal(len(n))
    loss = LAW({"N": n, "D": d}, TRUTH["chinchilla"]) * np.exp(noise)
    name = np.repeat([f"run {k}" for k in range(runs)], rows)
    return pd.DataFrame({"N": n, "D": d, "L": loss, "model": name, "kind": "a"})


def told(frame, **options):
    columns = options.pop("columns", None)
    found = fit(read_runs(frame, "chinchilla", columns, **options), preview=True)
    return {problem.code: problem for problem in found.diagnostics.problems}


@pytest.mark.parametrize("seed", range(3))
def test_checkpoints_are_found_and_told_to_name_their_run(seed):
    problem = told(table(level=0.02, seed=seed))["checkpoints"]
    assert "run='model' (--run model)" in problem.message
    assert "compare another law" not in problem.message
    assert problem.details["growing"] == "D"
    assert problem.details["correlation"] > 0.65


def test_they_take_the_place_of_another_law():
    assert "lack-of-fit" not in told(table(level=0.02))


def test_where_no_column_names_them_one_is_asked_for():
    problem = told(table(level=0.02).drop(columns="model"))["checkpoints"]
    assert "add a column that names it" in problem.message


def test_named_runs_are_no_finding():
    assert "checkpoints" not in told(table(level=0.02), run="model")


@pytest.mark.parametrize("seed", range(3))
def test_separate_runs_in_the_same_order_are_left_alone(seed):
    assert "checkpoints" not in told(table(level=0.0, size=0.02, seed=seed))


def test_separate_runs_of_another_law_are_a_lack_of_fit_only():
    """What a law misses is smooth too, along every input: not in runs of rows alone."""
    frame = table(level=0.0, size=0.01)
    frame["L"] *= np.exp(0.01 * np.log(frame["N"] / 5e8) * np.log(frame["D"] / 2e10))
    found = told(frame)
    assert "checkpoints" not in found


@pytest.mark.parametrize(
    ("path", "run"), [("gemstones/gemstones", "model"), ("olmo_ladder/checkpoints", "run")]
)
def test_published_checkpoints_are_found(shared, path, run):
    frame = pd.read_csv(shared / f"{path}.csv").rename(columns={"loss_c4_en": "loss"})
    if "eval_set" in frame:
        frame = frame[frame["eval_set"] == frame["eval_set"].iloc[0]]
    columns = {"N": "n_params", "D": "n_tokens", "L": "loss"}
    assert f"run={run!r}" in told(frame, columns=columns)["checkpoints"].message


@pytest.mark.parametrize(
    ("path", "loss"),
    [
        ("chinchilla_epoch/chinchilla_epoch", "loss"),
        ("gadre_overtraining/gadre_overtraining", "loss_c4_val"),
    ],
)
@pytest.mark.parametrize("ordered", [False, True])
def test_published_tables_of_separate_runs_are_left_alone(shared, path, loss, ordered):
    frame = pd.read_csv(shared / f"{path}.csv")
    frame = frame.sort_values(["n_params", "n_tokens"]) if ordered else frame
    columns = {"N": "n_params", "D": "n_tokens", "L": loss}
    assert "checkpoints" not in told(frame, columns=columns)
