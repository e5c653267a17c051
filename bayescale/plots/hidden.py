"""Forecasts of runs that were hidden, and what was measured there."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from bayescale.forecast.forecast import Extrapolation
from bayescale.intervals import interval_name
from bayescale.plots.axes import draw_rows, label_of, log_axis, name_rows
from bayescale.plots.colours import BLACK, ORANGE
from bayescale.plots.figure import legend_above, panels
from bayescale.plots.lines import told
from bayescale.plots.tables import INNER, intervals


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
    rows = name_rows([axes], [told(place) for place in places[telling].to_dict("records")])
    labels = (f"{interval_name(forecast.mass)} of one new run", interval_name(INNER))
    draw_rows(axes, rows, places, ORANGE, labels)
    at = table[symbols].merge(places[symbols].assign(row=rows), how="left")["row"]
    axes.plot(table["observed"], at, "o", ms=5, color=BLACK, label="hidden run, measured")
    log_axis(axes, "x")
    axes.set_xlabel(label_of(forecast.law))
    axes.grid(axis="x", color="0.92", zorder=-1)
    legend_above(figure, 3)
    return figure
