"""Commands from laws and tables to a fit."""

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


def add_laws(commands: Any) -> None:
    """Add ``bayescale laws``."""
    command = new_command(
        commands,
        "laws",
        "list the laws, or describe one in full",
        "bayescale laws",
        "bayescale laws pretraining",
    )
    command.add_argument("law", nargs="?", metavar="LAW", help="a law's name, or its file")
    add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.laws import describe, list_laws

        if given.law is None:
            list_laws(given.json)
        else:
            describe(given.law, given.json)
        return DONE

    command.set_defaults(carry_out=carry_out)


def add_fit(commands: Any) -> None:
    """Add ``bayescale fit``."""
    command = new_command(
        commands,
        "fit",
        "fit a law to a table of runs",
        "bayescale fit runs.csv --law chinchilla --column N=n_params --column D=n_tokens \\",
        "    --column L=loss --where split=train -o fit.nc",
    )
    add = command.add_argument
    add_table(command)
    add("--law", required=True, metavar="LAW", help="a law's name, or its file")
    add("--seed", type=int, default=1, help="same seed, same draws (default: 1)")
    add("--chains", type=int, default=4, help="independent chains (default: 4)")
    add("--draws", type=int, default=1000, help="draws of each chain (default: 1000)")
    add("-o", "--output", type=Path, metavar="FILE", help="save the fit here: fit.nc")
    add("--preview", action="store_true", help="a quick approximation, labelled as such")
    add_mass(command)
    add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.fit import fit_table

        return fit_table(given)

    command.set_defaults(carry_out=carry_out)


def add_show(commands: Any) -> None:
    """Add ``bayescale show``."""
    command = new_command(
        commands,
        "show",
        "show what a saved fit found",
        "bayescale show fit.nc",
        "bayescale show fit.nc --mass 0.5 --json",
    )
    add_saved_fit(command)
    add_mass(command)
    add_json(command)

    def carry_out(given: argparse.Namespace) -> int:
        from bayescale.cli.show import show_fit

        show_fit(given.fit, law=given.law, mass=given.mass, json=given.json)
        return DONE

    command.set_defaults(carry_out=carry_out)


def add_demo(commands: Any) -> None:
    """Add ``bayescale demo``."""
    command = new_command(
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
        return DONE

    command.set_defaults(carry_out=carry_out)
