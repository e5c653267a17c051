"""How forecasts of hidden runs did."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.special import betaincinv

from bayescale.errors import InputError
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.judge.backtest import Backtest
from bayescale.judge.scores import COVERAGES
from bayescale.plots.axes import arms, label_of, log_axis
from bayescale.plots.colours import BLUE, DASHED, SERIES, VERMILION, tint
from bayescale.plots.figure import LABEL, finished, legend, panels
from bayescale.plots.tables import by_name


def bands_table(backtest: Backtest, forecaster: str | None = None) -> pd.DataFrame:
    """Forecasts of the hidden runs of the last fold, in order of their reach.

    Parameters
    ----------
    backtest : Backtest
    forecaster : str, optional
        Whose; the first one's if left out.

    Returns
    -------
    pandas.DataFrame
        The rows of ``backtest.points`` that :func:`bands` draws, in its order.

    Raises
    ------
    InputError
        If there is no such forecaster.
    """
    parts = by_name(backtest.points.query("kind == 'run'"), "forecaster")
    name = forecaster or next(iter(parts))
    if name not in parts:
        raise InputError(f"There is no forecaster {name!r}; choose from {', '.join(parts)}.")
    *_, last = by_name(parts[name], "fold").values()
    return last.sort_values("reach", kind="stable").reset_index(drop=True)


def bands(backtest: Backtest, forecaster: str | None = None) -> Figure:
    """Draw forecasts of hidden runs beside what they were, in order of their reach.

    Parameters and errors as in :func:`bands_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = bands_table(backtest, forecaster)
    figure, (axes,) = panels()
    place = np.arange(len(table))
    # Many runs need thin bars to stay apart.
    width = float(np.clip(120 / len(table), 0.8, 3.0))
    label, pale = f"forecast, {interval_name(DEFAULT_MASS)} of a new run", tint(VERMILION, 0.55)
    axes.vlines(place, table["lower"], table["upper"], color=pale, lw=width, label=label)
    axes.plot(place, table["median"], "_", ms=5, color=VERMILION, label="median forecast")
    label = "hidden run, observed"
    axes.plot(place, table["observed"], "o", ms=3.5, mew=0, color=BLUE, label=label)
    log_axis(axes, "y", label_of(backtest.runs.law))
    ticks = np.unique(np.linspace(0, len(table) - 1, min(6, len(table))).astype(int))
    axes.set_xticks(ticks, [f"{table['reach'].iloc[k]:.2g}" for k in ticks])
    axes.set_xlabel("hidden runs, by decades beyond the fitted ones")
    first = table.iloc[0]
    axes.set_title(f"{first['forecaster']}, {first['fold']} hidden", fontsize=LABEL)
    legend(axes)
    return figure


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
        hidden runs for independent and is too narrow where they err alike; ``interval``.
    """
    parts = by_name(backtest.points.query("kind == 'run'"), "forecaster")
    rows = [
        (name, mass, part[f"coverage_{100 * mass:.0f}"].mean(), len(part))
        for name, part in parts.items()
        for mass in COVERAGES
    ]
    table = pd.DataFrame(rows, columns=["forecaster", "nominal", "observed", "n"])
    tail, inside = (1 - DEFAULT_MASS) / 2, table["observed"] * table["n"]
    for column, level in (("lower", tail), ("upper", 1 - tail)):
        table[column] = betaincinv(inside + 0.5, table["n"] - inside + 0.5, level)
    return table.assign(interval=f"{interval_name(DEFAULT_MASS)} of the share")


def calibration(backtest: Backtest) -> Figure:
    """Draw coverage against what was promised: above the line too wide, below too narrow.

    Parameters as in :func:`calibration_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = calibration_table(backtest)
    figure, (axes,) = panels(width=4.6, height=4.2)
    axes.plot([0, 100], [0, 100], color="0.5", lw=1, ls=DASHED, label="as promised")
    parts = by_name(table, "forecaster")
    for k, (name, part) in enumerate(parts.items()):
        colour, mark = (SERIES * 4)[k], ("osD^vP" * 4)[k]
        # Side by side where several share a place.
        x = 100 * part["nominal"] + 1.2 * (k - (len(parts) - 1) / 2)
        y, label = 100 * part["observed"], f"{name} ({part['n'].iloc[0]})"
        axes.errorbar(x, y, 100 * arms(part, "observed"), fmt="none", ecolor=tint(colour, 0.6))
        axes.plot(x, y, mark + "-", ms=5, lw=1, color=colour, label=label)
    axes.set(xlim=(40, 100), ylim=(0, 103), xticks=[100 * mass for mass in COVERAGES])
    axes.set(xlabel="mass of the interval of one new run (%)", ylabel="hidden runs inside (%)")
    legend(axes, loc="lower right")
    text = f"Bars: {table['interval'].iloc[0]}, were hidden runs independent."
    return finished(figure, f"{text} In brackets: how many hidden runs.")
