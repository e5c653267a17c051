"""``bayescale laws``: what there is, and what one law says."""

from __future__ import annotations

from typing import Any

from bayescale import catalogue
from bayescale.cli import screen
from bayescale.law.law import Law
from bayescale.law.prior import Prior
from bayescale.law.symbols import NOISE_DOF, NOISE_SCALE, TOTAL, Exponent, Weight

# In the list; a law described in full has its whole formula.
_WIDEST = 64


def list_laws(json: bool) -> None:
    """Print all laws, one row each."""
    found = [catalogue.resolve(name) for name in catalogue.names()]
    if json:
        screen.as_json({"laws": [_short(law) for law in found]})
        return
    rows = [
        (law.name, _cut(f"{law.response.symbol} = {law.formula}"), law.summary) for law in found
    ]
    screen.table(("law", "formula", "what it says"), rows)
    screen.say("\nOne law in full: bayescale laws NAME")


def _cut(formula: str) -> str:
    return formula if len(formula) <= _WIDEST else f"{formula[: _WIDEST - 1]}…"


def _short(law: Law) -> dict[str, Any]:
    return {
        "name": law.name,
        "version": law.version,
        "formula": f"{law.response.symbol} = {law.formula}",
        "inputs": law.input_symbols,
        "response": law.response.symbol,
        "summary": law.summary,
    }


def describe(name: str, json: bool) -> None:
    """Print one law: formula, symbols with units, priors with reasons, references."""
    law = catalogue.resolve(name)
    if json:
        screen.as_json(_long(law))
        return
    screen.say(f"{law.name}, version {law.version}: {law.summary}\n")
    screen.say(f"  {law.response.symbol} = {law.formula}\n")
    screen.table(
        ("symbol", "kind", "unit", "meaning"), [list(row.values()) for row in _symbols(law)]
    )
    screen.say("\nPriors, where every input is divided by the reference run (geometric mean):")
    for prior, of in _grouped(law).items():
        source = f" [{prior.source}]" if prior.source else ""
        screen.say(f"  {', '.join(of)} ~ {prior}")
        screen.say(f"      {prior.why}{source}")
    screen.say("\nReferences:")
    for reference in law.references or ("none given",):
        screen.say(f"  {reference}")


def _long(law: Law) -> dict[str, Any]:
    return _short(law) | {
        "symbols": _symbols(law),
        "priors": _priors(law),
        "references": law.references,
    }


def _symbols(law: Law) -> list[dict[str, str]]:
    """Symbol, kind, unit, meaning: the response, the inputs, the parameters."""
    rows = [(law.response.symbol, "response", law.response.unit, law.response.meaning)]
    for item in law.inputs:
        kind = "input, zero allowed" if item.zero else "input"
        rows.append((item.symbol, kind, item.unit, item.meaning))
    for parameter in law.parameters:
        if isinstance(parameter, Weight):
            kind, unit = "weight", law.response.unit
        elif isinstance(parameter, Exponent):
            kind, unit = "exponent", "-"
        else:
            kind, unit = "shape", parameter.unit or "-"
        rows.append((parameter.symbol, kind, unit, parameter.meaning))
    return [dict(zip(("symbol", "kind", "unit", "meaning"), row, strict=True)) for row in rows]


def _priors(law: Law) -> list[dict[str, str]]:
    return [
        {"of": of, "prior": str(prior), "why": prior.why, "source": prior.source}
        for prior, names in _grouped(law).items()
        for of in names
    ]


def _grouped(law: Law) -> dict[Prior, list[str]]:
    """Each prior with the quantities that it is of."""
    first = law.weights[0].symbol
    named = [(f"{TOTAL} / median response", law.total)]
    named += [(f"log(share[{w.symbol}] / share[{first}])", w.share) for w in law.weights[1:]]
    named += [(item.symbol, item.prior) for item in law.curvature]
    named += [(NOISE_SCALE, law.noise.scale), (NOISE_DOF, law.noise.dof)]
    named += [
        ("share of the further change that may be wrong beyond the data", law.discrepancy.change),
        ("factor on the noise beyond the data", law.discrepancy.noise),
    ]
    found: dict[Prior, list[str]] = {}
    for of, prior in named:
        found.setdefault(prior, []).append(of)
    return found
