"""Fits on disk: whole or not at all, read without running anything, refused in one sentence."""

import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from fits import fitted, simulated

from bayescale import catalogue
from bayescale.errors import FitFileError, InputError
from bayescale.forecast.load import load
from bayescale.law.law import Law
from bayescale.law.prior import Prior
from bayescale.law.symbols import Exponent
from bayescale.posterior.fit import fit
from bayescale.posterior.parameters import Belief
from bayescale.posterior.store import FORMAT, _tree
from bayescale.runs.runs import read_runs


@pytest.fixture(scope="module")
def found():
    return fitted("power", 40)


@pytest.fixture
def saved(found, tmp_path):
    return found.save(tmp_path / "fit.nc")


def changed(path, change):
    """Rewrite a saved fit with its tree changed."""
    with xr.open_datatree(path, engine="h5netcdf") as opened:
        tree = opened.load()
    tree = change(tree) or tree
    tree.to_netcdf(path, engine="h5netcdf")
    return path


def test_round_trip(found, saved):
    again = load(saved)
    for group in found.draws.children:
        assert again.draws[group].to_dataset().identical(found.draws[group].to_dataset()), group
    assert again.law == found.law
    assert again.diagnostics == found.diagnostics
    known = dict(again.provenance)
    assert {name: known[name] for name in found.provenance} == found.provenance
    at = {"x": np.array([1e8, 1e9])}
    assert again.extrapolate(at).table.equals(found.extrapolate(at).table)
    assert again.summary().equals(found.summary())
    assert again.summary().attrs == found.summary().attrs


def test_saving_a_loaded_fit_changes_nothing(saved, tmp_path):
    again = load(load(saved).save(tmp_path / "again.nc"))
    assert again.draws.identical(load(saved).draws)


def test_a_saved_fit_knows_its_runs_and_what_was_stated(tmp_path):
    """The whole table, priors and beliefs: enough to fit again."""
    table = pd.DataFrame({"x": np.geomspace(1e3, 1e6, 8), "y": np.linspace(2.0, 1.0, 8)})
    table["family"], table["note"] = list("aabbccdd"), [None, "nan", *range(6)]
    runs = read_runs(table, "power")
    stated = {
        "priors": {"b": Prior("LogNormal", mu=-1.0, sigma=0.05, why="known", source="ours")},
        "beliefs": [Belief({"x": 1e9}, Prior("Gamma", alpha=4.0, beta=20.0, why="asked"))],
    }
    made = fit(runs, preview=True, draws=50, **stated)
    again = load(made.save(tmp_path / "fit.nc"))
    pd.testing.assert_frame_equal(again.runs.table, runs.table)
    assert again.runs.digest == runs.digest
    assert again.stated == made.stated
    assert again.priors == made.priors
    xr.testing.assert_identical(again.refit().draws["free"], made.refit().draws["free"])


def test_nothing_else_is_left_behind(saved):
    assert [item.name for item in saved.parent.iterdir()] == ["fit.nc"]


def full_disk(*_, **__):
    raise OSError(28, "No space left on device")


def half_written(self, path, **_):
    Path(path).write_bytes(b"\x89HDF half a file")
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("owner", "name", "fails", "error"),
    [
        (os, "fsync", full_disk, OSError),
        (xr.DataTree, "to_netcdf", half_written, KeyboardInterrupt),
        (Path, "replace", full_disk, OSError),
    ],
)
def test_an_interrupted_write_leaves_the_old_file(
    found, saved, monkeypatch, owner, name, fails, error
):
    before = saved.read_bytes()
    monkeypatch.setattr(owner, name, fails)
    with pytest.raises(error):
        found.save(saved)
    monkeypatch.undo()
    assert saved.read_bytes() == before
    assert [item.name for item in saved.parent.iterdir()] == ["fit.nc"]


def test_a_folder_that_is_not_there(found, tmp_path):
    with pytest.raises(InputError, match=r"Cannot write a fit to .*No such file or directory"):
        found.save(tmp_path / "nowhere" / "fit.nc")


class Spy:
    """What a pickle runs when it is loaded."""

    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def damaged(path):
    raw = bytearray(path.read_bytes())
    raw[0:8] = b"rubbish!"
    path.write_bytes(raw)


