"""Lines through the space of inputs, along which a law of several inputs can be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.errors import InputError
from bayescale.judge.hold_out import size
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import format_number
from bayescale.plots.axes import check_input
from bayescale.posterior.fit import Fit
from bayescale.runs.points import read_points

if TYPE_CHECKING:
    import pandas as pd

# How far a line goes beyond the runs where no target says it.
DECADES = 1.0


@dataclass(frozen=True, eq=False)
class Line:
    """Points along a line in log inputs.

    Attributes
    ----------
    points : pandas.DataFrame, shape (n_points, n_inputs)
        Raw inputs, in the order of the axis.
    symbol : str
        Input on the horizontal axis.
    text : str
        Which line it is, in a sentence; empty for a law of one input.
    """

    points: pd.DataFrame
    symbol: str
    text: str


def middle(fit: Fit) -> dict[str, float]:
    """Geometric mean of each observed input, zeros left out."""
    logs = {name: np.log(x[x > 0]) for name, x in fit.inputs.items()}
    return {name: float(np.exp(values.mean())) for name, values in logs.items()}


def told(place: dict[str, float]) -> str:
    """Name a place as a person would, e.g. ``N 70B, D 1.4T``."""
    return ", ".join(f"{name} {format_number(value)}" for name, value in place.items())


def line_to(
    fit: Fit, targets: pd.DataFrame | None, against: str | None = None, count: int = 60
) -> Line:
    """Line from the smallest runs through their middle to a target, or along their trend.

    Parameters
    ----------
    fit : Fit
    targets : pandas.DataFrame, shape (n_targets, n_inputs), or None
        The line goes to the one of largest mean log input; without targets it follows the
        runs' trend (how each input grows with their mean log) a decade beyond them.
    against : str, optional
        Input on the axis; the one that changes most along the line if left out.
    count : int

    Returns
    -------
    Line

    Raises
    ------
    InputError
        If ``against`` is no input, or does not change along the line.
    """
    symbols = fit.law.input_symbols
    start = middle(fit)
    end, goal = _end(fit, targets, start)
    moves = {
        name: float(np.log(end[name] / start[name])) if end[name] > 0 else 0.0 for name in symbols
    }
    symbol = check_input(fit.law, against) if against else max(moves, key=lambda k: abs(moves[k]))
    if abs(moves[symbol]) < 1e-6:
        raise InputError(
            f"{symbol} does not change between the middle of the runs and the target, so that "
            f"nothing can be drawn against it; choose another of {', '.join(symbols)}."
        )
    low, high = _extent(fit, start, moves)
    at = np.linspace(low, high, count)
    values = {
        name: np.exp(np.log(start[name]) + at * moves[name]) if end[name] > 0 else np.zeros_like(at)
        for name in symbols
    }
    points = _consistent(fit, values, end).sort_values(symbol, ignore_index=True)
    if len(symbols) == 1:
        return Line(points, symbol, "")
    text = f"Line from the middle of the runs ({told(start)}) {goal}"
    return Line(points, symbol, text)


def line_along(fit: Fit, symbol: str, at: Any = None, count: int = 60) -> Line:
    """Line along which one input grows over the observed range and the others stay.

    Parameters
    ----------
    fit : Fit
    symbol : str
        The input that grows, a decade beyond the runs or to where ``at`` has it.
    at : mapping, optional
        Raw values of the others; the middle of the runs where left out.
    count : int

    Returns
    -------
    Line
    """
    import pandas as pd

    check_input(fit.law, symbol)
    fixed = middle(fit)
    if at is not None:
        given = read_points(at, fit.law, derive=fit.derive)
        if len(given) != 1:
            raise InputError(f"The inputs that stay are one point; there are {len(given)}.")
        fixed = {name: float(given[name].iloc[0]) for name in fit.law.input_symbols}
    seen = fit.inputs[symbol]
    least = seen[seen > 0].min()
    most = max(seen.max(), fixed[symbol]) if at is not None else seen.max() * 10**DECADES
    values: dict[str, Any] = {**fixed, symbol: np.geomspace(least, most, count)}
    values = _bounded(fit.law, values)
    others = {name: value for name, value in fixed.items() if name != symbol}
    text = f"Held fixed: {told(others)}" if others else ""
    return Line(pd.DataFrame(values)[list(fit.law.input_symbols)], symbol, text)


def _end(
    fit: Fit, targets: pd.DataFrame | None, start: dict[str, float]
) -> tuple[dict[str, float], str]:
    symbols = fit.law.input_symbols
    if targets is not None:
        inputs = {name: targets[name].to_numpy(dtype=float) for name in symbols}
        logs = np.stack([np.log(np.where(x > 0, x, start[n])) for n, x in inputs.items()])
        end = {name: float(x[logs.mean(axis=0).argmax()]) for name, x in inputs.items()}
        if any(abs(np.log(end[name] / start[name])) > 1e-6 for name in symbols if end[name] > 0):
            return end, f"to {told(end)}"
    sizes = size(fit.inputs)
    slopes = {name: _slope(x, sizes) for name, x in fit.inputs.items()}
    largest = sizes.max() - sizes.mean() + DECADES * np.log(10)
    end = {name: float(start[name] * np.exp(slopes[name] * largest)) for name in symbols}
    return end, "along their trend"


def _slope(values: Array, sizes: Array) -> float:
    """How the log of an input grows with the size of the runs."""
    kept = values > 0
    logs, centred = np.log(values[kept]), sizes[kept] - sizes[kept].mean()
    return float((logs * centred).sum() / np.square(centred).sum()) if np.ptp(sizes) > 0 else 1.0


def _extent(fit: Fit, start: dict[str, float], moves: dict[str, float]) -> tuple[float, float]:
    """Where the line leaves the observed box below, and the further of the box and the target."""
    ends = []
    for name, move in moves.items():
        if abs(move) > 1e-6:
            seen = fit.inputs[name][fit.inputs[name] > 0]
            ends.append(
                np.sort(np.log([seen.min() / start[name], seen.max() / start[name]]) / move)
            )
    low, high = np.array(ends).T
    return float(low.max()), max(1.0, float(high.min()))


def _consistent(fit: Fit, values: dict[str, Any], end: dict[str, float]) -> pd.DataFrame:
    """Points whose derived inputs are derived again, unless the target was given its own."""
    import pandas as pd

    given = {name: value for name, value in values.items() if name not in fit.derive}
    if given and len(given) < len(values):
        last = read_points({name: end[name] for name in given}, fit.law, derive=fit.derive)
        if all(np.isclose(last[name].iloc[0], end[name], rtol=1e-3) for name in values):
            return read_points(given, fit.law, derive=fit.derive)
    return pd.DataFrame(_bounded(fit.law, values))


def _bounded(law: Law, values: dict[str, Any]) -> dict[str, Any]:
    """The same with no input above one that it never exceeds."""
    limits = {item.symbol: item.at_most for item in law.inputs if item.at_most}
    return values | {name: np.minimum(values[name], values[top]) for name, top in limits.items()}
