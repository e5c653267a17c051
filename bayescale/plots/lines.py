"""Lines through the space of inputs, along which a law of several inputs can be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bayescale.errors import InputError
from bayescale.forecast.continuation import split_names
from bayescale.judge.hold_out import size
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import write_point
from bayescale.posterior.fit import Fit
from bayescale.runs.points import read_points

# How far a line goes beyond the runs where no target says it.
DECADES = 1.0
# A log input that changes by less does not change.
_STILL = 1e-6


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

    @property
    def inputs(self) -> dict[str, Array]:
        """The points as arrays by input."""
        return {str(name): values.to_numpy(dtype=float) for name, values in self.points.items()}


def _logs(inputs: pd.DataFrame) -> pd.DataFrame:
    """Logs of inputs, missing where they are zero."""
    return inputs.where(inputs > 0).apply(np.log)


def middle(fit: Fit) -> dict[str, float]:
    """Geometric mean of each observed input, zeros left out."""
    start = _logs(pd.DataFrame(fit.inputs)).mean()
    return {str(name): float(np.exp(value)) for name, value in start.items()}


def check_input(law: Law, symbol: str) -> str:
    """Refuse a symbol that is no input of the law.

    Raises
    ------
    InputError
        With the inputs there are.
    """
    if symbol not in law.input_symbols:
        raise InputError(
            f"{law.name!r} has no input {symbol!r}; choose from {', '.join(law.input_symbols)}."
        )
    return symbol


def line_to(fit: Fit, at: Any, against: str | None = None, count: int = 60) -> Line:
    """Line from the smallest runs through their middle to a target, or along their trend.

    Parameters
    ----------
    fit : Fit
    at : mapping or pandas.DataFrame, or None
        Targets. The line goes to the one of largest mean log input; without targets it follows
        the runs' trend (how each input grows with their mean log) a decade beyond them.
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
    symbols, seen = fit.law.input_symbols, _logs(pd.DataFrame(fit.inputs))
    start = seen.mean()
    end, goal = _end(fit, at, seen)
    # An input that is zero at the end is zero all along, and does not move.
    moves = end - start
    symbol = check_input(fit.law, against) if against else str(moves.abs().idxmax())
    moving = moves.abs() > _STILL
    if not moving[symbol]:
        raise InputError(
            f"{symbol} does not change between the middle of the runs and the target, so that "
            f"nothing can be drawn against it; choose another of {', '.join(symbols)}."
        )
    # From where the line leaves the observed box below, to the further of the box and the end.
    box = (seen.agg(["min", "max"]) - start) / moves
    low, high = np.sort(box.loc[:, moving].to_numpy(), axis=0)
    steps = np.linspace(low.max(), max(1.0, high.min()), count)
    places = pd.DataFrame(np.exp(start.to_numpy() + np.outer(steps, moves)), columns=list(symbols))
    points = _consistent(fit, places.fillna(0.0), end.apply(np.exp).fillna(0.0))
    text = f"Line from the middle of the runs ({write_point(middle(fit), ' ')}) {goal}"
    ordered = points.sort_values(symbol, ignore_index=True)
    return Line(ordered, symbol, text if len(symbols) > 1 else "")


def _end(fit: Fit, at: Any, seen: pd.DataFrame) -> tuple[pd.Series[float], str]:
    """Logs of where a line ends, and that in words."""
    start = seen.mean()
    if at is not None:
        # A target that goes on from an observed run lies where its inputs are.
        targets = read_points(split_names(fit.runs, fit.groups, at)[0], fit.law, fit.derive)
        logs = _logs(targets)
        largest = int(logs.fillna(start).mean(axis=1).argmax())
        if ((logs.iloc[largest] - start).abs() > _STILL).any():
            return logs.iloc[largest], f"to {write_point(targets.iloc[largest].to_dict(), ' ')}"
    sizes = pd.Series(size(fit.inputs))
    alike = sizes.max() == sizes.min()
    # How the log of an input grows with the size of the runs.
    slopes = 1.0 if alike else seen.apply(lambda x: x.cov(sizes) / sizes[x.notna()].var())
    return start + slopes * (sizes.max() - sizes.mean() + DECADES * np.log(10)), "along their trend"


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
    points = pd.DataFrame({**fixed, symbol: np.geomspace(least, most, count)})
    others = {name: value for name, value in fixed.items() if name != symbol}
    text = f"Held fixed: {write_point(others, ' ')}" if others else ""
    return Line(_bounded(fit.law, points), symbol, text)


def _consistent(fit: Fit, points: pd.DataFrame, end: pd.Series[float]) -> pd.DataFrame:
    """Points whose derived inputs are derived again, unless the target was given its own."""
    given = [name for name in fit.law.input_symbols if name not in fit.derive]
    if given and len(given) < len(end):
        last = read_points({name: end[name] for name in given}, fit.law, derive=fit.derive)
        if np.allclose(last.iloc[0], end, rtol=1e-3, atol=0):
            return read_points(points[given], fit.law, derive=fit.derive)
    return _bounded(fit.law, points)


def _bounded(law: Law, points: pd.DataFrame) -> pd.DataFrame:
    """The same with no input above one that it never exceeds."""
    limits = {item.symbol: item.at_most for item in law.inputs if item.at_most}
    return points.assign(**{name: points[[name, top]].min(axis=1) for name, top in limits.items()})
