"""How forecasts move: known oddities are found, sound runs stay put, units do not matter."""

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, fitted, simulated

import bayescale as bs
from bayescale.errors import InputError
from bayescale.judge.sensitivity import AS_GIVEN, sensitivity
from bayescale.runs.runs import read_runs

AT = {"x": [3e7, 1e8]}
OPTIONS = {"draws": 250}


def table_of(n=60, seed=3, scale=0.01):
    rng = np.random.default_rng(seed)
    x = np.geomspace(1e3, 1e7, n)
    y = bs.law("power")({"x": x}, TRUTH["power"]) * np.exp(scale * rng.standard_normal(n))
    return pd.DataFrame({"x": x, "y": y, "family": np.resize(["a", "b", "c"], n)})


def moved(found, change):
    return found[found["change"] == change]


def test_sound_runs_hardly_move_the_forecast():
    found = sensitivity(read_runs(table_of(), "power"), AT, family="family", **OPTIONS)
    assert list(dict.fromkeys(found["change"])) == [
        AS_GIVEN,
        "without the smallest 33%",
        "without family = a",
        "without family = b",
        "without family = c",
    ]
    assert list(moved(found, AS_GIVEN)["shift"]) == [0.0, 0.0]
    assert found["inside"].all()
    assert found["shift"].abs().max() < 0.5
    assert list(moved(found, "without the smallest 33%")["runs"]) == [40, 40]
    assert "leaves that interval 0 of 8 times" in found.attrs["text"]


def test_small_runs_of_another_slope_are_seen():
    """Below 2e4 the curve is flat: the runs above it alone forecast the truth."""
    table = table_of()
    flat = table["x"] < 2e4
    table.loc[flat, "y"] = table.loc[~flat, "y"].iloc[0]
    found = sensitivity(read_runs(table, "power"), AT, smallest=0.34, **OPTIONS)
    given, without = (moved(found, name) for name in (AS_GIVEN, "without the smallest 34%"))
    truth = bs.law("power")({"x": np.array(AT["x"])}, TRUTH["power"])
    assert (without["shift"].abs() > 0.5).all()
    assert (np.abs(without["median"] - truth) < np.abs(given["median"] - truth).to_numpy()).all()
    assert "without the smallest 34%" in found.attrs["text"]


def test_the_odd_family_moves_it_most():
    """Half of the runs belong to a family that falls more slowly than the others."""
    table = table_of()
    table["family"] = np.resize(["b", "a", "b", "c"], len(table))
    odd = table["family"] == "b"
    table.loc[odd, "y"] *= 1 + 0.03 * np.log10(table.loc[odd, "x"] / 1e3)
    found = sensitivity(read_runs(table, "power"), AT, family="family", smallest=0, **OPTIONS)
    shifts = found.groupby("change")["shift"].apply(lambda x: x.abs().max())
    assert shifts.idxmax() == "without family = b"
    assert "without family = b" in found.attrs["text"]


def test_another_law_is_its_own_fit_and_shift_is_in_widths_of_the_interval():
    found = sensitivity(
        fitted("power", 40), AT, laws=["shifted", "power"], smallest=0, draws=1000, mass=0.5
    )
    assert list(dict.fromkeys(found["change"])) == [AS_GIVEN, "law shifted"]
    runs = simulated("power", 40).for_law("shifted")
    other = bs.fit(runs, seed=1, progress=False, route="compiled", strict=False)
    forecast = other.extrapolate(AT, kind="mean", mass=0.5, allow_unconverged=True).table
    own = fitted("power", 40).extrapolate(AT, kind="mean", mass=0.5).table
    given = moved(found, "law shifted")
    np.testing.assert_allclose(given["median"], forecast["median"], rtol=1e-9)
    width = own["upper"] - own["lower"]
    np.testing.assert_allclose(given["shift"], (forecast["median"] - own["median"]) / width)
    np.testing.assert_allclose(given["width"], (forecast["upper"] - forecast["lower"]) / width)
    assert set(found["interval"]) == {"equal-tailed 50% of the law's curve"}


def test_units_do_not_matter():
    table = table_of(30)
    other = table.assign(x=table["x"] * 1e-6, y=table["y"] * 60)
    one = sensitivity(read_runs(table, "power"), {"x": 1e8}, **OPTIONS)
    two = sensitivity(read_runs(other, "power"), {"x": 1e2}, **OPTIONS)
    # Rounding sends the chains other ways: equal up to the error of sampling.
    np.testing.assert_allclose(one["shift"], two["shift"], atol=0.1)
    np.testing.assert_allclose(one["median"] * 60, two["median"], rtol=0.01)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"smallest": 0}, "nothing to change"),
        ({"smallest": 1.0}, "lies between 0 and 1, not 1"),
        ({"family": "model"}, "no column 'model' that names families"),
        ({"family": "one"}, "Without one = 1 there are 0 of 60 runs left"),
        ({"kind": "curve"}, "kind is 'run'"),
        ({"mass": 2.0}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(options, said):
    runs = read_runs(table_of().assign(one=1), "power")
    with pytest.raises(InputError, match=said):
        sensitivity(runs, AT, **options)
