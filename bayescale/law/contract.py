"""What a law promises, as far as it is quickly seen: each check yields a sentence per breach.

A law here is anything that is called with inputs and parameters by symbol. A sentence says what
is wrong, where, and what to do; it starts in lower case, because the law's name comes before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bayescale.errors import LawError
from bayescale.expressions.text import Text
from bayescale.law.places import Places
from bayescale.law.prior import Array

Evaluate = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]
Check = Callable[[Any, Places], Iterator[str]]
# Relative steps: a complex one is exact however small, a real one is neither too small nor large.
COMPLEX_STEP, REAL_STEP = 1e-30, 1e-6
# A parameter may be 0, and is moved by this share of this then.
LEAST = 1e-2
_REMEDY = (
    "use ordinary arithmetic, numpy's functions of one number (np.exp, not math.exp), and "
    "bayescale.law.ops"
)


def breaches(check: Check, law: Evaluate, at: Places) -> list[str]:
    """Carry out one check; a law that cannot even be evaluated there has one sentence too."""
    with np.errstate(all="ignore"):
        try:
            return list(check(law, at))
        except LawError as fault:
            return [str(fault)]
        except Exception as fault:
            kind = type(fault).__name__
            return [f"its check {check.__name__!r} ends in {kind} ({fault}); {_REMEDY}"]


def written(law: Evaluate, at: Places) -> Iterator[str]:
    """The formula can be written down, and its functions have a complex derivative."""
    texts = {name: Text(name) for name in at.values}
    formula = law({name: texts[name] for name in at.inputs}, {n: texts[n] for n in at.parameters})
    if re.search(r"\b(abs|absolute|fabs)\(", str(formula)):
        yield (
            "abs() has no derivative by a complex step, which would come out as 0: write "
            "(t*t + w*w)**0.5, with w the width of the rounded corner, or "
            "bayescale.law.ops.smooth_max for the larger of two"
        )


def positive(law: Evaluate, at: Places) -> Iterator[str]:
    """The response is positive and finite."""
    if found := _not_positive(law, at):
        yield (
            f"the response is {found}; it must be positive and finite at every scale: change the "
            "formula, or narrow a prior that reaches too far"
        )


def separable(law: Evaluate, at: Places) -> Iterator[str]:
    """Each weight alone gives a response, by which it has a value in raw units."""
    for symbol in at.weights:
        if found := _not_positive(law, at.alone(symbol)):
            yield (
                f"with {symbol} as the only weight the response is {found}; let each weight alone "
                "give a positive and finite response, as in a sum, or declare it as a shape"
            )


def _not_positive(law: Evaluate, at: Places) -> str:
    """A response that is not positive and finite, and where it is so; nothing if there is none."""
    for where, there in (("", at), ("the reference run, for ", replace(at, inputs=at.ones))):
        value = values(law, there)
        if (k := first(~(np.isfinite(value) & (value > 0)))) is not None:
            return f"{value[k]:.4g} at {where}{there.told(k)}"
    return ""


def homogeneous(law: Evaluate, at: Places) -> Iterator[str]:
    """The response grows in proportion to all weights together."""
    value = values(law, at)
    for factor in (2.5, 1e-2) if at.weights else ():
        more = {name: factor * weight for name, weight in at.weights.items()}
        found = values(law, replace(at, weights=more))
        if (k := first(~_close(found, factor * value))) is not None:
            yield (
                f"with every weight ({', '.join(at.weights)}) times {factor:g} the response is "
                f"{found[k] / value[k]:.4g} times as large at {at.told(k)}; a law is homogeneous "
                "of degree one in its weights: give each term one weight as a factor (sums, "
                "p-norms and maxima of such terms will do), or declare what is none as a shape"
            )
            return


def differentiable(law: Evaluate, at: Places) -> Iterator[str]:
    """Complex steps agree with finite differences for every symbol."""
    value = values(law, at)
    by_step = slopes(law, at)
    up, down = (_moved(law, at, sign * REAL_STEP).real for sign in (1.0, -1.0))
    by_difference = (up - down) / (2.0 * REAL_STEP)
    allowed = 1e-4 * np.abs(by_difference) + 1e-7 * np.abs(value)
    wrong = np.isfinite(by_difference) & ~(np.abs(by_step - by_difference) <= allowed)
    for row, symbol in enumerate(at.values):
        if (k := first(wrong[row])) is not None:
            size = sizes(at)[symbol][k]
            yield (
                f"the derivative by {symbol} is {by_difference[row, k] / size:.4g} by finite "
                f"differences and {by_step[row, k] / size:.4g} by a complex step at {at.told(k)}; "
                "some function in the formula takes no complex numbers (np.abs, np.real, a "
                "comparison), or jumps: use bayescale.law.ops instead"
            )


def slopes(law: Evaluate, at: Places) -> Array:
    """Derivatives by a complex step, each times the size of its symbol: (n_symbols, n_places)."""
    return np.asarray(_moved(law, at, 1j * COMPLEX_STEP).imag / COMPLEX_STEP)


def is_sum(law: Evaluate, at: Places) -> bool:
    """Whether a law is linear in its weights, and each term is its weight at the reference."""
    alone = {name: at.alone(name).parameters for name in at.weights}
    terms = [at.weights[name] * law(at.inputs, one) for name, one in alone.items()]
    units = [law(at.ones, one) for one in alone.values()]
    whole = law(at.inputs, at.parameters)
    return bool(terms) and bool(_close(sum(terms), whole).all() and _close(units, 1.0).all())


# What a law is held to when it is made, in this order; the rest is in bayescale.law.check.
QUICK: tuple[Check, ...] = (written, positive, homogeneous, differentiable)


def first(wrong: npt.NDArray[np.bool_]) -> int | None:
    """Index of the first place where something is wrong, if there is one."""
    return int(np.argmax(wrong)) if wrong.any() else None


def values(law: Evaluate, at: Places) -> Array:
    """Response at all places, also where the formula does without some symbols."""
    return np.broadcast_to(np.asarray(law(at.inputs, at.parameters), dtype=float), at.size)


def _close(found: Any, expected: Any) -> npt.NDArray[np.bool_]:
    close: npt.NDArray[np.bool_] = np.isclose(found, expected, rtol=1e-9, atol=0.0)
    return close


def sizes(at: Places) -> dict[str, Array]:
    """By how much a symbol is moved when it is moved by all of it."""
    inputs = {name: np.abs(value) for name, value in at.inputs.items()}
    return inputs | {n: np.maximum(np.abs(value), LEAST) for n, value in at.parameters.items()}


def _moved(law: Evaluate, at: Places, step: complex) -> npt.NDArray[np.complex128]:
    """Response with one symbol at a time moved by a share of its size: (n_symbols, n_places)."""
    size, rows = sizes(at), np.eye(len(at.values))
    moved = {
        name: value + rows[:, [k]] * step * size[name]
        for k, (name, value) in enumerate(at.values.items())
    }
    inputs = {name: moved[name] for name in at.inputs}
    found = law(inputs, {name: moved[name] for name in at.parameters})
    shape = np.broadcast_shapes(*(value.shape for value in moved.values()))
    return np.broadcast_to(np.asarray(found, dtype=complex), shape)
