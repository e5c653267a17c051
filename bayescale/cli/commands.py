"""The commands and their options; each is carried out by the module it imports.

argparse and not a larger library, because half of what a command may take is what others
take to import.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, NoReturn

from bayescale import __version__
from bayescale.errors import InputError

_DONE = 0


class _Parser(argparse.ArgumentParser):
    """Reports bad arguments like every other bad input."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see '{self.prog} --help'.")


def parser() -> argparse.ArgumentParser:
    """Build the parser; ``arguments.carry_out(arguments)`` runs a command, to an exit code."""
    top = _Parser(
        prog="bayescale",
        description="Bayesian scaling laws: forecasts with intervals that can be trusted.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_examples(
            "bayescale laws pretraining",
            "bayescale fit runs.csv --law pretraining --derive C=6*N*D -o fit.nc",
            "bayescale extrapolate fit.nc --at N=70B,D=1.4T",
        ),
    )
    top.add_argument("--version", action="version", version=f"bayescale {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_laws, _fit, _show, _extrapolate, _backtest, _compare, _demo):
        add(commands)
    return top


def _examples(*lines: str) -> str:
    return "example:\n" + "\n".join(f"  {line}" for line in lines)


def _command(commands: Any, name: str, says: str, *examples: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(
        name,
        help=says,
        description=f"{says[0].upper()}{says[1:]}.",
        epilog=_examples(*examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return made


def _add_json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print JSON for a program to read")


def _add_mass(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--mass", type=float, default=0.9, help="of the equal-tailed intervals (default: 0.9)"
    )


def _add_saved_fit(command: argparse.ArgumentParser) -> None:
    command.add_argument("fit", type=Path, metavar="FIT", help="a fit that was saved: fit.nc")
    command.add_argument("--law", metavar="FILE", help="the law's file, if it is your own")


def _laws(commands: Any) -> None:
    command = _command(
        commands,
        "laws",
        "list the laws, or describe one in full",
        "bayescale laws",
        "bayescale laws pretraining",
    )
    command.add_argument("law", nargs="?", metavar="LAW", help="a law's name, or its file")
    _add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.laws import describe, list_laws

        if given.law is None:
            list_laws(given.json)
        else:
            describe(given.law, given.json)
        return _DONE

    command.set_defaults(carry_out=carry_out)


def _fit(commands: Any) -> None:
    command = _command(
        commands,
        "fit",
        "fit a law to a table of runs",
        "bayescale fit runs.csv --law chinchilla --column N=n_params --column D=n_tokens \\",
        "    --column L=loss --where split=train -o fit.nc",
    )
    add = command.add_argument
    _add_table(command)
    add("--law", required=True, metavar="LAW", help="a law's name, or its file")
    add("--seed", type=int, default=1, help="same seed, same draws (default: 1)")
    add("--chains", type=int, default=4, help="independent chains (default: 4)")
    add("--draws", type=int, default=1000, help="draws of each chain (default: 1000)")
    add("-o", "--output", type=Path, metavar="FILE", help="save the fit here: fit.nc")
    add("--preview", action="store_true", help="a quick approximation, labelled as such")
    _add_mass(command)
    _add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.fit import fit_table

        return fit_table(given)

    command.set_defaults(carry_out=carry_out)


def _add_table(command: argparse.ArgumentParser) -> None:
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


def _backtest(commands: Any) -> None:
    command = _command(
        commands,
        "backtest",
        "hide the largest runs, forecast them from the rest, and score the forecasts",
        "bayescale backtest runs.csv --law chinchilla --law coupled --hold-out 0.3",
        "bayescale backtest runs.csv --law chinchilla --hold-out N=4B --plot backtest.png",
    )
    add = command.add_argument
    _add_table(command)
    add(
        "--law",
        required=True,
        action="append",
        metavar="LAW",
        help="a law's name, or its file (may be repeated)",
    )
    add(
        "--hold-out",
        action="append",
        metavar="CUT",
        help="what is hidden: a share of the runs (default: 0.3), all above N=4B, a column whose "
        "values are train and test, or rolling (may be repeated)",
    )
    add("--no-discrepancy", action="store_true", help="take the laws to hold beyond the data")
    add("--no-point-estimates", action="store_true", help="leave out the Huber fits beside them")
    add("--seed", type=int, default=1, help="same seed, same draws (default: 1)")
    add("--plot", type=Path, metavar="FILE", help="also draw the forecasts of the hidden runs")
    _add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.backtest import run_backtest

        run_backtest(given)
        return _DONE

    command.set_defaults(carry_out=carry_out)


def _compare(commands: Any) -> None:
    command = _command(
        commands,
        "compare",
        "compare laws fitted to the same runs, and forecast with their average",
        "bayescale compare chinchilla.nc coupled.nc",
        "bayescale compare chinchilla.nc coupled.nc --at N=70B,D=1.4T",
    )
    add = command.add_argument
    add("fits", nargs="+", type=Path, metavar="FIT", help="saved fits of the same runs")
    add("--at", action="append", metavar="POINT", help="N=70B,D=1.4T (may be repeated)")
    add("--kind", choices=("run", "mean"), default="run", help="as for extrapolate")
    _add_mass(command)
    _add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.compare import compare_fits

        compare_fits(given)
        return _DONE

    command.set_defaults(carry_out=carry_out)


def _show(commands: Any) -> None:
    command = _command(
        commands,
        "show",
        "show what a saved fit found",
        "bayescale show fit.nc",
        "bayescale show fit.nc --mass 0.5 --json",
    )
    _add_saved_fit(command)
    _add_mass(command)
    _add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.show import show_fit

        show_fit(given.fit, law=given.law, mass=given.mass, json=given.json)
        return _DONE

    command.set_defaults(carry_out=carry_out)


def _extrapolate(commands: Any) -> None:
    command = _command(
        commands,
        "extrapolate",
        "forecast at new scales from a saved fit",
        "bayescale extrapolate fit.nc --at N=70B,D=1.4T --at N=7B,D=1.4T",
        "bayescale extrapolate fit.nc --points points.csv --kind mean --csv forecast.csv",
    )
    _add_saved_fit(command)
    add = command.add_argument
    where = command.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--at", action="append", metavar="POINT", help="N=70B,D=1.4T (may be repeated)"
    )
    where.add_argument(
        "--points", type=Path, metavar="FILE", help="a table of points, a column for each input"
    )
    add(
        "--kind",
        choices=("run", "mean"),
        default="run",
        help="interval for one new run, or for the law's curve (default: run)",
    )
    _add_mass(command)
    add("--below", type=float, metavar="LIMIT", help="also the probability of less than this")
    add("--seed", type=int, default=0, help="of noise and discrepancy (default: 0)")
    add("--no-discrepancy", action="store_true", help="take the law to hold beyond the data")
    add("--allow-unconverged", action="store_true", help="use a fit that failed its checks")
    add("--csv", type=Path, metavar="FILE", help="also write the table to this file")
    _add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.extrapolate import answer

        answer(given)
        return _DONE

    command.set_defaults(carry_out=carry_out)


def _demo(commands: Any) -> None:
    command = _command(
        commands,
        "demo",
        "forecast shipped runs that were held out, and compare",
        "bayescale demo -o bayescale-demo",
    )
    add = command.add_argument
    add("-o", "--output", type=Path, default=Path("bayescale-demo"), metavar="FOLDER")
    add("--seed", type=int, default=1, help="same seed, same draws (default: 1)")

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.demo import run_demo

        run_demo(given.output, given.seed)
        return _DONE

    command.set_defaults(carry_out=carry_out)
