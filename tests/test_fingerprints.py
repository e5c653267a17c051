"""A law keeps its name and version only while density, curve and discrepancy stay as they are.

``data/fingerprints.json`` was written before anything was moved, by
``python tests/test_fingerprints.py``; a law that changes on purpose gets a new version, and so
a new row. Rows of earlier versions stay: no law may go back to their names.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytensor
import pytest

from bayescale import catalogue
from bayescale.law.prior import Prior
from bayescale.posterior.data import ModelData
from bayescale.posterior.model import build_model
from bayescale.posterior.parameters import constrain, resolve_priors
from bayescale.posterior.slopes import DIRECTIONS, Slopes

FILE = Path(__file__).parent / "data" / "fingerprints.json"
BONDS = ("none", "curve", "runs")
N_RUNS = 9


def key_of(law, bond):
    return f"{law.name}, version {law.version}, {bond}"


def runs_of(law, bond):
    """Nine runs at places that no symmetry makes special; three training runs of three rows."""
    k = np.arange(N_RUNS)
    inputs = {
        # A golden step spreads places evenly; the first of inputs that are compared is larger.
        item.symbol: 10.0 ** (7 - j + 2 * ((k * 0.618 + 0.3 * j) % 1))
        for j, item in enumerate(law.inputs)
    }
    for item in law.inputs:
        if item.at_most:
            inputs[item.symbol] = np.minimum(inputs[item.symbol], inputs[item.at_most])
    groups = {"none": None, "curve": np.full(N_RUNS, "one"), "runs": np.array(list("aaabbbccc"))}
    response = 2.0 + np.cos(k)
    growing = "" if bond == "none" else law.input_symbols[0]
    return ModelData(inputs, response, law.reference(inputs), 2.0, groups[bond], growing)


def parameters_of(priors):
    """Three vectors of the sampler's scale, near the middle of each prior."""
    size = len(priors.free)
    each = [0.3 * np.sin(np.arange(size) + shift) for shift in (0.0, 1.0, 2.0)]
    middle = [np.log(0.3) if prior.support == "positive" else 0.0 for _, prior in priors.free]
    return np.array(each) + np.array(middle)


def log_densities(law, bond, priors=None, *, discrepancy=True):
    """PyMC's log density, with its constant, at three parameters.

    Coefficients of slopes are at noughts of the sampler, where no sign of a direction matters.
    """
    data, priors = runs_of(law, bond), priors or resolve_priors(law, None, (), bond, discrepancy)
    if discrepancy:
        data = replace(data, told=slopes_of(law, bond).told_by(data.inputs, weights()))
    model = build_model(law, data, priors)
    mode = pytensor.compile.Mode("py", None)
    function = pytensor.function(model.value_vars, model.logp(), mode=mode)
    rest = [np.zeros(DIRECTIONS)] if discrepancy else []
    return [float(function(*z, *rest)) for z in parameters_of(priors)]


def weights():
    """Runs that count differently."""
    return 1.0 + 0.3 * np.sin(np.arange(N_RUNS))


def slopes_of(law, bond):
    """Slopes that err around the first of the three parameters."""
    data, priors = runs_of(law, bond), resolve_priors(law, bond=bond)
    held = {name: float(x[0]) for name, x in constrain(priors, parameters_of(priors)).items()}
    return Slopes.of(law, held, data.inputs, data.reference, weights())


def curves(law, bond):
    """Response of the law's curve at the nine places, under the same three parameters."""
    from bayescale.posterior.predictor import Curve

    data, priors = runs_of(law, bond), resolve_priors(law, bond=bond)
    free = constrain(priors, parameters_of(priors))
    return Curve(law, free, data.reference, data.unit(priors))(data.inputs).ravel().tolist()


def discrepancies(law, bond):
    """Squared SDs of the discrepancy at the nine places, a hundred times further.

    Of what the runs do not tell, and of the regimes that nobody saw, each for an SD of one.
    """
    slopes = slopes_of(law, bond)
    far = {name: 100.0 * x for name, x in runs_of(law, bond).inputs.items()}
    within, beyond = slopes.columns(far)
    untold = within - within @ slopes.told @ slopes.told.T
    return np.square(np.c_[untold, beyond]).sum(axis=1).tolist()


def fingerprint(law, bond):
    return {
        "log_density": log_densities(law, bond),
        "where the law holds": log_densities(law, bond, discrepancy=False),
        "curve": curves(law, bond),
        "discrepancy": discrepancies(law, bond),
    }


@pytest.mark.parametrize("bond", BONDS)
@pytest.mark.parametrize("name", catalogue.names())
def test_a_law_means_what_its_name_and_version_meant(name, bond):
    law = catalogue.resolve(name)
    known = json.loads(FILE.read_text())
    assert key_of(law, bond) in known, f"write a row: python {Path(__file__).name}"
    found, expected = fingerprint(law, bond), known[key_of(law, bond)]
    assert set(found) == set(expected)
    for what, values in expected.items():
        assert np.isfinite(values).all()
        rtol = 1e-12 if what == "curve" else 1e-9
        np.testing.assert_allclose(found[what], values, rtol=rtol, err_msg=what)


def test_a_fingerprint_tells_a_changed_prior():
    """The comparison must catch a law whose prior moved by a thousandth of its SD."""
    law = catalogue.resolve("power")
    expected = json.loads(FILE.read_text())[key_of(law, "none")]["log_density"]
    for name, prior in resolve_priors(law).free:
        # A prior of M that is given is in the response's unit: its density is another one anyway.
        if prior.distribution != "LogNormal" or name == "M":
            continue
        mu, sigma = prior.parameters.values()
        moved = Prior("LogNormal", mu=mu + 1e-3 * sigma, sigma=sigma, why="a test")
        found = log_densities(law, "none", resolve_priors(law, {name: moved}))
        assert not np.allclose(found, expected, rtol=1e-9), name


def test_a_fingerprint_tells_a_changed_process():
    """It must catch errors of slopes that last a thousandth longer, in density and reach."""
    law = catalogue.resolve("chinchilla")
    process = replace(law.discrepancy, length=1.001 * law.discrepancy.length)
    found = fingerprint(replace(law, discrepancy=process), "none")
    expected = json.loads(FILE.read_text())[key_of(law, "none")]
    for what in ("log_density", "discrepancy"):
        assert not np.allclose(found[what], expected[what], rtol=1e-9), what
    for what in ("where the law holds", "curve"):
        np.testing.assert_allclose(found[what], expected[what], rtol=1e-9)


if __name__ == "__main__":
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    for name in catalogue.names():
        law = catalogue.resolve(name)
        known |= {
            key_of(law, bond): fingerprint(law, bond)
            for bond in BONDS
            if key_of(law, bond) not in known
        }
    FILE.write_text(json.dumps(known, indent=1) + "\n")
