"""Runs simulated from a known truth, and fits made by hand."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from bayescale import catalogue
from bayescale.law.prior import Prior
from bayescale.law.symbols import (
    NOISE_DOF,
    NOISE_SCALE,
    NOISE_TREND,
    SLOPE_BEYOND,
    SLOPE_ERROR,
    TOTAL,
    share_name,
)
from bayescale.posterior.fit import Fit
from bayescale.posterior.knowledge.diagnostics import Diagnostics
from bayescale.posterior.parameters import Stated
from bayescale.posterior.slopes import Slopes
from bayescale.runs.runs import Runs

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"

# Raw parameters of the simulated truths.
TRUTH = {
    "power": {"y0": 0.12, "a": 3.0, "b": 0.35},
    "chinchilla": {"E": 1.8, "A": 480.0, "alpha": 0.35, "B": 2000.0, "beta": 0.37},
    "pretraining": {
        **{"L0": 1.7, "alpha": 300.0, "beta1": 0.34, "gamma": 900.0, "beta2": 0.33},
        **{"delta": 4e6, "beta3": 0.33},
    },
}
RANGES = {"x": (1e3, 1e7), "N": (4e7, 2e10), "D": (1e9, 1e12), "C": (1e18, 1e23)}


def places(law, n, seed=0):
    """Inputs of ``n`` runs, independent and log-uniform."""
    rng = np.random.default_rng([seed, 7])
    return {
        name: np.exp(rng.uniform(*np.log(RANGES[name]), n))
        for name in catalogue.resolve(law).input_symbols
    }


def simulated(law, n, *, scale=0.01, dof=8.0, seed=0, truth=None):
    """Runs drawn from a law with known raw parameters and Student-t noise on the log."""
    from bayescale.runs.runs import read_runs

    law = catalogue.resolve(law)
    inputs = places(law, n, seed)
    curve = law(inputs, truth or TRUTH[law.name])
    noise = scale * np.random.default_rng([seed, 11]).standard_t(dof, n)
    return read_runs(pd.DataFrame({**inputs, law.response.symbol: curve * np.exp(noise)}), law)


def free_of(law, raw, reference, *, scale=0.01, dof=8.0):
    """Free parameters (the prior of M in raw units) of raw ones; no shapes with a unit."""
    zero = dict.fromkeys((weight.symbol for weight in law.weights), 0.0)
    terms = {
        weight.symbol: law(reference, raw | zero | {weight.symbol: raw[weight.symbol]})
        for weight in law.weights
    }
    first = law.weights[0].symbol
    free = {TOTAL: sum(terms.values()), NOISE_SCALE: scale, NOISE_DOF: dof}
    free |= {share_name(w.symbol): np.log(terms[w.symbol] / terms[first]) for w in law.weights[1:]}
    free[NOISE_TREND] = np.zeros_like(dof)
    return free | {item.symbol: raw[item.symbol] for item in law.curvature}


def spread(name, size=1000, seed=3, **wide):
    """Raw parameters around the simulated truth, one value per draw, each spread by a share."""
    rng = np.random.default_rng(seed)
    return {
        symbol: value * np.exp(wide.get(symbol, 0.03) * rng.standard_normal(size))
        for symbol, value in TRUTH[name].items()
    }


# A raw prior of M: what is made by hand has its total in the response's unit.
RAW_TOTAL = Stated(
    {TOTAL: Prior("LogNormal", mu=0.0, sigma=10.0, why="in the response's unit")},
    discrepancy=False,
)


def runs_of(law, inputs, response, *, run=None, **columns):
    """Runs as a table that was read, without its checks."""
    table = pd.DataFrame({**inputs, law.response.symbol: response, **columns})
    table.index.name = "row"
    symbols = (*law.input_symbols, law.response.symbol)
    return Runs(law, table, {symbol: symbol for symbol in symbols}, {}, run, "made by hand")


def by_hand(
    law, raw, *, inputs=None, scale=0.01, dof=8.0, slopes=None, problems=(), approximate=False
):
    """A fit whose posterior is stated: ``raw`` holds numbers, or arrays of one value per draw.

    ``slopes`` is an error of the law's slopes, of which the runs tell nothing; the law holds if it
    is left out.
    """
    law = catalogue.resolve(law)
    inputs = inputs or places(law, 30)
    draws = np.broadcast_arrays(*(np.atleast_1d(value) for value in raw.values()))
    raw = dict(zip(raw, draws, strict=True))
    size = draws[0].size
    noise = {"scale": np.full(size, scale), "dof": np.full(size, dof)}
    free = free_of(law, raw, law.reference(inputs), **noise)
    response = law(inputs, {name: np.median(value) for name, value in raw.items()})
    posterior = raw | {n: free[n] for n in (TOTAL, NOISE_SCALE, NOISE_DOF)}
    found = made_fit(runs_of(law, inputs, response), free, posterior, problems, approximate)
    return found if slopes is None else erring(found, slopes)


def erring(fit, error, seed=5):
    """The same fit with slopes that err by an SD, of which the runs tell nothing."""
    free = fit.draws["free"].to_dataset()
    like = next(iter(free.values()))
    free = free.assign({name: xr.full_like(like, error) for name in (SLOPE_ERROR, SLOPE_BEYOND)})
    held = {str(name): float(value.median()) for name, value in free.items()}
    weight = np.ones(len(fit.response))
    slopes = Slopes.of(fit.law, held, fit.inputs, fit.data.reference, weight)
    normal = np.random.default_rng(seed).standard_normal((*like.shape, slopes.told.shape[1]))
    group = slopes.to_dataset().assign(coefficients=(("chain", "draw", "direction"), normal))
    tree = fit.draws.copy()
    tree["free"], tree["slopes"] = xr.DataTree(free), xr.DataTree(group)
    return replace(fit, draws=tree, stated=replace(fit.stated, discrepancy=True))


def made_fit(runs, free, posterior=None, problems=(), approximate=False, *, alone=True):
    """A fit of stated draws, arrays of shape (n_draws,); of a curve rows err alone, or alike."""
    law = runs.law
    if alone and law.noise.along and runs.run is None:
        law = replace(law, noise=replace(law.noise, along=""))
        runs = replace(runs, law=law)
    tree = xr.DataTree.from_dict({"posterior": dataset(posterior or free), "free": dataset(free)})
    tree.attrs = {"law": law.name, "law_version": law.version, "formula": law.formula}
    rows = tuple(
        {"parameter": name, "contraction": 0.9, "informed": True} for name in tree["posterior"]
    )
    found = Diagnostics(rows, (), 0, 1.0, tuple(problems), approximate=approximate)
    return Fit(runs, RAW_TOTAL, tree, found)


def mixed(fits, weights):
    """An ensemble with given weights, without hindcasts."""
    from bayescale.forecast.mixture import Ensemble

    names = pd.Index([fit.law.name for fit in fits], name="law")
    own = pd.Series(weights, names, dtype=float, name="weight")
    return Ensemble(tuple(fits), own, pd.DataFrame(), pd.DataFrame())


def observing(fit, response, inputs=None):
    """The same draws beside other observed responses, and other places if they are given."""
    runs = runs_of(fit.law, inputs or fit.inputs, response)
    return replace(fit, runs=replace(runs, derive=fit.runs.derive))


def dataset(values):
    """One chain of draws per name."""
    return xr.Dataset({name: (("chain", "draw"), value[None]) for name, value in values.items()})


@cache
def fitted(law="power", n=40, *, seed=1, data_seed=0, **options):
    """A fit of simulated runs, made once per session."""
    from bayescale.posterior.fit import fit

    options = {"route": "compiled", "progress": False} | options
    return fit(simulated(law, n, seed=data_seed), seed=seed, **options)


def worst_shift(one, other, names=None, skip=()):
    """Largest difference between two fits' means, and between SDs, in standard errors of each.

    Returns
    -------
    float, str
        The largest, and which parameter it is of.
    """
    found = []
    a, b = (fit.draws["posterior"].to_dataset() for fit in (one, other))
    for name in names or [str(n) for n in a if n not in skip]:
        errors = {}
        for key, sample, fit in (("a", a, one), ("b", b, other)):
            ess = fit.diagnostics.table.loc[name, ["ess_bulk", "ess_tail"]].min()
            errors[key] = float(sample[name].std()) / np.sqrt(ess)
        shift = float(abs(a[name].mean() - b[name].mean())) / np.hypot(*errors.values())
        found.append((shift, name))
    return max(found)
