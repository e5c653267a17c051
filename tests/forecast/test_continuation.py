"""Training runs that go on: their own level and gain carry into the forecast."""

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, by_hand

from bayescale import catalogue
from bayescale.errors import InputError
from bayescale.forecast.forecast import extrapolate
from bayescale.judge.scores import score
from bayescale.posterior.fit import fit
from bayescale.runs.runs import read_runs

LEVEL, GAIN = 0.03, 0.25
CUT = 3e10


def checkpoints(seed=0, n_runs=10):
    """Checkpoints of training runs, each with its own level and gain."""
    rng = np.random.default_rng(seed)
    tokens = np.geomspace(2e9, 3e11, 10)
    parts = []
    for k, size in enumerate(np.geomspace(5e7, 2e9, n_runs)):
        curve = np.log(
            catalogue.resolve("chinchilla")({"N": size, "D": tokens}, TRUTH["chinchilla"])
        )
        own = LEVEL * rng.standard_normal() + GAIN * rng.standard_normal() * (curve - curve[0])
        loss = np.exp(curve + own + 0.001 * rng.standard_normal(len(tokens)))
        parts.append(pd.DataFrame({"N": size, "D": tokens, "L": loss, "model": f"m{k}"}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def table():
    return checkpoints()


@pytest.fixture(scope="module")
def continued(table):
    runs = read_runs(table, "chinchilla", run="model", where=f"D<={CUT}")
    return fit(runs, draws=1000, progress=False, route="compiled", strict=False)


def test_level_and_gain_of_runs_are_recovered(continued):
    summary = continued.summary(0.98)
    for name, truth in (("noise_level", LEVEL), ("noise_gain", GAIN)):
        assert summary.loc[name, "lower"] < truth < summary.loc[name, "upper"]
    assert continued.diagnostics.divergences == 0


def test_a_named_run_goes_on_where_it_was(continued, table):
    later = table[table["D"] > CUT]
    named = score(extrapolate(continued, later), later["L"])
    alone = score(extrapolate(continued, later.drop(columns="model")), later["L"])
    assert named["rmsle"] < alone["rmsle"] / 3
    assert named["width_90"] < alone["width_90"] / 3
    assert 0.75 <= named["coverage_90"] <= 1.0
    assert alone["coverage_90"] >= 0.75


def test_in_a_table_an_unknown_name_is_a_new_run(continued):
    at = pd.DataFrame({"N": [1e9, 1e9], "D": [3e11, 3e11], "model": ["m3", "somebody's"]})
    width = np.log(extrapolate(continued, at).interval(0.9)).diff(axis=1)["upper"].to_numpy()
    assert width[0] < width[1] / 2


def test_typed_names_must_have_been_observed(continued):
    at = {"N": 1e9, "D": 3e11}
    assert len(extrapolate(continued, at | {"run": "m3"}).table) == 1
    with pytest.raises(InputError, match="no observed training run 'm99' to go on from"):
        extrapolate(continued, at | {"run": "m99"})
    plain = by_hand("chinchilla", TRUTH["chinchilla"])
    with pytest.raises(InputError, match="read them with run="):
        extrapolate(plain, at | {"run": "m3"})


def test_the_runs_of_a_fit_are_those_that_were_read(continued, table):
    found = continued.runs
    assert len(found) == len(continued.response)
    assert set(found.groups) == set(table["model"])


@pytest.fixture(scope="module")
def previews(table):
    """The same runs to the cut, with errors of the shared curve's slopes and without."""
    runs = read_runs(table, "chinchilla", run="model", where=f"D<={CUT}")
    return {d: fit(runs, discrepancy=d, preview=True, progress=False) for d in (True, False)}


def width_by_tokens(found, later):
    """Mean width of 90% of the log response of named runs, by tokens."""
    width = np.log(extrapolate(found, later).interval(0.9)).diff(axis=1)["upper"]
    return width.groupby(later["D"].round(-9).to_numpy()).mean().to_numpy()


def test_a_named_run_shares_the_errors_of_the_curves_slopes(previews, table):
    """Beyond its last row a named run is as unsure as the slope of the curve that it follows."""
    later = table[table["D"] > CUT]
    erring, alone = (width_by_tokens(previews[d], later) for d in (True, False))
    added = np.sqrt(erring**2 - alone**2)
    assert (np.diff(added) > 0).all()
    # Five steps of 1.74 times the tokens: from .01 to .08, where the law alone says .01.
    assert added[-1] > 4 * added[0]
    assert added[-1] > 4 * alone[-1]
    # Its own level is known all the same: less than for a new run.
    new = np.log(extrapolate(previews[True], later.drop(columns="model")).interval(0.9))
    assert erring[-1] < new.diff(axis=1)["upper"].mean() / 2


def test_a_slope_that_falls_for_all_runs_is_held_by_named_ones(previews, table):
    """From the last row on every run gains a fifth less than its curve says."""
    bent = table.assign(L=np.log(table["L"]))
    for _, run in bent.groupby("model"):
        start = run.loc[run["D"] <= CUT, "L"].iloc[-1]
        rows = run.index[run["D"] > CUT]
        bent.loc[rows, "L"] = start + 0.8 * (bent.loc[rows, "L"] - start)
    later = bent[bent["D"] > CUT]
    held = {
        d: score(extrapolate(found, later), np.exp(later["L"]))["coverage_90"]
        for d, found in previews.items()
    }
    assert held[True] >= 0.85
    assert held[False] < 0.3
