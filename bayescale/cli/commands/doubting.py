"""The command that asks what a forecast hangs on."""

from __future__ import annotations

import argparse
from typing import Any

from bayescale.cli.commands.shared import DONE, add_json, add_mass, add_table, new_command


def add_sensitivity(commands: Any) -> None:
    """Add ``bayescale sensitivity``."""
    command = new_command(
        commands,
        "sensitivity",
        "show how a forecast moves without the smallest runs or a family, or by another law",
        "bayescale sensitivity runs.csv --law chinchilla --law coupled --at N=70B,D=1.4T \\",
        "    --family model",
    )
    add = command.add_argument
    add_table(command)
    add(
        "--law",
        required=True,
        action="append",
        metavar="LAW",
        help="a law's name, or its file; the first is used, others are set beside it",
    )
    add("--at", required=True, action="append", metavar="POINT", help="N=70B,D=1.4T (may repeat)")
    add("--family", metavar="COLUMN", help="leave out each value of this column in turn")
    add(
        "--smallest",
        type=float,
        default=1 / 3,
        metavar="SHARE",
        help="share of the runs, the smallest, to leave out (default: a third; 0 for none)",
    )
    add("--kind", choices=("mean", "run"), default="mean", help="as for extrapolate")
    add("--seed", type=int, default=1, help="same seed, same draws (default: 1)")
    add_mass(command)
    add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.sensitivity import run_sensitivity

        run_sensitivity(given)
        return DONE

    command.set_defaults(carry_out=carry_out)
