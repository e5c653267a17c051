"""Show what a saved fit or answer found.

example:
  bayescale show answer.nc
  bayescale show fit.nc
  bayescale show fit.nc --mass 0.5 --json
"""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

import bayescale as bs
from bayescale.cli import files, options, screen
from bayescale.cli.command import picked
from bayescale.cli.forecast import as_values as answer_as_values
from bayescale.cli.forecast import laws_as_values, print_laws

OPTIONS = (*options.SAVED_FIT, options.MASS, options.JSON)


def run(given: Namespace) -> None:
    """Read a fit and print it."""
    found = bs.load(given.fit, given.law)
    if isinstance(found, bs.Fit):
        files.answer(given, lambda: as_values(found, given.mass), lambda: _print(found, given.mass))
    else:
        files.answer(given, lambda: _values(found, given.mass), lambda: print_laws(found))


def _values(found: bs.Ensemble, mass: float) -> dict[str, Any]:
    told = answer_as_values(found) if isinstance(found, bs.Answer) else laws_as_values(found)
    return {**told, "fits": [as_values(fit, mass) for fit in found.fits]}


def _print(fit: bs.Fit, mass: float) -> None:
    print_fit(fit, mass)
    attrs = fit.provenance
    versions = ", ".join(f"{k} {v}" for k, v in json.loads(attrs["versions"]).items())
    screen.say(f"\nFrom {attrs['source']} (digest {attrs['digest'][:12]}), seed {attrs['seed']},")
    screen.say(f"route {attrs['route']}; {versions}.")


def print_fit(fit: bs.Fit, mass: float) -> None:
    """Print parameters with intervals, diagnostics and findings."""
    size, law, found = fit.draws["free"].sizes, fit.law, fit.diagnostics
    kind = "Preview (Laplace approximation, not sampled)" if fit.approximate else "Fit"
    screen.say(f"{kind} of {law.name}: {law.response.symbol} = {law.formula}")
    screen.say(f"{len(fit.response)} runs, {size['chain']} chains of {size['draw']} draws\n")
    summary = fit.summary(mass)
    screen.table(
        summary.reset_index().drop(columns=["sd", "interval"]).replace({"unit": {"": "-"}}),
        left=("parameter", "unit", "informed", "meaning"),
    )
    screen.say(f"\nIntervals: {summary['interval'].iloc[0]} of each parameter.")
    for constraint in summary.attrs["soft_constraints"]:
        screen.say(f"Soft constraint in place of a prior: {constraint}")
    if not fit.approximate:
        table = found.table
        screen.say(
            f"Diagnostics: {'passed' if found.passed else 'FAILED'}; R-hat up to "
            f"{table['r_hat'].max():.3f}, smallest ESS {table['ess_bulk'].min():.0f} (bulk) and "
            f"{table['ess_tail'].min():.0f} (tail), {found.divergences} divergences, "
            f"E-BFMI {found.e_bfmi:.2f}."
        )
    for problem in found.problems:
        screen.say(f"{problem.severity}: {problem.message}")


def as_values(fit: bs.Fit, mass: float) -> dict[str, Any]:
    """Collect a fit as values for JSON."""
    summary, found = fit.summary(mass), fit.diagnostics
    return {
        "law": fit.law.name,
        "law_version": fit.law.version,
        "formula": f"{fit.law.response.symbol} = {fit.law.formula}",
        "runs": len(fit.response),
        "preview": fit.approximate,
        "interval": "equal-tailed",
        "mass": mass,
        "parameters": summary.drop(columns="interval").reset_index(),
        "soft_constraints": summary.attrs["soft_constraints"],
        "diagnostics": {
            **picked(found, "passed divergences e_bfmi parameters checks"),
            "problems": [picked(problem, "code severity message") for problem in found.problems],
        },
        "provenance": {k: _structure(v) for k, v in fit.provenance.items() if k != "formula"},
    }


def _structure(value: Any) -> Any:
    """Undo the JSON that attributes with structure are kept as."""
    return json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") else value
