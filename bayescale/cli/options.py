"""What people type after an option, read into values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bayescale.errors import InputError

# A comma parts two inputs only where a name and = follow: N=1,000,000,D=2 has two.
_NEXT_INPUT = re.compile(r",(?=\s*\w+\s*=)")


def pairs(option: str, example: str, given: Sequence[str]) -> dict[str, str]:
    """Read ``SYMBOL=VALUE``, one per item.

    Raises
    ------
    InputError
        For an item without a name, ``=`` or value, or a symbol given twice.
    """
    found: dict[str, str] = {}
    for text in given:
        symbol, _, value = (part.strip() for part in text.partition("="))
        if not (symbol and value):
            raise InputError(f"{option} {text!r} is not SYMBOL=VALUE, e.g. {option} {example}.")
        if symbol in found:
            raise InputError(f"{option} names {symbol} twice: {found[symbol]!r} and {value!r}.")
        found[symbol] = value
    return found


def points(given: Sequence[str], option: str = "--at") -> dict[str, list[str]]:
    """Read ``N=70B,D=1.4T``, one point per item, into a list of typed numbers per input.

    Raises
    ------
    InputError
        If an item cannot be read, or the points do not name the same inputs.
    """
    rows = [pairs(option, "N=70B,D=1.4T", _NEXT_INPUT.split(text)) for text in given]
    for text, row in zip(given, rows, strict=True):
        if set(row) != set(rows[0]):
            raise InputError(
                f"All points name the same inputs: {given[0]!r} has {', '.join(rows[0])}, "
                f"{text!r} has {', '.join(row)}."
            )
    return {name: [row[name] for row in rows] for name in rows[0]}


def output_file(path: Path | None) -> None:
    """Refuse a file that cannot be written, before the work is done for it.

    Raises
    ------
    InputError
        If its folder does not exist, or it is a folder itself.
    """
    if path is None:
        return
    if path.is_dir():
        raise InputError(f"Cannot write to {str(path)!r}: it is a folder.")
    if not path.parent.is_dir():
        raise InputError(f"Cannot write {str(path)!r}: there is no folder {str(path.parent)!r}.")
