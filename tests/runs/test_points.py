import dataclasses

import numpy as np
import pandas as pd
import pytest

from bayescale.catalogue import resolve
from bayescale.errors import InputError
from bayescale.runs.points import read_points

CHINCHILLA, PRETRAINING = resolve("chinchilla"), resolve("pretraining")


def test_single_points_and_lists():
    points = read_points({"D": "1.4T", "N": ["70B", 1e9, "1,000"]}, CHINCHILLA)
    assert list(points) == ["N", "D"]
    assert points.to_numpy().tolist() == [[7e10, 1.4e12], [1e9, 1.4e12], [1e3, 1.4e12]]
    assert len(read_points({"N": 1, "D": 2}, CHINCHILLA)) == 1
    series = pd.Series([1.0, 2.0], index=[5, 6])
    assert read_points({"N": series, "D": np.array([3, 4])}, CHINCHILLA)["D"].tolist() == [3, 4]


def test_a_frame_may_have_more_columns_and_its_own_names():
    frame = pd.DataFrame({"n_params": [1e9, 2e9], "D": ["1B", "2B"], "split": "test"}, index=[3, 3])
    points = read_points(frame, CHINCHILLA, columns={"N": "n_params", "L": "loss"})
    assert points.to_numpy().tolist() == [[1e9, 1e9], [2e9, 2e9]]
    assert points.index.tolist() == [0, 1]
    assert (points.dtypes == np.float64).all()


def test_missing_inputs_are_derived_and_given_ones_are_kept():
    derive = {"U": "D*epochs", "C": "6*N*D"}
    points = read_points({"N": [1e9, 2e9], "D": "2B"}, PRETRAINING, derive)
    assert points["C"].tolist() == [1.2e19, 2.4e19]
    assert read_points({"N": 1, "D": 2, "C": 7}, PRETRAINING, derive)["C"].tolist() == [7.0]
    raw = read_points({"N": 1, "D": 2, "hours": 3}, PRETRAINING, {"C": "hours*10"})
    assert raw["C"].tolist() == [30.0]


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ({"N": 1}, "lacks D"),
        ({}, "lacks N"),
        ({"N": 1, "D": 2, "E": 3}, "'E' is not an input"),
        ({"N": 1, "d": 2}, "Did you mean D?"),
        ({"N": "many", "D": 2}, "it has 'many'"),
        ({"N": [1, 0, -2], "D": 2}, "0 at point 1, -2 at point 2"),
        ({"N": np.nan, "D": 2}, "nan at point 0"),
        ({"N": 1, "D": "inf"}, "inf at point 0"),
        ({"N": [1, 2], "D": [1, 2, 3]}, "N has 2, D has 3"),
        ({"N": [], "D": 1}, "no points"),
        ({"N": [[1, 2]], "D": 1}, "2 dimensions"),
        ({"N": True, "D": 1}, "it has 'True'"),
        (pd.DataFrame({"N": [1.0]}), "lacks D"),
        (pd.DataFrame({"N": [], "D": []}), "no points"),
        ([1, 2], "Points are a mapping"),
    ],
)
def test_points_that_are_refused(at, words):
    with pytest.raises(InputError) as caught:
        read_points(at, CHINCHILLA)
    assert words in str(caught.value)


def test_a_point_that_cannot_be_derived_says_what_it_lacks():
    with pytest.raises(InputError, match=r"C \(all .*, or hours to derive it as hours\*10"):
        read_points({"N": 1, "D": 2}, PRETRAINING, {"C": "hours*10"})


def test_zero_where_the_law_allows_it():
    law = dataclasses.replace(
        CHINCHILLA,
        name="zero",
        inputs=(CHINCHILLA.inputs[0], dataclasses.replace(CHINCHILLA.inputs[1], zero=True)),
    )
    assert read_points({"N": 1, "D": 0}, law)["D"].tolist() == [0.0]
    with pytest.raises(InputError, match="zero or more"):
        read_points({"N": 1, "D": -1}, law)
