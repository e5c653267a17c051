"""``bayescale backtest``: how good forecasts of the hidden runs would have been."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from bayescale.cli import screen
from bayescale.cli.files import say_written, write_picture
from bayescale.cli.options import output_file, pairs

if TYPE_CHECKING:
    from bayescale.judge.backtest import Backtest

_SHOWN = ("rmsle", "bias", "log_score", "crps", "coverage_50", "coverage_90", "width_90")


def run_backtest(given: Namespace) -> None:
    """Backtest and print; also draw a picture if a file is named.

    Parameters
    ----------
    given : argparse.Namespace
        The options of ``bayescale backtest``.
    """
    output_file(given.plot)
    columns = pairs("--column", "N=n_params", given.column)
    derive = pairs("--derive", "C=6*N*D", given.derive)
    cuts = [_cut(text) for text in given.hold_out or ["0.3"]]
    from bayescale.judge.backtest import backtest
    from bayescale.runs.runs import read_runs

    runs = read_runs(given.table, given.law[0], columns, derive, run=given.run, where=given.where)
    screen.problems(runs.problems)
    found = backtest(
        runs,
        given.law,
        hold_out=cuts[0] if len(cuts) == 1 else cuts,
        discrepancy=not given.no_discrepancy,
        point_estimates=not given.no_point_estimates,
        seed=given.seed,
    )
    if given.plot is not None:
        write_picture(found.plot(), given.plot)
    if given.json:
        rows = found.table.reset_index().to_dict("records")
        reaches = found.by_reach.reset_index().astype({"beyond": str}).to_dict("records")
        screen.as_json(
            {
                "text": found.text.splitlines(),
                "table": rows,
                "by_reach": reaches,
                "errors": found.errors.to_dict("records"),
            }
        )
        return
    _print(found)
    say_written(given.plot)


def _cut(text: str) -> Any:
    """What ``--hold-out`` names: a share, limits on inputs, or a column."""
    if "=" in text:
        return pairs("--hold-out", "N=4B", text.split(","))
    try:
        return float(text)
    except ValueError:
        return text


def _print(found: Backtest) -> None:
    table = found.table.reset_index()
    rows = [
        [
            *(str(row[name]) for name in ("fold", "forecaster", "kind")),
            str(row["n"]),
            *(screen.number(row[name], 3) for name in _SHOWN),
        ]
        for _, row in table.iterrows()
    ]
    columns = ["hidden", "forecaster", "kind", "runs", *_SHOWN]
    screen.table(columns, rows, right=columns[3:])
    screen.say(
        "\nkind: intervals of one new run, or of the law's curve (mean). Errors, CRPS and widths "
        "are of the\nnatural log; intervals are equal-tailed, width_90 is that of 90%.\n"
    )
    screen.say(found.text)
