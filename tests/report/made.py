"""Fits whose draws come from narrowed priors: any law, with curves and named runs too."""

from dataclasses import replace

import numpy as np
import xarray as xr
from fits import RAW_TOTAL, dataset, erring, runs_of

from bayescale import catalogue
from bayescale.expressions.arithmetic import Formula
from bayescale.law.symbols import TOTAL
from bayescale.posterior.data import ModelData
from bayescale.posterior.fit import Fit
from bayescale.posterior.knowledge.diagnostics import Diagnostics
from bayescale.posterior.parameters import constrain, resolve_priors, unconstrain
from bayescale.posterior.predictor import Predictor


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
    named = {"model": [f"m{k % n_groups}" for k in range(n_runs)]} if n_groups else {}
    runs = runs_of(law, inputs, np.ones(n_runs), run="model" if named else None, **named)
    runs = replace(runs, derive=derive or {})
    data = ModelData.from_runs(runs)
    priors = resolve_priors(law, bond=data.bond, discrepancy=False)
    z = unconstrain(priors, priors.draw(rng, n_draws))
    free = constrain(priors, z[0] + 0.2 * (z - z.mean(axis=0)))
    if TOTAL in free:
        free[TOTAL] = 2.0 * free[TOTAL]
    posterior = Predictor(law, free).raw(data.reference)
    tree = xr.DataTree.from_dict({"posterior": dataset(posterior), "free": dataset(free)})
    tree.attrs = {"law": law.name, "law_version": law.version, "formula": law.formula}
    rows = tuple({"parameter": name, "contraction": 0.9, "informed": True} for name in posterior)
    fit = Fit(runs, RAW_TOTAL, tree, Diagnostics(rows, (), 0, 1.0, ()))
    noisy = np.median(fit.curve(inputs), axis=0) * np.exp(0.02 * rng.standard_t(5, n_runs))
    return erring(replace(fit, runs=observed(runs, noisy)), 0.1)


def observed(runs, response):
    """The same runs with other responses."""
    return replace(runs, table=runs.table.assign(**{runs.law.response.symbol: response}))


def of_same_runs(fit, other):
    """A fit as if it were of another one's runs."""
    return replace(fit, runs=replace(other.runs, law=fit.law))
