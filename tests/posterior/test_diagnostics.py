"""Each check passes good chains and fails the bad ones that it is there for."""

import numpy as np
import pytest
import xarray as xr
from fits import by_hand

from bayescale import catalogue
from bayescale.errors import Problem, UnconvergedError
from bayescale.posterior.knowledge.diagnostics import Diagnostics, contraction, diagnose

POWER = catalogue.resolve("power")
SHAPE = (4, 1000)


def chains(seed=0):
    """Independent draws for every parameter, positive, and the sampler's quantities."""
    rng = np.random.default_rng(seed)
    names = ("y0", "a", "b", "M", "share[a]", "noise_scale")
    posterior = {name: np.exp(-1 + 0.1 * rng.standard_normal(SHAPE)) for name in names}
    prior = {name: np.exp(-1 + rng.standard_normal(4000)) for name in names}
    stats = {
        "diverging": np.zeros(SHAPE, dtype=bool),
        "energy": rng.standard_normal(SHAPE),
    }
    return posterior, prior, stats


def diagnosed(posterior, prior, stats):
    data = xr.Dataset({name: (("chain", "draw"), value) for name, value in stats.items()})
    return diagnose(POWER, posterior, prior, data)


def codes(found, severity="error"):
    return {problem.code for problem in found.problems if problem.severity == severity}


def shift_one_chain(posterior, stats):
    posterior["b"][2] *= 1.5


def stick(posterior, stats):
    """A chain that moves every fiftieth draw."""
    posterior["a"][:] = np.repeat(posterior["a"][:, ::50], 50, axis=1)


def stick_in_the_tail(posterior, stats):
    """Each chain dwells in its tail once: its middle is sampled well."""
    posterior["y0"][:] = np.minimum(posterior["y0"], np.quantile(posterior["y0"], 0.97))
    posterior["y0"][:, :40] = 2.0 * posterior["y0"].max()


def diverge(posterior, stats):
    stats["diverging"][1, 3] = True


def drift(posterior, stats):
    """Energy as a slow random walk: far larger range than step."""
    stats["energy"][:] = np.cumsum(stats["energy"], axis=1)


def never_move(posterior, stats):
    posterior["b"][:] = 0.3


def test_good_chains_pass():
    found = diagnosed(*chains())
    assert found.passed
    assert found.problems == ()
    assert found.not_informed == ()
    assert found.table["r_hat"].max() < 1.01


@pytest.mark.parametrize(
    ("spoil", "code", "named"),
    [
        (shift_one_chain, "r-hat", "b"),
        (stick, "ess-bulk", "a"),
        (stick_in_the_tail, "ess-tail", "y0"),
        (diverge, "divergences", "1"),
        (drift, "energy", "E-BFMI"),
        (never_move, "r-hat", "b"),
    ],
)
def test_bad_chains_fail_and_are_named(spoil, code, named):
    posterior, prior, stats = chains()
    spoil(posterior, stats)
    found = diagnosed(posterior, prior, stats)
    assert not found.passed
    assert code in codes(found)
    assert named in next(p.message for p in found.problems if p.code == code)
    assert "FAILED" in repr(found)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
@pytest.mark.parametrize("name", ["b", "share[a]"])
def test_contraction_is_the_share_of_width_removed_on_the_log_scale(name, share):
    z = np.random.default_rng(0).standard_normal(50_000)
    found = contraction(POWER, name, np.exp(-1 + (1 - share) * z), np.exp(-1 + z))
    assert found == pytest.approx(share, abs=1e-9)


def test_contraction_of_a_real_exponent_is_on_its_own_scale():
    z = np.random.default_rng(0).standard_normal(1000)
    law = catalogue.resolve("inference")
    assert contraction(law, "phi1", 0.1 * z - 1, z) == pytest.approx(0.9)


def test_what_the_data_did_not_inform_is_named_and_still_passes():
    posterior, prior, stats = chains()
    posterior["b"] = np.random.default_rng(1).permutation(prior["b"]).reshape(SHAPE)
    found = diagnosed(posterior, prior, stats)
    assert found.passed
    assert found.not_informed == ("b",)
    assert codes(found, "warning") == {"not-informed"}
    assert "did not inform b" in str(found.problems[0])


def test_diagnostics_survive_their_own_text():
    posterior, prior, stats = chains()
    drift(posterior, stats)
    found = diagnosed(posterior, prior, stats)
    again = Diagnostics.from_json(found.to_json())
    assert again == found


BAD = (Problem("r-hat", "error", "r_hat is b 1.2, wanted at most 1.01."),)


def test_an_unconverged_fit_is_refused_for_extrapolation():
    found = by_hand("power", {"y0": 0.1, "a": 2.0, "b": 0.3}, problems=BAD)
    with pytest.raises(UnconvergedError, match=r"r_hat is b 1\.2.*allow_unconverged=True"):
        found.extrapolate({"x": 1e8})


def test_an_unconverged_fit_says_so_in_every_table():
    found = by_hand("power", {"y0": 0.1, "a": 2.0, "b": np.full(9, 0.3)}, problems=BAD)
    forecast = found.extrapolate({"x": np.array([1e8, 1e9])}, allow_unconverged=True)
    for text in (repr(forecast), forecast._repr_html_(), *forecast.table["notes"]):
        assert "did not converge" in text
    assert "FAILED" in repr(found)
    assert "failed" in found._repr_html_()
