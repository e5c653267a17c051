"""Inputs of a law as sliders and boxes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bayescale.expressions.arithmetic import Formula
from bayescale.law.symbols import Input
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
    zero : bool
        Whether it may be zero.
    most : int or None
        Place of the input that it never exceeds.
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
    zero: bool
    most: int | None
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
    fit: Fit, item: Input, start: Mapping[str, float], derived: Mapping[str, str]
) -> Control:
    """An input of a fit's law as a control.

    Parameters
    ----------
    fit : Fit
    item : Input
    start : mapping of str to float
        Raw inputs that the page shows first.
    derived : mapping of str to str
        From :func:`derived_inputs`.
    """
    values, value = fit.inputs[item.symbol], float(start[item.symbol])
    low, high = float(values[values > 0].min()), float(values.max())
    formula = derived.get(item.symbol, "")
    beyond = high * 10**DECADES_BEYOND
    ends = (min(low, value), max(beyond, value)) if value > 0 else (low, beyond)
    return Control(
        symbol=item.symbol,
        unit=item.unit,
        meaning=item.meaning,
        start=value,
        zero=item.zero,
        most=fit.law.input_symbols.index(item.at_most) if item.at_most else None,
        low=low,
        high=high,
        lowest=math.floor(math.log10(ends[0]) * 10) / 10,
        highest=math.ceil(math.log10(ends[1]) * 10) / 10,
        formula=formula,
        follows=bool(formula)
        and math.isclose(Formula(formula).evaluate(start), value, rel_tol=1e-6),
    )
