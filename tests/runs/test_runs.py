"""Mapping, derivation, selection and identity of runs."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from tables import sound

from bayescale.errors import InputError, RunsError
from bayescale.runs.runs import read_runs

RAW = {"N": "n_params", "D": "n_tokens", "L": "loss"}


@pytest.fixture
def raw():
    return sound().rename(columns=RAW).assign(model=[f"m{k % 4}" for k in range(24)], seed=1)


def test_columns_are_mapped_and_the_others_kept(raw):
    runs = read_runs(raw, "chinchilla", columns=RAW, run="model")
    assert list(runs.table) == ["N", "D", "L", "model", "seed"]
    assert list(runs.inputs) == ["N", "D"]
    np.testing.assert_array_equal(runs.inputs["N"], raw["n_params"])
    np.testing.assert_array_equal(runs.response, raw["loss"])
    assert runs.groups.tolist() == raw["model"].tolist()
    assert read_runs(raw, "chinchilla", columns=RAW).groups is None
    assert len(runs) == 24
    with pytest.raises(dataclasses.FrozenInstanceError):
        runs.run = None


def test_inputs_are_copies(table):
    runs = read_runs(table, "chinchilla")
    digest = runs.digest
    runs.inputs["N"][:] = 1.0
    runs.response[:] = 1.0
    assert runs.digest == digest


@pytest.mark.parametrize("formula", ["6*N*D", "6*n_params*n_tokens", "6*N*n_tokens"])
def test_derived_inputs(raw, formula):
    runs = read_runs(raw, "pretraining", columns=RAW, derive={"C": formula})
    np.testing.assert_allclose(runs.inputs["C"], 6 * raw["n_params"] * raw["n_tokens"])
    # Told in symbols, so that points to forecast can be derived alike.
    assert runs.derive == {"C": "6*N*D"}


def test_a_formula_may_use_columns_and_earlier_symbols(raw):
    runs = read_runs(raw, "pretraining", columns=RAW, derive={"U": "D*seed", "C": "6*N*U"})
    np.testing.assert_allclose(runs.inputs["C"], 6 * raw["n_params"] * raw["n_tokens"])


@pytest.mark.parametrize(
    ("derive", "code", "words"),
    [
        ({"C": "6*N*tokens"}, "unknown-name", "the nearest is 'n_tokens'"),
        ({"C": "6*N*model"}, "text-in-number-column", "row 0 ('m0')"),
        ({"C": "6*N*"}, "bad-formula", "C cannot be derived"),
        ({"C": "__import__('os')"}, "bad-formula", "C cannot be derived"),
        ({"C": "log(N - N)"}, "infinite-value", "'C = log(N - N)'"),
        ({"C": "-N"}, "negative-value", "'C = -N' (C)"),
        ({"C": "6*N*D", "N": "D"}, "derived-and-given", "N is given by column 'n_params'"),
        ({"C": "6*N*D", "seed": "N"}, "derived-and-given", "'seed'"),
    ],
)
def test_derivations_that_are_refused(raw, derive, code, words):
    with pytest.raises(RunsError) as caught:
        read_runs(raw, "pretraining", columns=RAW, derive=derive)
    (found,) = caught.value.problems
    assert found.code == code
    assert words in found.message


def test_what_is_wrong_with_a_source_is_not_told_again_of_what_is_derived(raw):
    raw.loc[3, "n_params"] = np.nan
    raw.loc[5, "n_params"] = -1.0
    raw["n_tokens"] = raw["n_tokens"].astype(object)
    raw.loc[4, "n_tokens"] = "many"
    with pytest.raises(RunsError) as caught:
        read_runs(raw, "pretraining", columns=RAW, derive={"C": "6*N*D"})
    assert [p.details["column"] for p in caught.value.problems] == [
        "n_tokens", "n_params", "n_params",
    ]  # fmt: skip


def test_a_fault_is_told_of_what_is_derived_if_its_source_is_not_looked_at(raw):
    raw["epochs"] = 1.0
    raw.loc[3, "epochs"] = np.nan
    raw.loc[4, "epochs"] = 0.0
    for columns in (RAW, {**RAW, "K": "epochs"}):
        with pytest.raises(RunsError) as caught:
            read_runs(raw, "pretraining", columns, {"U": "D*epochs", "C": "6*N*U"})
        assert [(p.code, p.details["rows"]) for p in caught.value.problems] == [
            ("missing-value", [3]), ("zero-value", [4]),
        ]  # fmt: skip


def test_a_column_shadowed_by_a_mapping_is_noted(table):
    table["n_params"] = table["N"] * 2
    runs = read_runs(table, "chinchilla", columns={"N": "n_params"})
    np.testing.assert_array_equal(runs.inputs["N"], 2 * table["N"])
    (note,) = runs.problems
    assert (note.code, note.severity) == ("shadowed-column", "note")


def test_a_training_run_without_a_name(raw):
    raw.loc[5, "model"] = None
    with pytest.raises(RunsError, match="'model' names the training run, and is empty in row 5"):
        read_runs(raw, "chinchilla", columns=RAW, run="model")


def test_a_column_may_give_an_input_and_name_the_run(raw):
    raw["n_params"] = np.repeat([1e8, 3e8, 1e9, 5e9], 6)
    runs = read_runs(raw, "chinchilla", columns=RAW, run="n_params")
    assert len(set(runs.groups)) == 4
    assert runs.problems == ()
    same = read_runs(raw.rename(columns={"n_params": "N"}), "chinchilla",
                     columns={"D": "n_tokens", "L": "loss"}, run="N")  # fmt: skip
    for found in (runs.for_law("chinchilla"), runs.select("N>2e8"), same):
        assert set(found.groups) <= set(runs.groups)
        np.testing.assert_array_equal(found.inputs["N"], found.groups.astype(float))


def test_columns_named_by_numbers():
    frame = sound().set_axis([0, 1, 2], axis=1)
    assert read_runs(frame, "chinchilla", columns={"N": 0, "D": 1, "L": 2}).columns["N"] == "0"
    with pytest.raises(RunsError, match="no column '7'"):
        read_runs(frame, "chinchilla", columns={"N": 7, "D": 1, "L": 2})


def test_another_law_validates_again(raw):
    runs = read_runs(
        raw.assign(flops=raw["n_params"] * 1e10),
        "chinchilla",
        columns={**RAW, "C": "flops"},
        run="model",
    )
    other = runs.for_law("pretraining")
    assert list(other.inputs) == ["N", "D", "C"]
    assert other.columns == runs.columns
    assert [problem.code for problem in other.problems] == ["product-input"]
    assert other.for_law("chinchilla").digest == runs.digest
    with pytest.raises(RunsError, match="'D_inf'"):
        runs.for_law("inference")


def test_another_law_keeps_what_was_derived(raw):
    runs = read_runs(raw, "chinchilla", columns=RAW, derive={"C": "6*N*D"})
    other = runs.for_law("pretraining")
    np.testing.assert_allclose(other.inputs["C"], 6 * raw["n_params"] * raw["n_tokens"])
    assert other.derive == {"C": "6*N*D"}
    assert other.digest == read_runs(raw, "pretraining", RAW, {"C": "6*N*D"}).digest
    assert other.for_law("chinchilla").digest == runs.digest


def test_selecting_runs(raw):
    runs = read_runs(raw, "chinchilla", columns=RAW, run="model")
    mask = raw["n_params"].to_numpy() < 1e9
    small = runs.select(mask)
    np.testing.assert_array_equal(small.inputs["N"], raw["n_params"][mask])
    assert small.table.index.tolist() == np.flatnonzero(mask).tolist()
    assert runs.select(lambda table: table["N"] < 1e9).digest == small.digest
    assert runs.select("N<1B").digest == small.digest
    assert set(runs.select("model=m1").groups) == {"m1"}
    assert [p.code for p in runs.select(np.arange(24) < 3).problems] == ["few-runs"]
    assert len(runs) == 24


def test_masks_that_are_refused(table):
    runs = read_runs(table, "chinchilla")
    for mask in (np.ones(3, dtype=bool), np.ones(24), "N", "M=1", "N<many", []):
        with pytest.raises(InputError):
            runs.select(mask)
    with pytest.raises(RunsError, match="There is 1 run"):
        runs.select(np.arange(24) == 0)
    with pytest.raises(InputError):
        read_runs(table.assign(split="a"), "chinchilla").select("split<b")


def test_rows_left_out_before_anything_is_checked(raw):
    raw.loc[:3, "n_tokens"] = 0.0
    raw["split"] = ["train"] * 20 + ["test"] * 4
    runs = read_runs(raw, "chinchilla", RAW, where=["n_tokens > 0", "split=train"])
    assert runs.table.index.tolist() == list(range(4, 20))
    assert len(read_runs(raw, "chinchilla", RAW, where="split != train")) == 4
    with pytest.raises(InputError, match="No row of DataFrame meets"):
        read_runs(raw, "chinchilla", RAW, where="split=dev")


@pytest.mark.parametrize("symbol", ["N", "D", "L"])
@pytest.mark.parametrize("row", [0, 13, 23])
def test_the_digest_changes_with_any_value(table, symbol, row):
    changed = table.copy()
    changed.loc[row, symbol] = np.nextafter(changed.loc[row, symbol], np.inf)
    first, second = (read_runs(frame, "chinchilla").digest for frame in (table, changed))
    assert first != second


def test_the_digest_is_of_values_groups_and_order_only(raw):
    runs = read_runs(raw, "chinchilla", RAW, run="model")
    assert read_runs(raw.assign(note="x"), "chinchilla", RAW, run="model").digest == runs.digest
    assert read_runs(raw, "chinchilla", RAW).digest != runs.digest
    other = raw.assign(model=["m0"] * 24)
    assert read_runs(other, "chinchilla", RAW, run="model").digest != runs.digest
    assert read_runs(raw.iloc[::-1], "chinchilla", RAW, run="model").digest != runs.digest


def test_how_runs_look(raw):
    runs = read_runs(
        raw.rename(columns={"model": "<script>"}),
        "pretraining",
        columns=RAW,
        derive={"C": "6*N*D"},
        run="<script>",
    )
    text, page = repr(runs), runs._repr_html_()
    assert text.startswith("24 runs in 4 training runs for pretraining from DataFrame")
    for words in ("n_params", "6*N*D", "nats/token", "C = 6*N*D in every run"):
        assert words in text
        assert words in page
    hostile = dataclasses.replace(runs, source="<script>alert(1)</script>")
    assert "<script>" not in hostile._repr_html_()


def test_symbols_come_in_the_order_of_the_law():
    frame = pd.DataFrame({"L": [3.0, 2.5, 2.4], "D": [1e9, 2e9, 9e9], "N": [1e8, 3e9, 1e9]})
    assert list(read_runs(frame, "chinchilla").table) == ["N", "D", "L"]


# Further runs


def bought(n, d, **more):
    return pd.DataFrame({"N": n, "D": d, **more})


def test_further_runs_are_rows_like_those_that_were_read(raw):
    runs = read_runs(raw, "chinchilla", columns=RAW, run="model")
    more = runs.append(bought([1e9, 2e9], [3e10, 4e10], model=["m1", "mine"]), [2.5, 2.4])
    assert (len(runs), len(more)) == (24, 26)
    assert more.table.index.tolist() == list(range(26))
    assert more.table.index.name == "row"
    pd.testing.assert_frame_equal(more.table.iloc[:24], runs.table, check_dtype=False)
    assert more.table.iloc[24:][["N", "D", "L"]].to_numpy().tolist() == [
        [1e9, 3e10, 2.5], [2e9, 4e10, 2.4],
    ]  # fmt: skip
    assert more.groups.tolist()[24:] == ["m1", "mine"]
    assert more.table["seed"].iloc[24:].isna().all()
    assert list(more.table) == list(runs.table)
    whole = pd.concat([sound(), bought([1e9, 2e9], [3e10, 4e10], L=[2.5, 2.4])])
    labels = [*raw["model"], "m1", "mine"]
    assert more.digest == read_runs(whole.assign(m=labels), "chinchilla", run="m").digest
    for field in ("law", "columns", "derive", "run", "source", "problems"):
        assert getattr(more, field) == getattr(runs, field)


def test_further_runs_without_a_label_are_each_a_run_of_their_own(raw):
    runs = read_runs(raw, "chinchilla", columns=RAW, run="model")
    once = runs.append(bought([1e9, 2e9], 3e10), [2.5, 2.4])
    twice = once.append(bought([1e9], 5e10), [2.3])
    assert len(set(twice.groups)) == len(set(runs.groups)) + 3
    assert read_runs(raw, "chinchilla", columns=RAW).append(bought([1e9], 2e9), [2]).groups is None


def test_further_runs_go_on_from_the_last_line(tmp_path):
    sound().to_csv(tmp_path / "runs.csv", index=False)
    runs = read_runs(tmp_path / "runs.csv", "chinchilla").select(np.arange(24) < 20)
    more = runs.append(bought([1e9], [2e10]), [2.5])
    assert more.table.index[-2:].tolist() == [21, 22]
    assert more.table.index.name == "line"


def test_further_runs_are_derived_or_as_given(table):
    runs = read_runs(table, "pretraining", derive={"C": "6*N*D"})
    assert runs.append(bought([1e9], [2e10]), [2.5]).inputs["C"][-1] == 6 * 1e9 * 2e10
    assert runs.append(bought([1e9], [2e10], C=[7e20]), [2.5]).inputs["C"][-1] == 7e20


def test_an_input_may_name_further_runs():
    frame = sound().assign(N=np.repeat([1e8, 3e8, 1e9, 5e9], 6))
    runs = read_runs(frame, "chinchilla", run="N").append(bought([1e8, 7e9], 2e10), [2.5, 2.4])
    assert set(runs.groups) == {"100000000.0", "300000000.0", "1000000000.0", "5000000000.0",
                                "7000000000.0"}  # fmt: skip


def test_what_was_appended_can_be_selected_and_read_by_another_law(raw):
    runs = read_runs(raw, "chinchilla", columns=RAW).append(bought([1e9], [3e10]), [2.5])
    assert runs.select("N>=1e9").response[-1] == 2.5
    assert runs.for_law("chinchilla").digest == runs.digest


@pytest.mark.parametrize(
    ("points", "response", "words"),
    [
        (bought([1e9], [3e10]), [2.5, 2.4], "1 further runs need 1 finite and positive values"),
        (bought([1e9], [3e10]), [-2.5], "finite and positive values of L"),
        (bought([1e9], [3e10]), [np.nan], "finite and positive values of L"),
        (bought([1e9], [3e10]), 2.5, "finite and positive values of L"),
        (bought([-1e9], [3e10]), [2.5], "N must be finite and more than zero"),
        (pd.DataFrame({"N": [1e9]}), [2.5], "lacks D"),
    ],
)
def test_further_runs_that_are_refused(table, points, response, words):
    with pytest.raises(InputError, match=words):
        read_runs(table, "chinchilla").append(points, response)


def test_appending_reads_nothing_again(table, monkeypatch):
    runs = read_runs(table, "chinchilla")
    for name in ("map_table", "checked"):
        monkeypatch.setattr(f"bayescale.runs.runs.{name}", None)
    assert len(runs.append(bought([1e9], [3e10]), [2.5])) == 25
