"""``bayescale sensitivity``: how a forecast moves without some runs, or by another law."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from bayescale.cli import screen
from bayescale.cli.options import pairs, points
from bayescale.numbers import format_number

if TYPE_CHECKING:
    import pandas as pd


def run_sensitivity(given: Namespace) -> None:
    """Fit again after each change and print how the forecast moves.

    Parameters
    ----------
    given : argparse.Namespace
        The options of ``bayescale sensitivity``.
    """
    columns = pairs("--column", "N=n_params", given.column)
    derive = pairs("--derive", "C=6*N*D", given.derive)
    at = points(given.at)
    from bayescale.judge.sensitivity import sensitivity
    from bayescale.runs.runs import read_runs

    law, *others = given.law
    runs = read_runs(given.table, law, columns, derive, run=given.run, where=given.where)
    screen.problems(runs.problems)
    found = sensitivity(
        runs,
        at,
        family=given.family,
        laws=others,
        smallest=given.smallest,
        kind=given.kind,
        mass=given.mass,
        seed=given.seed,
    )
    if given.json:
        rows = found.to_dict("records")
        screen.as_json({"law": runs.law.name, "text": found.attrs["text"], "forecasts": rows})
        return
    _print(found, runs.law.input_symbols)


def _print(found: pd.DataFrame, inputs: tuple[str, ...]) -> None:
    rows = [
        [
            str(row["change"]),
            *(format_number(row[name]) for name in inputs),
            str(row["runs"]),
            *(screen.number(row[name]) for name in ("median", "lower", "upper")),
            f"{row['shift']:+.2f}",
            f"{row['width']:.2f}",
            "yes" if row["converged"] else "NO",
        ]
        for _, row in found.iterrows()
    ]
    columns = ["change", *inputs, "runs", "median", "lower", "upper", "shift", "width", "converged"]
    screen.table(columns, rows, right=columns[1:])
    screen.say(f"\nIntervals: {found['interval'].iloc[0]}. Shift of the median and width of the")
    screen.say("interval are in widths of the interval of all runs.\n")
    screen.say(found.attrs["text"])
