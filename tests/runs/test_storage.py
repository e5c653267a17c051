"""Runs in a file are the runs that were put there, to the last bit and the last cell."""

import time
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import sound

from bayescale.posterior.store import _tree
from bayescale.runs.runs import read_runs
from bayescale.runs.storage import from_dataset, to_dataset

ROWS = 6
TEXTS = st.text(max_size=8) | st.sampled_from(["nan", "", "null", "a\0b", "\ud800", "[1]", "1,2"])
# pandas itself refuses half a character as a column's name.
NAMES = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(["a/b", "column_0"])
CELLS = st.one_of(
    TEXTS, st.none(), st.just(np.nan), st.booleans(), st.integers(), st.floats(),
    st.lists(st.integers(), max_size=2), st.dictionaries(TEXTS, st.integers(), max_size=2),
)  # fmt: skip


def column(cells, dtype):
    return st.lists(cells, min_size=ROWS, max_size=ROWS).map(lambda x: pd.Series(x, dtype=dtype))


COLUMNS = st.one_of(
    column(st.floats(), "float64"),
    column(st.floats(width=32), "float32"),
    column(st.integers(-(2**63), 2**63 - 1), "int64"),
    column(st.integers(0, 2**64 - 1), "uint64"),
    column(st.booleans(), "bool"),
    column(st.none() | st.booleans(), "boolean"),
    column(st.none() | st.integers(-(2**63), 2**63 - 1), "Int64"),
    column(st.none() | st.text(st.characters(codec="utf-8"), max_size=8), "string"),
    column(st.none() | st.integers(0, 2**62), "datetime64[ns]"),
    column(st.none() | st.sampled_from(["x", "y"]), "category"),
    column(CELLS, "object"),
)


def through_a_file(runs, folder):
    xr.DataTree.from_dict({"runs": to_dataset(runs)}).to_netcdf(
        folder / "runs.nc", engine="h5netcdf"
    )
    with xr.open_datatree(folder / "runs.nc", engine="h5netcdf") as tree:
        by_xarray = tree.load()
    by_us = _tree(folder / "runs.nc")
    return [from_dataset(tree["runs"].to_dataset(), runs.law) for tree in (by_us, by_xarray)]


def assert_same(found, runs):
    # Of categories only those that occur are kept.
    as_cells = {name: object for name, kind in runs.table.dtypes.items() if kind == "category"}
    assert all(found.table[name].dtype == "category" for name in as_cells)
    tables = [item.table.astype(as_cells) for item in (found, runs)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    assert found.table.index.name == runs.table.index.name
    for name, cells in runs.table.items():
        if cells.dtype == "float64":
            assert found.table[name].to_numpy().tobytes() == cells.to_numpy().tobytes()
        if cells.dtype == object:
            assert list(map(repr, found.table[name])) == list(map(repr, cells))
    for field in ("law", "columns", "derive", "run", "source", "problems"):
        assert getattr(found, field) == getattr(runs, field), field
    assert found.digest == runs.digest


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("stored")


@settings(deadline=None, max_examples=25)
@given(st.dictionaries(NAMES, COLUMNS, max_size=4), st.booleans())
def test_every_table_comes_back(folder, more, named):
    frame = sound(ROWS)
    for name, cells in more.items():
        if name not in ("N", "D", "L", "C"):
            frame[name] = cells
    frame["which"] = list("aabbcc")
    runs = read_runs(frame, "chinchilla", derive={"C": "6*N*D"}, run="which" if named else None)
    for found in (*through_a_file(runs, folder), from_dataset(to_dataset(runs), runs.law)):
        assert_same(found, runs)


def test_lines_problems_and_mappings_come_back(folder):
    frame = sound(8).assign(model=list("aabbccdd"), split=["train"] * 6 + ["test"] * 2)
    frame["C"] = 6 * frame["N"] * frame["D"]
    path = folder / "runs.csv"
    frame.rename(columns={"N": "n_params"}).to_csv(path, index=False)
    runs = read_runs(path, "pretraining", {"N": "n_params"}, run="model", where="split=train")
    assert [problem.code for problem in runs.problems] == ["few-runs", "product-input"]
    for found in through_a_file(runs, folder):
        assert_same(found, runs)
        assert found.table.index.tolist() == list(range(2, 8))
        assert found.source == "runs.csv"


def test_what_was_loaded_works_like_what_was_saved(folder):
    frame = sound().assign(C=1e20, note=[None, "nan", "x"] * 8)
    runs = read_runs(frame, "chinchilla", columns={"C": "C"})
    for found in through_a_file(runs, folder):
        assert_same(found.select("N<=1e9"), runs.select("N<=1e9"))
        assert_same(found.select("note=nan"), runs.select("note=nan"))
        assert_same(found.for_law("pretraining"), runs.for_law("pretraining"))


def test_what_no_text_leads_back_to_stays_text(folder):
    cells = [Decimal("1.5"), pd.Timestamp("2026-01-02T03:04:05.000000006"), 1j, (1,), {(1,): 2}]
    frame = sound(5).assign(mixed=pd.Series(cells, dtype=object), between=pd.interval_range(0, 5))
    for found in through_a_file(read_runs(frame, "chinchilla"), folder):
        assert found.table["mixed"].tolist() == [
            "1.5", "2026-01-02 03:04:05.000000006", "1j", [1], "{(1,): 2}",
        ]  # fmt: skip
        assert found.table["between"].tolist()[0] == "(0, 1]"


def test_a_column_of_missing_cells_of_every_kind(folder):
    cells = pd.Series([None, np.nan, pd.NA, pd.NaT, "nan"], dtype=object)
    for found in through_a_file(read_runs(sound(5).assign(x=cells), "chinchilla"), folder):
        assert found.table["x"].isna().tolist() == [True] * 4 + [False]


def test_hostile_text_stays_text_and_damage_is_an_error():
    evil = "__import__('os').system('true')"
    runs = read_runs(sound(5).assign(x=evil, **{evil: 1}), "chinchilla")
    stored = to_dataset(runs)
    assert from_dataset(stored, runs.law).table["x"].tolist() == [evil] * 5
    for position, name in enumerate(runs.table):
        if name == "x":
            cells = np.array([evil] * 5, dtype=object)
            with pytest.raises(ValueError, match="Expecting value"):
                from_dataset(stored.assign({f"column_{position}": ("obs", cells)}), runs.law)
    with pytest.raises(KeyError):
        from_dataset(stored.drop_vars("column_0"), runs.law)
    with pytest.raises(TypeError):
        from_dataset(stored.assign(about=((), "[]")), runs.law)


def test_loading_is_quick_and_validates_nothing(monkeypatch):
    frame = sound(300).assign(model=[f"m{k}" for k in range(300)], split="train", seed=1)
    runs = read_runs(frame, "chinchilla", run="model")
    stored = to_dataset(runs)
    monkeypatch.setattr("bayescale.runs.runs.read_table", None)
    monkeypatch.setattr("bayescale.runs.runs._validated", None)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        found = from_dataset(stored, runs.law)
        times.append(time.perf_counter() - started)
    assert_same(found, runs)
    assert min(times) < 0.05


def test_the_comparison_sees_what_it_must():
    runs = read_runs(sound(), "chinchilla", derive={"C": "6*N*D"})
    same = from_dataset(to_dataset(runs), runs.law)
    assert_same(same, runs)
    same.table.loc[3, "C"] = np.nextafter(same.table.loc[3, "C"], 0)
    with pytest.raises(AssertionError):
        assert_same(same, runs)
