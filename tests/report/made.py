"""Fits whose draws come from narrowed priors: any law, with curves and named runs too."""

import json

import numpy as np
import xarray as xr
from fits import dataset

from bayescale import catalogue
from bayescale.expressions.arithmetic import Formula
from bayescale.law.noise import growing_input
from bayescale.posterior.data import ONE_RUN
from bayescale.posterior.fit import Fit
from bayescale.posterior.knowledge.diagnostics import Diagnostics
from bayescale.posterior.parameters import constrain, resolve_priors, to_raw, unconstrain


def observed_places(law, n, rng):
    """Log-uniform inputs over three decades; those that are compared stay in order."""
    inputs = {symbol: 10 ** rng.uniform(5, 8, n) for symbol in law.input_symbols}
    for item in law.inputs:
        if item.at_most:
            inputs[item.symbol] = inputs[item.at_most] * 10 ** rng.uniform(-2, 0, n)
    return inputs


def made(law, *, n_draws=1000, n_runs=25, seed=0, n_groups=0, derive=None):
    """A fit of a law with draws around one draw of its priors."""
    law = catalogue.resolve(law)
    rng = np.random.default_rng(seed)
    inputs = observed_places(law, n_runs, rng)
    for symbol, formula in (derive or {}).items():
        inputs[symbol] = Formula(formula).evaluate(inputs)
    groups, growing = None, law.noise.along
    if n_groups:
        groups = np.array([f"m{k % n_groups}" for k in range(n_runs)])
        growing = growing_input(inputs, groups)
    elif growing:
        groups = np.full(n_runs, ONE_RUN)
    bond = "runs" if n_groups > 1 else "curve" if groups is not None else "none"
    priors = resolve_priors(law, bond=bond)
    z = unconstrain(priors, priors.draw(rng, n_draws))
    free = constrain(priors, z[0] + 0.2 * (z - z.mean(axis=0)))
    reference = law.reference(inputs)
    constant = {name: ("obs", x) for name, x in inputs.items()}
    if groups is not None:
        constant["run"] = ("obs", groups.astype(object))
    tree = xr.DataTree.from_dict(
        {
            "posterior": dataset(to_raw(law, priors, free, reference, 2.0)),
            "free": dataset(free),
            "observed_data": xr.Dataset({law.response.symbol: ("obs", np.ones(n_runs))}),
            "constant_data": xr.Dataset(constant),
        }
    )
    tree.attrs = {
        **{"law": law.name, "law_version": law.version, "formula": law.formula, "unit": 2.0},
        **{"derive": json.dumps(derive or {}), "soft_constraints": "[]"},
        **{"reference": json.dumps(reference), "growing": growing},
        **{"run": "model" if n_groups else ""},
    }
    rows = tuple(
        {"parameter": name, "contraction": 0.9, "informed": True} for name in tree["posterior"]
    )
    fit = Fit(law, tree, Diagnostics(rows, (), 0, 1.0, ()))
    noisy = np.median(fit.curve(inputs), axis=0) * np.exp(0.02 * rng.standard_t(5, n_runs))
    tree["observed_data"] = xr.Dataset({law.response.symbol: ("obs", noisy)})
    return Fit(law, tree, fit.diagnostics)
