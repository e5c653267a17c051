"""Tables and sentences on standard output: fitted to a terminal, plain where piped."""

from __future__ import annotations

import json
import math
import shutil
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

# Between two columns, and the least that a column of phrases is given on a terminal.
_GAP, _PHRASE = 2, 12


def say(text: str = "") -> None:
    """Print lines of the answer; on a terminal broken between words, and indented alike."""
    if sys.stdout.isatty():
        text = "\n".join(map(_fitted, text.split("\n")))
    print(text)


def _fitted(line: str) -> str:
    return textwrap.fill(
        line,
        shutil.get_terminal_size().columns,
        subsequent_indent=" " * (len(line) - len(line.lstrip())),
        break_long_words=False,
        break_on_hyphens=False,
    )


def cautions(notes: Iterable[str]) -> None:
    """Print what changes how an answer is read."""
    for note in notes:
        say(f"Caution: {note}.")


def aside(text: str) -> None:
    """Print a line that is no part of the answer, on standard error."""
    print(text, file=sys.stderr)


def number(value: float, digits: int = 4) -> str:
    """Write a number with so many significant digits; a dash where there is none."""
    return "-" if math.isnan(value) else f"{value:.{digits}g}"


def cell(value: Any) -> str:
    """Write what a table holds: yes or no, a number, a word."""
    if isinstance(value, bool | np.bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, float) else str(value)


def frame(
    found: pd.DataFrame,
    formats: Mapping[str, Callable[[Any], str]] | None = None,
    left: Collection[str] = (),
) -> None:
    """Print a DataFrame without its index.

    Parameters
    ----------
    found : pandas.DataFrame
    formats : mapping of str to callable, optional
        How the values of a column are written, where not by :func:`cell`.
    left : collection of str
        Columns of words.
    """
    write = dict.fromkeys(map(str, found), cell) | dict(formats or {})
    table({str(name): [*map(write[str(name)], found[name])] for name in found}, left)


def table(columns: Mapping[str, Sequence[str]], left: Collection[str] = ()) -> None:
    """Print a table.

    Parameters
    ----------
    columns : mapping of str to sequence of str
        Cells by heading.
    left : collection of str
        Headings of words; all others are numbers.
    """
    if sys.stdout.isatty():
        _draw(columns, left)
        return
    widths = {name: _widest(name, *cells) for name, cells in columns.items()}
    for row in (columns, *zip(*columns.values(), strict=True)):
        padded = (
            text.ljust(width) if name in left else text.rjust(width)
            for text, (name, width) in zip(row, widths.items(), strict=True)
        )
        print((" " * _GAP).join(padded).rstrip())


def _widest(*texts: str) -> int:
    return max(map(len, texts))


def _draw(columns: Mapping[str, Sequence[str]], left: Collection[str]) -> None:
    """Draw a table on the terminal: words wrap, and no number is cut.

    Where numbers need more room than there is, the table is drawn in parts, each beside the words.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    phrases = [name for name in left if any(" " in text for text in columns[name])]
    room = sum(_PHRASE if n in phrases else _widest(n, *columns[n]) for n in columns)
    numbers = [name for name in columns if name not in left]
    half = len(numbers) // 2
    if half and room + _GAP * (len(columns) - 1) > console.width:
        for part in (numbers[:half], numbers[half:]):
            _draw({n: cells for n, cells in columns.items() if n in left or n in part}, left)
        return
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in columns:
        drawn.add_column(
            Text(name),
            justify="left" if name in left else "right",
            no_wrap=name not in phrases,
            overflow="fold",
        )
    for row in zip(*columns.values(), strict=True):
        drawn.add_row(*map(Text, row))
    console.print(drawn)


def as_json(value: Mapping[str, Any]) -> None:
    """Print an object for a program to read; what is no finite number is null."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
