"""Points to forecast at, as a person gives them: numbers, lists, ``70B``, or a DataFrame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.runs.cells import above, to_numbers, unfit
from bayescale.runs.wording import listed, nearest, short


def read_points(
    at: Mapping[str, Any] | pd.DataFrame,
    law: Law,
    derive: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Read points to forecast at.

    Parameters
    ----------
    at : mapping or pandas.DataFrame
        Input symbol to a number, a string such as ``"70B"``, or a list of these; single
        values go with every element of a list. A DataFrame may have other columns too.
    law : Law
    derive : mapping of str to str, optional
        Formulas for inputs that are not given, e.g. ``{"C": "6*N*D"}``.
    columns : mapping of str to str, optional
        Symbol to column name, understood beside the symbols themselves.

    Returns
    -------
    pandas.DataFrame, shape (n_points, n_inputs)
        float64 columns in the order of the law's inputs; rows counted from 0.

    Raises
    ------
    InputError
        For an input that is missing, unknown, not a number, not finite, or not positive
        (zero only where the law allows it), and for lists of different lengths.
    """
    if not isinstance(at, Mapping | pd.DataFrame):
        raise InputError(
            f"Points are a mapping such as {{'N': '70B'}} or a DataFrame, not {short(at)}."
        )
    formulas = {symbol: Formula(text) for symbol, text in (derive or {}).items()}
    needed = [*law.input_symbols, *(name for item in formulas.values() for name in item.names)]
    symbols = {name: symbol for symbol, name in (columns or {}).items() if symbol not in at}
    given = {symbols.get(str(name), str(name)): values for name, values in at.items()}
    if not isinstance(at, pd.DataFrame):
        _check_names(given, law, needed)
    values = _broadcast({name: _numbers(name, given[name]) for name in given if name in needed})
    for symbol, formula in formulas.items():
        if symbol not in values and set(formula.names) <= set(values):
            values[symbol] = formula.evaluate(values)
    _check_complete(values, law, formulas)
    points = pd.DataFrame({symbol: values[symbol] for symbol in law.input_symbols}, dtype=float)
    _check_values(points, law)
    return points


def _check_names(given: Mapping[str, Any], law: Law, needed: list[str]) -> None:
    strange = next((name for name in given if name not in needed), None)
    if strange is not None:
        near = nearest([strange], needed)
        raise InputError(
            f"{short(strange)} is not an input of {law.name!r}, which takes "
            f"{', '.join(law.input_symbols)}." + (f" Did you mean {near}?" if near else "")
        )


def _numbers(name: str, value: Any) -> Array:
    cells = np.asarray(value, dtype=object)
    if cells.ndim > 1:
        raise InputError(f"{name} has {cells.ndim} dimensions; give one number or a flat list.")
    numbers, refused = to_numbers(pd.Series(np.atleast_1d(cells), dtype=object))
    if refused:
        raise InputError(
            f"{name} must be numbers such as 70000000000, 7e10 or 70B; it has "
            f"{listed(short(cell) for cell in refused.values())}."
        )
    return numbers[0] if cells.ndim == 0 else numbers


def _broadcast(values: Mapping[str, Array]) -> dict[str, Any]:
    lengths = {name: len(column) for name, column in values.items() if np.ndim(column)}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InputError(f"Lists of points must be equally long: {told}.")
    count = next(iter(lengths.values()), 1)
    if count == 0:
        raise InputError("There are no points to forecast at; give at least one.")
    return {name: np.broadcast_to(column, count) for name, column in values.items()}


def _check_complete(values: Mapping[str, Any], law: Law, formulas: Mapping[str, Formula]) -> None:
    told = []
    for item in law.inputs:
        if item.symbol not in values:
            formula = formulas.get(item.symbol)
            lacking = [name for name in formula.names if name not in values] if formula else []
            reason = f", or {' and '.join(lacking)} to derive it as {formula}" if lacking else ""
            told.append(f"{item.symbol} ({item.meaning}){reason}")
    if told:
        raise InputError(f"A point of {law.name!r} lacks {'; '.join(told)}.")


def _check_values(points: pd.DataFrame, law: Law) -> None:
    for item in law.inputs:
        values = points[item.symbol].to_numpy()
        least = "zero or more" if item.zero else "more than zero"
        bad = np.any(list(unfit(values, item.zero).values()), axis=0)
        _refuse_where(bad, values, f"{item.symbol} must be finite and {least}")
        if item.at_most:
            over = above(values, points[item.at_most].to_numpy())
            _refuse_where(over, values, f"{item.symbol} is never more than {item.at_most}")


def _refuse_where(bad: npt.NDArray[np.bool_], values: Array, rule: str) -> None:
    if bad.any():
        where = listed(f"{values[k]:g} at point {k}" for k in np.flatnonzero(bad).tolist())
        raise InputError(f"{rule}; it is {where}.")
