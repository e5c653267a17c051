"""What a command writes is written whole or not at all."""

import pandas as pd
import pytest
from matplotlib.figure import Figure

from bayescale.cli.files import write_picture, write_table
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


def test_a_table_is_read_back_and_none_is_written_without_a_name(tmp_path):
    table = pd.DataFrame({"N": [1e9], "median": [2.5]})
    write_table(table, None)
    write_table(table, tmp_path / "table.csv")
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "table.csv"), table)
