"""``bayescale next-runs``: which run to buy next, from a saved fit."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayescale.cli import screen
from bayescale.cli.files import say_written, write_picture, write_table
from bayescale.cli.options import output_file, points
from bayescale.cli.plan import read_cost
from bayescale.numbers import format_number

if TYPE_CHECKING:
    import pandas as pd

    from bayescale.decision.buying.next_runs import NextRuns
    from bayescale.posterior.fit import Fit

_ROWS = 10


def run_next_runs(given: Namespace) -> None:
    """Rank candidates and print; also write a table and draw a picture where files are named.

    Parameters
    ----------
    given : argparse.Namespace
        The options of ``bayescale next-runs``.
    """
    output_file(given.csv)
    output_file(given.plot)
    target = points(given.target, "--target") if given.target else None
    from bayescale.decision.buying.next_runs import next_runs
    from bayescale.decision.plan import plan
    from bayescale.posterior.store import load

    fit, cost = load(given.fit, given.law), read_cost(given)
    common = {
        "cost": cost,
        "mass": given.mass,
        "discrepancy": not given.no_discrepancy,
        "seed": given.seed,
        "allow_unconverged": given.allow_unconverged,
    }
    decided = None
    if given.budget is not None:
        decided = plan(
            fit,
            budget=given.budget,
            risk=given.risk,
            budget_risk=given.budget_risk,
            **common,
        )
    found = next_runs(
        fit,
        _candidates(given, fit),
        target,
        plan=decided,
        cost_cap=given.cost_cap,
        total_cap=given.total_cap,
        count=given.count,
        by=given.by,
        per_cost=not given.gain_alone,
        kind=given.kind,
        outcomes=given.outcomes,
        refits="never" if given.no_refits else "auto",
        **common,
    )
    write_table(found.table, given.csv)
    if given.plot is not None:
        write_picture(found.plot(), given.plot)
    if given.json:
        screen.as_json(as_values(found))
        return
    print_runs(found)
    say_written(given.csv, given.plot)


def _candidates(given: Namespace, fit: Fit) -> pd.DataFrame | dict[str, list[str]] | None:
    if given.at:
        return points(given.at)
    return None if given.candidates is None else _from_file(given.candidates, fit)


def _from_file(path: Path, fit: Fit) -> pd.DataFrame:
    import json

    from bayescale.runs.table import read_table

    frame = read_table(path).frame
    # The file may use the column names of the runs that were fitted.
    columns = json.loads(fit.provenance.get("columns", "{}"))
    symbols = {name: symbol for symbol, name in columns.items() if symbol not in frame}
    return frame.rename(columns=symbols)


def print_runs(found: NextRuns) -> None:
    """Print the sentences, the runs to buy, and the best of the candidates."""
    screen.say(f"{found.text}\n")
    for note in found.notes:
        screen.say(f"Caution: {note}.")
    if len(found.choice) > 1:
        screen.say("To buy, in order (width and gains of all up to each)\n")
        _print_table(found, found.choice, ["cost", "width"])
        screen.say("")
    shown = found.table.head(_ROWS)
    screen.say(f"The first {len(shown)} of {len(found.table)} candidates, by {found.by}\n")
    _print_table(found, shown, ["reach", "cost", "width"])
    screen.say(
        f"\nWidth: of the {found.table['interval'].iloc[0]} at the target, {found.width_now:.3g} "
        "today. ±: two standard errors. Reach: decades beyond the observed runs."
    )


def _print_table(found: NextRuns, table: pd.DataFrame, numbers: list[str]) -> None:
    inputs = list(found.targets)
    gains = ["reduction", *(["value"] if "value" in table else [])]
    rows = [
        [
            *(format_number(row[name]) for name in inputs),
            *(format_number(row[name]) for name in numbers),
            *(_gain(row, name) for name in gains),
            row["how"],
        ]
        for row in table.to_dict("records")
    ]
    titles: dict[str, str] = {"cost": f"cost ({found.candidates.unit})", "reduction": "narrower"}
    columns = [titles.get(str(name), str(name)) for name in (*inputs, *numbers, *gains, "how")]
    screen.table(columns, rows, right=columns[:-1])


def _gain(row: Any, name: str) -> str:
    value, error = row[name], 2 * row[f"{name}_se"]
    if name == "reduction":
        return f"{value:.1%} ± {error:.1%}"
    return f"{value:.2g} ± {error:.1g}"


def as_values(found: NextRuns) -> dict[str, Any]:
    """What candidates do as plain values, for a program to read."""
    return {
        "text": found.text,
        "notes": found.notes,
        "by": found.by,
        "interval": "equal-tailed",
        "mass": found.mass,
        "width_now": found.width_now,
        "unit": found.candidates.unit,
        "targets": found.targets.to_dict("records"),
        "choice": found.choice.to_dict("records"),
        "candidates": found.table.drop(columns=["interval"]).to_dict("records"),
    }
