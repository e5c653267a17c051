"""What a page needs to forecast in the browser as :func:`bayescale.extrapolate` does.

The law goes along as its own formula (:mod:`bayescale.expressions.javascript`), and the draws, the
discrepancy and the noise of one new run as numbers, drawn in the order and with the seed of a
forecast of one point: the page repeats the arithmetic, and finds the same medians, intervals
and probabilities.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bayescale.expressions.javascript import javascript
from bayescale.forecast.continuation import early
from bayescale.forecast.discrepancy import ONSET, resolve, widen
from bayescale.forecast.mixture import SPREAD, Average
from bayescale.forecast.parts import Parts, evenly, spread_weights
from bayescale.forecast.predictive import Predictive
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.law import Law
from bayescale.law.noise import NEAREST
from bayescale.law.prior import Array
from bayescale.law.symbols import (
    NOISE_DOF,
    NOISE_GAIN,
    NOISE_LENGTH,
    NOISE_LEVEL,
    NOISE_SCALE,
    TOTAL,
)
from bayescale.posterior.fit import Fit
from bayescale.posterior.parameters import shares
from bayescale.report.controls import Control, control, derived_inputs

Allowed = bool | float | Discrepancy
# Draws that a page carries at most; more are thinned evenly, and the page says so.
MOST_DRAWS = 4000


@dataclass(frozen=True)
class WhatIf:
    """One forecaster, ready for a page.

    Attributes
    ----------
    title : str
    law : Law
    controls : tuple of Control
    data : mapping
        Numbers, for JSON.
    code : str
        A JavaScript array of functions: one per law, then one per derived input.
    n_draws : int
        That the page carries.
    notes : tuple of str
        Where the page does otherwise than Python.
    """

    title: str
    law: Law
    controls: tuple[Control, ...]
    data: Mapping[str, Any]
    code: str
    n_draws: int
    notes: tuple[str, ...]


def what_if(
    forecaster: Fit | Average,
    start: Mapping[str, float] | None = None,
    *,
    discrepancy: Allowed = True,
    seed: int = 0,
    title: str | None = None,
) -> WhatIf:
    """Collect what a page needs to forecast.

    Parameters
    ----------
    forecaster : Fit or Average
    start : mapping of str to float, optional
        Raw inputs that the page shows first; the reference run if left out.
    discrepancy : bool, float or Discrepancy, default True
        As for :func:`bayescale.extrapolate`.
    seed : int, default 0
        Of noise and discrepancy.
    title : str, optional

    Returns
    -------
    WhatIf

    Raises
    ------
    InputError
        If a law has a function that browsers do not.
    """
    fits = forecaster.fits if isinstance(forecaster, Average) else (forecaster,)
    first = fits[0]
    chance, n_draws, notes = _chance(forecaster, discrepancy, np.random.default_rng(seed))
    derived = derived_inputs(first)
    functions = [_law_code(found.law) for found in fits]
    names = {symbol: f"x[{k}]" for k, symbol in enumerate(first.law.input_symbols)}
    functions += [f"(x) => {javascript(text, names)}" for text in derived.values()]
    symbols = list(first.law.input_symbols)
    data = {
        "inputs": [_input_data(first, symbol) for symbol in symbols],
        "laws": len(fits),
        "derived": [symbols.index(symbol) for symbol in derived],
        "parts": [_part(found) for found in fits],
        "onset": ONSET,
        "response": first.law.response.symbol,
        **chance,
        "runs": _seen(first),
    }
    controls = tuple(control(first, symbol, start, derived) for symbol in symbols)
    named = title or ("average over laws" if len(fits) > 1 else first.law.name)
    code = "[" + ",\n".join(functions) + "]"
    return WhatIf(named, first.law, controls, data, code, n_draws, notes)


def encode(values: Any) -> str:
    """Numbers as base64 of little-endian float64."""
    return b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


def _law_code(law: Law) -> str:
    names = {symbol: f"x[{k}]" for k, symbol in enumerate(law.input_symbols)}
    names |= {symbol: f"p[{k}][i]" for k, symbol in enumerate(law.parameter_symbols)}
    return f"(x, p, i) => {javascript(law.formula, names)}"


def _part(fit: Fit) -> dict[str, Any]:
    """One law's draws and what its forecast starts from."""
    law, free = fit.law, fit.curve.free
    rows = _kept(free[TOTAL].size)
    columns = shares(law, free) | {item.symbol: free[item.symbol] for item in law.curvature}

    def draws(values: Any) -> str:
        return encode(np.broadcast_to(values, free[TOTAL].shape)[rows])

    there, seen = fit.observed_places
    logs = np.log(np.maximum(there, np.min(there[there > 0])))
    width = logs.std(axis=1)
    return {
        "reference": [fit.curve.reference[symbol] for symbol in law.input_symbols],
        "total": draws(free[TOTAL] * fit.curve.unit),
        "parameters": [draws(columns[symbol]) for symbol in law.parameter_symbols],
        "scale": draws(free[NOISE_SCALE]),
        "dof": draws(free[NOISE_DOF]),
        "places": [encode(place) for place in there],
        "seen": encode(seen),
        "smallest": float(np.min(there[there > 0])),
        "width": [float(value) or 1.0 for value in width],
        "runs": _named_runs(fit, draws),
        "curve": _own_curve(fit, draws),
    }


