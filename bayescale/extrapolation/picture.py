"""A simple picture of a forecast: observed runs, median and bands on log axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayescale.errors import InputError
from bayescale.numbers import format_number
from bayescale.posterior.summary import bounds, interval_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bayescale.extrapolation.backtest import Backtest
    from bayescale.extrapolation.extrapolate import Extrapolation

# Blue and orange of Okabe & Ito, told apart by everyone and in grey.
_SEEN, _FORECAST = "#0072B2", "#D55E00"
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
    from matplotlib.figure import Figure

    law = forecast.law
    if against is not None and against not in law.input_symbols:
        raise InputError(
            f"{law.name!r} has no input {against!r}; choose from {', '.join(law.input_symbols)}."
        )
    symbol = against or _furthest(forecast)
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    x, y = forecast.observed[symbol], forecast.observed[law.response.symbol]
    axes.plot(x, y, "o", ms=4, mew=0, alpha=0.6, color=_SEEN, label="observed runs")
    _draw_forecast(axes, forecast, symbol)
    axes.axvspan(x.max(), max(x.max(), axes.get_xlim()[1]), color="0.94", zorder=-2, lw=0)
    axes.margins(x=0.03)
    _scale_axes(axes, forecast, symbol)
    axes.legend(frameon=False, fontsize=8)
    return figure


def _draw_forecast(axes: Axes, forecast: Extrapolation, symbol: str) -> None:
    at = forecast.points[symbol].to_numpy(dtype=float)
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
    gains = {
        name: np.log(forecast.points[name].max() / forecast.observed[name].max())
        for name in forecast.law.input_symbols
    }
    return max(gains, key=lambda name: float(gains[name]))


def _scale_axes(axes: Axes, forecast: Extrapolation, symbol: str) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    law = forecast.law
    unit = next(item.unit for item in law.inputs if item.symbol == symbol)
    axes.set_xlabel(f"{symbol} ({unit})")
    axes.set_ylabel(f"{law.response.symbol} ({law.response.unit})")
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis, limits in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        # Within a decade powers of ten are too few to read.
        narrow = np.log10(limits[1] / limits[0]) < 1.5
        axis.set_major_locator(
            LogLocator(subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0) if narrow else (1.0,))
        )
        axis.set_major_formatter(FuncFormatter(lambda value, _: format_number(value)))
        axis.set_minor_formatter(NullFormatter())
        if narrow:
            axis.set_minor_locator(NullLocator())


def backtest_picture(backtest: Backtest, forecaster: str | None = None) -> Figure:
    """Draw forecast bands over hidden runs, in order of their reach.

    Parameters
    ----------
    backtest : Backtest
    forecaster : str, optional
        Whose; the first one's if left out.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If there is no such forecaster.
    """
    from matplotlib.figure import Figure

    own = backtest.points[backtest.points["kind"] == "run"]
    names = list(dict.fromkeys(own["forecaster"]))
    name = forecaster or names[0]
    if name not in names:
        raise InputError(f"There is no forecaster {name!r}; choose from {', '.join(names)}.")
    part = own[own["forecaster"] == name]
    part = part[part["fold"] == part["fold"].iloc[-1]].sort_values("reach", kind="stable")
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    place = np.arange(len(part))
    middle = part["median"].to_numpy()
    error = [middle - part["lower"].to_numpy(), part["upper"].to_numpy() - middle]
    label = f"forecast, {interval_name(0.9)} of {_WORDS['run']}"
    axes.errorbar(place, middle, error, fmt="s", ms=3, color=_FORECAST, lw=1.2, label=label)
    axes.plot(place, part["observed"], "o", ms=4, mew=0, color=_SEEN, label="hidden run, observed")
    ticks = np.unique(np.linspace(0, len(part) - 1, min(6, len(part))).astype(int))
    axes.set_xticks(ticks, [f"{part['reach'].iloc[k]:.2f}" for k in ticks])
    axes.set_xlabel("hidden runs, by decades beyond the fitted ones")
    response = backtest.runs.law.response
    axes.set_ylabel(f"{response.symbol} ({response.unit})")
    axes.set_title(f"{name}, {part['fold'].iloc[0]} hidden", fontsize=10)
    axes.legend(frameon=False, fontsize=8)
    return figure
