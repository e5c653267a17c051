"""Where the numbers of a report come from, and how to make them again."""

from __future__ import annotations

import json
import shlex
from typing import Any

from bayescale import __version__
from bayescale.posterior.fit import Fit
from bayescale.report.document import Block, Code, Heading, Paragraph, Section, Table
from bayescale.report.results import Results

UNKNOWN = "unknown"


def provenance(results: Results, command: str) -> Section:
    """Versions, seeds, digests and commands."""
    blocks: list[Block] = []
    for name, fit in results.named_fits:
        blocks += [
            Heading(name),
            Table(f"Provenance of {name}", ("what", "value"), tuple(_rows(fit))),
            Paragraph("To fit again (conditions on rows, --where, are not kept with a fit):"),
            Code(fit_command(fit)),
        ]
    if command:
        blocks += [Paragraph("To write this report again:"), Code(command)]
    seeds = f"noise and discrepancy drawn with seed {results.seed}"
    blocks.append(Paragraph(f"Written by bayescale {__version__}; {seeds}."))
    return Section("provenance", "Provenance", tuple(blocks))


def _rows(fit: Fit) -> list[tuple[str, str]]:
    attrs = fit.provenance
    size = fit.draws["free"].sizes
    versions = json.loads(attrs.get("versions", "{}"))
    return [
        ("law", f"{fit.law.name}, version {fit.law.version}"),
        ("formula", f"{fit.law.response.symbol} = {fit.law.formula}"),
        ("source of the runs", str(attrs.get("source", UNKNOWN))),
        ("digest of the runs (SHA-256)", str(attrs.get("digest", UNKNOWN))),
        ("seed", str(attrs.get("seed", UNKNOWN))),
        ("draws", f"{size['chain']} chains of {size['draw']}"),
        ("route", str(attrs.get("route", UNKNOWN))),
        ("versions", ", ".join(f"{k} {v}" for k, v in versions.items()) or UNKNOWN),
    ]


def fit_command(fit: Fit) -> str:
    """What to type to fit again."""
    attrs: dict[str, Any] = dict(fit.provenance)
    size = fit.draws["free"].sizes
    words = ["bayescale", "fit", str(attrs.get("source", "runs.csv")), "--law", fit.law.name]
    for symbol, column in json.loads(attrs.get("columns", "{}")).items():
        if symbol != column:
            words += ["--column", f"{symbol}={column}"]
    for symbol, formula in fit.derive.items():
        words += ["--derive", f"{symbol}={formula}"]
    if attrs.get("run"):
        words += ["--run", str(attrs["run"])]
    words += ["--seed", str(attrs.get("seed", 1))]
    words += ["--chains", str(size["chain"]), "--draws", str(size["draw"])]
    if fit.approximate:
        words.append("--preview")
    return shlex.join([*words, "-o", f"{fit.law.name}.nc"])
