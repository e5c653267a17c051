"""The whole contract of a law, as a check that says all breaches at once.

Beside what is looked at whenever a law is made (:mod:`bayescale.law.contract`): that the one
formula gives the same on numpy, xarray, PyTensor, as text and as JavaScript, that a change of
units changes no response, and that everything is explained.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from bayescale.delegates import later
from bayescale.errors import InputError, LawError
from bayescale.expressions import arithmetic, javascript
from bayescale.expressions.text import numpy_function
from bayescale.law import contract
from bayescale.law.contract import QUICK, first, separable, values
from bayescale.law.law import Law
from bayescale.law.places import Places, draw_places, told
from bayescale.law.prior import Array

N_PLACES, DECADES = 50, 3.0


@dataclass(frozen=True, repr=False)
class LawCheck:
    """What a law's check found.

    Attributes
    ----------
    law : str
        Name of the law, or where it was looked for.
    failures : tuple of str
        Every breach of the contract in a sentence: what, where, and what to do.
    """

    law: str
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether there are no failures."""
        return not self.failures

    def __repr__(self) -> str:
        if self.passed:
            said = (
                f"Law {self.law!r} keeps the contract: {len(CHECKS)} checks, each at {N_PLACES} "
                f"places within {DECADES:g} decades of a reference run."
            )
            return textwrap.fill(said, 80)
        items = [
            textwrap.fill(text, 80, initial_indent="- ", subsequent_indent="  ")
            for text in self.failures
        ]
        return "\n".join([f"Law {self.law!r} breaks the contract:", *items])


def check(law: str | Path | Law) -> LawCheck:
    """Hold a law to the whole contract, as the tests hold the laws that ship.

    Parameters
    ----------
    law : Law, str or Path
        A law, the name of one, or the path of a law file.

    Returns
    -------
    LawCheck
        Its ``failures`` say all that is wrong; ``passed`` is True where nothing is.

    Raises
    ------
    InputError
        If there is no law of that name and no such file.

    Notes
    -----
    Each check is made at 50 places, always the same: inputs within three decades of the reference
    run, exponents and shapes from their priors. The first place of a breach is told.
    """
    try:
        found: Law = later("resolve")(law)
    except LawError as fault:
        return LawCheck(str(law), (str(fault),))
    at = draw_places(found.inputs, found.parameters, N_PLACES, DECADES, seed=1)
    breaches = [text for each in CHECKS for text in contract.breaches(each, found, at)]
    return LawCheck(found.name, tuple(f"{text[0].upper()}{text[1:]}." for text in breaches))


def explained(law: Law, _: Places) -> Iterator[str]:
    """Everything has a meaning, a unit or a reason."""
    response = law.response
    said = {"the summary": law.summary, f"the unit of {response.symbol}": response.unit}
    said[f"the meaning of {response.symbol}"] = response.meaning
    said |= {f"the meaning of {item.symbol}": item.meaning for item in law.inputs}
    said |= {f"the unit of {item.symbol}": item.unit for item in law.inputs}
    said |= {f"the meaning of {item.symbol}": item.meaning for item in law.parameters}
    said |= {f"the reason for the prior of {item.symbol}": item.prior.why for item in law.curvature}
    for what, words in said.items():
        if not words.strip():
            yield f"{what} is empty; write it in a line, for those who read the law without you"


def arrays(law: Law, at: Places) -> Iterator[str]:
    """Numpy and xarray broadcast draws against points, to the numbers of single calls."""
    import xarray as xr

    crossed = at.crossed()
    each = [
        law.function(**{name: value[k] for name, value in crossed.values.items()})
        for k in range(crossed.size)
    ]
    by_numpy = law(at.inputs, {name: value[:, None] for name, value in at.parameters.items()})
    by_xarray = law(
        {name: xr.DataArray(value, dims="point") for name, value in at.inputs.items()},
        {name: xr.DataArray(value, dims="draw") for name, value in at.parameters.items()},
    )
    size = (at.size, at.size)
    points = xr.DataArray(np.zeros(size), dims=("draw", "point"))
    for what, found in (
        ("numpy arrays", np.broadcast_to(by_numpy, size)),
        ("xarray", (points + by_xarray).transpose("draw", "point")),
    ):
        yield from _unequal(f"by {what}", np.ravel(found), np.array(each), crossed, 1e-9)


def text(law: Law, at: Places) -> Iterator[str]:
    """The printed formula gives the law's own numbers."""
    found = arithmetic.evaluate(law.formula, at.values, numpy_function)
    yield from _unequal("as printed", found, values(law, at), at, 1e-12)


