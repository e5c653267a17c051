"""Forecast shipped runs that were held out, and compare.

example:
  bayescale demo -o bayescale-demo
"""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from bayescale.cli import options, screen
from bayescale.cli.command import file
from bayescale.errors import InputError

if TYPE_CHECKING:
    from bayescale.report.demo import Result

OPTIONS = (
    file("-o --output", "for its files", "FOLDER", dest="folder", default=Path("bayescale-demo")),
    options.seed(1),
)


def run(given: Namespace) -> None:
    """Carry out the studies, print them, and write pictures and a page to a folder.

    Raises
    ------
    InputError
        If the folder is a file, or lies where there is no folder.
    """
    folder = given.folder
    if folder.exists() and not folder.is_dir():
        raise InputError(f"Cannot write the demo to {str(folder)!r}: it is a file.")
    if not folder.parent.is_dir():
        raise InputError(f"Cannot make {str(folder)!r}: there is no folder {str(folder.parent)!r}.")
    from bayescale.report.demo import studies, write_page

    start = time.perf_counter()
    screen.say("Forecasting from runs that ship with bayescale; the largest runs are hidden.")
    screen.say("(Each law is compiled first, which takes longest the first time.)\n")
    results = []
    for result in studies(given.seed):
        _print(result)
        results.append(result)
    page = write_page(results, folder)
    screen.say(f"Done in {time.perf_counter() - start:.0f} s. Open {page} in a browser;")
    screen.say("tables, answers and pictures lie beside it.")


def _print(result: Result) -> None:
    answer, law = result.answer, result.answer.law
    weights = ", ".join(f"{name} {weight:.0%}" for name, weight in answer.weights.items())
    screen.say(f"{result.study.title}: {law.response.symbol} ({law.response.unit}) by {weights}")
    screen.say(f"{len(answer.fits[0].runs)} runs were fitted in {result.seconds:.1f} s.")
    shown = [*law.input_symbols, "measured", "median", "lower", "upper", "inside", "reach"]
    screen.table(result.comparison[shown], law.input_symbols, {"reach": ".2f"})
    screen.say(f"{result.verdict}\n")
