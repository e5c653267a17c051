"""``bayescale show``: a saved fit, its parameters, its diagnostics, where it comes from."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayescale.cli import screen

if TYPE_CHECKING:
    from bayescale.posterior.fit import Fit


def show_fit(path: Path, *, law: str | None, mass: float, json: bool) -> None:
    """Read a fit and print it."""
    from bayescale.posterior.store import load

    fit = load(path, law)
    if json:
        screen.as_json(as_values(fit, mass))
        return
    print_fit(fit, mass)
    attrs = fit.provenance
    versions = ", ".join(f"{k} {v}" for k, v in json_module.loads(attrs["versions"]).items())
    screen.say(f"\nFrom {attrs['source']} (digest {attrs['digest'][:12]}), seed {attrs['seed']}, ")
    screen.say(f"route {attrs['route']}; {versions}.")


def print_fit(fit: Fit, mass: float) -> None:
    """Print parameters with intervals, diagnostics and findings."""
    size = fit.draws["free"].sizes
    kind = "Preview (Laplace approximation, not sampled)" if fit.approximate else "Fit"
    law = fit.law
    screen.say(f"{kind} of {law.name}: {law.response.symbol} = {law.formula}")
    screen.say(f"{len(fit.response)} runs, {size['chain']} chains of {size['draw']} draws\n")
    summary = fit.summary(mass)
    rows = [
        [
            str(name),
            *(screen.number(row[part]) for part in ("median", "lower", "upper")),
            row["unit"] or "-",
            "yes" if row["informed"] else "no",
            row["meaning"],
        ]
        for name, row in summary.iterrows()
    ]
    columns = ("parameter", "median", "lower", "upper", "unit", "informed", "meaning")
    screen.table(columns, rows, right=("median", "lower", "upper"))
    screen.say(f"\nIntervals: {summary['interval'].iloc[0]} of each parameter. ")
    for constraint in summary.attrs["soft_constraints"]:
        screen.say(f"Soft constraint in place of a prior: {constraint}")
    _print_diagnostics(fit)


def _print_diagnostics(fit: Fit) -> None:
    found = fit.diagnostics
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


def as_values(fit: Fit, mass: float) -> dict[str, Any]:
    """Collect a fit as values for JSON."""
    summary = fit.summary(mass)
    rows = summary.drop(columns="interval").reset_index().to_dict("records")
    found = fit.diagnostics
    return {
        "law": fit.law.name,
        "law_version": fit.law.version,
        "formula": f"{fit.law.response.symbol} = {fit.law.formula}",
        "runs": len(fit.response),
        "preview": fit.approximate,
        "interval": "equal-tailed",
        "mass": mass,
        "parameters": rows,
        "soft_constraints": summary.attrs["soft_constraints"],
        "diagnostics": {
            "passed": found.passed,
            "divergences": found.divergences,
            "e_bfmi": found.e_bfmi,
            "parameters": found.parameters,
            "checks": found.checks,
            "problems": [
                {"code": p.code, "severity": p.severity, "message": p.message}
                for p in found.problems
            ],
        },
        "provenance": {
            key: _structure(value) for key, value in fit.provenance.items() if key != "formula"
        },
    }


def _structure(value: Any) -> Any:
    """Undo the JSON that attributes with structure are kept as."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json_module.loads(value)
    return value
