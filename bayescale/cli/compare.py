"""``bayescale compare``: laws beside each other, and their average."""

from __future__ import annotations

from argparse import Namespace

from bayescale.cli import options, screen


def compare_fits(given: Namespace) -> None:
    """Compare saved fits and print; forecast with their average if points are given.

    Parameters
    ----------
    given : argparse.Namespace
        The options of ``bayescale compare``.
    """
    from bayescale.judge.weights import average, compare
    from bayescale.posterior.store import load

    fits = [load(path) for path in given.fits]
    loo = compare(fits)
    whole = average(fits)
    forecast = None
    if given.at:
        at = options.points(given.at)
        forecast = whole.extrapolate(at, kind=given.kind, mass=given.mass)
    if given.json:
        from bayescale.cli.extrapolate import as_values

        values = {
            "loo": loo.reset_index(names="law").to_dict("records"),
            "caution": loo.attrs["caution"],
            "average": whole.table.reset_index().to_dict("records"),
        }
        if forecast is not None:
            values["forecast"] = as_values(forecast, forecast.table)
        screen.as_json(values)
        return
    screen.say("Leave-one-out at the observed scales (ArviZ):\n")
    columns = ["law", *(str(name) for name in loo.columns)]
    rows = [
        [str(law), *map(_cell, row)] for law, row in zip(loo.index, loo.to_numpy(), strict=True)
    ]
    screen.table(columns, rows, right=columns[1:])
    screen.say(f"\n{loo.attrs['caution']}\n")
    table = whole.table.reset_index()
    rows = [[str(row[0]), *map(_cell, row[1:])] for row in table.to_numpy()]
    screen.table(list(table.columns), rows, right=list(table.columns[1:]))
    if forecast is not None:
        from bayescale.cli.extrapolate import print_forecast

        screen.say()
        print_forecast(forecast, forecast.table)


def _cell(value: object) -> str:
    return screen.number(float(value), 4) if isinstance(value, float) else str(value)
