r"""Find the design with the least risk under a budget.

example:
  bayescale plan loss.nc --budget 1e24 --risk 'cvar(0.9)' --limit 'N<=70B'
  bayescale plan loss.nc --budget 1e24 --tokens-served 3T --limit 'time.nc:T<0.2@0.95'
  bayescale plan loss.nc --budget '$2M' --price-per-hour 2 --peak-flops 989T \
      --utilisation 0.4
"""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import bayescale as bs
from bayescale.cli import files, options, screen
from bayescale.cli.command import option, picked, repeated
from bayescale.errors import InputError
from bayescale.numbers import format_number, parse_number

_CHANCE = re.compile(
    r"(?P<file>.+\.nc):(?P<symbol>\w+)<(?P<below>[^@,]+)@(?P<probability>[^,]+)(?:,(?P<at>.+))?"
)
_BOUNDS = ["median", "lower", "upper"]

OPTIONS = (
    *(options.SAVED_FIT[0], options.OWN_LAWS),
    option("--budget", "AMOUNT", "FLOPs such as 1e24, or money: '$2M'", required=True),
    options.RISK,
    repeated("--limit", "LIMIT", "'N<=70B', or of another fit: 'time.nc:T<0.2@0.95,D_inf=1024'"),
    option("--joint", "P", "probability of all limits on fits together", type=float),
    *options.COST,
    repeated("--fixed", "SYMBOL=VALUE", "an input that is not chosen: U=100B, or U=D"),
    repeated("--box", "SYMBOL=LOW..HIGH", "where an input is looked for: N=1B..1T"),
    option("--target", "VALUE", "also the smallest budget that comes below this"),
    option("--probability", "P", "how surely", default=0.9),
    *(options.MASS, *options.TRUST, options.CSV, options.PLOT, options.JSON),
)


def run(given: Namespace) -> None:
    """Plan, print, and write the table and the picture where files are named."""
    fixed = options.pairs("--fixed", "U=100B", given.fixed)
    loaded: dict[Path, bs.Fit | bs.Ensemble] = {}

    def saved(path: Path | str) -> bs.Fit | bs.Ensemble:
        # A file is one fit, however often it is named: limits on it are in the same scenarios.
        file = Path(path).resolve()
        if file not in loaded:
            (loaded[file],) = options.load_all([path], given.law)
        return loaded[file]

    fit = saved(given.fit)
    box = options.pairs("--box", "N=1B..1T", given.box)
    found = bs.plan(
        fit,
        cost=options.read_cost(given),
        limits=[_read_limit(text, saved) for text in given.limit],
        box=box,
        fixed=fixed,
        **picked(given, "budget budget_risk risk joint target probability mass"),
        **options.trust(given),
    )
    files.answer(given, lambda: _values(found), lambda: _print(found), found.table, found.plot)


def _read_limit(text: str, saved: Callable[[str], bs.Fit | bs.Ensemble]) -> str | bs.Limit:
    """Read a limit: an inequality, or ``time.nc:T<0.2@0.95,D_inf=1024``.

    Parameters
    ----------
    text : str
    saved : callable
        From the path of a file to what was saved in it.

    Raises
    ------
    InputError
        If it names a saved fit and cannot be read, or another response than the fit's.
    """
    match = _CHANCE.fullmatch(text.strip())
    if match is None:
        if ".nc:" in text:
            raise InputError(
                f"--limit {text!r} is not FIT:RESPONSE<VALUE@PROBABILITY, e.g. "
                "time.nc:T<0.2@0.95,D_inf=1024."
            )
        return text
    fit = saved(match["file"])
    symbol = options.fits_of(fit)[0].law.response.symbol
    if match["symbol"] != symbol:
        raise InputError(
            f"--limit {text!r}: the response of {match['file']} is {symbol}, not {match['symbol']}."
        )
    at = options.point("--limit", "D_inf=1024", match["at"]) if match["at"] else {}
    return bs.Limit(fit, match["below"], parse_number(match["probability"]), at)


def _print(found: bs.Plan) -> None:
    """Print a plan: its sentences, then the designs beside it and the path over budgets."""
    response, free = found.task.scenarios.law.response, list(found.task.space.free)
    screen.say(f"{found.text}\n")
    screen.cautions(found.notes)
    if found.smallest is not None:
        screen.say(found.smallest.text)
    screen.say(f"\nDesigns for {found.budget} ({response.symbol} in {response.unit}; * the plan)\n")
    _print_designs(found, free)
    screen.say("\nThe path over budgets\n")
    _print_path(found, free)
    screen.say()
    for name, row in found.alternatives.iterrows():
        inputs = ", ".join(f"{symbol} = {format_number(row[symbol])}" for symbol in free)
        median, lower, upper = (screen.cell(row[part]) for part in _BOUNDS)
        screen.say(f"{str(name).capitalize()}: {inputs}; {median} ({lower} to {upper}).")
    screen.say(f"Intervals: {found.alternatives['interval'].iloc[0]}.")


def _print_designs(found: bs.Plan, free: list[str]) -> None:
    table = found.table
    best = int((table[free] == found.choice[free]).all(axis=1).to_numpy().argmax())
    kept = sorted({*_spread(len(table), 7), best})
    as_good = np.where(table["in_valley"], "yes", "no")
    told: dict[str, Any] = {
        str(found.risk): table["risk"],
        **{chance.name: table[chance.name] for chance in found.task.limits.chances},
        "within 0.5%": np.where(table["allowed"], as_good, "limit"),
        "reach": table["reach"],
        "*": np.where(np.arange(len(table)) == best, "*", ""),
    }
    screen.table(table.assign(**told)[[*free, *_BOUNDS, *told]].iloc[kept], free, {"reach": ".1f"})


def _print_path(found: bs.Plan, free: list[str]) -> None:
    path = found.frontier[found.frontier["possible"]]
    path = path.iloc[_spread(len(path), 5)]
    ends = path.filter(like="*_").map(format_number)
    best: dict[str, Any] = {
        f"best {n}": ends[f"{n}*_lower"] + " to " + ends[f"{n}*_upper"] for n in free
    }
    best["box"] = np.where(path["on_edge"], "edge", "")
    screen.table(path.assign(**best)[["budget", *free, *best, *_BOUNDS]], ["budget", *free])


def _spread(count: int, wanted: int) -> list[int]:
    """Evenly spaced positions, the first and the last among them."""
    return sorted({round(k * (count - 1) / (wanted - 1)) for k in range(wanted)})


def _values(found: bs.Plan) -> dict[str, Any]:
    """A plan as plain values, for a program to read."""
    by_name = ("valley", "optimum", "limits", "alternatives")
    values = {
        "law": found.task.scenarios.law.name,
        "budget": {"amount": found.budget.amount, "unit": found.budget.unit},
        "risk": str(found.risk),
        "interval": "equal-tailed",
        **picked(found, "mass text"),
        "notes": screen.note_values(found.notes),
        "choice": found.choice.to_dict(),
        "regret": found.regret.table.to_dict("index"),
        **{name: getattr(found, name).to_dict("index") for name in by_name},
        **picked(found, "frontier table"),
    }
    if (smallest := found.smallest) is not None:
        amount = None if smallest.budget is None else smallest.budget.amount
        told = picked(smallest, "target wanted probability text")
        values["smallest"] = told | {"budget": amount}
    return values
