"""The forecast against scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.errors import InputError
from bayescale.forecast.continuation import split_names
from bayescale.forecast.discrepancy import NONE
from bayescale.forecast.mixture import Average
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.prior import Array
from bayescale.plots.axes import (
    BLACK,
    BLUE,
    ORANGE,
    SMALL,
    VERMILION,
    caption,
    label_of,
    log_axis,
    mark_beyond,
    new_figure,
    off_zero,
    plain,
    tint,
    zero_place,
)
from bayescale.plots.lines import line_to
from bayescale.posterior.fit import Fit
from bayescale.runs.points import read_points

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from bayescale.runs.runs import Runs

INNER = 0.5
BOUNDS = ("median", "lower", "upper", "inner_lower", "inner_upper")
_KINDS = {"run": "a new run", "mean": "the law's curve"}


def first_fit(forecaster: Fit | Average) -> Fit:
    """The fit whose runs and law a forecaster shows."""
    return forecaster.fits[0] if isinstance(forecaster, Average) else forecaster


def forecast_table(
    forecaster: Fit | Average,
    at: Any = None,
    *,
    against: str | None = None,
    mass: float = DEFAULT_MASS,
    discrepancy: bool | float | Discrepancy = True,
    seed: int = 0,
    points: int = 40,
    allow_unconverged: bool = False,
) -> pd.DataFrame:
    """Forecasts along a line from the smallest runs to a target.

    Parameters
    ----------
    forecaster : Fit or Average
    at : mapping or pandas.DataFrame, optional
        Target points; the line goes from the middle of the runs to the largest of them.
        Without, it follows the runs' trend a decade beyond them.
    against : str, optional
        Input on the axis; the one that changes most along the line if left out.
    mass : float, default 0.9
        Of the outer equal-tailed intervals; the inner ones are of 50%.
    discrepancy, seed, allow_unconverged
        As in :func:`bayescale.extrapolate`.
    points : int, default 40

    Returns
    -------
    pandas.DataFrame
        Inputs, ``reach``; of the curve (``mean_``) and of one new run (``run_``): ``median``,
        ``lower``, ``upper``, ``inner_lower``, ``inner_upper``. ``attrs``: ``against``, ``line``
        (which line it is), ``mass`` and ``discrepancy``.
    """
    fit = first_fit(forecaster)
    targets = None if at is None else _points(fit, at)
    line = line_to(fit, targets, against, points)
    # Of no run that was observed: a line through the data is about new ones.
    wanted = line.points if fit.groups is None else line.points.assign(run="")
    forecast = forecaster.extrapolate(
        wanted,
        kind="mean",
        mass=mass,
        discrepancy=discrepancy,
        seed=seed,
        allow_unconverged=allow_unconverged,
    )
    table = line.points.assign(reach=forecast.reach)
    tails = (1 - mass) / 2, (1 - INNER) / 2
    levels = [0.5, tails[0], 1 - tails[0], tails[1], 1 - tails[1]]
    curve = forecast.draws.to_numpy()
    for kind, draws in (("mean", curve), ("run", _one_noise(forecast.predictive, seed))):
        columns = [f"{kind}_{name}" for name in BOUNDS]
        table[columns] = np.quantile(draws, levels, axis=0).T
    table.attrs = {
        "against": line.symbol,
        "line": line.text,
        "mass": mass,
        "discrepancy": forecast.discrepancy,
        "notes": "; ".join(forecast.notes),
    }
    return table


def _points(fit: Fit, at: Any) -> pd.DataFrame:
    """Inputs of target points, whatever run they may go on from."""
    return read_points(split_names(fit, at)[0], fit.law, derive=fit.derive)


def _one_noise(predictive: Any, seed: int) -> Array:
    """One new run per draw, with one noise for all points where its tails allow: smooth bands."""
    from bayescale.forecast.predictive import paired_normal

    rng = np.random.default_rng([seed, 1])
    dof = predictive.dof[:, :1]
    if not np.array_equal(np.broadcast_to(dof, predictive.dof.shape), predictive.dof):
        return np.asarray(predictive.sample(rng))
    noise = paired_normal(rng, len(dof), 1) / np.sqrt(rng.chisquare(dof) / dof)
    return np.asarray(np.exp(np.clip(predictive.location + predictive.scale * noise, -700, 700)))


def forecast(
    forecaster: Fit | Average,
    at: Any = None,
    *,
    held_out: Runs | pd.DataFrame | None = None,
    **options: Any,
) -> Figure:
    """Draw the forecast against scale: runs, median, bands of the curve and of a new run.

    Parameters
    ----------
    forecaster : Fit or Average
    at : mapping or pandas.DataFrame, optional
        Target points, drawn with the interval of one new run.
    held_out : Runs or pandas.DataFrame, optional
        Runs that were hidden from the fit: columns of the inputs and the response.
    **options
        Of :func:`forecast_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        If points or held-out runs lack a column, or ``against`` is no input that changes.
    """
    fit = first_fit(forecaster)
    table = forecast_table(forecaster, at, **options)
    symbol, name, mass = table.attrs["against"], fit.law.response.symbol, table.attrs["mass"]
    figure = new_figure(height=4.4)
    axes = figure.add_subplot()
    hidden_runs = None if held_out is None else _held_out(held_out, symbol, name)
    others = [] if at is None else [_points(fit, at)[symbol]]
    others += [] if hidden_runs is None else [hidden_runs[symbol]]
    zero = zero_place(fit.inputs[symbol], table[symbol], *others)
    _draw_bands(axes, table, mass, zero)
    x = off_zero(fit.inputs[symbol], zero)
    _draw_runs(axes, x, fit.response)
    if hidden_runs is not None:
        style: dict[str, Any] = {"ms": 4.5, "mfc": "white", "mec": BLACK, "mew": 1.0}
        at_zero = off_zero(hidden_runs[symbol], zero)
        label = f"held-out runs ({len(hidden_runs)})"
        axes.plot(at_zero, hidden_runs[name], "D", label=label, **style)
    if at is not None:
        _draw_targets(axes, forecaster, at, symbol, zero, options)
    axes.margins(x=0.02)
    outside = _limit_response(axes, fit.response, table)
    log_axis(axes, "x", 7, zero=zero)
    log_axis(axes, "y")
    mark_beyond(axes, x.min(), x.max())
    axes.set_xlabel(label_of(fit.law, symbol))
    axes.set_ylabel(label_of(fit.law, name))
    plain(axes)
    figure.legend(loc="outside upper left", ncols=2, frameon=False, fontsize=SMALL)
    if text := _told(table, outside):
        caption(figure, text)
    return figure


def _told(table: pd.DataFrame, outside: int) -> str:
    """What the picture holds fixed and leaves out, and what changes how it is read."""
    told = []
    if table.attrs["line"]:
        told.append(table.attrs["line"] + "; observed runs have their own other inputs.")
    if outside:
        told.append(f"{outside} of the observed runs lie outside the picture.")
    if table.attrs["discrepancy"].endswith(NONE):
        told.append(NONE)
    if table.attrs["notes"]:
        told.append(f"Caution: {table.attrs['notes']}.")
    return " ".join(told)


def _draw_runs(axes: Axes, x: Array, y: Array) -> None:
    few = len(x) <= 60
    style: dict[str, Any] = {"ms": 4.5 if few else 2.8, "alpha": 0.85 if few else 0.55}
    axes.plot(x, y, "o", mew=0, color=BLACK, label=f"observed runs ({len(x)})", **style)


def _draw_bands(axes: Axes, table: pd.DataFrame, mass: float, zero: float | None) -> None:
    x = off_zero(table[table.attrs["against"]], zero)
    for kind, colour, strengths in (("run", ORANGE, (0.25, 0.5)), ("mean", BLUE, (0.3, 0.6))):
        for edge, strength in zip(("", "inner_"), strengths, strict=True):
            label = f"{_KINDS[kind]}, {interval_name(INNER if edge else mass)}"
            axes.fill_between(
                x,
                table[f"{kind}_{edge}lower"],
                table[f"{kind}_{edge}upper"],
                color=tint(colour, strength),
                lw=0,
                label=label,
            )
    # The curve's bands may hide where half of new runs lie.
    for edge in ("run_inner_lower", "run_inner_upper"):
        axes.plot(x, table[edge], color=ORANGE, lw=0.8)
    axes.plot(x, table["mean_median"], color=BLUE, lw=1.6, label="the law's curve, median")


def _held_out(held_out: Any, symbol: str, name: str) -> pd.DataFrame:
    frame: pd.DataFrame = getattr(held_out, "table", held_out)
    if missing := [column for column in (symbol, name) if column not in frame]:
        raise InputError(f"The held-out runs have no column {', '.join(missing)}.")
    return frame


def _draw_targets(
    axes: Axes,
    forecaster: Fit | Average,
    at: Any,
    symbol: str,
    zero: float | None,
    options: Mapping[str, Any],
) -> None:
    known = ("mass", "discrepancy", "seed", "allow_unconverged")
    forecast = forecaster.extrapolate(at, **{k: options[k] for k in known if k in options})
    table, mass = forecast.table, forecast.mass
    x = off_zero(table[symbol], zero)
    error = [table["median"] - table["lower"], table["upper"] - table["median"]]
    axes.errorbar(
        x,
        table["median"],
        error,
        fmt="s",
        ms=5,
        color=VERMILION,
        mec="white",
        elinewidth=1.4,
        capsize=3,
        label=f"target, {interval_name(mass)} of a new run",
    )


def _limit_response(axes: Axes, response: Array, table: pd.DataFrame) -> int:
    """Keep what the fit says in sight where diverged runs would shrink it; how many are left out.

    The picture shows the bands and nine in ten of the runs, and as much again either way.
    """
    low = min(np.quantile(response, 0.05, method="higher"), table["run_lower"].min())
    high = max(np.quantile(response, 0.95, method="lower"), table["run_upper"].max())
    span = high / low
    outside = (response < low / span) | (response > high * span)
    if outside.any():
        kept = response[~outside]
        margin = span**0.06
        axes.set_ylim(min(low, kept.min()) / margin, max(high, kept.max()) * margin)
    return int(outside.sum())
