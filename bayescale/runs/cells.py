"""A column of cells to float64: what a person may type, and what is said of any other cell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayescale.errors import InputError, Problem
from bayescale.law.prior import Array
from bayescale.numbers import parse_number
from bayescale.runs.wording import error, listed, short

_WORDS = {
    **dict.fromkeys(("", "na", "n/a", "nan", "null", "none", "<na>", "-"), math.nan),
    **dict.fromkeys(("inf", "+inf", "infinity"), math.inf),
    "-inf": -math.inf,
}
# Code -> what is wrong, what to do.
_SENTENCES = {
    "text-in-number-column": (
        "must hold numbers; it does not",
        "Write a number such as 7000000000, 7e9 or 7B, or leave the run out.",
    ),
    "missing-value": ("has no value", "Fill it in, or leave the run out."),
    "infinite-value": ("is infinite", "Leave out runs that diverged or were cut short."),
    "negative-value": ("is negative", "Correct it, or leave the run out."),
    "zero-value": ("is zero", "Leave these runs out; this law has no place for zero."),
    "unnamed-run": (
        "names the training run, and is empty",
        "Name each run, or leave these rows out.",
    ),
}


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
    if pd.api.types.is_any_real_numeric_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan, copy=True), {}
    cells = column.astype(object).tolist()
    numbers = [_to_number(cell) for cell in cells]
    refused = {k: cells[k] for k, number in enumerate(numbers) if number is None}
    return np.array(numbers, dtype=np.float64), refused


def _to_number(cell: Any) -> float | None:
    """Read one cell; NaN where it is empty, None where it is no number."""
    if isinstance(cell, str):
        try:
            word = cell.strip().lower()
            return _WORDS[word] if word in _WORDS else parse_number(cell)
        except InputError:
            return None
    if isinstance(cell, bool | np.bool_):
        return None
    if isinstance(cell, Real | Decimal):
        try:
            return float(cell)
        except OverflowError:  # an integer beyond 1e308
            return math.inf
    return math.nan if cell is None or cell is pd.NA or cell is pd.NaT else None


def unfit(numbers: Array, zero: bool) -> dict[str, npt.NDArray[np.bool_]]:
    """Find the numbers that no law can take, by what is wrong with them.

    Parameters
    ----------
    numbers : ndarray, shape (n_rows,)
    zero : bool
        Whether zero is allowed.

    Returns
    -------
    dict of str to ndarray of bool, shape (n_rows,)
        A number is wrong in one way at most.
    """
    return {
        "missing-value": np.isnan(numbers),
        "infinite-value": np.isinf(numbers),
        "negative-value": (numbers < 0) & np.isfinite(numbers),
        "zero-value": (numbers == 0) & (not zero),
    }


def above(numbers: Array, bound: Array) -> npt.NDArray[np.bool_]:
    """Find numbers beyond their bounds; computed in two ways, equal ones differ by rounding."""
    return numbers > bound * (1 + 1e-9)


def cell_problems(
    code: str, called: str, index: pd.Index[Any], cells: Mapping[int, Any], **details: Any
) -> list[Problem]:
    """Tell which cells of a column are wrong in one way, if any are.

    Parameters
    ----------
    code : str
        One of those that have a sentence here.
    called : str
        How the column is called.
    index : pandas.Index
        Names of the rows.
    cells : mapping of int to object
        The cells by position; None where there is nothing to show.
    **details
        Of the problem, beside rows and values.
    """
    if not cells:
        return []
    what, remedy = _SENTENCES[code]
    rows = [index[position] for position in cells]
    where = listed(
        f"{index.name} {row}" + ("" if value is None else f" ({_shown(value)})")
        for row, value in zip(rows, cells.values(), strict=True)
    )
    message = f"Column {called} {what} in {where}. {remedy}"
    return [error(code, message, **details, rows=rows, values=list(cells.values()))]


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else short(value)
