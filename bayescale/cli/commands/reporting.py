"""The command that writes a report."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bayescale.cli.commands.shared import DONE, new_command


def add_report(commands: Any) -> None:
    """Add ``bayescale report``."""
    command = new_command(
        commands,
        "report",
        "write one file that opens without Python, and answers what-if",
        "bayescale report fit.nc --at N=70B,D=1.4T -o report.html",
        "bayescale report loss.nc time.nc --budget 1e24 --title 'The next model' -o report.html",
    )
    add = command.add_argument
    add("fits", nargs="+", type=Path, metavar="FIT", help="saved fits: fit.nc")
    add("-o", "--output", type=Path, default=Path("report.html"), metavar="FILE")
    add(
        "--at",
        action="append",
        default=[],
        metavar="POINT",
        help="a target, N=70B,D=1.4T; fits of these inputs forecast it (may be repeated)",
    )
    add("--title", metavar="TEXT", help="title of the report")
    add(
        "--format",
        choices=("html", "md"),
        help="a page, or Markdown with a folder of pictures (default: by the file's name)",
    )
    add("--budget", metavar="AMOUNT", help="also plan with the first fit: 1e24 (FLOPs)")
    add("--risk", default="mean", metavar="RISK", help="of the plan: mean, cvar(0.9), …")
    add(
        "--fact",
        action="append",
        default=[],
        metavar="NAME=TEXT",
        help="fills in the checklist: embeddings, compute, schedule, tuning, tokens, evaluation "
        "or selection (may be repeated)",
    )
    add(
        "--law",
        action="append",
        default=[],
        metavar="FILE",
        help="the file of a law of your own (may be repeated)",
    )
    add("--seed", type=int, default=0, help="of noise and discrepancy (default: 0)")
    add("--no-discrepancy", action="store_true", help="take the laws to hold beyond the data")
    add("--allow-unconverged", action="store_true", help="forecast from fits that failed checks")

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.report import write_report

        write_report(given)
        return DONE

    command.set_defaults(carry_out=carry_out)
