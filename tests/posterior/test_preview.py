"""The preview: near the posterior where the posterior is normal, and labelled everywhere."""

import numpy as np
import pytest
from fits import TRUTH, fitted, simulated

from bayescale import catalogue
from bayescale.errors import ComputationError
from bayescale.posterior.data import ModelData
from bayescale.posterior.fit import fit, load
from bayescale.posterior.laplace import laplace
from bayescale.posterior.parameters import resolve_priors


@pytest.fixture(scope="module")
def preview():
    return fit(simulated("chinchilla", 150), preview=True)


def test_preview_is_near_the_sampled_posterior(preview):
    sampled = fitted("chinchilla", 150)
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
    data = ModelData({"x": np.full(3, np.nan)}, np.ones(3), {"x": 1.0}, 1.0)
    with pytest.raises(ComputationError, match=r"found no mode .*'power'.*without preview"):
        laplace(law, resolve_priors(law), data, draws=10, seed=0)