def truncated(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without(name):
    def spoil(path):
        def drop(tree):
            del tree[name]

        changed(path, drop)

    return spoil


def without_attribute(name):
    def spoil(path):
        def drop(tree):
            del tree.attrs[name]

        changed(path, drop)

    return spoil


def foreign(path):
    xr.Dataset({"x": ("y", np.arange(3))}).to_netcdf(path, engine="h5netcdf")


def of_format(number):
    def spoil(path):
        def write(tree):
            tree.attrs["bayescale_format"] = number

        changed(path, write)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (damaged, "not a readable fit"),
        (truncated, "not a readable fit"),
        (lambda path: path.write_bytes(b""), "not a readable fit"),
        (lambda path: path.write_text("N,D,L\n1,2,3\n"), "not a readable fit"),
        (lambda path: path.write_bytes(pickle.dumps(Spy())), "not a readable fit"),
        (foreign, "no fit that bayescale wrote"),
        (without("free"), "lacks what bayescale wrote into it"),
        (without_attribute("bayescale_format"), "no fit that bayescale wrote"),
        (of_format(99), "written by a newer bayescale"),
        (of_format(FORMAT - 1), "written by an older bayescale, .*; fit again"),
        (lambda path: path.unlink(), "There is no file"),
    ],
    ids=[
        *("damaged", "truncated", "empty", "text", "pickle", "foreign", "lacks a group"),
        *("lacks its mark", "newer", "older", "absent"),
    ],
)
def test_what_is_no_fit_is_refused_in_one_sentence(saved, monkeypatch, spoil, message):
    monkeypatch.chdir(saved.parent)
    spoil(saved)
    with pytest.raises(FitFileError, match=message) as fault:
        load(saved)
    assert "\n" not in str(fault.value)
    assert str(saved) in str(fault.value)
    assert not Path("executed").exists()


@pytest.mark.parametrize("name", ["law", "diagnostics", "stated", "formula"])
def test_a_file_that_lacks_a_fact_is_refused_when_it_is_read(saved, name):
    without_attribute(name)(saved)
    with pytest.raises(FitFileError):
        load(saved)


@pytest.mark.parametrize("name", catalogue.names())
def test_version_1_of_a_law_is_refused_in_one_sentence(name, saved):
    """Noise and errors of slopes changed every density: what was fitted means another thing."""
    law = catalogue.resolve(name)

    def older(tree):
        tree.attrs |= {"law": name, "law_version": 1, "formula": law.formula}

    changed(saved, older)
    with pytest.raises(
        FitFileError, match=rf"law '{name}' version 1 .* at hand is '{name}' version 2 .*fit again"
    ) as fault:
        load(saved)
    assert ". " not in str(fault.value).removeprefix(repr(str(saved)))
    assert "\n" not in str(fault.value)


def test_the_slopes_come_back(found, saved):
    """What the fit's own forecasts and those of its file add is the same, draw by draw."""
    at = {"x": np.array([1e5, 1e9])}
    np.testing.assert_array_equal(load(saved).slopes(at), found.slopes(at))
    without("slopes")(saved)
    with pytest.raises(FitFileError, match=r"wrote into it \(slopes\).*fit again"):
        load(saved)


def test_a_fit_that_takes_its_law_to_hold_needs_no_slopes(tmp_path):
    made = fit(simulated("power", 20), preview=True, draws=50, discrepancy=False)
    again = load(made.save(tmp_path / "fit.nc"))
    assert again.slopes is None
    assert not again.stated.discrepancy
    assert again.refit().slopes is None


def test_another_law_is_refused(saved):
    with pytest.raises(FitFileError, match=r"fitted with law 'power'.*'chinchilla'"):
        load(saved, law="chinchilla")


OWN = """
from bayescale.law.law import Exponent, Input, Law, Prior, Response, Weight

def curve(x, y0, a, b):
    return y0 + a * x**-b

LAW = Law(name="own", version=3, function=curve, summary="a law of my own",
    inputs=(Input("x", "scale", "any"),), response=Response("y", "error", "any"),
    parameters=(Weight("y0", "floor"), Weight("a", "gain"),
        Exponent("b", "power", Prior("LogNormal", mu=-1.0, sigma=0.5, why="a test"))))
"""


def test_a_law_of_ones_own_is_given_on_loading(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN)
    runs = replace_law(simulated("power", 20), catalogue.resolve(path))
    saved = fit(runs, preview=True).save(tmp_path / "fit.nc")
    with pytest.raises(FitFileError, match=r"law of your own, 'own'.*give it with law="):
        load(saved)
    again = load(saved, law=path)
    assert isinstance(again.law, Law)
    assert again.law.name == "own"
    # The file of the law, and it alone, decides what runs.
    path.write_text("raise SystemExit('executed')")
    with pytest.raises(FitFileError):
        load(saved)


def replace_law(runs, law):
    from bayescale.runs.runs import read_runs

    return read_runs(runs.table, law)


def test_changed_priors_of_a_version_are_still_that_version(saved, found):
    """Only name, version and formula stand in a file: a version is a promise about the rest."""
    prior = Prior("LogNormal", mu=-2.0, sigma=0.5, why="a test")
    parameters = tuple(
        replace(item, prior=prior) if isinstance(item, Exponent) else item
        for item in found.law.parameters
    )
    assert load(saved, law=replace(found.law, parameters=parameters)).law.name == "power"


def test_a_file_is_read_as_xarray_reads_it(tmp_path):
    path = fitted("power").save(tmp_path / "fit.nc")
    with xr.open_datatree(path, engine="h5netcdf") as opened:
        expected = opened.load()
    found = _tree(path)
    assert set(found.groups) == set(expected.groups)
    for name in expected.groups:
        xr.testing.assert_identical(
            found[name].to_dataset().drop_attrs(), expected[name].to_dataset().drop_attrs()
        )
    assert expected.attrs == found.attrs
