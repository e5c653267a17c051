"""``bayescale report``: saved fits to one file that opens without Python."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayescale.cli import options, screen

if TYPE_CHECKING:
    from bayescale.posterior.fit import Fit


def write_report(given: Namespace) -> None:
    """Load the fits, plan if a budget is given, and write the file.

    Parameters
    ----------
    given : argparse.Namespace
        The options of ``bayescale report``.
    """
    options.output_file(given.output)
    facts = options.pairs("--fact", "schedule='ends at each D'", given.fact)
    targets = [options.points([text]) for text in given.at]
    from bayescale.report import report

    fits = _load(given.fits, given.law)
    results: list[Any] = [*fits]
    if given.budget is not None:
        from bayescale.decision.plan import plan

        results.append(
            plan(
                fits[0],
                budget=given.budget,
                risk=given.risk,
                discrepancy=not given.no_discrepancy,
                seed=given.seed,
                allow_unconverged=given.allow_unconverged,
            )
        )
    path = report(
        results,
        given.output,
        given.title,
        format=given.format or ("md" if given.output.suffix == ".md" else "html"),
        targets=targets or None,
        discrepancy=not given.no_discrepancy,
        seed=given.seed,
        allow_unconverged=given.allow_unconverged,
        facts=facts,
        command=shlex.join(["bayescale", *sys.argv[1:]]) if sys.argv[1:2] == ["report"] else "",
    )
    screen.say(f"Written to {path}.")


def _load(paths: list[Path], own: list[str]) -> list[Fit]:
    """Read fits; those of a law of the user's own with its file."""
    from bayescale import catalogue
    from bayescale.posterior.store import law_name, load

    laws = {law.name: law for law in map(catalogue.resolve, own)}
    return [load(path, laws.get(law_name(path)) if laws else None) for path in paths]
