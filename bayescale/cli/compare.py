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
    from bayescale.forecast.parting import parted, parting_sentence

    fits = [
        fit for found in options.load_all(given.fits, given.law) for fit in options.fits_of(found)
    ]
    loo, average = bs.compare(fits), bs.average(fits)
    scores, weights = loo.reset_index(names="law"), average.laws.reset_index()
    told: dict[str, Any] = {"loo": scores, "caution": loo.attrs["caution"], "average": weights}
    forecast, apart = None, None
    if given.at:
        points, asked = options.points(given.at), picked(given, "kind mass")
        forecast, apart = average.extrapolate(points, **asked), parted(average, points, **asked)
        told |= {"forecast": as_values(forecast), "parted": apart}

    def tables() -> None:
        screen.say("Leave-one-out at the observed scales (ArviZ):\n")
        screen.table(scores, left=["law"])
        screen.say(f"\n{told['caution']}\n")
        screen.table(weights, left=["law"])
        if forecast is not None:
            screen.say()
            print_forecast(forecast, ", ".join(average.weights.index))
        if apart is not None:
            screen.say(parting_sentence(apart))

    files.answer(given, lambda: told, tables)
