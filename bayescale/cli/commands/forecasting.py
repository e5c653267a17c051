"""Commands that forecast, and judge forecasts."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bayescale.cli.commands.shared import (
    DONE,
    add_json,
    add_mass,
    add_saved_fit,
    add_table,
    new_command,
)


def add_extrapolate(commands: Any) -> None:
    """Add ``bayescale extrapolate``."""
    command = new_command(
        commands,
        "extrapolate",
        "forecast at new scales from a saved fit",
        "bayescale extrapolate fit.nc --at N=70B,D=1.4T --at N=7B,D=1.4T",
        "bayescale extrapolate fit.nc --points points.csv --kind mean --csv forecast.csv",
    )
    add_saved_fit(command)
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
    add_mass(command)
    add("--below", type=float, metavar="LIMIT", help="also the probability of less than this")
    add("--seed", type=int, default=0, help="of noise and discrepancy (default: 0)")
    allowed = command.add_mutually_exclusive_group()
    allowed.add_argument(
        "--discrepancy",
        type=float,
        metavar="SHARE",
        help="share of the further change that the law may get wrong, as a backtest of your own "
        "runs found it (default: as on published runs)",
    )
    allowed.add_argument(
        "--no-discrepancy", action="store_true", help="take the law to hold beyond the data"
    )
    add("--allow-unconverged", action="store_true", help="use a fit that failed its checks")
    add("--csv", type=Path, metavar="FILE", help="also write the table to this file")
    add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.extrapolate import answer

        answer(given)
        return DONE

    command.set_defaults(carry_out=carry_out)


def add_backtest(commands: Any) -> None:
    """Add ``bayescale backtest``."""
    command = new_command(
        commands,
        "backtest",
        "hide the largest runs, forecast them from the rest, and score the forecasts",
        "bayescale backtest runs.csv --law chinchilla --law coupled --hold-out 0.3",
        "bayescale backtest runs.csv --law chinchilla --hold-out N=4B --plot backtest.png",
    )
    add = command.add_argument
    add_table(command)
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
    add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.backtest import run_backtest

        run_backtest(given)
        return DONE

    command.set_defaults(carry_out=carry_out)


def add_compare(commands: Any) -> None:
    """Add ``bayescale compare``."""
    command = new_command(
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
    add_mass(command)
    add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.compare import compare_fits

        compare_fits(given)
        return DONE

    command.set_defaults(carry_out=carry_out)
