"""What a page needs to forecast in the browser as :func:`bayescale.extrapolate` does.

The law goes along as its own formula (:mod:`bayescale.expressions.javascript`), and the
scenarios as numbers, those of each law for themselves: the page repeats the arithmetic of a
forecast of one point, and finds the same medians, intervals and probabilities.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from bayescale.expressions.arithmetic import Formula
from bayescale.expressions.javascript import javascript
from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.continuation import early
from bayescale.forecast.member import Member
from bayescale.forecast.reach import Extent
from bayescale.forecast.scenarios import Forecaster, scenarios
from bayescale.law.law import Law
from bayescale.law.noise import NEAREST
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISES, Input
from bayescale.posterior.fit import Fit
from bayescale.posterior.predictor import Predictor
from bayescale.posterior.slopes import FURTHEST, STEPS, DrawnSlopes

# Draws that a page carries at most; more are thinned evenly, and the page says so.
MOST_DRAWS = 1000
# Sliders reach this many decades beyond the largest observed run.
DECADES_BEYOND = 3.0
# E-folds of an input beyond the data up to which a page knows how slopes err: more than sliders go.
_MARGIN = (DECADES_BEYOND + 1.5) * np.log(10)


@dataclass(frozen=True)
class WhatIf:
    """One forecaster, ready for a page.

    Attributes
    ----------
    title : str
    law : Law
        The first, where there are several.
    data : mapping
        Numbers, for JSON. Its ``inputs`` have each a slider and a box, see :func:`_control`.
    code : str
        A JavaScript array of functions: one per law, then one per derived input.
    n_draws : int
        That the page carries.
    notes : tuple of str
        Where the page does otherwise than Python.
    """

    title: str
    law: Law
    data: Mapping[str, Any]
    code: str
    n_draws: int
    notes: tuple[str, ...]


def what_if(
    forecaster: Forecaster,
    assumed: Assumptions,
    start: Mapping[str, float] | None = None,
    title: str | None = None,
) -> WhatIf:
    """Collect what a page needs to forecast.

    Parameters
    ----------
    forecaster : Fit or Ensemble
    assumed : Assumptions
    start : mapping of str to float, optional
        Raw inputs that the page shows first; the reference run if left out.
    title : str, optional
        The law's name if left out.

    Returns
    -------
    WhatIf

    Raises
    ------
    InputError
        If a law has a function that browsers do not.
    UnconvergedError
        If a fit failed its checks and that is not allowed.
    """
    found = scenarios(forecaster, **assumed.options)
    size = min(found.n_draws, MOST_DRAWS)
    kept = np.linspace(0, found.n_draws - 1, size).round().astype(int)
    noise = found.noise_at_one()
    parts, start_of = [], 0
    for member in found.members:
        own = kept[(start_of <= kept) & (kept < start_of + member.curve.n_draws)]
        parts.append(_part(member, own - start_of, noise[own]))
        start_of += member.curve.n_draws
    first = found.members[0].fit
    law, symbols = first.law, list(first.law.input_symbols)
    derived, at = _derived_inputs(first), start or first.curve.reference
    inputs = {symbol: f"x[{k}]" for k, symbol in enumerate(symbols)}
    functions = [_law_code(member.fit.law) for member in found.members]
    functions += [f"(x) => {javascript(text, inputs)}" for text in derived.values()]
    data = {
        "inputs": [_control(first, item, at, derived.get(item.symbol, "")) for item in law.inputs],
        "derived": [symbols.index(symbol) for symbol in derived],
        "parts": parts,
        "reach": _reach(found.extent, symbols),
        # Observed runs are drawn where the law has one input.
        "observed": np.column_stack([*first.inputs.values(), first.response]).tolist()
        if len(symbols) == 1
        else [],
    }
    thinned = f"This page carries {size} of {found.n_draws} draws, evenly taken."
    notes = (thinned,) if size < found.n_draws else ()
    code = "[" + ",\n".join(functions) + "]"
    return WhatIf(title or law.name, law, data, code, size, notes)


def _reach(extent: Extent, symbols: Sequence[str]) -> dict[str, Any]:
    """The extent of the runs, inputs by their place; no end where a zero was observed."""

    def ends(pair: tuple[float, float]) -> list[float | None]:
        return [float(end) if np.isfinite(end) else None for end in pair]

    return {
        "size": [symbols.index(name) for name in extent.size],
        "least": [extent.least[name] for name in symbols],
        "ends": [ends(extent.ends[name]) for name in symbols],
        "sizes": ends(extent.sizes),
    }


def encode(values: Any) -> str:
    """Numbers as base64 of little-endian float64."""
    return b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


def _derived_inputs(fit: Fit) -> dict[str, str]:
    """Formulas of the inputs that follow from other inputs of the law, in order."""
    known = {symbol for symbol in fit.law.input_symbols if symbol not in fit.derive}
    found = {}
    for symbol, text in fit.derive.items():
        if symbol in fit.law.input_symbols and set(Formula(text).names) <= known:
            found[symbol] = text
        known.add(symbol)
    return found


def _control(fit: Fit, item: Input, start: Mapping[str, float], formula: str) -> dict[str, Any]:
    """An input of a fit's law as a slider and a box.

    Returns
    -------
    dict
        ``symbol``, ``unit``, ``meaning``; ``start`` (what it is set to first); ``zero`` (whether
        it may be zero); ``most`` (place of the input that it never exceeds, or None); ``low``
        and ``high`` (smallest positive and largest observed value); ``lowest`` and ``highest``
        (ends of the slider, as logs of base 10); ``formula`` (how it follows from other inputs;
        empty where it does not); ``follows`` (whether it does so at first).
    """
    values, value = fit.inputs[item.symbol], float(start[item.symbol])
    low, high = float(values[values > 0].min()), float(values.max())
    beyond = high * 10**DECADES_BEYOND
    ends = (min(low, value), max(beyond, value)) if value > 0 else (low, beyond)
    follows = formula and math.isclose(Formula(formula).evaluate(start), value, rel_tol=1e-6)
    return {
        "symbol": item.symbol,
        "unit": item.unit,
        "meaning": item.meaning,
        "start": value,
        "zero": item.zero,
        "most": fit.law.input_symbols.index(item.at_most) if item.at_most else None,
        "low": low,
        "high": high,
        "lowest": math.floor(math.log10(ends[0]) * 10) / 10,
        "highest": math.ceil(math.log10(ends[1]) * 10) / 10,
        "formula": formula,
        "follows": bool(follows),
    }


def _law_code(law: Law) -> str:
    names = {symbol: f"x[{k}]" for k, symbol in enumerate(law.input_symbols)}
    names |= {symbol: f"p[{k}][i]" for k, symbol in enumerate(law.parameter_symbols)}
    return f"(x, p, i) => {javascript(law.formula, names)}"


def _part(member: Member, kept: npt.NDArray[np.int64], noise: Array) -> dict[str, Any]:
    """One law's draws, what is random beside them, and what its forecast starts from."""
    law, curve, data = member.fit.law, member.curve, member.data
    values = curve.at_draws.weights | curve.at_draws.curvature

    def draws(values: Any) -> str:
        return encode(np.broadcast_to(values, curve.n_draws)[kept])

    size = data.sizes(data.inputs)
    middle = float(data.mean_log(data.inputs).mean())
    part = {
        "reference": [curve.reference[symbol] for symbol in law.input_symbols],
        "parameters": [draws(values[symbol]) for symbol in law.parameter_symbols],
        "draws": {
            **{name: draws(curve.free[name]) for name in NOISES if name in curve.free},
            "noise": encode(noise),
        },
        "size": {
            "smallest": [float(x[x > 0].min()) for x in data.inputs.values()],
            "middle": middle,
            "low": middle + float(size.min()),
            "high": middle + float(size.max()),
        },
    }
    if member.slopes is not None:
        part["slopes"] = _slopes(member.slopes.pick(kept))
    if member.fit.runs_gain:
        # A new run strays by a level and a gain of its own.
        part["runs"] = {"growing": law.input_symbols.index(data.growing), "early": early(data)}
    elif data.groups is not None:
        # Later points carry on from the one observed curve.
        part["curve"] = {
            "growing": law.input_symbols.index(data.growing),
            "inputs": [data.inputs[symbol].tolist() for symbol in law.input_symbols],
            "log_response": np.log(data.response).tolist(),
            "nearest": NEAREST,
        }
    return part


def _slopes(drawn: DrawnSlopes) -> dict[str, Any]:
    """Errors of the slopes at the knots that a slider can come to, a row per knot."""
    slopes, law = drawn.slopes, drawn.slopes.law
    at_held = Predictor(law, slopes.held)
    values, errors, first = at_held.weights | at_held.curvature, [], []
    inputs = slopes.edges[: len(law.inputs)] + _MARGIN * np.array([-1, 1])
    ratios = [later - earlier[::-1] for earlier, later in combinations(inputs, 2)]
    size = [inputs.mean(axis=0)] if ratios else []
    for ends, knots in zip([*inputs, *ratios, *size], drawn.at_knots(), strict=True):
        start, stop = np.clip(np.round(ends).astype(int), -FURTHEST, FURTHEST)
        first.append(int(start))
        errors.append(encode(knots[:, start + FURTHEST : stop + FURTHEST + 1].T))
    return {
        "zero": [item.zero for item in law.inputs],
        "held": [float(values[symbol]) for symbol in law.parameter_symbols],
        "edges": slopes.edges.tolist(),
        "first": first,
        "steps": STEPS,
        "errors": errors,
        "beyond": encode(drawn.beyond.T),
    }
