"""How forecasts of hidden runs did, and laws beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.errors import InputError
from bayescale.forecast.mixture import Average
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.judge.backtest import Backtest
from bayescale.judge.scores import COVERAGES
from bayescale.law.discrepancy import Discrepancy
from bayescale.plots.axes import (
    BLACK,
    SERIES,
    SMALL,
    caption,
    label_of,
    log_axis,
    new_figure,
    plain,
    tint,
)
from bayescale.plots.lines import told
from bayescale.plots.simple import backtest_picture, backtest_table
from bayescale.posterior.fit import Fit
from bayescale.runs.points import read_points

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

# The picture that Backtest.plot gives, under the names of this room.
bands, bands_table = backtest_picture, backtest_table


def calibration_table(backtest: Backtest) -> pd.DataFrame:
    """How often intervals held, beside what they promised, per forecaster.

    Parameters
    ----------
    backtest : Backtest

    Returns
    -------
    pandas.DataFrame
        ``forecaster``, ``nominal``, ``observed`` (share of hidden runs of all folds inside the
        equal-tailed interval of one new run of that mass), ``n``, and ``lower`` and ``upper``:
        equal-tailed 90% of the true share given the count (Beta, Jeffreys' prior), which takes
        hidden runs for independent and is too narrow where they err alike.
    """
    import pandas as pd
    from scipy.stats import beta

    own = backtest.points[backtest.points["kind"] == "run"]
    tail = (1 - DEFAULT_MASS) / 2
    rows = []
    for name, part in own.groupby("forecaster", sort=False):
        for mass in COVERAGES:
            inside, n = part[f"coverage_{100 * mass:.0f}"].sum(), len(part)
            lower, upper = np.asarray(beta.ppf([tail, 1 - tail], inside + 0.5, n - inside + 0.5))
            row = {"forecaster": name, "nominal": mass, "observed": inside / n, "n": n}
            rows.append(row | {"lower": lower, "upper": upper})
    return pd.DataFrame(rows)


def calibration(backtest: Backtest) -> Figure:
    """Draw coverage against what was promised: above the line too wide, below too narrow.

    Parameters as in :func:`calibration_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = calibration_table(backtest)
    figure = new_figure(4.6, 4.2)
    axes = figure.add_subplot()
    axes.plot([0, 100], [0, 100], color="0.5", lw=1, ls=(0, (4, 3)), label="as promised")
    groups = list(table.groupby("forecaster", sort=False))
    for k, ((name, part), colour, mark) in enumerate(
        zip(groups, SERIES * 4, "osD^vP" * 4, strict=False)
    ):
        # Side by side where several share a place.
        x = 100 * part["nominal"] + 1.2 * (k - (len(groups) - 1) / 2)
        y = 100 * part["observed"]
        error = [y - np.minimum(100 * part["lower"], y), np.maximum(100 * part["upper"], y) - y]
        axes.errorbar(x, y, error, fmt="none", ecolor=tint(colour, 0.6), lw=1.2)
        axes.plot(x, y, mark + "-", ms=5, lw=1, color=colour, label=f"{name} ({part['n'].iloc[0]})")
    axes.set(xlim=(40, 100), ylim=(0, 103), xticks=[50, 60, 70, 80, 90, 95])
    axes.set_xlabel("mass of the interval of one new run (%)")
    axes.set_ylabel("hidden runs inside (%)")
    axes.set_xticks([100 * mass for mass in COVERAGES])
    plain(axes)
    axes.legend(frameon=False, fontsize=SMALL, loc="lower right")
    text = f"Bars: {interval_name(DEFAULT_MASS)} of the share, were hidden runs independent."
    text += " In brackets: how many hidden runs."
    caption(figure, text)
    return figure


def laws_table(
    average: Average,
    at: Any,
    *,
    mass: float = DEFAULT_MASS,
    discrepancy: bool | float | Discrepancy = True,
    seed: int = 0,
    allow_unconverged: bool = False,
) -> pd.DataFrame:
    """Weight and forecast of each law, and of their average, at one point.

    Parameters
    ----------
    average : Average
    at : mapping or pandas.DataFrame
        One point.
    mass, discrepancy, seed, allow_unconverged
        As in :func:`bayescale.extrapolate`.

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
    import pandas as pd

    law = average.fits[0].law
    point = read_points(at, law, derive=average.fits[0].derive)
    if len(point) != 1:
        raise InputError(f"Laws are set beside each other at one point; there are {len(point)}.")
    options: dict[str, Any] = {"mass": mass, "discrepancy": discrepancy, "seed": seed}
    options["allow_unconverged"] = allow_unconverged
    rows = {}
    each: list[tuple[str, Fit | Average, float]] = [
        (f.law.name, f, w) for f, w in zip(average.fits, average.weights, strict=True)
    ]
    for name, forecaster, weight in [*each, ("average", average, 1.0)]:
        forecast = forecaster.extrapolate(at, **options)
        inner = forecast.interval(0.5).add_prefix("inner_")
        row = forecast.table[["median", "lower", "upper"]].join(inner).iloc[0]
        rows[name] = {"weight": float(weight), **row}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("law")
    inputs = {name: float(point[name].iloc[0]) for name in law.input_symbols}
    table.attrs = {"at": told(inputs), "mass": mass}
    return table


def laws(average: Average, at: Any, **options: Any) -> Figure:
    """Draw laws beside each other: weights on the left, forecasts on the right.

    Parameters
    ----------
    average : Average
    at : mapping or pandas.DataFrame
        One point.
    **options
        Of :func:`laws_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = laws_table(average, at, **options)
    response = average.fits[0].law.response
    rows = np.arange(len(table))[::-1]
    figure = new_figure(6.4, 1.5 + 0.38 * len(table))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1, 2.2))
    colours = [*(SERIES * 4)[: len(table) - 1], BLACK]
    left.barh(rows[:-1], 100 * table["weight"].iloc[:-1], height=0.55, color=colours[:-1])
    for row, weight in zip(rows[:-1], table["weight"], strict=False):
        left.text(100 * weight + 2, row, f"{weight:.0%}", va="center", fontsize=SMALL)
    left.set(xlim=(0, 122), xticks=[0, 50, 100])
    left.set_xlabel("weight (%)")
    left.set_yticks(rows, list(table.index))
    right.hlines(rows, table["lower"], table["upper"], colors=colours, lw=1.6)
    right.hlines(rows, table["inner_lower"], table["inner_upper"], colors=colours, lw=5)
    right.plot(table["median"], rows, "|", ms=9, mew=1.6, color="white")
    right.set_ylim(-0.6, len(table) - 0.4)
    log_axis(right, "x")
    right.set_xlabel(label_of(average.fits[0].law, response.symbol))
    for axes in (left, right):
        plain(axes)
        axes.tick_params(axis="y", length=0)
    both = f"{interval_name(table.attrs['mass'])} and 50%"
    text = f"At {table.attrs['at']}: median, {both} of a new run."
    caption(figure, text)
    return figure
