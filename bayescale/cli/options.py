"""Options that several commands share, each beside what reads it."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bayescale as bs
from bayescale.cli import screen
from bayescale.cli.command import Option, file, option, picked, repeated, switch, unless
from bayescale.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

# A comma parts two inputs only where a name and = follow: N=1,000,000,D=2 has two.
_NEXT_INPUT = re.compile(r",(?=\s*\w+\s*=)")

JSON = switch("--json", "print JSON for a program to read")
MASS = option("--mass", None, "of the equal-tailed intervals", default=0.9)
CSV = file("--csv", "also write the table to this file")
PLOT = file("--plot", "also draw a picture to this file")
NO_DISCREPANCY = unless("--no-discrepancy", "discrepancy", "take laws to hold, slopes and all")
ALLOW_UNCONVERGED = switch("--allow-unconverged", "use fits that failed their checks")
ACKNOWLEDGE = repeated("--acknowledge", "CODE", "a caution that you know of: lack-of-fit")
SAVED_FIT = (
    file("fit", "a fit or an answer that was saved: fit.nc", "FIT"),
    option("--law", "FILE", "the law's file, if it is your own"),
)
SAVED_FITS = file("fits", "saved fits or answers: fit.nc", "FIT", nargs="+")
OWN_LAWS = repeated("--law", "FILE", "the file of a law of your own")
LAWS = repeated("--law", "LAW", "a law's name, or its file", required=True)
RISK = option("--risk", "RISK", "what is made small: mean, 'cvar(0.9)', …", default="mean")


def load_all(paths: Sequence[Path | str], laws: Sequence[str]) -> list[bs.Fit | bs.Ensemble]:
    """Load what was saved; a law of the user's own is found for the fits that name it."""
    own = [bs.law(law) for law in laws]
    return [bs.load(path, own or None) for path in paths]


def fits_of(found: bs.Fit | bs.Ensemble) -> tuple[bs.Fit, ...]:
    """The fits that something was saved with: its own, or itself."""
    return (found,) if isinstance(found, bs.Fit) else found.fits


def seed(default: int | None) -> Option:
    """Of a sampler (1), or of what is drawn from its draws (each fit's own)."""
    says = "same seed, same draws" + (" (default: each fit's own)" if default is None else "")
    return option("--seed", None, says, default=default, type=int)


def kind(default: str) -> Option:
    """What a forecast is of."""
    says = "interval for one new run, or for the law's curve"
    return option("--kind", None, says, choices=("run", "mean"), default=default)


# How far a forecast trusts laws and fits.
TRUST = (seed(None), ALLOW_UNCONVERGED, ACKNOWLEDGE)


def trust(given: Namespace) -> dict[str, Any]:
    """What was said of :data:`TRUST`, as all that forecasts takes it."""
    return picked(given, "seed allow_unconverged acknowledge")


# A table of runs and how it is read.
TABLE = (
    file("table", "the runs: .csv, .parquet, .jsonl or .ndjson", "TABLE"),
    repeated("--column", "SYMBOL=COLUMN", "where a symbol's values are: N=n_params"),
    repeated("--derive", "SYMBOL=FORMULA", "compute an input from others: C=6*N*D"),
    option("--run", "COLUMN", "names the training run that a row belongs to"),
    repeated("--where", "CONDITION", "rows to use: split=train, N<=1e9"),
)


def read_runs_of(given: Namespace) -> bs.Runs:
    """Read the table for the law that is given, the first of several; say what was found in it."""
    runs = bs.read_runs(
        given.table,
        given.law if isinstance(given.law, str) else given.law[0],
        pairs("--column", "N=n_params", given.column),
        pairs("--derive", "C=6*N*D", given.derive),
        run=given.run,
        where=given.where,
    )
    for problem in runs.problems:
        screen.aside(f"{problem.severity}: {problem.message}")
    return runs


def pairs(option: str, example: str, given: Sequence[str]) -> dict[str, str]:
    """Read ``SYMBOL=VALUE``, one per item.

    Raises
    ------
    InputError
        For an item without a name, ``=`` or value, or a symbol given twice.
    """
    found: dict[str, str] = {}
    for text in given:
        symbol, _, value = (part.strip() for part in text.partition("="))
        if not (symbol and value):
            raise InputError(f"{option} {text!r} is not SYMBOL=VALUE, e.g. {option} {example}.")
        if symbol in found:
            raise InputError(f"{option} names {symbol} twice: {found[symbol]!r} and {value!r}.")
        found[symbol] = value
    return found


def point(option: str, example: str, text: str) -> dict[str, str]:
    """Read ``N=70B,D=1.4T``, numbers with commas too, into what is typed per input."""
    return pairs(option, example, _NEXT_INPUT.split(text))


AT = repeated("--at", "POINT", "N=70B,D=1.4T")


def points(given: Sequence[str], option: str = "--at") -> dict[str, list[str]]:
    """Read ``N=70B,D=1.4T``, one point per item, into a list of typed numbers per input.

    Raises
    ------
    InputError
        If an item cannot be read, or the points do not name the same inputs.
    """
    rows = [point(option, "N=70B,D=1.4T", text) for text in given]
    for text, row in zip(given, rows, strict=True):
        if set(row) != set(rows[0]):
            raise InputError(
                f"All points name the same inputs: {given[0]!r} has {', '.join(rows[0])}, "
                f"{text!r} has {', '.join(row)}."
            )
    return {name: [row[name] for row in rows] for name in rows[0]}


def table_of_points(path: Path, fit: bs.Fit) -> pd.DataFrame:
    """Read a table of points, which may use the column names of the runs that were fitted."""
    from bayescale.runs.table import read_table

    frame = read_table(path).frame
    columns = json.loads(fit.provenance.get("columns", "{}"))
    return frame.rename(columns={name: s for s, name in columns.items() if s not in frame})


# What a design costs.
_COST = {
    "train": ("FORMULA", "FLOPs of training (default: 6*N*D)"),
    "serve": ("FORMULA", "FLOPs of serving (default: 2*N*tokens)"),
    "tokens_served": ("TOKENS", "over the lifetime: 3T (default: 0)"),
    "price_per_hour": ("DOLLARS", "of one accelerator"),
    "peak_flops": ("FLOP/S", "of one accelerator: 989T"),
    "utilisation": ("SHARE", "of the peak in training: 0.4"),
    "serving_utilisation": ("SHARE", "in serving (default: as in training)"),
}
COST = (
    *(option(f"--{name.replace('_', '-')}", *told) for name, told in _COST.items()),
    option("--budget-risk", "RISK", "what the budget holds of an uncertain cost", default="mean"),
)


def read_cost(given: Namespace) -> bs.Cost:
    """Read what designs cost from the options that say it."""
    said = {name: getattr(given, name) for name in _COST}
    return bs.Cost(**{name: value for name, value in said.items() if value is not None})
