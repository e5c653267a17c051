"""Inputs that another input bounds: unique tokens are at most all tokens."""

import numpy as np
import pandas as pd
import pytest

from bayescale.errors import InputError, RunsError
from bayescale.runs.points import read_points
from bayescale.runs.runs import read_runs


def table(**changed):
    n = 12
    frame = pd.DataFrame(
        {
            "N": np.geomspace(1e7, 1e9, n),
            "D": np.geomspace(1e9, 1e11, n),
            "U": np.geomspace(5e8, 2e10, n),
            "L": np.linspace(4, 2.5, n),
        }
    )
    return frame.assign(**changed)


def test_a_table_within_its_bounds_is_read():
    assert len(read_runs(table(), "data_limited")) == 12


def test_more_unique_tokens_than_tokens_are_refused_with_row_and_value():
    frame = table()
    frame.loc[3, "U"] = 2 * frame.loc[3, "D"]
    with pytest.raises(RunsError, match=r"U .* never more than D; it is .* \(row 3\)"):
        read_runs(frame, "data_limited")
    with pytest.raises(InputError, match="U is never more than D; it is 2e"):
        read_points({"N": 1e9, "D": 1e10, "U": [1e9, 2e10]}, read_runs(table(), "data_limited").law)
