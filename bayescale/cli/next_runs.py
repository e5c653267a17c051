"""Rank the runs that might be bought next by what they are expected to do.

example:
  bayescale next-runs loss.nc --target N=70B,D=1.4T --cost-cap 1e22 --count 3
  bayescale next-runs loss.nc --target N=70B,D=1.4T --at N=1B,D=100B --at N=7B,D=50B
  bayescale next-runs loss.nc --budget 1e24 --risk 'cvar(0.9)' --candidates runs.csv
"""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

import bayescale as bs
from bayescale.cli import files, options, screen
from bayescale.cli.command import either, file, option, picked, repeated, unless

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 10

OPTIONS = (
    *options.SAVED_FIT,
    repeated("--target", "POINT", "where the forecast matters: N=70B,D=1.4T (default: the plan's)"),
    either(file("--candidates", "a table of runs: inputs, and perhaps a column cost"), options.AT),
    option("--cost-cap", "AMOUNT", "of one run; without candidates, of a grid of them"),
    option("--total-cap", "AMOUNT", "of all the runs that are chosen together"),
    option("--count", None, "how many are chosen, greedily", default=1),
    option("--by", None, "of the forecast, or to the plan (--budget)", choices=("width", "value")),
    unless("--gain-alone", "per_cost", "rank by the gain, not by the gain per cost"),
    option("--budget", "AMOUNT", "also the worth to a plan: 1e24, or '$2M'"),
    *(options.RISK, *options.COST, options.kind("mean"), options.MASS),
    option("--outcomes", None, "simulated for each candidate", default=64),
    unless("--no-refits", "refits", "only say where weights fail"),
    *(*options.TRUST, options.CSV, options.PLOT, options.JSON),
)


def run(given: Namespace) -> None:
    """Rank candidates, print, and write the table and the picture where files are named."""
    target = options.points(given.target, "--target") if given.target else None
    fit = bs.load(given.fit, given.law)
    candidates: Any = options.points(given.at) if given.at else None
    if given.candidates is not None:
        candidates = options.table_of_points(given.candidates, options.fits_of(fit)[0])
    common = {"cost": options.read_cost(given), "mass": given.mass, **options.trust(given)}
    decided = None
    if given.budget is not None:
        decided = bs.plan(fit, **picked(given, "budget risk budget_risk"), **common)
    found = bs.next_runs(
        fit,
        candidates,
        target,
        plan=decided,
        **picked(given, "cost_cap total_cap count by per_cost kind outcomes"),
        refits="auto" if given.refits else "never",
        **common,
    )
    files.answer(given, lambda: _values(found), lambda: _print(found), found.table, found.plot)


def _print(found: bs.NextRuns) -> None:
    """Print the sentences, the runs to buy, and the best of the candidates."""
    screen.say(f"{found.text}\n")
    screen.cautions(found.notes)
    if len(found.choice) > 1:
        screen.say("To buy, in order (width and gains of all up to each)\n")
        _print_table(found, found.choice, ["cost", "width"])
        screen.say()
    shown = found.table.head(_ROWS)
    screen.say(f"The first {len(shown)} of {len(found.table)} candidates, by {found.by}\n")
    _print_table(found, shown, ["reach", "cost", "width"])
    screen.say(
        f"\nWidth: of the {found.table['interval'].iloc[0]} at the target, {found.width_now:.3g} "
        "today. ±: two standard errors. Reach: decades beyond the observed runs."
    )


def _print_table(found: bs.NextRuns, table: pd.DataFrame, numbers: list[str]) -> None:
    numbers = [*found.targets, *numbers]
    written = {"reduction": "{:.1%} ± {:.1%}", "value": "{:.2g} ± {:.1g}"}
    gains = {
        name: [*map(text.format, table[name], 2 * table[f"{name}_se"])]
        for name, text in written.items()
        if name in table
    }
    titles = {"cost": f"cost ({found.candidates.unit})", "reduction": "narrower"}
    screen.table(
        table.assign(**gains)[[*numbers, *gains, "how"]].rename(columns=titles),
        [titles.get(name, name) for name in numbers],
        left=["how"],
    )


def _values(found: bs.NextRuns) -> dict[str, Any]:
    """What candidates do as plain values, for a program to read."""
    return {
        **picked(found, "text by mass width_now"),
        "notes": screen.note_values(found.notes),
        "interval": "equal-tailed",
        "unit": found.candidates.unit,
        **picked(found, "targets choice"),
        "candidates": found.table.drop(columns="interval"),
    }
