"""How findings about a table are worded: short lists, short names, the nearest name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from bayescale.errors import Problem

MAX_LISTED = 10
# Beyond this a table is rubbish, and comparing names would take long.
_MAX_NAMES, _MAX_NAME = 200, 60


def short(value: object, width: int = 40) -> str:
    """Quote a value, cut to a width."""
    text = str(value)
    return repr(text if len(text) <= width else text[: width - 1] + "…")


def listed(items: Iterable[str], limit: int = MAX_LISTED) -> str:
    """Join with commas; beyond ``limit`` only the number of the others is told."""
    every = list(items)
    rest = len(every) - limit
    return ", ".join(every[:limit]) + (f", … and {rest} more" if rest > 0 else "")


def column_label(column: str, symbol: str) -> str:
    """Name a column, with the symbol that it stands for if that is another."""
    return short(column) if column == symbol else f"{short(column)} ({symbol})"


def row_label(index: pd.Index, position: int) -> str:
    """Name a row as its reader counts it: ``line 17`` of a file, ``row 16`` of a table."""
    return f"{index.name} {index[position]}"


def rows_with_values(index: pd.Index, positions: Sequence[int], values: Sequence[Any]) -> str:
    """List rows with the offending values: ``line 3 ('abc'), line 7 ('x')``."""
    pairs = zip(positions, values, strict=True)
    return listed(f"{row_label(index, position)} ({_shown(value)})" for position, value in pairs)


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else short(value)


def nearest(wanted: Iterable[str], names: Iterable[object]) -> str | None:
    """Find the name most like one of the wanted words, or None if none is alike."""
    known = [str(name) for name in names if len(str(name)) <= _MAX_NAME][:_MAX_NAMES]
    lower = {name.lower(): name for name in known}
    best: tuple[float, str | None] = (0.0, None)
    for word in wanted:
        for near in difflib.get_close_matches(word.lower(), lower, n=1, cutoff=0.6):
            likeness = difflib.SequenceMatcher(None, word.lower(), near).ratio()
            best = max(best, (likeness, lower[near]), key=lambda pair: pair[0])
    return best[1]


def error(code: str, message: str, **details: Any) -> Problem:
    """Make a finding that stops the work."""
    return Problem(code, "error", message, details)


def warning(code: str, message: str, **details: Any) -> Problem:
    """Make a finding that changes how a number is read."""
    return Problem(code, "warning", message, details)
