"""Laws beside each other: what each counts for, and what it says."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from bayescale.errors import InputError
from bayescale.forecast.mixture import Ensemble
from bayescale.intervals import interval_name
from bayescale.plots.axes import draw_rows, label_of, log_axis, name_rows
from bayescale.plots.colours import BLACK, SERIES
from bayescale.plots.figure import SMALL, captioned, panels
from bayescale.plots.lines import told
from bayescale.plots.tables import intervals


def laws_table(average: Ensemble, at: Any, **options: Any) -> pd.DataFrame:
    """Weight and forecast of each law, and of their average, at one point.

    Parameters
    ----------
    average : Ensemble
    at : mapping or pandas.DataFrame
        One point.
    **options
        Of :func:`bayescale.extrapolate`: ``mass``, ``discrepancy``, ``seed``,
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
    table.attrs = {"at": told(dict(whole.points.iloc[0])), "mass": whole.mass}
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
    draw_rows(right, rows, table, colours)
    log_axis(right, "x")
    right.set_xlabel(label_of(average.fits[0].law))
    both = f"{interval_name(table.attrs['mass'])} and 50%"
    return captioned(figure, f"At {table.attrs['at']}: median, {both} of a new run.")
