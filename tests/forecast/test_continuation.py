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
