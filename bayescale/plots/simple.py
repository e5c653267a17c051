"""A simple picture of a forecast: observed runs, median and bands on log axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayescale.errors import InputError
from bayescale.intervals import DEFAULT_MASS, bounds, interval_name
from bayescale.plots.axes import (
    BLUE,
    LABEL,
    SMALL,
    VERMILION,
    check_input,
    label_of,
    log_axis,
    mark_beyond,
    new_figure,
    off_zero,
    plain,
    zero_place,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bayescale.forecast.forecast import Extrapolation
    from bayescale.judge.backtest import Backtest

_SEEN, _FORECAST = BLUE, VERMILION
_WORDS = {"run": "a new run", "mean": "the law's curve"}


def forecast_picture(forecast: Extrapolation, against: str | None = None) -> Figure:
    """Draw a forecast against one input.

    Parameters
    ----------
    forecast : Extrapolation
    against : str, optional
        Input on the horizontal axis; the one that reaches furthest beyond the runs if left out.

    Returns
    -------
    matplotlib.figure.Figure
        Not registered with pyplot, so that nothing is left open.

    Raises
    ------
    InputError
        If the law has no such input.
    """
    law = forecast.law
    symbol = check_input(law, against) if against is not None else _furthest(forecast)
    figure = new_figure()
    axes = figure.add_subplot()
    x, y = forecast.observed[symbol], forecast.observed[law.response.symbol]
    zero = zero_place(x, forecast.points[symbol])
    seen = off_zero(x, zero)
    axes.plot(seen, y, "o", ms=4, mew=0, alpha=0.6, color=_SEEN, label="observed runs")
    _draw_forecast(axes, forecast, symbol, zero)
    axes.margins(x=0.03)
    log_axis(axes, "x", zero=zero)
    log_axis(axes, "y")
    mark_beyond(axes, seen.min(), seen.max())
    axes.set_xlabel(label_of(law, symbol))
    axes.set_ylabel(label_of(law, law.response.symbol))
    plain(axes)
    axes.legend(edgecolor="none", framealpha=0.85, fontsize=SMALL)
    return figure


def _draw_forecast(axes: Axes, forecast: Extrapolation, symbol: str, zero: float | None) -> None:
    at = off_zero(forecast.points[symbol], zero)
    draws = forecast.draws.to_numpy()
    label = f"{interval_name(forecast.mass)} of {_WORDS[forecast.kind]}"
    inner_label = f"{interval_name(0.5)}"
    median, lower, upper = bounds(draws, forecast.mass)
    _, inner_low, inner_high = bounds(draws, 0.5)
    style = {"fmt": "none", "ecolor": _FORECAST}
    axes.errorbar(at, median, [median - lower, upper - median], lw=1.2, label=label, **style)  # type: ignore[arg-type]
    axes.errorbar(
        at,
        median,
        [median - inner_low, inner_high - median],
        lw=3.5,
        label=inner_label,
        **style,  # type: ignore[arg-type]
    )
    axes.plot(at, median, "s", ms=5, color=_FORECAST, mec="white", label="median forecast")


def _furthest(forecast: Extrapolation) -> str:
    """Input whose largest point lies most above the largest run."""

    def gain(name: str) -> float:
        largest = forecast.points[name].max()
        return float(np.log(largest / forecast.observed[name].max())) if largest > 0 else -np.inf

    return max(forecast.law.input_symbols, key=gain)


def backtest_table(backtest: Backtest, forecaster: str | None = None) -> pd.DataFrame:
    """Forecasts of the hidden runs of the last fold, in order of their reach.

    Parameters
    ----------
    backtest : Backtest
    forecaster : str, optional
        Whose; the first one's if left out.

    Returns
    -------
    pandas.DataFrame
        The rows of ``backtest.points`` that :func:`backtest_picture` draws, in its order.

    Raises
    ------
    InputError
        If there is no such forecaster.
    """
    own = backtest.points[backtest.points["kind"] == "run"]
    names = list(dict.fromkeys(own["forecaster"]))
    name = forecaster or names[0]
    if name not in names:
        raise InputError(f"There is no forecaster {name!r}; choose from {', '.join(names)}.")
    part = own[own["forecaster"] == name]
    part = part[part["fold"] == part["fold"].iloc[-1]]
    ordered: pd.DataFrame = part.sort_values("reach", kind="stable").reset_index(drop=True)
    return ordered


def backtest_picture(backtest: Backtest, forecaster: str | None = None) -> Figure:
    """Draw forecasts of hidden runs beside what they were, in order of their reach.

    Parameters and errors as in :func:`backtest_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    part = backtest_table(backtest, forecaster)
    figure = new_figure()
    axes = figure.add_subplot()
    place = np.arange(len(part))
    label = f"forecast, {interval_name(DEFAULT_MASS)} of {_WORDS['run']}"
    # Many runs need thin bars to stay apart.
    width = float(np.clip(120 / len(part), 0.8, 3.0))
    axes.vlines(
        place, part["lower"], part["upper"], color=_FORECAST, alpha=0.55, lw=width, label=label
    )
    axes.plot(place, part["median"], "_", ms=5, color=_FORECAST, label="median forecast")
    axes.plot(
        place, part["observed"], "o", ms=3.5, mew=0, color=_SEEN, label="hidden run, observed"
    )
    log_axis(axes, "y")
    ticks = np.unique(np.linspace(0, len(part) - 1, min(6, len(part))).astype(int))
    axes.set_xticks(ticks, [f"{part['reach'].iloc[k]:.2g}" for k in ticks])
    axes.set_xlabel("hidden runs, by decades beyond the fitted ones")
    law = backtest.runs.law
    axes.set_ylabel(label_of(law, law.response.symbol))
    axes.set_title(f"{part['forecaster'].iloc[0]}, {part['fold'].iloc[0]} hidden", fontsize=LABEL)
    plain(axes)
    axes.legend(edgecolor="none", framealpha=0.85, fontsize=SMALL)
    return figure