def script(law: Law, at: Places) -> Iterator[str]:
    """So does the formula in JavaScript, as reports carry it."""
    try:
        code = javascript.javascript(law.formula, {name: name for name in at.values})
    except InputError as fault:
        cannot = str(fault).rstrip(".")
        yield f"reports carry the formula, and {cannot}; write it with exp, log, sqrt or tanh"
        return
    found = javascript.evaluate(code, at.values)
    yield from _unequal("as JavaScript", found, values(law, at), at, 1e-12)


def tensors(law: Law, at: Places) -> Iterator[str]:
    """PyTensor has the same values, and finite derivatives equal to complex steps."""
    value, *gradient = _by_pytensor(law)(*at.values.values())
    expected = values(law, at)
    yield from _unequal("by PyTensor", value, expected, at, 1e-9)
    steps = contract.slopes(law, at)[len(at.inputs) :]
    for symbol, found, step in zip(at.parameters, gradient, steps, strict=True):
        slope = step / contract.sizes(at)[symbol]
        # Where all of a derivative cancels, only its size beside the value is comparable.
        close = np.abs(found - slope) <= 1e-7 * np.abs(found) + 1e-12 * np.abs(expected)
        if (k := first(~(np.isfinite(found) & close))) is not None:
            yield (
                f"PyTensor's derivative by {symbol} is {found[k]:.4g}, that of a complex step "
                f"{slope[k]:.4g} at {at.told(k)}; keep powers and square roots off 0, and write "
                "what has a corner or a branch with bayescale.law.ops"
            )


def zeros(law: Law, at: Places) -> Iterator[str]:
    """Where an input may be 0, so that the checks above hold there too."""
    for item in law.inputs:
        if item.zero:
            none = np.zeros_like(at.inputs[item.symbol])
            there = replace(at, inputs={**at.inputs, item.symbol: none})
            for each in (contract.positive, text, script, tensors):
                yield from each(law, there)


def units(law: Law, at: Places) -> Iterator[str]:
    """Raw parameters at raw inputs are the scaled law: a change of units changes no response."""
    scales, bent = at.reference, at.curvature
    raw = replace(
        at,
        inputs={name: value * scales[name] for name, value in at.inputs.items()},
        weights={n: law.raw_weight(n, value, bent, scales) for n, value in at.weights.items()},
        curvature=law.raw_curvature(bent, scales),
    )
    found, expected = values(law, raw), values(law, at)
    if (k := first(~np.isclose(found, expected, rtol=1e-6, atol=0.0))) is not None:
        yield (
            f"for a reference run of {told(k, at.reference)} the response in raw units is "
            f"{found[k]:.4g}, and {expected[k]:.4g} in units of the reference, at {at.told(k)}; "
            "give each shape that is a scale of an input its to_raw, and let each term have one "
            "weight as a factor"
        )


# What a law is held to, in this order.
CHECKS = (explained, *QUICK, separable, arrays, text, script, tensors, zeros, units)


def _unequal(how: str, found: Any, expected: Array, at: Places, rtol: float) -> Iterator[str]:
    found = np.broadcast_to(np.asarray(found, dtype=float), expected.shape)
    if (k := first(~np.isclose(found, expected, rtol=rtol, atol=0.0))) is not None:
        yield (
            f"{how} the formula gives {found[k]:.10g}, and {expected[k]:.10g} by single numbers "
            f"at {at.told(k)}; let it depend on the values of its arguments alone, on no type, "
            "comparison or random number, and use bayescale.law.ops"
        )


@lru_cache(maxsize=16)
def _by_pytensor(law: Law) -> Any:
    """Response and its gradient by the parameters, as one compiled function of all symbols."""
    import pytensor
    import pytensor.tensor as pt

    inputs = {name: pt.dvector(name) for name in law.input_symbols}
    parameters = {item.symbol: pt.dvector(item.symbol) for item in (*law.weights, *law.curvature)}
    value = law(inputs, parameters)
    # As long as the inputs, where the formula does without some symbols.
    value = value + sum(pt.zeros_like(item) for item in inputs.values())
    gradient = pytensor.grad(value.sum(), list(parameters.values()), disconnected_inputs="ignore")
    mode = pytensor.compile.mode.Mode(linker="py", optimizer=None)
    symbols = [*inputs.values(), *parameters.values()]
    return pytensor.function(symbols, [value, *gradient], mode=mode, on_unused_input="ignore")
