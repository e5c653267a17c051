"""Forecast at new scales from a saved fit or answer.

example:
  bayescale extrapolate answer.nc --at N=70B,D=1.4T --at N=7B,D=1.4T
  bayescale extrapolate fit.nc --points points.csv --kind mean --csv forecast.csv
"""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import bayescale as bs
from bayescale.cli import files, options, screen
from bayescale.cli.command import either, file, option, picked

# Columns of a forecast's table that are sentences, the same in every row.
_SAID = ["interval", "discrepancy", "notes", "codes"]

OPTIONS = (
    *options.SAVED_FIT,
    either(
        *(options.AT, file("--points", "a table of points, a column for each input")), required=True
    ),
    *(options.kind("run"), options.MASS),
    option("--below", "LIMIT", "also the probability of less than this", type=float),
    options.seed(None),
    *(options.ALLOW_UNCONVERGED, options.ACKNOWLEDGE, options.CSV, options.JSON),
)


def run(given: Namespace) -> None:
    """Forecast, print, and write the table where a file is named."""
    fit = bs.load(given.fit, given.law)
    if given.points is None:
        at: Any = options.points(given.at)
    else:
        first = options.fits_of(fit)[0]
        table = options.table_of_points(given.points, first)
        at = bs.read_points(table, first.law, first.derive)
    found = fit.extrapolate(at, **picked(given, "kind mass"), **options.trust(given))
    table, below = found.table, given.below
    if below is not None:
        table.insert(len(found.points.columns), "probability", found.probability(below))
    files.answer(
        given,
        lambda: as_values(found) | ({} if below is None else {"below": below}),
        lambda: print_forecast(found, _by(fit), f"P({found.law.response.symbol} < {below})"),
        table,
    )


def _by(found: bs.Fit | bs.Ensemble) -> str:
    return ", ".join(fit.law.name for fit in options.fits_of(found))


def print_forecast(found: bs.Extrapolation, by: str, probability: str = "probability") -> None:
    """Print a forecast's table, by which laws it is, and what its intervals are of."""
    law = found.law
    screen.say(f"{law.response.symbol} ({law.response.unit}) by {by}\n")
    screen.table(
        found.table.drop(columns=_SAID).rename(columns={"probability": probability}),
        law.input_symbols,
        {"reach": ".1f"},
    )
    screen.say(f"\nIntervals: {found.table['interval'].iloc[0]}.")
    screen.say(found.discrepancy)
    screen.say("Reach: decades beyond the observed runs, in an input or in size (their product).")
    screen.cautions(found.notes)


def as_values(found: bs.Extrapolation) -> dict[str, Any]:
    """A forecast as plain values, for a program to read."""
    return {
        "law": found.law.name,
        "response": found.law.response.symbol,
        "unit": found.law.response.unit,
        "interval": "equal-tailed",
        **picked(found, "kind mass discrepancy"),
        "notes": screen.note_values(found.notes),
        "points": found.table.drop(columns=_SAID),
    }
