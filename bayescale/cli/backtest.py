"""Hide the largest runs, forecast them from the rest, and score the forecasts.

example:
  bayescale backtest runs.csv --law chinchilla --law coupled --hold-out 0.3
  bayescale backtest runs.csv --law chinchilla --hold-out N=4B --plot backtest.png
"""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import bayescale as bs
from bayescale.cli import files, options, screen
from bayescale.cli.command import picked, repeated, unless

_SCORES = ("rmsle", "bias", "log_score", "crps", "coverage_50", "coverage_90", "width_90")

_HIDDEN = (
    "what is hidden: a share of the runs (default: 0.3), all above N=4B, a column whose values "
    "are train and test, or rolling"
)

OPTIONS = (
    *(*options.TABLE, options.LAWS),
    repeated("--hold-out", "CUT", _HIDDEN),
    options.NO_DISCREPANCY,
    unless("--no-point-estimates", "point_estimates", "leave out the Huber fits beside them"),
    *(options.seed(1), options.PLOT, options.JSON),
)


def run(given: Namespace) -> None:
    """Backtest, print, and draw where a file is named."""
    cuts = [_cut(text) for text in given.hold_out or ["0.3"]]
    found = bs.backtest(
        options.read_runs_of(given),
        given.law,
        hold_out=cuts[0] if len(cuts) == 1 else cuts,
        **picked(given, "discrepancy point_estimates seed"),
    )
    files.answer(given, lambda: _values(found), lambda: _print(found), draw=found.plot)


def _cut(text: str) -> Any:
    """What ``--hold-out`` names: a share, limits on inputs, or a column."""
    if "=" in text:
        return options.point("--hold-out", "N=4B", text)
    try:
        return float(text)
    except ValueError:
        return text


def _values(found: bs.Backtest) -> dict[str, Any]:
    return {
        "text": found.text.splitlines(),
        "table": found.table.reset_index(),
        "by_reach": found.by_reach.reset_index().astype({"beyond": str}),
    }


def _print(found: bs.Backtest) -> None:
    words = ["hidden", "forecaster", "kind"]
    table = found.table.reset_index().rename(columns={"fold": "hidden", "n": "runs"})
    forms = dict.fromkeys(_SCORES, ".3g")
    screen.table(table[[*words, "runs", *_SCORES]], forms=forms, left=words)
    screen.say(
        "\nkind: intervals of one new run, or of the law's curve (mean). Errors, CRPS and widths "
        "are of the\nnatural log; intervals are equal-tailed, width_90 is that of 90%.\n"
    )
    screen.say(found.text)
