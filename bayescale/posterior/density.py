"""The two routes from a PyMC model to nutpie, and the choice between them.

``direct`` hands PyMC's own log density to nutpie as a Python function: ready soonest, the
right one for a single fit. ``compiled`` has nutpie compile the model to machine code: seconds
more to make, several times faster afterwards, the right one for many fits of one law. Both
sample one density from the same starting points, and agree in distribution.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

import numba
import numpy as np
import nutpie
import pymc as pm
import pytensor
import pytensor.tensor as pt
from nutpie import compiled_pyfunc
from pytensor.graph.replace import vectorize_graph

from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_LENGTH
from bayescale.posterior.data import ModelData
from bayescale.posterior.model import build_model
from bayescale.posterior.parameters import Priors, unconstrain

Route = Literal["direct", "compiled"]
# Draws evaluated at a time.
BLOCK = 500


@dataclass(frozen=True)
class Density:
    """The log density of one law under given priors, ready for any runs.

    Attributes
    ----------
    priors : Priors
    route : {"direct", "compiled"}
    with_data : callable
        From :class:`ModelData` to a model that ``nutpie.sample`` takes.
    value_and_gradient : callable
        From :class:`ModelData` to a function of the sampler's vector, shape (n_free,), that
        returns the log density and its gradient.
    """

    priors: Priors
    route: Route
    with_data: Callable[[ModelData], Any]
    value_and_gradient: Callable[[ModelData], Callable[[Array], tuple[float, Array]]]


@lru_cache(maxsize=16)
def _model(law: Law, priors: Priors) -> pm.Model:
    """The model on a stand-in of two runs; real runs replace the data."""
    pair = np.array([1.0, 2.0])
    inputs = dict.fromkeys(law.input_symbols, pair)
    groups = pair if NOISE_LENGTH in priors.names else None
    data = ModelData(inputs, pair, dict.fromkeys(inputs, 1.0), 1.0, groups, law.input_symbols[0])
    return build_model(law, data, priors)


@lru_cache(maxsize=16)
def _machine_code(law: Law, priors: Priors) -> tuple[Callable[..., tuple[Array, Array]], list[str]]:
    """PyMC's log density with gradient as a numba function, and the names of its data.

    The inner function is called rather than PyTensor's wrapper, whose storage two chains
    must not share, and which would cost half of the time.
    """
    compiled = _model(law, priors).logp_dlogp_function(ravel_inputs=True, mode="NUMBA")
    function = compiled._pytensor_function
    return function.vm.jit_fn, [shared.name for shared in function.get_shared()]


def _value_and_gradient(
    law: Law, priors: Priors, data: ModelData
) -> Callable[[Array], tuple[float, Array]]:
    function, names = _machine_code(law, priors)
    shared = data.shared(priors)
    values = [shared[name] for name in names]

    def evaluate(z: Array, **_: Any) -> tuple[float, Array]:
        value, gradient = function(z, *values)
        return float(value), gradient

    return evaluate


@lru_cache(maxsize=16)
def _start(priors: Priors) -> tuple[Array, Array]:
    """Centre and spread of the priors as the sampler sees them."""
    z = unconstrain(priors, priors.draw(np.random.default_rng(0), 1000))
    return np.median(z, axis=0), z.std(axis=0)


def starting_point(priors: Priors, seed: int) -> Array:
    """A dispersed starting point from the middle of the priors, shape (n_free,)."""
    centre, spread = _start(priors)
    return centre + np.random.default_rng(seed).uniform(-1, 1, centre.size) * spread


def _direct(law: Law, priors: Priors, data: ModelData) -> Any:
    n_free = len(priors.free)
    evaluate = _value_and_gradient(law, priors, data)
    return compiled_pyfunc.from_pyfunc(
        n_free,
        make_logp_fn=lambda: evaluate,
        make_expand_fn=lambda _seed, _other, _chain: lambda z: {"z": z.copy()},
        expanded_dtypes=[np.dtype("float64")],
        expanded_shapes=[(n_free,)],
        expanded_names=["z"],
        make_initial_point_fn=lambda seed: starting_point(priors, seed),
    )


@lru_cache(maxsize=16)
def _by_nutpie(law: Law, priors: Priors) -> Any:
    model = _model(law, priors)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore",
            message="Cannot cache compiled function .* as it uses dynamic globals",
            category=numba.NumbaWarning,
        )
        compiled = nutpie.compile_pymc_model(model, backend="numba", var_names=[])
    return replace(compiled, initial_point_func=lambda seed: starting_point(priors, seed))


def _compiled(law: Law, priors: Priors, data: ModelData) -> Any:
    model = _by_nutpie(law, priors)
    shared = data.shared(priors)
    known = {variable.name for variable in model.shared_var_keys}
    return model.with_data(**{name: value for name, value in shared.items() if name in known})


def density(law: Law, priors: Priors, route: Route) -> Density:
    """Compile the density of a law, or find it compiled already in this process."""
    make = _direct if route == "direct" else _compiled
    return Density(
        priors=priors,
        route=route,
        with_data=lambda data: make(law, priors, data),
        value_and_gradient=lambda data: _value_and_gradient(law, priors, data),
    )


@lru_cache(maxsize=16)
def _pointwise(law: Law, priors: Priors) -> Any:
    """Log density of every prior and every observation, over a batch of draws.

    PyTensor's graph is evaluated by numpy, operation by operation: it runs once on thousands
    of draws, and compiling it would take longer than it saves.
    """
    model = _model(law, priors)
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    graphs = [
        *model.logp(vars=model.free_RVs, jacobian=False, sum=False),
        *model.logp(vars=model.observed_RVs, sum=False),
    ]
    batched = [pt.tensor(value.name, dtype=value.dtype, shape=(None,)) for value in values]
    outputs = vectorize_graph(graphs, replace=dict(zip(values, batched, strict=True)))
    return pytensor.function(batched, outputs, mode=pytensor.compile.Mode("py", None))


def pointwise(
    law: Law, priors: Priors, data: ModelData, z: Array
) -> tuple[dict[str, Array], Array]:
    """Log density of each prior and of each observation at every draw.

    Parameters
    ----------
    law : Law
    priors : Priors
    data : ModelData
    z : ndarray, shape (n_chains, n_draws, n_free)

    Returns
    -------
    log_prior : dict of str to ndarray, shape (n_chains, n_draws)
        In the parameters' own scale, without Jacobians.
    log_likelihood : ndarray, shape (n_chains, n_draws, n_runs)
        Density of the log response.
    """
    function = _pointwise(law, priors)
    shared = data.shared(priors)
    for variable in function.get_shared():
        variable.set_value(shared[variable.name])
    flat = z.reshape(-1, z.shape[-1])
    # In blocks, since every operation keeps its result for all draws of a block.
    blocks = [function(*flat[k : k + BLOCK].T) for k in range(0, len(flat), BLOCK)]
    *log_prior, log_likelihood = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    by_name = {
        name: value.reshape(z.shape[:-1])
        for name, value in zip(priors.names, log_prior, strict=True)
    }
    return by_name, log_likelihood.reshape(*z.shape[:-1], -1)
