"""Files that cannot be read, and files that say the same in four ways."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from bayescale.errors import InputError, RunsError
from bayescale.runs.runs import read_runs

CSV = "N,D,L\n1e8,2e9,3.5\n3e8,1e9,3.2\n1e9,7e9,2.9\n"


def problem(source, **options):
    with pytest.raises(RunsError) as caught:
        read_runs(source, "chinchilla", **options)
    (found,) = caught.value.problems
    assert str(caught.value) == found.message
    assert len(found.message) < 700
    return found


def rubbish(seed, size, low, high):
    return np.random.default_rng(seed).integers(low, high, size, dtype=np.uint8).tobytes()


BAD_FILES = [
    ("empty.csv", b"", "empty-file", "empty.csv"),
    ("blank.csv", b"\xef\xbb\xbf \n\n", "empty-file", "header"),
    ("header.csv", b"N,D,L\n", "no-rows", "no rows"),
    ("utf16.csv", CSV.encode("utf-16"), "wrong-encoding", "UTF-16"),
    ("utf16le.csv", CSV.encode("utf-16-le"), "wrong-encoding", "UTF-16"),
    ("utf16be.csv", CSV.encode("utf-16-be"), "wrong-encoding", "UTF-16"),
    ("latin.csv", (CSV + "é,1,2\n").encode("latin-1"), "wrong-encoding", "line 5: the byte 0xe9"),
    ("random.csv", rubbish(1, 10_000_000, 0, 256), "not-text", "not text"),
    ("letters.csv", rubbish(2, 10_000_000, 32, 127), "not-a-table", "letters.csv"),
    ("commas.csv", b"," * 1_000_000, "not-a-table", "columns"),
    ("long.csv", b"x" * 1_000_000, "not-a-table", "line 1"),
    ("parquet.csv", b"PAR1" + b"x" * 50, "not-text", ".parquet"),
    ("excel.csv", b"PK\x03\x04" + b"x" * 50, "not-text", "Excel"),
    ("zipped.csv", b"\x1f\x8b" + b"x" * 50, "not-text", "gzip"),
    ("semicolon.csv", b"N;D;L\n1,5;2;3\n", "wrong-separator", "semicolons"),
    ("tabs.csv", b"N\tD\tL\n1\t2\t3\n", "wrong-separator", "tabs"),
    ("uneven.csv", b"N,D,L\n1,2\n1,2,3\n\n1,000,2,3\n", "uneven-rows", "line 2 (2), line 5 (4)"),
    ("quote.csv", b'N,D,L\n"1,2,3\n', "not-a-table", "line 2"),
    ("twice.csv", b"N,D,N,L\n1,2,3,4\n", "duplicate-column", "'N'"),
    ("table.xlsx", b"PK", "unknown-suffix", ".csv, .jsonl"),
    ("table", b"N,D,L", "unknown-suffix", "the ending ''"),
    ("array.jsonl", b'[{"N": 1}]', "not-json-lines", "line 1 (it is a list)"),
    ("broken.jsonl", b'{"N": 1}\n\n{"N": \n', "not-json-lines", "line 3 (Expecting value at col"),
    ("deep.jsonl", b"[" * 100_000, "not-json-lines", "too deeply"),
    ("digits.jsonl", b'{"N": 5, "D": ' + b"9" * 5000 + b', "L": 2}', "infinite-value", "line 1"),
    ("twice.jsonl", b'{"N": 1, "N": 2}', "not-json-lines", "'N' twice"),
    ("letters.ndjson", rubbish(3, 10_000_000, 32, 127), "not-json-lines", "line 1"),
    ("text.parquet", CSV.encode(), "not-parquet", "not a Parquet file"),
    ("cut.parquet", b"PAR1" + b"\0" * 40, "not-parquet", "damaged"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "code", "words"), BAD_FILES, ids=lambda x: str(x)[:20])
def test_files_that_cannot_be_read(tmp_path, name, content, code, words):
    (tmp_path / name).write_bytes(content)
    found = problem(tmp_path / name)
    assert found.code == code
    assert words in found.message


def test_paths_that_are_no_file(tmp_path):
    (tmp_path / "runs.csv").write_text(CSV)
    (tmp_path / "folder.csv").mkdir()
    assert problem(tmp_path).code == "directory"
    assert problem(tmp_path / "folder.csv").code == "directory"
    found = problem(str(tmp_path / "run.csv"))
    assert (found.code, "'runs.csv'" in found.message) == ("no-such-file", True)
    assert problem(tmp_path / "no" / "runs.csv").code == "no-such-file"
    assert problem(tmp_path / "runs.xls").code == "no-such-file"
    assert problem("nul\0.csv").code == "unreadable-file"
    with pytest.raises(InputError, match="not from a int"):
        read_runs(3, "chinchilla")


def test_tables_without_rows(tmp_path):
    empty = pd.DataFrame({"N": [], "D": [], "L": []})
    empty.to_parquet(tmp_path / "runs.parquet")
    assert problem(tmp_path / "runs.parquet").code == "no-rows"
    assert problem(empty).code == "no-rows"
    assert problem(pd.DataFrame()).code == "no-rows"


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    (tmp_path / "runs.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    found = problem(tmp_path / "runs.parquet")
    assert found.code == "no-pyarrow"
    assert "bayescale[parquet]" in found.message


def test_the_same_runs_from_every_kind_of_file(tmp_path, table):
    table["model"] = [f"m{k % 3}" for k in range(len(table))]
    table.to_csv(tmp_path / "a.csv", index=False)
    table.to_csv(tmp_path / "index.csv")
    table.to_csv(tmp_path / "excel.csv", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    table.to_json(tmp_path / "a.jsonl", orient="records", lines=True, double_precision=15)
    lines = [json.dumps(row) for row in table.to_dict("records")]
    (tmp_path / "a.ndjson").write_text("\n\n".join(lines))
    table.set_index("model", append=True).to_parquet(tmp_path / "index.parquet")
    table.to_parquet(tmp_path / "a.parquet")
    expected = read_runs(table, "chinchilla", run="model")
    names = ["a.csv", "index.csv", "excel.csv", "a.ndjson", "a.parquet", "index.parquet"]
    for name in names:
        found = read_runs(tmp_path / name, "chinchilla", run="model")
        assert found.digest == expected.digest
        assert found.source == name
    rounded = read_runs(tmp_path / "a.jsonl", "chinchilla", run="model")
    np.testing.assert_allclose(rounded.response, expected.response, rtol=1e-13)


def test_numbers_as_excel_and_people_write_them(tmp_path):
    text = 'N,D,L\n"100,000,000",2B, 3.5\n300M,1e9,3.2\n1B,7.0G,2.9\n'
    (tmp_path / "typed.csv").write_text(text)
    (tmp_path / "plain.csv").write_text(CSV)
    typed, plain = (read_runs(tmp_path / name, "chinchilla") for name in ("typed.csv", "plain.csv"))
    assert typed.digest == plain.digest


def test_rows_of_a_file_are_named_by_their_line(tmp_path):
    text = 'N,D,L,note\n1e8,2e9,3.5,"two\nlines"\n\n3e8,zero,3.2,x\n1e9,7e9,2.9,y\n'
    (tmp_path / "runs.csv").write_text(text)
    found = problem(tmp_path / "runs.csv")
    assert "line 5 ('zero')" in found.message
    assert found.details["rows"] == [5]


def test_columns_that_no_symbol_stands_for_keep_their_type(tmp_path):
    (tmp_path / "runs.csv").write_text(
        "N,D,L,seed,split,\n1e8,2e9,3.5,1,train,\n3e8,1e9,3.2,2,,\n1e9,7e9,2.9,3,test,\n"
    )
    kept = read_runs(tmp_path / "runs.csv", "chinchilla").table
    assert list(kept) == ["N", "D", "L", "seed", "split"]
    assert kept["seed"].tolist() == [1, 2, 3]
    assert kept["split"].isna().tolist() == [False, True, False]


def test_a_frame_is_neither_changed_nor_trusted_for_its_index(table):
    table.index = pd.Index([7] * len(table))
    before = table.copy()
    runs = read_runs(table, "chinchilla")
    runs.table["N"] = 0.0
    pd.testing.assert_frame_equal(table, before)
    assert runs.table.index.tolist() == list(range(len(table)))
