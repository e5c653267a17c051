"""Forecasts beside each other: of several laws, and of hidden runs that were measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayescale.errors import InputError
from bayescale.forecast.forecast import Extrapolation
from bayescale.forecast.mixture import Ensemble
from bayescale.intervals import interval_name
from bayescale.law.prior import Array
from bayescale.numbers import write_point
from bayescale.plots.axes import label_of, log_axis, name_rows
from bayescale.plots.colours import BLACK, ORANGE, SERIES
from bayescale.plots.figure import SMALL, finished, panels
from bayescale.plots.tables import INNER, intervals


def laws_table(average: Ensemble, at: Any, **options: Any) -> pd.DataFrame:
    """Weight and forecast of each law, and of their average, at one point.

    Parameters
    ----------
    average : Ensemble
    at : mapping or pandas.DataFrame
        One point.
    **options
        Of :func:`bayescale.extrapolate`: ``mass``, ``seed``,
        ``allow_unconverged``.

    Returns
    -------
    pandas.DataFrame
        Indexed by law, the average last: ``weight``, and of one new run ``median``, ``lower``,
        ``upper``, ``inner_lower``, ``inner_upper`` (50%). ``attrs["at"]`` names the point.

    Raises
    ------
    InputError
        If there is not one point.
    """
    whole = average.extrapolate(at, **options)
    if len(whole.points) != 1:
        raise InputError(
            f"Laws are set beside each other at one point; there are {len(whole.points)}."
        )
    each = {fit.law.name: fit.extrapolate(at, **options) for fit in average.fits}
    each["average"] = whole
    table = pd.concat([intervals(found) for found in each.values()])
    table.index = pd.Index(list(each), name="law")
    table.insert(0, "weight", [*average.weights, 1.0])
    table.attrs = {"at": write_point(whole.points.iloc[0].to_dict(), " "), "mass": whole.mass}
    return table


def laws(average: Ensemble, at: Any, **options: Any) -> Figure:
    """Draw laws beside each other: weights on the left, forecasts on the right.

    Parameters
    ----------
    average : Ensemble
    at : mapping or pandas.DataFrame
        One point.
    **options
        Of :func:`laws_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = laws_table(average, at, **options)
    height = 1.5 + 0.38 * len(table)
    figure, (left, right) = panels(1, 2, height=height, sharey=True, width_ratios=(1, 2.2))
    rows = name_rows((left, right), list(table.index))
    colours = [*(SERIES * 4)[: len(table) - 1], BLACK]
    left.barh(rows[:-1], 100 * table["weight"].iloc[:-1], height=0.55, color=colours[:-1])
    for row, weight in zip(rows[:-1], table["weight"], strict=False):
        left.text(100 * weight + 2, row, f"{weight:.0%}", va="center", fontsize=SMALL)
    left.set(xlim=(0, 122), xticks=[0, 50, 100], xlabel="weight (%)")
    _draw_rows(right, rows, table, colours)
    log_axis(right, "x", label_of(average.fits[0].law))
    both = f"{interval_name(table.attrs['mass'])} and 50%"
    return finished(figure, f"At {table.attrs['at']}: median, {both} of a new run.")


def hidden_runs_table(forecast: Extrapolation, observed: Any) -> pd.DataFrame:
    """What a forecast said and what was measured, lowest forecast first.

    Parameters
    ----------
    forecast : Extrapolation
        Of new runs.
    observed : sequence of float, shape (n_points,)
        Measured at the forecast's points, in the response's unit.

    Returns
    -------
    pandas.DataFrame
        As :meth:`bayescale.Extrapolation.beside`, with ``inner_lower`` and ``inner_upper`` (50%).

    Raises
    ------
    InputError
        If there are not as many as points.
    """
    table = forecast.beside(observed).join(intervals(forecast).filter(like="inner_"))
    return table.sort_values("median", kind="stable", ignore_index=True)


def hidden_runs(forecast: Extrapolation, observed: Any) -> Figure:
    """Draw each hidden place as its interval, with what was measured there.

    Parameters and errors as in :func:`hidden_runs_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table, symbols = hidden_runs_table(forecast, observed), list(forecast.points)
    places = table.drop_duplicates(symbols).iloc[::-1]
    # Places are told apart by the inputs that differ between them.
    telling = [name for name in symbols if places[name].nunique() > 1] or symbols
    figure, (axes,) = panels(width=7.2, height=1.3 + 0.25 * len(places))
    rows = name_rows([axes], [write_point(x, " ") for x in places[telling].to_dict("records")])
    labels = (f"{interval_name(forecast.mass)} of one new run", interval_name(INNER))
    _draw_rows(axes, rows, places, ORANGE, labels)
    at = table[symbols].merge(places[symbols].assign(row=rows), how="left")["row"]
    axes.plot(table["observed"], at, "o", ms=5, color=BLACK, label="hidden run, measured")
    log_axis(axes, "x", label_of(forecast.law))
    axes.grid(axis="x", color="0.92", zorder=-1)
    return finished(figure, columns=3)


def _draw_rows(
    axes: Axes, places: Array, table: pd.DataFrame, colours: Any, labels: Sequence[str] = ("", "")
) -> None:
    """Draw each row of a table as its median with its outer and its inner interval, lying."""
    for prefix, width, label in zip(("", "inner_"), (1.6, 5.0), labels, strict=True):
        ends = table[f"{prefix}lower"], table[f"{prefix}upper"]
        axes.hlines(places, *ends, colors=colours, lw=width, label=label)
    axes.plot(table["median"], places, "|", ms=9, mew=1.6, color="white")
