"""Tables and sentences on standard output: drawn on a terminal, plain where piped."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from bayescale.errors import Problem


def say(text: str = "") -> None:
    """Print a line of the answer."""
    print(text)


def aside(text: str) -> None:
    """Print a line that is no part of the answer, on standard error."""
    print(text, file=sys.stderr)


def problems(found: Sequence[Problem]) -> None:
    """Print findings on standard error, each with its severity."""
    for problem in found:
        aside(f"{problem.severity}: {problem.message}")


def number(value: float, digits: int = 4) -> str:
    """Write a number with so many significant digits; a dash where there is none."""
    return "-" if math.isnan(value) else f"{value:.{digits}g}"


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[str] = ()
) -> None:
    """Print a table.

    Parameters
    ----------
    columns : sequence of str
    rows : sequence of sequence of str
    right : collection of str
        Names of the columns that are numbers.
    """
    numeric = set(right)
    if sys.stdout.isatty():
        _drawn(columns, rows, numeric)
        return
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    for row in (columns, *rows):
        cells = (
            cell.rjust(width) if name in numeric else cell.ljust(width)
            for name, cell, width in zip(columns, row, widths, strict=True)
        )
        print("  ".join(cells).rstrip())


def _drawn(columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: set[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        drawn.add_column(name, justify="right" if name in numeric else "left")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)


def as_json(value: Mapping[str, Any]) -> None:
    """Print an object for a program to read; what is no finite number is null."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | str):
        return value
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