def _named_runs(fit: Fit, draws: Any) -> dict[str, Any] | None:
    """How a new run strays by its own level and gain, where runs were named."""
    if not fit.runs_gain:
        return None
    free = fit.curve.free
    return {
        "growing": fit.law.input_symbols.index(fit.growing),
        "early": early(fit),
        "level": draws(free[NOISE_LEVEL]),
        "gain": draws(free[NOISE_GAIN]),
    }


def _own_curve(fit: Fit, draws: Any) -> dict[str, Any] | None:
    """What later points of the one observed curve carry on from."""
    if fit.groups is None or fit.runs_gain:
        return None
    return {
        "growing": fit.law.input_symbols.index(fit.growing),
        "inputs": [fit.inputs[symbol].tolist() for symbol in fit.law.input_symbols],
        "log_response": np.log(fit.response).tolist(),
        "length": draws(fit.curve.free[NOISE_LENGTH]),
        "nearest": NEAREST,
    }


def _chance(
    forecaster: Fit | Average, asked: Allowed, rng: np.random.Generator
) -> tuple[dict[str, Any], int, tuple[str, ...]]:
    """Everything random about one new point, drawn as a forecast draws it."""
    if isinstance(forecaster, Average):
        size = min(found.curve.free[TOTAL].size for found in forecaster.fits)
        share = spread_weights(forecaster.weights, SPREAD, size, rng)
        each = [_dof(found)[evenly(_dof(found).size, size)] for found in forecaster.fits]
        dof = np.exp(sum(share[:, k] * np.log(values) for k, values in enumerate(each)))
        learned = forecaster.discrepancy
        notes: tuple[str, ...] = (
            "For one new run, an average's noise is drawn anew at each point by Python and once "
            "for this page: intervals of one new run agree up to the error of drawing.",
        )
    else:
        dof, share, notes = _dof(forecaster), None, ()
        size, learned = dof.size, forecaster.law.discrepancy
    rows = _kept(size)
    if len(rows) < size:
        notes += (f"This page carries {len(rows)} of {size} draws, evenly taken.",)
    bend, factor, noise = _random(dof, resolve(learned, asked), rng)
    data = {
        "bend": encode(bend[rows]),
        "factor": encode(np.log(factor)[rows]),
        "noise": encode(noise[rows]),
        "share": None if share is None else [encode(column[rows]) for column in share.T],
    }
    return data, len(rows), notes


def _random(
    dof: Array, allowed: Discrepancy | None, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """tau*z, the factor on the noise far out, and standard noise, each of shape (n_draws,).

    They are what a forecast would make of a law that changes by one, of scale one, far out.
    """
    one, zero = np.ones((dof.size, 1)), np.zeros((dof.size, 1))
    unit = Parts(location=zero, scale=one, dof=dof[:, None], change=one)
    wide, _ = widen(unit, np.array([np.inf]), allowed, rng)
    noise = Predictive(zero, one, dof[:, None]).noise(rng)
    return wide.location[:, 0], wide.scale[:, 0], noise[:, 0]


def _dof(fit: Fit) -> Array:
    return fit.curve.free[NOISE_DOF]


def _kept(size: int) -> npt.NDArray[np.int64]:
    return evenly(size, min(size, MOST_DRAWS))


def _input_data(fit: Fit, symbol: str) -> dict[str, Any]:
    item = next(item for item in fit.law.inputs if item.symbol == symbol)
    values = fit.inputs[symbol]
    most = fit.law.input_symbols.index(item.at_most) if item.at_most else None
    return {
        "symbol": symbol,
        "zero": item.zero,
        "most": most,
        "low": float(values[values > 0].min()),
        "high": float(values.max()),
    }


def _seen(fit: Fit) -> list[list[float]] | None:
    """Observed runs to draw, where the law has one input."""
    if len(fit.law.inputs) > 1:
        return None
    return [next(iter(fit.inputs.values())).tolist(), fit.response.tolist()]
