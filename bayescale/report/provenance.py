"""Where the numbers of a report come from, and how to make them again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from bayescale import __version__, catalogue
from bayescale.posterior.fit import Fit
from bayescale.report.document import UNKNOWN, Block, Code, Heading, Paragraph, Table
from bayescale.report.results import Results
from bayescale.runs.table import FRAME


def provenance(results: Results, command: str) -> Iterator[Block]:
    """Versions, seeds, digests and commands."""
    for name, fit in results.fits:
        yield Heading(name)
        yield Table(f"Provenance of {name}", ("what", "value"), _rows(fit))
        yield from _again(fit)
    if command:
        yield Paragraph("To write this report again:")
        yield Code(command)
    given = results.assumed.seed
    seed = "noise drawn with " + ("a seed of each fit's own" if given is None else f"seed {given}")
    yield Paragraph(f"Written by bayescale {__version__}; {seed}.")


def _rows(fit: Fit) -> tuple[tuple[str, str], ...]:
    known, size = fit.provenance, fit.draws["free"].sizes
    versions: dict[str, str] = json.loads(known.get("versions", "{}"))
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        ("law", f"{fit.law.name}, version {fit.law.version}"),
        ("formula", f"{fit.law.response.symbol} = {fit.law.formula}"),
        ("source of the runs", fit.runs.source),
        ("digest of the runs (SHA-256)", fit.runs.digest),
        ("seed", str(known.get("seed", UNKNOWN))),
        ("draws", f"{size['chain']} chains of {size['draw']}"),
        ("route", str(known.get("route", UNKNOWN))),
        ("versions", told or UNKNOWN),
    )


def _again(fit: Fit) -> Iterator[Block]:
    """How to fit again: by a command where one says all of it, else from the saved fit."""
    lacking = {
        "its runs were given as a DataFrame": fit.runs.source == FRAME,
        "its law is no law of the catalogue": fit.law.name not in catalogue.names(),
        "its priors or beliefs were stated in Python": fit.stated.priors or fit.stated.beliefs,
    }
    if why := [reason for reason, holds in lacking.items() if holds]:
        yield Paragraph(
            f"No command fits this again ({'; '.join(why)}): save the fit (fit.save), and "
            "bayescale.load(...).refit() fits it again."
        )
    else:
        yield Paragraph("To fit again (conditions on rows, --where, are not kept with a fit):")
        yield Code(fit_command(fit))


def fit_command(fit: Fit) -> str:
    """What to type to fit again."""
    runs, size = fit.runs, fit.draws["free"].sizes
    columns = {symbol: name for symbol, name in runs.columns.items() if symbol != name}
    words = ["bayescale", "fit", runs.source, "--law", fit.law.name]
    for option, pairs in (("--column", columns), ("--derive", runs.derive)):
        words += [word for symbol, value in pairs.items() for word in (option, f"{symbol}={value}")]
    if runs.run:
        words += ["--run", runs.run]
    words += ["--seed", str(fit.provenance.get("seed", 1))]
    words += ["--chains", str(size["chain"]), "--draws", str(size["draw"])]
    if fit.approximate:
        words.append("--preview")
    return shlex.join([*words, "-o", f"{fit.law.name}.nc"])
