"""A column of cells to float64: what a person may type, and what is no number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from bayescale.errors import InputError, Problem
from bayescale.law.prior import Array
from bayescale.numbers import parse_number
from bayescale.runs.wording import error, rows_with_values


@dataclass(frozen=True)
class Values:
    """The numbers of one symbol.

    Attributes
    ----------
    numbers : ndarray, shape (n_rows,)
        NaN where a cell is missing or no number.
    told : frozenset of int
        Positions whose fault has been told already.
    sources : tuple of str
        Symbols that it was derived from, whose faults are not told again.
    """

    numbers: Array
    told: frozenset[int] = frozenset()
    sources: tuple[str, ...] = ()


_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "<na>", "-"})
_INFINITE = {"inf": math.inf, "+inf": math.inf, "infinity": math.inf, "-inf": -math.inf}


def to_numbers(column: pd.Series[Any]) -> tuple[Array, dict[int, Any]]:
    """Read a column as numbers.

    Parameters
    ----------
    column : pandas.Series, shape (n_rows,)

    Returns
    -------
    values : ndarray, shape (n_rows,)
        NaN where a cell is missing or no number.
    refused : dict of int to object
        The cells that are no number, by position.
    """
    kind = pd.api.types
    if (
        kind.is_numeric_dtype(column.dtype)
        and not kind.is_bool_dtype(column.dtype)
        and not kind.is_complex_dtype(column.dtype)
    ):
        return column.to_numpy(dtype=np.float64, na_value=np.nan, copy=True), {}
    values = np.full(len(column), np.nan)
    refused: dict[int, Any] = {}
    for position, cell in enumerate(column.astype(object)):
        number = _to_number(cell)
        if number is None:
            refused[position] = cell
        else:
            values[position] = number
    return values, refused


def text_problem(
    called: str, column: str, refused: Mapping[int, Any], frame: pd.DataFrame
) -> Problem:
    """Tell which cells of a column are no numbers."""
    where = rows_with_values(frame.index, list(refused), list(refused.values()))
    return error(
        "text-in-number-column",
        f"Column {called} must hold numbers; it does not in {where}. Write a number such as "
        "7000000000, 7e9 or 7B, or leave the run out.",
        column=column,
        rows=[frame.index[position] for position in refused],
        values=list(refused.values()),
    )


def _to_number(cell: Any) -> float | None:
    """Read one cell; NaN where it is empty, None where it is no number."""
    if isinstance(cell, str):
        return _from_text(cell.strip())
    if isinstance(cell, bool | np.bool_):
        return None
    if isinstance(cell, Real | Decimal):
        try:
            return float(cell)
        except OverflowError:  # an integer beyond 1e308
            return math.inf
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return math.nan
    return None


def _from_text(text: str) -> float | None:
    if text.lower() in _MISSING:
        return math.nan
    if text.lower() in _INFINITE:
        return _INFINITE[text.lower()]
    try:
        return parse_number(text)
    except InputError:
        return None
