"""Inputs of a law as sliders and boxes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bayescale.expressions.arithmetic import Formula
from bayescale.posterior.fit import Fit

# Sliders reach this many decades beyond the largest observed run.
DECADES_BEYOND = 3.0


@dataclass(frozen=True)
class Control:
    """An input of the law as a slider and a box.

    Attributes
    ----------
    symbol, unit, meaning : str
    start : float
        What it is set to first.
    low, high : float
        Smallest positive and largest observed value.
    lowest, highest : float
        Ends of the slider, as logs of base 10.
    formula : str
        How it follows from other inputs; empty where it does not.
    follows : bool
        Whether it does so at first.
    """

    symbol: str
    unit: str
    meaning: str
    start: float
    low: float
    high: float
    lowest: float
    highest: float
    formula: str
    follows: bool


def derived_inputs(fit: Fit) -> dict[str, str]:
    """Formulas of the inputs that follow from other inputs of the law, in order."""
    known = {symbol for symbol in fit.law.input_symbols if symbol not in fit.derive}
    found = {}
    for symbol, text in fit.derive.items():
        if symbol in fit.law.input_symbols and set(Formula(text).names) <= known:
            found[symbol] = text
        known.add(symbol)
    return found


def control(
    fit: Fit, symbol: str, start: Mapping[str, float] | None, derived: Mapping[str, str]
) -> Control:
    """An input of a fit's law, set to ``start`` or to the reference run.

    Parameters
    ----------
    fit : Fit
    symbol : str
    start : mapping of str to float or None
        Raw inputs.
    derived : mapping of str to str
        From :func:`derived_inputs`.
    """
    item = next(item for item in fit.law.inputs if item.symbol == symbol)
    values = fit.inputs[symbol]
    low, high = float(values[values > 0].min()), float(values.max())
    at = dict(fit.curve.reference) if start is None else dict(start)
    formula = derived.get(symbol, "")
    value = float(at[symbol])
    follows = bool(formula) and math.isclose(
        float(Formula(formula).evaluate(at)), value, rel_tol=1e-6
    )
    ends = [math.log10(low), math.log10(high) + DECADES_BEYOND]
    if value > 0:
        ends = [min(ends[0], math.log10(value)), max(ends[1], math.log10(value))]
    lowest, highest = math.floor(ends[0] * 10) / 10, math.ceil(ends[1] * 10) / 10
    words = (symbol, item.unit, item.meaning)
    return Control(*words, value, low, high, lowest, highest, formula, follows)
