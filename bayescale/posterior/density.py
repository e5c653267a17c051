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
from functools import lru_cache, partial
from threading import RLock
from typing import Any, Literal

import numba
import numpy as np
import nutpie
import pymc as pm
import pytensor
import pytensor.tensor as pt
from nutpie import compiled_pyfunc
from pytensor.graph.replace import graph_replace, vectorize_graph

from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_LENGTH, SLOPE_ERROR
from bayescale.posterior.coordinates import Coordinates, change, coordinates, of_priors
from bayescale.posterior.data import ModelData
from bayescale.posterior.model import COEFFICIENTS, build_model
from bayescale.posterior.parameters import Priors
from bayescale.posterior.slopes import DIRECTIONS, Told

Route = Literal["direct", "compiled"]
# Draws evaluated at a time.
BLOCK = 500
# PyTensor compiles, and its functions hold their data, for one thread at a time.
_ONE_COMPILER = RLock()


@dataclass(frozen=True)
class Target:
    """The posterior of one law and its runs, ready to be sampled.

    Attributes
    ----------
    model : object
        What ``nutpie.sample`` takes, over the vector u of :mod:`.coordinates`.
    coordinates : Coordinates
        From u to the parameters' own scale.
    """

    model: Any
    coordinates: Coordinates


@dataclass(frozen=True)
class Density:
    """The log density of one law under given priors, ready for any runs.

    Attributes
    ----------
    priors : Priors
    route : {"direct", "compiled"}
    with_data : callable
        From :class:`ModelData`, and vectors u to start from (shape (n_starts, n_free), or None
        for dispersed ones), to a :class:`Target`.
    value_and_gradient : callable
        From :class:`ModelData` to a function of the parameters' own scale, shape (n_free,), that
        returns the log density and its gradient.
    """

    priors: Priors
    route: Route
    with_data: Callable[[ModelData, Array | None], Target]
    value_and_gradient: Callable[[ModelData], Callable[[Array], tuple[float, Array]]]


@lru_cache(maxsize=16)
def _model(law: Law, priors: Priors) -> pm.Model:
    """The model on a stand-in of two runs; real runs replace the data."""
    pair = np.array([1.0, 2.0])
    inputs = dict.fromkeys(law.input_symbols, pair)
    groups = pair if NOISE_LENGTH in priors.names else None
    told = None
    if SLOPE_ERROR in priors.names:
        told = Told(np.zeros((2, DIRECTIONS)), np.ones(2), np.zeros(DIRECTIONS))
    ones = dict.fromkeys(inputs, 1.0)
    data = ModelData(inputs, pair, ones, 1.0, groups, law.input_symbols[0], told)
    return build_model(law, data, priors)


@lru_cache(maxsize=16)
def _moved_model(law: Law, priors: Priors) -> pm.Model:
    """The same density as of one vector u, see :mod:`.coordinates`."""
    model, plain = _model(law, priors), of_priors(priors)
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    n_free, n_law = len(priors.free), len(plain.slopes)
    with pm.Model() as moved:
        u = pm.Flat("u", shape=_size(priors))
        parts = {name: pm.Data(data_name(name), x) for name, x in plain.values().items()}
        of_law, others, log_jacobian = change(u[:n_free], **parts, **plain.places)
        z = [*(of_law[k] for k in range(n_law)), *(others[k] for k in range(n_free - n_law))]
        # The numbers of the slopes' coefficients do not narrow with the noise.
        z += [u[n_free:]] if SLOPE_ERROR in priors.names else []
        places = dict(zip(values, z, strict=True))
        pm.Potential("posterior", graph_replace(model.logp(), places) + log_jacobian)
    return moved


def _size(priors: Priors) -> int:
    """Length of the vector that is sampled."""
    return len(priors.free) + (DIRECTIONS if SLOPE_ERROR in priors.names else 0)


def data_name(part: str) -> str:
    """Name of a part of the coordinates, as data of the model."""
    return f"coordinates_{part}"


def _values(priors: Priors, data: ModelData, place: Coordinates) -> dict[str, Any]:
    """Values of the moved model's data by name."""
    return data.shared(priors) | {data_name(name): x for name, x in place.values().items()}


@lru_cache(maxsize=16)
def _machine_code(law: Law, priors: Priors) -> tuple[Callable[..., tuple[Array, Array]], list[str]]:
    """PyMC's log density with gradient as a numba function, and the names of its data.

    The inner function is called rather than PyTensor's wrapper, whose storage two chains
    must not share, and which would cost half of the time.
    """
    compiled = _moved_model(law, priors).logp_dlogp_function(ravel_inputs=True, mode="NUMBA")
    function = compiled._pytensor_function
    return function.vm.jit_fn, [shared.name for shared in function.get_shared()]


