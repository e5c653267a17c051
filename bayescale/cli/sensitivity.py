r"""Show how a forecast moves without the smallest runs or a family, or by another law.

example:
  bayescale sensitivity runs.csv --law chinchilla --law coupled --at N=70B,D=1.4T \
      --family model
"""

from __future__ import annotations

from argparse import Namespace

import bayescale as bs
from bayescale.cli import files, options, screen
from bayescale.cli.command import option, picked, repeated

_SHOWN = ("runs", "median", "lower", "upper", "shift", "width", "converged")

OPTIONS = (
    *(*options.TABLE, options.LAWS),
    repeated("--at", "POINT", "N=70B,D=1.4T", required=True),
    option("--family", "COLUMN", "leave out each value of this column in turn"),
    option("--smallest", "SHARE", "to leave out; 0 for none (default: a third)", default=1 / 3),
    *(options.kind("mean"), options.seed(1), options.MASS, options.JSON),
)


def run(given: Namespace) -> None:
    """Fit again after each change and print how the forecast moves."""
    at = options.points(given.at)
    runs = options.read_runs_of(given)
    chosen = picked(given, "family smallest kind mass seed")
    found = bs.sensitivity(runs, at, laws=given.law[1:], **chosen)
    text, inputs = found.attrs["text"], runs.law.input_symbols

    def tables() -> None:
        shown = found.replace({"converged": {False: "NO"}})[["change", *inputs, *_SHOWN]]
        screen.table(shown, inputs, {"shift": "+.2f", "width": ".2f"}, left=["change"])
        screen.say(
            f"\nIntervals: {found['interval'].iloc[0]}. Shift of the median and width of the\n"
            f"interval are in widths of the interval of all runs.\n\n{text}"
        )

    told = {"law": runs.law.name, "text": text, "forecasts": found}
    files.answer(given, lambda: told, tables)
