"""List the laws, or describe or check one.

example:
  bayescale laws
  bayescale laws pretraining
  bayescale laws my.py --check
"""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from bayescale import catalogue
from bayescale.cli import files, options, screen
from bayescale.cli.command import DONE, FAILED, option, picked, switch
from bayescale.errors import InputError
from bayescale.law.law import Law
from bayescale.law.prior import Prior
from bayescale.law.symbols import NOISE_DOF, NOISE_SCALE, TOTAL, Weight

# In the list; a law described in full has its whole formula.
_WIDEST = 64

OPTIONS = (
    option("law", "LAW", "a law's name, or its file", nargs="?"),
    switch("--check", "hold it to the whole contract; exit code 1 if it fails"),
    options.JSON,
)


def run(given: Namespace) -> int:
    """List all laws, or describe or check one.

    Raises
    ------
    InputError
        If no law is named to check.
    """
    if given.law is None:
        if given.check:
            raise InputError("--check takes a law, by name or file: bayescale laws my.py --check.")
        found = [_short(catalogue.resolve(name)) for name in catalogue.names()]
        files.answer(given, lambda: {"laws": found}, lambda: _print_list(found))
        return DONE
    law = catalogue.resolve(given.law)
    if given.check:
        return _check(law, given)
    files.answer(given, lambda: _values(law), lambda: _print(law))
    return DONE


def _check(law: Law, given: Namespace) -> int:
    """Hold a law to the whole contract, and tell each way in which it fails."""
    from bayescale.law.check import check

    found = check(law)
    values = {"law": law.name, **picked(found, "passed failures")}
    kept = f"{law.name}, version {law.version}: keeps the whole contract"
    files.answer(given, lambda: values, lambda: screen.say("\n".join(found.failures) or kept))
    return DONE if found.passed else FAILED


def _print_list(found: list[dict[str, Any]]) -> None:
    rows = [(law["name"], _cut(law["formula"]), law["summary"]) for law in found]
    headings = ("law", "formula", "what it says")
    screen.table(dict(zip(headings, zip(*rows, strict=True), strict=True)), left=headings)
    screen.say("\nOne law in full: bayescale laws NAME")


def _cut(formula: str) -> str:
    return formula if len(formula) <= _WIDEST else f"{formula[: _WIDEST - 1]}…"


def _print(law: Law) -> None:
    """Print one law: formula, symbols with units, priors with reasons, references."""
    screen.say(f"{law.name}, version {law.version}: {law.summary}\n")
    screen.say(f"  {law.response.symbol} = {law.formula}\n")
    symbols = _symbols(law)
    columns = {name: [row[name] for row in symbols] for name in symbols[0]}
    screen.table(columns, left=columns)
    screen.say("\nPriors, where every input is divided by the reference run (geometric mean):")
    for prior, of in _priors(law).items():
        source = f" [{prior.source}]" if prior.source else ""
        screen.say(f"  {', '.join(of)} ~ {prior}\n      {prior.why}{source}")
    screen.say("\nReferences:")
    for reference in law.references or ("none given",):
        screen.say(f"  {reference}")


def _short(law: Law) -> dict[str, Any]:
    return {
        **picked(law, "name version summary"),
        "formula": f"{law.response.symbol} = {law.formula}",
        "inputs": law.input_symbols,
        "response": law.response.symbol,
    }


def _values(law: Law) -> dict[str, Any]:
    priors = [
        {"of": of, "prior": str(prior), "why": prior.why, "source": prior.source}
        for prior, names in _priors(law).items()
        for of in names
    ]
    rest = {"symbols": _symbols(law), "priors": priors, "references": law.references}
    return _short(law) | rest


def _symbols(law: Law) -> list[dict[str, str]]:
    """Symbol, kind, unit, meaning: the response, the inputs, the parameters."""
    response = law.response
    rows = [(response.symbol, "response", response.unit, response.meaning)]
    for item in law.inputs:
        kind = "input, zero allowed" if item.zero else "input"
        rows.append((item.symbol, kind, item.unit, item.meaning))
    for parameter in law.parameters:
        unit = response.unit if isinstance(parameter, Weight) else getattr(parameter, "unit", "")
        kind = type(parameter).__name__.lower()
        rows.append((parameter.symbol, kind, unit or "-", parameter.meaning))
    return [dict(zip(("symbol", "kind", "unit", "meaning"), row, strict=True)) for row in rows]


def _priors(law: Law) -> dict[Prior, list[str]]:
    """Each prior with the quantities that it is of."""
    named = [
        *([(f"{TOTAL} / median response", law.total)] if law.weights else []),
        *((_ratio(law, weight.symbol), weight.share) for weight in law.weights[1:]),
        *((item.symbol, item.prior) for item in law.curvature),
        *((NOISE_SCALE, law.noise.scale), (NOISE_DOF, law.noise.dof)),
        ("SD of the relative error of local slopes", law.discrepancy.slope),
        ("SD of their further error beyond the data", law.discrepancy.beyond),
    ]
    found: dict[Prior, list[str]] = {}
    for of, prior in named:
        found.setdefault(prior, []).append(of)
    return found


def _ratio(law: Law, symbol: str) -> str:
    return f"log(share[{symbol}] / share[{law.weights[0].symbol}])"