def _evaluate(
    law: Law, priors: Priors, data: ModelData, place: Coordinates
) -> Callable[..., tuple[float, Array]]:
    """The log density and its gradient at u."""
    with _ONE_COMPILER:
        function, names = _machine_code(law, priors)
    shared = _values(priors, data, place)
    values = [shared[name] for name in names]

    def evaluate(u: Array, **_: Any) -> tuple[float, Array]:
        value, gradient = function(u, *values)
        return float(value), gradient

    return evaluate


def _value_and_gradient(
    law: Law, priors: Priors, data: ModelData
) -> Callable[[Array], tuple[float, Array]]:
    plain = of_priors(priors)
    evaluate = _evaluate(law, priors, data, plain)
    rest = _size(priors) - len(priors.free)
    centre, spread = np.append(plain.centre, np.zeros(rest)), np.append(plain.spread, np.ones(rest))

    def at(z: Array) -> tuple[float, Array]:
        value, gradient = evaluate((z - centre) / spread)
        return value, gradient / spread

    return at


def _start(n_free: int, starts: Array | None) -> Callable[[int], Array]:
    """From a chain's seed to where it starts: dispersed, or one of some vectors."""
    if starts is None:
        return lambda seed: np.random.default_rng(seed).uniform(-1, 1, n_free)
    return lambda seed: np.asarray(starts[np.random.default_rng(seed).integers(len(starts))])


def _direct(law: Law, priors: Priors, data: ModelData, starts: Array | None) -> Target:
    n_free = _size(priors)
    place = coordinates(law, priors, data)
    evaluate = _evaluate(law, priors, data, place)
    model = compiled_pyfunc.from_pyfunc(
        n_free,
        make_logp_fn=lambda: evaluate,
        make_expand_fn=lambda _seed, _other, _chain: lambda u: {"u": u.copy()},
        expanded_dtypes=[np.dtype("float64")],
        expanded_shapes=[(n_free,)],
        expanded_names=["u"],
        make_initial_point_fn=_start(n_free, starts),
    )
    return Target(model, place)


@lru_cache(maxsize=16)
def _by_nutpie(law: Law, priors: Priors) -> Any:
    model = _moved_model(law, priors)
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore",
            message="Cannot cache compiled function .* as it uses dynamic globals",
            category=numba.NumbaWarning,
        )
        return nutpie.compile_pymc_model(model, backend="numba", var_names=[])


def _compiled(law: Law, priors: Priors, data: ModelData, starts: Array | None) -> Target:
    with _ONE_COMPILER:
        model = _by_nutpie(law, priors)
    place = coordinates(law, priors, data)
    shared = _values(priors, data, place)
    known = {variable.name for variable in model.shared_var_keys}
    filled = model.with_data(**{name: x for name, x in shared.items() if name in known})
    start = _start(_size(priors), starts)
    return Target(replace(filled, initial_point_func=start), place)


def density(law: Law, priors: Priors, route: Route) -> Density:
    """Compile the density of a law, or find it compiled already in this process."""
    make = _direct if route == "direct" else _compiled
    return Density(
        priors=priors,
        route=route,
        with_data=partial(make, law, priors),
        value_and_gradient=partial(_value_and_gradient, law, priors),
    )


@lru_cache(maxsize=16)
def _pointwise(law: Law, priors: Priors) -> Any:
    """Log density of every prior and every observation, over a batch of draws.

    PyTensor's graph is evaluated by numpy, operation by operation: it runs once on thousands
    of draws, and compiling it would take longer than it saves.
    """
    model = _model(law, priors)
    values = [model.rvs_to_values[rv] for rv in model.free_RVs]
    scalars = [rv for rv in model.free_RVs if rv.name != COEFFICIENTS]
    graphs = [
        *model.logp(vars=scalars, jacobian=False, sum=False),
        *model.logp(vars=model.observed_RVs, sum=False),
    ]
    batched = [
        pt.tensor(value.name, dtype=value.dtype, shape=(None, *value.type.shape))
        for value in values
    ]
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
    shared = data.shared(priors)
    flat, n_free = z.reshape(-1, z.shape[-1]), len(priors.free)
    with _ONE_COMPILER:
        function = _pointwise(law, priors)
        for variable in function.get_shared():
            variable.set_value(shared[variable.name])
        # In blocks, since every operation keeps its result for all draws of a block.
        blocks = []
        for k in range(0, len(flat), BLOCK):
            part = flat[k : k + BLOCK]
            rest = [part[:, n_free:]] if data.told is not None else []
            blocks.append(function(*part[:, :n_free].T, *rest))
    *log_prior, log_likelihood = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    by_name = {
        name: value.reshape(z.shape[:-1])
        for name, value in zip(priors.names, log_prior, strict=True)
    }
    return by_name, log_likelihood.reshape(*z.shape[:-1], -1)
