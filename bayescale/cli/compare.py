"""Compare laws fitted to the same runs, and forecast with their average.

example:
  bayescale compare chinchilla.nc coupled.nc
  bayescale compare chinchilla.nc coupled.nc --at N=70B,D=1.4T
"""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import bayescale as bs
from bayescale.cli import files, options, screen
from bayescale.cli.command import picked
from bayescale.cli.extrapolate import as_values, print_forecast

OPTIONS = (
    *(options.SAVED_FITS, options.OWN_LAWS),
    *(options.AT, options.kind("run"), options.MASS, options.JSON),
)


def run(given: Namespace) -> None:
    """Compare saved fits and print; forecast with their average if points are given."""
    fits = options.load_fits(given.fits, given.law)
    loo, average = bs.compare(fits), bs.average(fits)
    scores, weights = loo.reset_index(names="law"), average.table.reset_index()
    told: dict[str, Any] = {"loo": scores, "caution": loo.attrs["caution"], "average": weights}
    forecast = None
    if given.at:
        forecast = average.extrapolate(options.points(given.at), **picked(given, "kind mass"))
        told["forecast"] = as_values(forecast)

    def tables() -> None:
        screen.say("Leave-one-out at the observed scales (ArviZ):\n")
        screen.table(scores, left=["law"])
        screen.say(f"\n{told['caution']}\n")
        screen.table(weights, left=["law"])
        if forecast is not None:
            screen.say()
            print_forecast(forecast)

    files.answer(given, lambda: told, tables)
