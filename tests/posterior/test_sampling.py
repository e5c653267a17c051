"""Sampling that is longer where it must be, ends when it is told to, and minds its threads."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import xarray as xr
from fits import simulated

from bayescale.errors import ComputationError
from bayescale.posterior import sampling
from bayescale.posterior.data import ModelData
from bayescale.posterior.density import density
from bayescale.posterior.draw import sampled
from bayescale.posterior.fit import fit
from bayescale.posterior.parameters import resolve_priors
from bayescale.posterior.sampling import Attempt, OutOfPatienceError, sample

# Says when nutpie has begun, so that the signal comes while it samples.
SCRIPT = """
import sys
import nutpie

begin = nutpie.sample

def spy(*given, **options):
    found = begin(*given, **options)
    print("sampling", flush=True)
    return found

nutpie.sample = spy
{}
"""
BY_PYTHON = """
import bayescale as bs
try:
    bs.fit(bs.read_runs(sys.argv[1], "power"), draws=500_000, progress=False, route=sys.argv[3])
except KeyboardInterrupt:
    sys.exit("KeyboardInterrupt")
"""
BY_COMMAND = """
from bayescale.cli.main import main
sys.exit(main(["fit", sys.argv[1], "--law", "power", "--draws", "500000", "-o", sys.argv[2]]))
"""


def posed(runs):
    """The law that is taken to hold, its priors and the numbers of its runs."""
    data = ModelData.from_runs(runs)
    return runs.law, resolve_priors(runs.law, bond=data.bond, discrepancy=False), data


@pytest.fixture(scope="module")
def ready():
    law, priors, data = posed(simulated("power", 12))
    return density(law, priors, "direct"), data


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("script", "route", "code", "says"),
    [
        (BY_PYTHON, "direct", 1, "KeyboardInterrupt"),
        (BY_PYTHON, "compiled", 1, "KeyboardInterrupt"),
        (BY_COMMAND, "direct", 130, "error: interrupted"),
    ],
    ids=["direct", "compiled", "command"],
)
def test_an_interrupt_ends_sampling_and_saves_nothing(
    script, route, code, says, runs_file, tmp_path
):
    target = tmp_path / "fit.nc"
    job = [sys.executable, "-c", SCRIPT.format(script), str(runs_file), str(target), route]
    with subprocess.Popen(
        job, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        assert process.stdout.readline().strip() == "sampling"
        process.send_signal(signal.SIGINT)
        told, errors = process.communicate(timeout=60)
    assert errors.strip() == says
    assert process.returncode == code
    assert "sampling" not in told, "it was tried again"
    assert not target.exists()


def test_a_longer_attempt_keeps_as_many_draws(ready):
    made, data = ready
    long = sample(made, data, Attempt(100, 0.9, 3), chains=2, draws=40, seed=1, progress=False)
    whole = sample(made, data, Attempt(100, 0.9), chains=2, draws=120, seed=1, progress=False)
    np.testing.assert_array_equal(long.z, whole.z[:, 2::3])
    assert long.stats.sizes == {"chain": 2, "draw": 40}
    np.testing.assert_array_equal(long.stats["energy"], whole.stats["energy"][:, 2::3])


def test_a_divergence_counts_where_its_draw_is_not_kept():
    """A step that is too long diverges; every block of a kept draw is told."""
    law, priors, data = posed(simulated("chinchilla", 5, scale=1e-4))
    made = density(law, priors, "direct")
    size = {"chains": 2, "seed": 1, "progress": False}
    whole = sample(made, data, Attempt(60, 0.3), draws=300, **size).stats["diverging"].to_numpy()
    kept = sample(made, data, Attempt(60, 0.3, 10), draws=30, **size).stats["diverging"]
    assert whole.any()
    np.testing.assert_array_equal(kept, whole.reshape(2, 30, 10).any(axis=-1))


def test_sampling_is_given_up_after_its_patience(ready):
    made, data = ready
    with pytest.raises(OutOfPatienceError):
        sample(
            *(made, data, Attempt(100, 0.9)),
            **{"chains": 2, "draws": 500_000, "seed": 1, "progress": False, "patience": 0.2},
        )


class Scripted:
    """Stands in for the sampler: chains as good or bad as each attempt's script says."""

    def __init__(self, *scripts):
        self.scripts, self.calls = list(scripts), []

    def __call__(self, ready, data, attempt, *, chains, draws, seed, starts=None, **_):
        self.calls.append((attempt, starts))
        rng = np.random.default_rng(len(self.calls))
        u = 0.1 * rng.standard_normal((chains, draws, len(ready.priors.free)))
        shift, divergences = self.scripts.pop(0)
        u[0] += 0.1 * shift
        diverging = np.zeros((chains, draws), dtype=bool)
        diverging.flat[:divergences] = True
        stats = {"diverging": diverging, "energy": rng.standard_normal((chains, draws))}
        named = {name: (("chain", "draw"), value) for name, value in stats.items()}
        return sampling.Sample(
            u + ready.with_data(data, None).coordinates.centre, u, xr.Dataset(named), 1.0
        )


