"""``bayescale extrapolate``: from a saved fit to a forecast."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayescale.cli import options, screen
from bayescale.cli.files import say_written, write_table
from bayescale.numbers import format_number

if TYPE_CHECKING:
    import pandas as pd

    from bayescale.forecast.forecast import Extrapolation
    from bayescale.posterior.fit import Fit


def answer(given: Namespace) -> None:
    """Forecast and print; also write a CSV file if one is named.

    Parameters
    ----------
    given : argparse.Namespace
        The options of ``bayescale extrapolate``.
    """
    options.output_file(given.csv)
    from bayescale.posterior.store import load

    fit = load(given.fit, given.law)
    found = fit.extrapolate(
        options.points(given.at) if given.at else _from_file(given.points, fit),
        kind=given.kind,
        mass=given.mass,
        seed=given.seed,
        discrepancy=not given.no_discrepancy if given.discrepancy is None else given.discrepancy,
        allow_unconverged=given.allow_unconverged,
    )
    table = found.table
    if given.below is not None:
        table.insert(len(found.points.columns), "probability", found.probability(given.below))
    write_table(table, given.csv)
    if given.json:
        screen.as_json(as_values(found, table, given.below))
        return
    print_forecast(found, table, given.below)
    say_written(given.csv)


def _from_file(path: Path, fit: Fit) -> pd.DataFrame:
    from bayescale.runs.points import read_points
    from bayescale.runs.table import read_table

    # The file may use the column names of the runs that were fitted.
    columns = json.loads(fit.provenance["columns"])
    return read_points(read_table(path).frame, fit.law, derive=fit.derive, columns=columns)


def print_forecast(found: Extrapolation, table: pd.DataFrame, below: float | None = None) -> None:
    """Print a forecast's table, and what its intervals are of."""
    law = found.law
    inputs = list(law.input_symbols)
    shown = [name for name in ("probability", "median", "lower", "upper", "mean") if name in table]
    titles = {"probability": f"P({law.response.symbol} < {below})"}
    rows = [
        [
            *(format_number(row[name]) for name in inputs),
            *(screen.number(row[name]) for name in shown),
            f"{row['reach']:.1f}",
        ]
        for _, row in table.iterrows()
    ]
    columns = [*inputs, *(titles.get(name, name) for name in shown), "reach"]
    screen.say(f"{law.response.symbol} ({law.response.unit}) by {law.name}\n")
    screen.table(columns, rows, right=columns)
    screen.say(f"\nIntervals: {table['interval'].iloc[0]}.")
    screen.say(found.discrepancy)
    screen.say("Reach: decades beyond the observed runs, in the furthest input.")
    for note in found.notes:
        screen.say(f"Caution: {note}.")


def as_values(
    found: Extrapolation, table: pd.DataFrame, below: float | None = None
) -> dict[str, Any]:
    """A forecast as plain values, for a program to read."""
    points = table.drop(columns=["interval", "discrepancy", "notes"])
    return {
        "law": found.law.name,
        "response": found.law.response.symbol,
        "unit": found.law.response.unit,
        "kind": found.kind,
        "interval": "equal-tailed",
        "mass": found.mass,
        **({} if below is None else {"below": below}),
        "discrepancy": found.discrepancy,
        "notes": found.notes,
        "points": points.to_dict("records"),
    }
