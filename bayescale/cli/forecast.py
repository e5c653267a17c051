r"""Forecast from a table of runs: the laws of its question, weighed and tested.

example:
  bayescale forecast runs.csv --at N=70B,D=1.4T
  bayescale forecast runs.csv --column N=n_params --column D=n_tokens --column L=loss \
      --at N=70B,D=1.4T --report answer.html -o answer.nc
  bayescale forecast curve.csv --column x=steps --column y=loss --at x=1M --law power
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import bayescale as bs
from bayescale.cli import files, options, screen
from bayescale.cli.command import either, file, picked, repeated

if TYPE_CHECKING:
    import pandas as pd

_LAW = "a law's name, or its file (default: all that answer the question)"

OPTIONS = (
    *options.TABLE,
    either(
        *(options.AT, file("--points", "a table of points, a column for each input")), required=True
    ),
    repeated("--law", "LAW", _LAW),
    *(options.kind("run"), options.MASS, options.NO_DISCREPANCY, options.seed(1)),
    file("-o --output", "save the answer here: answer.nc"),
    file("--report", "also write a report that opens without Python: answer.html"),
    *(options.CSV, options.PLOT, options.JSON),
)


def run(given: Namespace) -> None:
    """Forecast, print, and write the files that are named."""
    at: Any = options.points(given.at) if given.points is None else _table(given)
    found = bs.forecast(
        given.table,
        at,
        columns=options.pairs("--column", "N=n_params", given.column),
        derive=options.pairs("--derive", "C=6*N*D", given.derive),
        laws=given.law or None,
        **picked(given, "run where discrepancy kind mass seed"),
    )
    if given.output is not None:
        found.save(given.output)
    if given.report is not None:
        found.report(given.report)
    files.answer(
        given,
        lambda: as_values(found) | {"saved": _name(given.output), "report": _name(given.report)},
        lambda: print_answer(found),
        found.table,
        found.plot,
    )
    if not given.json:
        for path in filter(None, (given.output, given.report)):
            screen.say(f"Written to {path}.")


def _table(given: Namespace) -> pd.DataFrame:
    from bayescale.runs.table import read_table

    return read_table(given.points).frame


def _name(path: object) -> str | None:
    return None if path is None else str(path)


def print_answer(found: bs.Answer) -> None:
    """Print the three sentences; where there are several points, their table too."""
    screen.say(found.text)
    if len(found.table) > 1:
        screen.say()
        shown = found.table.drop(columns=["interval", "notes"])
        screen.table(shown, found.law.input_symbols, {"reach": ".1f"})


def print_laws(found: bs.Ensemble) -> None:
    """Print a saved ensemble: its answer if it is one, its weights, and its backtest."""
    if isinstance(found, bs.Answer):
        print_answer(found)
        screen.say(f"\nVerdict: {found.verdict}.")
        for note in found.notes:
            screen.say(f"{note.severity}: {note}")
        screen.say()
    screen.table(found.laws.reset_index(), left=["law"])
    if len(found.backtest):
        folds = found.backtest.groupby("fold", sort=False)["inside"].agg(["sum", "size"])
        shown = folds.rename(columns={"sum": "inside", "size": "runs"}).reset_index(names="hidden")
        screen.say("\nHidden runs inside equal-tailed 90% intervals of one new run:\n")
        screen.table(shown, left=["hidden"])


def as_values(found: bs.Answer) -> dict[str, Any]:
    """An answer as plain values, for a program to read."""
    response = found.law.response
    return {
        "text": found.text.splitlines(),
        **picked(found, "verdict left_out"),
        "response": response.symbol,
        "unit": response.unit,
        "interval": "equal-tailed",
        **vars(found.asked),
        "discrepancy": found.forecast.discrepancy,
        "points": found.table.drop(columns=["interval", "notes"]),
        "notes": [picked(note, "code severity message") for note in found.notes],
        **laws_as_values(found),
    }


def laws_as_values(found: bs.Ensemble) -> Mapping[str, Any]:
    """The laws of an ensemble with their weights, and its backtest, as plain values."""
    return {"laws": found.laws.reset_index(), "backtest": found.backtest}
