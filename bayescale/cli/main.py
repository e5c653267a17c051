"""Runs one command; every failure becomes an exit code and a line on standard error."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from bayescale import __version__
from bayescale.cli.command import BAD_INPUT, DONE, FAILED, INTERRUPTED, Command, Parser
from bayescale.cli.files import refuse_unwritable
from bayescale.errors import BayescaleError, InputError

# A file each, in the order of a day's work. All are loaded for their options: what is heavy is
# loaded when a command runs.
_FILES = (
    "forecast laws fit show extrapolate backtest compare sensitivity plan next_runs report demo"
)
_LOADED = {name: import_module(f"bayescale.cli.{name}") for name in _FILES.split()}
COMMANDS = tuple(
    Command(name.replace("_", "-"), file.__doc__, file.OPTIONS, file.run)
    for name, file in _LOADED.items()
)
_EXAMPLES = """\
example:
  bayescale forecast runs.csv --at N=70B,D=1.4T -o answer.nc
  bayescale extrapolate answer.nc --at N=7B,D=2T
  bayescale plan answer.nc --budget 1e24"""


def parser() -> argparse.ArgumentParser:
    """Build the parser; what it reads has the command as ``command``."""
    top = Parser(
        prog="bayescale",
        description="Bayesian scaling laws: forecasts with intervals that can be trusted.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EXAMPLES,
    )
    top.add_argument("--version", action="version", version=f"bayescale {__version__}")
    parsers = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(parsers)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those of the process if left out.

    Returns
    -------
    int
        0 done, 1 a computation failed, 2 bad input, 130 interrupted.
    """
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        given = parser().parse_args(typed or ["--help"])
        refuse_unwritable(given)
        code: int = given.command.run(given) or DONE
        sys.stdout.flush()
    except SystemExit as done:  # argparse has printed --help or --version
        return int(done.code or DONE)
    except BrokenPipeError:
        # The reader has seen enough, as head has; Python would complain again when it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return DONE
    except KeyboardInterrupt:
        return _say(["interrupted"], INTERRUPTED)
    # A user of the command line never meets a traceback: this is the one place for a net.
    except Exception as fault:
        return _report(fault)
    return code


def _report(fault: Exception) -> int:
    if os.environ.get("BAYESCALE_DEBUG"):
        traceback.print_exception(fault)
    if isinstance(fault, BayescaleError):
        told = getattr(fault, "problems", [fault])
        return _say(told, BAD_INPUT if isinstance(fault, InputError) else FAILED)
    if isinstance(fault, OSError) and fault.filename is not None:
        return _say([f"{fault.filename}: {fault.strerror}."], BAD_INPUT)
    kind, text = type(fault).__name__, (str(fault).splitlines() or [""])[0]
    advice = "Run again with BAYESCALE_DEBUG=1 for the traceback, and please report it."
    return _say([f"an unexpected {kind}: {text}. {advice}"], FAILED)


def _say(messages: Sequence[object], code: int) -> int:
    for message in messages:
        print(f"error: {message}", file=sys.stderr)
    return code
