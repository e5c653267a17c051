"""``bayescale plan``: what to buy under a budget, from a saved fit."""

from __future__ import annotations

import re
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from bayescale.cli import screen
from bayescale.cli.files import say_written, write_picture, write_table
from bayescale.cli.options import output_file, pairs
from bayescale.errors import InputError
from bayescale.numbers import format_number, parse_number

if TYPE_CHECKING:
    from bayescale.decision.cost import Cost
    from bayescale.decision.limits import Limit
    from bayescale.decision.plan import Plan

_CHANCE = re.compile(
    r"(?P<file>.+\.nc):(?P<symbol>\w+)<(?P<below>[^@,]+)@(?P<probability>[^,]+)(?:,(?P<at>.+))?"
)
_COST = (
    *("train", "serve", "tokens_served", "price_per_hour", "peak_flops"),
    *("utilisation", "serving_utilisation"),
)


def run_plan(given: Namespace) -> None:
    """Plan and print; also write a table and draw a picture where files are named.

    Parameters
    ----------
    given : argparse.Namespace
        The options of ``bayescale plan``.
    """
    output_file(given.csv)
    output_file(given.plot)
    fixed = pairs("--fixed", "U=100B", given.fixed)
    box = pairs("--box", "N=1B..1T", given.box)
    from bayescale.decision.plan import plan
    from bayescale.posterior.store import load

    found = plan(
        load(given.fit, given.law),
        budget=given.budget,
        cost=read_cost(given),
        risk=given.risk,
        limits=[read_limit(text) for text in given.limit],
        joint=given.joint,
        box=box,
        fixed=fixed,
        target=given.target,
        probability=given.probability,
        budget_risk=given.budget_risk,
        discrepancy=not given.no_discrepancy,
        mass=given.mass,
        seed=given.seed,
        allow_unconverged=given.allow_unconverged,
    )
    write_table(found.table, given.csv)
    if given.plot is not None:
        write_picture(found.plot(), given.plot)
    if given.json:
        screen.as_json(as_values(found))
        return
    print_plan(found)
    say_written(given.csv, given.plot)


def read_cost(given: Namespace) -> Cost:
    """Read what designs cost from the options that say it."""
    from bayescale.decision.cost import Cost

    said = {name: getattr(given, name) for name in _COST if getattr(given, name) is not None}
    return Cost(**said)


def read_limit(text: str) -> str | Limit:
    """Read a limit: an inequality, or ``time.nc:T<0.2@0.95,D_inf=1024``.

    Raises
    ------
    InputError
        If it names a saved fit and cannot be read, or another response than the fit's.
    """
    from bayescale.decision.limits import Limit
    from bayescale.posterior.store import load

    match = _CHANCE.fullmatch(text.strip())
    if match is None:
        if ".nc:" in text:
            raise InputError(
                f"--limit {text!r} is not FIT:RESPONSE<VALUE@PROBABILITY, e.g. "
                "time.nc:T<0.2@0.95,D_inf=1024."
            )
        return text
    fit = load(match["file"])
    symbol = fit.law.response.symbol
    if match["symbol"] != symbol:
        raise InputError(
            f"--limit {text!r}: the response of {match['file']} is {symbol}, not {match['symbol']}."
        )
    at = pairs("--limit", "D_inf=1024", match["at"].split(",") if match["at"] else [])
    return Limit(fit, match["below"], parse_number(match["probability"]), at)


def print_plan(found: Plan) -> None:
    """Print a plan: its sentences, then the designs beside it and the path over budgets."""
    law, free = found.task.scenarios.law, list(found.task.space.free)
    screen.say(f"{found.text}\n")
    for note in found.notes:
        screen.say(f"Caution: {note}.")
    if found.smallest is not None:
        screen.say(found.smallest.text)
    symbol = law.response.symbol
    screen.say(f"\nDesigns for {found.budget} ({symbol} in {law.response.unit}; * the plan)\n")
    chances = [chance.name for chance in found.task.limits.chances]
    shown = ["median", "lower", "upper", "risk", *chances]
    plan_row = (found.table[free] == found.choice[free]).all(axis=1).to_numpy().argmax()
    kept = sorted({*_spread(len(found.table), 7), int(plan_row)})
    rows = [
        [*_row(row, free, shown), "*" if k == plan_row else ""]
        for k, row in zip(kept, found.table.iloc[kept].to_dict("records"), strict=True)
    ]
    titles = [*free, *(str(found.risk) if name == "risk" else name for name in shown)]
    columns = [*titles, "within 0.5%", "reach", "*"]
    screen.table(columns, rows, right=columns)
    screen.say("\nThe path over budgets\n")
    _print_path(found, free)
    _print_values(found)


def _spread(count: int, wanted: int) -> list[int]:
    last = count - 1
    return sorted({round(k * last / max(wanted - 1, 1)) for k in range(wanted)})


def _row(row: Any, free: list[str], shown: list[str]) -> list[str]:
    as_good = "limit" if not row["allowed"] else "yes" if row["in_valley"] else "no"
    return [
        *(format_number(row[name]) for name in free),
        *(screen.number(row[name]) for name in shown),
        as_good,
        f"{row['reach']:.1f}",
    ]


def _print_path(found: Plan, free: list[str]) -> None:
    path = found.frontier[found.frontier["possible"]]
    rows = []
    for row in path.iloc[_spread(len(path), 5)].to_dict("records"):
        bands = (
            f"{format_number(row[f'{name}*_lower'])} to {format_number(row[f'{name}*_upper'])}"
            for name in free
        )
        rows.append(
            [
                format_number(row["budget"]),
                *(format_number(row[name]) for name in free),
                *bands,
                *(screen.number(row[name]) for name in ("median", "lower", "upper")),
            ]
        )
    columns = ["budget", *free, *(f"best {name}" for name in free), "median", "lower", "upper"]
    screen.table(columns, rows, right=columns)


def _print_values(found: Plan) -> None:
    screen.say("")
    for name, row in found.alternatives.iterrows():
        inputs = ", ".join(f"{n} = {format_number(row[n])}" for n in found.task.space.free)
        screen.say(
            f"{str(name).capitalize()}: {inputs}; {screen.number(row['median'])} "
            f"({screen.number(row['lower'])} to {screen.number(row['upper'])})."
        )
    screen.say(f"Intervals: {found.alternatives['interval'].iloc[0]} of the law's curve.")


def as_values(found: Plan) -> dict[str, Any]:
    """A plan as plain values, for a program to read."""
    smallest = found.smallest
    return {
        "law": found.task.scenarios.law.name,
        "budget": {"amount": found.budget.amount, "unit": found.budget.unit},
        "risk": found.risk.text,
        "interval": "equal-tailed",
        "mass": found.mass,
        "text": found.text,
        "notes": found.notes,
        "choice": found.choice.to_dict(),
        "valley": found.valley.to_dict("index"),
        "optimum": found.optimum.to_dict("index"),
        "limits": found.limits.to_dict("index"),
        "regret": found.regret.table.to_dict("index"),
        "alternatives": found.alternatives.to_dict("index"),
        "frontier": found.frontier.to_dict("records"),
        "table": found.table.to_dict("records"),
        **(
            {}
            if smallest is None
            else {
                "smallest": {
                    "target": smallest.target,
                    "wanted": smallest.wanted,
                    "budget": None if smallest.budget is None else smallest.budget.amount,
                    "probability": smallest.probability,
                    "text": smallest.text,
                }
            }
        ),
    }
