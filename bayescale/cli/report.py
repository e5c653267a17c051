"""Write one file that opens without Python, and answers what-if.

example:
  bayescale report fit.nc --at N=70B,D=1.4T -o report.html
  bayescale report loss.nc time.nc --budget 1e24 --title 'The next model' -o report.html
"""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import bayescale as bs
from bayescale.cli import options, screen
from bayescale.cli.command import file, option, picked, repeated

_FACTS = "fills the checklist: embeddings, compute, schedule, tuning, tokens, evaluation, selection"

OPTIONS = (
    options.SAVED_FITS,
    file("-o --output", "where it is written", default=Path("report.html")),
    repeated("--at", "POINT", "a target, N=70B,D=1.4T; fits of these inputs forecast it"),
    option("--title", "TEXT", "title of the report"),
    option("--format", None, "of the file (default: by its name)", choices=("html", "md")),
    option("--budget", "AMOUNT", "also plan with the first fit: 1e24 (FLOPs)"),
    options.RISK,
    repeated("--fact", "NAME=TEXT", _FACTS),
    options.OWN_LAWS,
    *options.TRUST,
)


def run(given: Namespace) -> None:
    """Load the fits, plan if a budget is given, and write the file."""
    from bayescale.report.report import report

    facts = options.pairs("--fact", "schedule='ends at each D'", given.fact)
    targets = [options.points([text]) for text in given.at]
    results: list[Any] = options.load_all(given.fits, given.law)
    if given.budget is not None:
        chosen = picked(given, "budget risk")
        results.append(bs.plan(results[0], **chosen, **options.trust(given)))
    path = report(
        results,
        given.output,
        given.title,
        format=given.format,
        targets=targets or None,
        facts=facts,
        command=shlex.join(["bayescale", *sys.argv[1:]]) if sys.argv[1:2] == ["report"] else "",
        **options.trust(given),
    )
    screen.say(f"Written to {path}.")
