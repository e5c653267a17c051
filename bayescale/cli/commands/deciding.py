"""Commands that decide: what to buy, and which run to buy next."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from bayescale.cli.commands.shared import DONE, add_json, add_mass, add_saved_fit, new_command


def add_plan(commands: Any) -> None:
    """Add ``bayescale plan``."""
    command = new_command(
        commands,
        "plan",
        "find the design with the least risk under a budget",
        "bayescale plan loss.nc --budget 1e24 --risk 'cvar(0.9)' --limit 'N<=70B'",
        "bayescale plan loss.nc --budget 1e24 --tokens-served 3T --limit 'time.nc:T<0.2@0.95'",
        "bayescale plan loss.nc --budget '$2M' --price-per-hour 2 --peak-flops 989T \\",
        "    --utilisation 0.4",
    )
    add_saved_fit(command)
    add = command.add_argument
    add("--budget", required=True, metavar="AMOUNT", help="FLOPs such as 1e24, or money: '$2M'")
    add("--risk", default="mean", help="what is made small: mean, 'cvar(0.9)', … (default: mean)")
    add(
        "--limit",
        action="append",
        default=[],
        metavar="LIMIT",
        help="'N<=70B', or by probability on another fit: 'time.nc:T<0.2@0.95,D_inf=1024' (may "
        "be repeated)",
    )
    add("--joint", type=float, metavar="P", help="probability of all limits on fits together")
    add_cost(command)
    add(
        "--fixed",
        action="append",
        default=[],
        metavar="SYMBOL=VALUE",
        help="an input that is not chosen: U=100B, or U=D (may be repeated)",
    )
    add(
        "--box",
        action="append",
        default=[],
        metavar="SYMBOL=LOW..HIGH",
        help="where an input is looked for: N=1B..1T (may be repeated)",
    )
    add("--target", metavar="VALUE", help="also the smallest budget that comes below this")
    add("--probability", type=float, default=0.9, metavar="P", help="how surely (default: 0.9)")
    add_mass(command)
    add("--seed", type=int, default=0, help="of discrepancy and demand (default: 0)")
    add("--no-discrepancy", action="store_true", help="take the laws to hold beyond the data")
    add("--allow-unconverged", action="store_true", help="use fits that failed their checks")
    add("--csv", type=Path, metavar="FILE", help="also write the table of designs to this file")
    add("--plot", type=Path, metavar="FILE", help="also draw the plan")
    add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.plan import run_plan

        run_plan(given)
        return DONE

    command.set_defaults(carry_out=carry_out)


def add_next_runs(commands: Any) -> None:
    """Add ``bayescale next-runs``."""
    command = new_command(
        commands,
        "next-runs",
        "rank the runs that might be bought next by what they are expected to do",
        "bayescale next-runs loss.nc --target N=70B,D=1.4T --cost-cap 1e22 --count 3",
        "bayescale next-runs loss.nc --target N=70B,D=1.4T --at N=1B,D=100B --at N=7B,D=50B",
        "bayescale next-runs loss.nc --budget 1e24 --risk 'cvar(0.9)' --candidates runs.csv",
    )
    add_saved_fit(command)
    add = command.add_argument
    add(
        "--target",
        action="append",
        metavar="POINT",
        help="where the forecast matters: N=70B,D=1.4T (may be repeated; default: the plan's)",
    )
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "--candidates",
        type=Path,
        metavar="FILE",
        help="a table of runs, a column for each input, and perhaps their cost",
    )
    where.add_argument("--at", action="append", metavar="POINT", help="one run (may be repeated)")
    add("--cost-cap", metavar="AMOUNT", help="of one run; without candidates, of a grid of them")
    add("--total-cap", metavar="AMOUNT", help="of all the runs that are chosen together")
    add("--count", type=int, default=1, help="how many are chosen, greedily (default: 1)")
    add("--by", choices=("width", "value"), help="of the forecast, or to the plan (--budget)")
    add("--gain-alone", action="store_true", help="rank by the gain, not by the gain per cost")
    add("--budget", metavar="AMOUNT", help="also the worth to a plan: 1e24, or '$2M'")
    add("--risk", default="mean", help="of that plan (default: mean)")
    add_cost(command)
    add("--kind", choices=("mean", "run"), default="mean", help="of the forecast (default: mean)")
    add_mass(command)
    add("--outcomes", type=int, default=64, help="simulated for each candidate (default: 64)")
    add("--no-refits", action="store_true", help="only say where weights fail")
    add("--seed", type=int, default=0, help="same seed, same outcomes (default: 0)")
    add("--no-discrepancy", action="store_true", help="take the laws to hold beyond the data")
    add("--allow-unconverged", action="store_true", help="use a fit that failed its checks")
    add("--csv", type=Path, metavar="FILE", help="also write the table of candidates to this file")
    add("--plot", type=Path, metavar="FILE", help="also draw what they cost and do")
    add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.next_runs import run_next_runs

        run_next_runs(given)
        return DONE

    command.set_defaults(carry_out=carry_out)


def add_cost(command: argparse.ArgumentParser) -> None:
    """Add what a design costs; ``bayescale.cli.plan.read_cost`` reads it."""
    add = command.add_argument
    add("--train", metavar="FORMULA", help="FLOPs of training (default: 6*N*D)")
    add("--serve", metavar="FORMULA", help="FLOPs of serving (default: 2*N*tokens)")
    add("--tokens-served", metavar="TOKENS", help="over the lifetime: 3T (default: 0)")
    add("--price-per-hour", metavar="DOLLARS", help="of one accelerator")
    add("--peak-flops", metavar="FLOP/S", help="of one accelerator: 989T")
    add("--utilisation", metavar="SHARE", help="of the peak in training: 0.4")
    add("--serving-utilisation", metavar="SHARE", help="in serving (default: as in training)")
    add("--budget-risk", default="mean", help="what the budget holds of an uncertain cost")
