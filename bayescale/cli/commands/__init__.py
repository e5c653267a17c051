"""The commands and their options; each is carried out by the module that it imports.

argparse and not a larger library, because half of what a command may take is what others
take to import.
"""

from __future__ import annotations

import argparse

from bayescale import __version__
from bayescale.cli.commands.deciding import add_next_runs, add_plan
from bayescale.cli.commands.doubting import add_sensitivity
from bayescale.cli.commands.fitting import add_demo, add_fit, add_laws, add_show
from bayescale.cli.commands.forecasting import add_backtest, add_compare, add_extrapolate
from bayescale.cli.commands.reporting import add_report
from bayescale.cli.commands.shared import Parser, examples


def parser() -> argparse.ArgumentParser:
    """Build the parser; ``arguments.carry_out(arguments)`` runs a command, to an exit code."""
    top = Parser(
        prog="bayescale",
        description="Bayesian scaling laws: forecasts with intervals that can be trusted.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=examples(
            "bayescale laws pretraining",
            "bayescale fit runs.csv --law pretraining --derive C=6*N*D -o fit.nc",
            "bayescale extrapolate fit.nc --at N=70B,D=1.4T",
        ),
    )
    top.add_argument("--version", action="version", version=f"bayescale {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (
        *(add_laws, add_fit, add_show),
        *(add_extrapolate, add_backtest, add_compare, add_sensitivity),
        *(add_plan, add_next_runs),
        *(add_report, add_demo),
    ):
        add(commands)
    return top
