"""What a command writes is written whole or not at all."""

from argparse import Namespace

import pandas as pd
import pytest
from matplotlib.figure import Figure

from bayescale.cli.files import answer, write_picture
from bayescale.errors import InputError


class Broken(Figure):
    """A figure that fails halfway through its file."""

    def savefig(self, fname, **_):
        fname.write_bytes(b"half")
        raise RuntimeError("no more ink")


def test_a_picture_that_fails_leaves_the_old_one(tmp_path):
    path = tmp_path / "plan.png"
    write_picture(Figure(), path)
    before = path.read_bytes()
    assert before[:4] == b"\x89PNG"
    with pytest.raises(RuntimeError, match="ink"):
        write_picture(Broken(), path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_ending_of_the_name_is_the_format(tmp_path):
    write_picture(Figure(), tmp_path / "plan.SVG")
    assert b"<svg" in (tmp_path / "plan.SVG").read_bytes()
    with pytest.raises(InputError, match=r"'\.xyz'"):
        write_picture(Figure(), tmp_path / "plan.xyz")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.SVG"]


@pytest.mark.parametrize("json", [True, False])
def test_files_are_written_and_said_only_where_they_are_named(tmp_path, capsys, json):
    table, path = pd.DataFrame({"N": [1e9], "median": [2.5]}), tmp_path / "table.csv"
    told = (lambda: {"N": 1e9}, lambda: print("the answer"), table, Figure)
    answer(Namespace(json=json, csv=None, plot=None), *told)
    assert list(tmp_path.iterdir()) == []
    alone = capsys.readouterr().out
    answer(Namespace(json=json, csv=path, plot=tmp_path / "plan.png"), *told)
    pd.testing.assert_frame_equal(pd.read_csv(path), table)
    assert (tmp_path / "plan.png").read_bytes()[:4] == b"\x89PNG"
    named = "" if json else f"Written to {path}.\nWritten to {tmp_path / 'plan.png'}.\n"
    assert capsys.readouterr().out == alone + named
    assert alone == ('{\n  "N": 1000000000.0\n}\n' if json else "the answer\n")
