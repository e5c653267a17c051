"""What the commands' options have in common."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from bayescale.errors import InputError

DONE = 0


class Parser(argparse.ArgumentParser):
    """Reports bad arguments like every other bad input."""

    def error(self, message: str) -> NoReturn:
        """Raise it, to be said in one line."""
        raise InputError(f"{message}; see '{self.prog} --help'.")


def examples(*lines: str) -> str:
    """Lines to type, as they stand at the end of --help."""
    return "example:\n" + "\n".join(f"  {line}" for line in lines)


def new_command(commands: Any, name: str, says: str, *lines: str) -> argparse.ArgumentParser:
    """Add a command: what it does in a line, and examples to type."""
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=says,
        description=f"{says[0].upper()}{says[1:]}.",
        epilog=examples(*lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return made


def add_json(command: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    command.add_argument("--json", action="store_true", help="print JSON for a program to read")


def add_mass(command: argparse.ArgumentParser) -> None:
    """Add ``--mass``."""
    command.add_argument(
        "--mass", type=float, default=0.9, help="of the equal-tailed intervals (default: 0.9)"
    )


def add_saved_fit(command: argparse.ArgumentParser) -> None:
    """Add the file of a fit, and that of a law of the user's own."""
    command.add_argument("fit", type=Path, metavar="FIT", help="a fit that was saved: fit.nc")
    command.add_argument("--law", metavar="FILE", help="the law's file, if it is your own")


def add_table(command: argparse.ArgumentParser) -> None:
    """Add a table of runs and how it is read."""
    add = command.add_argument
    add("table", type=Path, metavar="TABLE", help="the runs: .csv, .parquet, .jsonl or .ndjson")
    add(
        "--column",
        action="append",
        default=[],
        metavar="SYMBOL=COLUMN",
        help="where a symbol's values are: N=n_params (may be repeated)",
    )
    add(
        "--derive",
        action="append",
        default=[],
        metavar="SYMBOL=FORMULA",
        help="compute an input from others: C=6*N*D (may be repeated)",
    )
    add("--run", metavar="COLUMN", help="names the training run that a row belongs to")
    add(
        "--where",
        action="append",
        default=[],
        metavar="CONDITION",
        help="rows to use: split=train, N<=1e9 (may be repeated)",
    )