def drawn(monkeypatch, *scripts, strict=True):
    stand_in = Scripted(*scripts)
    monkeypatch.setattr(sampling, "sample", stand_in)
    found = sampled(
        *posed(simulated("power", 12)),
        **{"route": "direct", "chains": 4, "draws": 400, "seed": 1},
        **{"progress": False, "strict": strict},
    )
    return found, stand_in.calls


GOOD, SHORT, APART, BROKEN = (0.0, 0), (0.35, 0), (1.5, 0), (0.0, 200)


def test_a_near_miss_goes_on_from_its_own_draws(monkeypatch):
    found, calls = drawn(monkeypatch, SHORT, GOOD)
    assert found.diagnostics.passed
    assert calls[0][1] is None
    assert calls[1][1].shape == (4 * 400, len(posed(simulated("power", 12))[1].free))
    assert calls[1][0].thin > 1
    assert found.how["attempts"] == 2
    assert found.groups["posterior"].sizes == {"chain": 4, "draw": 400}
    assert "The first attempt did not pass" in next(
        p.message for p in found.diagnostics.problems if p.code == "retried"
    )


@pytest.mark.parametrize("bad", [APART, BROKEN])
def test_chains_that_went_apart_start_elsewhere(monkeypatch, bad):
    found, calls = drawn(monkeypatch, bad, GOOD)
    assert found.diagnostics.passed
    assert calls[1][1] is None


def test_what_never_passes_ends_and_says_so(monkeypatch):
    found, calls = drawn(monkeypatch, APART, APART, APART)
    assert len(calls) == 3
    assert not found.diagnostics.passed


def test_a_fit_that_is_only_scored_is_not_made_longer_for_a_near_miss(monkeypatch):
    _, calls = drawn(monkeypatch, SHORT, strict=False)
    assert len(calls) == 1


def test_a_sampler_that_cannot_start_says_what_to_do():
    class Failing:
        def wait(self, timeout):
            raise RuntimeError("All initialization points failed\nStack")

    with pytest.raises(ComputationError, match=r"points failed\).*priors") as told:
        sampling._result(Failing(), None)
    assert "Stack" not in str(told.value)


def test_threads_find_what_a_row_of_fits_finds():
    tables = [simulated("power", 5 + k, seed=k) for k in range(8)]
    options = {"chains": 2, "draws": 60, "progress": False, "strict": False}

    def one(k):
        return fit(tables[k], seed=k, **options).draws

    with ThreadPoolExecutor(8) as pool:
        beside = list(pool.map(one, range(8)))
    for k, found in enumerate(beside):
        alone = one(k)
        for group in ("posterior", "log_likelihood", "log_prior"):
            assert found[group].to_dataset().identical(alone[group].to_dataset()), (k, group)
