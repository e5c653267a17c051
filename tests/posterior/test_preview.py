"""The preview: near the posterior where the posterior is normal, and labelled everywhere."""

import numpy as np
import pytest
from fits import TRUTH, fitted, simulated

from bayescale import catalogue
from bayescale.errors import ComputationError
from bayescale.forecast.load import load
from bayescale.posterior.alone import with_slopes
from bayescale.posterior.coordinates import of_priors
from bayescale.posterior.data import ModelData
from bayescale.posterior.fit import fit
from bayescale.posterior.laplace import laplace, log_density
from bayescale.posterior.parameters import Stated, resolve_priors
from bayescale.posterior.slopes import DIRECTIONS


@pytest.fixture(scope="module")
def preview():
    return fit(simulated("chinchilla", 150), preview=True)


def test_preview_is_near_the_sampled_posterior():
    """Where the law holds; an error of slopes is known to a factor, which is no normal."""
    preview = fit(simulated("chinchilla", 150), preview=True, discrepancy=False)
    sampled = fitted("chinchilla", 150, discrepancy=False)
    for name in TRUTH["chinchilla"]:
        one, two = (np.log(f.draws["posterior"][name]) for f in (preview, sampled))
        assert abs(float(one.mean() - two.mean())) < 0.5 * float(two.std()), name
        assert 0.7 < float(one.std() / two.std()) < 1.4, name


def test_preview_is_labelled_wherever_it_is_shown(preview, tmp_path):
    again = load(preview.save(tmp_path / "preview.nc"))
    for found in (preview, again):
        assert found.approximate
        assert found.provenance["route"] == "laplace"
        assert "preview" in repr(found)
        assert "preview" in found._repr_html_()
        assert found.diagnostics.problems[0].code == "approximate"
        forecast = found.extrapolate({"N": [7e10], "D": [1.4e12]})
        for text in (repr(forecast), forecast._repr_html_(), *forecast.table["notes"]):
            assert "preview" in text


def test_a_sampled_fit_is_not_labelled():
    found = fitted("chinchilla", 150)
    assert not found.approximate
    assert "preview" not in repr(found) + found._repr_html_()


def test_same_seed_same_preview():
    runs = simulated("power", 20)
    one, again, other = (fit(runs, preview=True, seed=seed).draws["free"] for seed in (1, 1, 2))
    assert one.to_dataset().equals(again.to_dataset())
    assert not one.to_dataset().equals(other.to_dataset())


def test_a_density_without_a_mode_is_refused():
    law = catalogue.resolve("power")
    data = ModelData({"x": np.ones(3)}, np.full(3, np.nan), {"x": 1.0}, 1.0)
    with pytest.raises(ComputationError, match=r"No mode .* of 'power' was found.*another law"):
        laplace(law, resolve_priors(law), data, None, draws=10, seed=0)


def middle_and_widths(runs):
    """Middle and root of the covariance of a preview's draws, and the density's gradient there."""
    data, _, start = with_slopes(runs.law, Stated(), ModelData.from_runs(runs))
    priors = resolve_priors(runs.law)
    size = 40 * len(start)
    z = laplace(runs.law, priors, data, start, draws=size, seed=0)
    # The same normal numbers give the same errors: those of the mean are taken out exactly.
    normal = np.random.default_rng(0).standard_normal(z.shape)
    whole, *_ = np.linalg.lstsq(np.c_[np.ones(size), normal], z)
    middle, root = whole[0], whole[1:]
    steps = middle + 1e-30j * np.eye(len(middle))
    return priors, middle, root, log_density(runs.law, priors, data, steps).imag / 1e-30


# Exponents so small that errors of the slopes and the law's terms are hard to tell apart.
RIDGE = {"E": 1.7, "A": 2.5, "alpha": 0.05, "B": 3.0, "beta": 0.05}


@pytest.mark.parametrize("truth", [TRUTH["chinchilla"], RIDGE], ids=["clean", "ridge"])
def test_its_middle_is_a_mode_also_in_a_long_valley(truth):
    """In units of its widths nothing is to be gained; a search by halves stopped at 0.4 of them."""
    priors, _, root, gradient = middle_and_widths(simulated("chinchilla", 60, truth=truth))
    assert np.abs(root @ gradient).max() < 0.01
    # Nor is it wider than the priors in any direction.
    spread = np.r_[of_priors(priors).spread, np.ones(DIRECTIONS)]
    assert np.linalg.norm(root / spread, 2) < 1 + 1e-6
