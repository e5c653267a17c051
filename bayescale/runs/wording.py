"""How findings about a table are worded: short lists, short names, the nearest name."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import Any

from bayescale.errors import Problem

MAX_LISTED = 10
# Beyond this a table is rubbish, and comparing names would take long.
_MAX_NAMES, _MAX_NAME = 200, 60
# Two words less alike than this are different words.
_ALIKE = 0.6


def short(value: object, width: int = 40) -> str:
    """Quote a value, cut to a width."""
    text = str(value)
    return repr(text if len(text) <= width else text[: width - 1] + "…")


def listed(items: Iterable[str]) -> str:
    """Join with commas; beyond ten only the number of the others is told."""
    every = list(items)
    rest = len(every) - MAX_LISTED
    return ", ".join(every[:MAX_LISTED]) + (f", … and {rest} more" if rest > 0 else "")


def column_label(column: str, symbol: str) -> str:
    """Name a column, with the symbol that it stands for if that is another."""
    return short(column) if column == symbol else f"{short(column)} ({symbol})"


def nearest(wanted: Iterable[str], names: Iterable[object]) -> str | None:
    """Find the name most like one of the wanted words, or None if none is alike."""
    known = [str(name) for name in names if len(str(name)) <= _MAX_NAME][:_MAX_NAMES]
    alike = [
        (SequenceMatcher(None, word.lower(), name.lower()).ratio(), name)
        for word in wanted
        for name in known
    ]
    likeness, name = max(alike, key=lambda pair: pair[0], default=(0.0, ""))
    return name if likeness >= _ALIKE else None


def hint(wanted: str, names: Iterable[object], otherwise: str = "") -> str:
    """End a sentence with the nearest name: ``; the nearest is 'n_params'``."""
    near = nearest([wanted], names)
    return f"; the nearest is {short(near)}" if near else otherwise


def error(code: str, message: str, **details: Any) -> Problem:
    """Make a finding that stops the work."""
    return Problem(code, "error", message, details)


def warning(code: str, message: str, **details: Any) -> Problem:
    """Make a finding that changes how a number is read."""
    return Problem(code, "warning", message, details)
