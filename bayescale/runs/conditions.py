"""Which rows are meant: ``split=train``, ``n_examples>0``, ``N<=1e9``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayescale.errors import InputError
from bayescale.numbers import parse_number
from bayescale.runs.cells import to_numbers
from bayescale.runs.wording import hint, short

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONDITION = re.compile(r"\s*(?P<name>[^=!<>]+?)\s*(?P<how>==|!=|<=|>=|=|<|>)\s*(?P<value>.*?)\s*")


def rows_where(frame: pd.DataFrame, condition: str) -> npt.NDArray[np.bool_]:
    """Find the rows that meet a condition on one column.

    Parameters
    ----------
    frame : pandas.DataFrame, n_rows
    condition : str
        Column, one of ``= != < <= > >=``, and a value. A column of numbers is compared by
        number (``70B`` is understood), any other by text, with ``=`` and ``!=`` only.

    Returns
    -------
    ndarray of bool, shape (n_rows,)

    Raises
    ------
    InputError
        If it is no such condition, or there is no such column.
    """
    match = _CONDITION.fullmatch(condition)
    if match is None:
        raise InputError(
            f"{short(condition)} is not a condition; write column=value, or one of "
            f"{', '.join(_COMPARE)}, e.g. split=train or N<=1e9."
        )
    name, how, value = match["name"], match["how"], match["value"]
    if name not in frame:
        near = hint(name, frame.columns)
        raise InputError(f"There is no column {short(name)} for the condition {condition!r}{near}.")
    numbers, refused = to_numbers(frame[name])
    if not refused:
        try:
            return np.asarray(_COMPARE[how](numbers, parse_number(value)), dtype=bool)
        except InputError as fault:
            raise InputError(f"The condition {condition!r} compares numbers: {fault}") from fault
    if how not in ("=", "==", "!="):
        raise InputError(f"{condition!r}: column {short(name)} is text; compare with = or !=.")
    return np.asarray(_COMPARE[how](frame[name].astype(str).to_numpy(), value), dtype=bool)
