"""Tables and sentences on standard output: fitted to a terminal, plain where piped."""

from __future__ import annotations

import json
import math
import shutil
import sys
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bayescale.errors import Problem
from bayescale.numbers import format_number

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


def cautions(notes: Iterable[Problem]) -> None:
    """Print what changes how an answer is read."""
    from bayescale.forecast.notes import lines

    for line in lines(notes):
        say(line)


def note_values(notes: Iterable[Problem]) -> list[dict[str, Any]]:
    """The same for a program to read."""
    from bayescale.forecast.notes import as_values

    return as_values(notes)


def aside(text: str) -> None:
    """Print a line that is no part of the answer, on standard error."""
    print(text, file=sys.stderr)


def cell(value: Any, form: str = ".4g") -> str:
    """Write what a table holds: yes or no, a number (a dash where there is none), a word."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "-" if math.isnan(value) else format(value, form)
    return str(value)


def table(
    found: pd.DataFrame | Mapping[str, Sequence[Any]],
    typed: Collection[str] = (),
    forms: Mapping[str, str] | None = None,
    left: Collection[str] = (),
) -> None:
    """Print a table; a DataFrame without its index.

    Parameters
    ----------
    found : pandas.DataFrame or mapping of str to sequence
        Values by heading.
    typed : collection of str
        Columns of inputs and costs, written as people type them: 70B.
    forms : mapping of str to str, optional
        How the numbers of other columns are written, where not as ``.4g``.
    left : collection of str
        Headings of words; all others are numbers.
    """
    columns = {}
    for name in map(str, found):
        form = (forms or {}).get(name, ".4g")
        columns[name] = [format_number(v) if name in typed else cell(v, form) for v in found[name]]
    if sys.stdout.isatty():
        _draw(columns, left)
        return
    padded = []
    for name, cells in columns.items():
        pad, width = str.ljust if name in left else str.rjust, _widest(name, *cells)
        padded.append([pad(text, width) for text in (name, *cells)])
    for row in zip(*padded, strict=True):
        print((" " * _GAP).join(row).rstrip())


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
    width = sum(_PHRASE if n in phrases else _widest(n, *columns[n]) for n in columns)
    numbers = [name for name in columns if name not in left]
    half = len(numbers) // 2
    if half and width + _GAP * (len(columns) - 1) > console.width:
        without = (numbers[half:], numbers[:half])
        first, second = ({n: columns[n] for n in columns if n not in others} for others in without)
        _draw(first, left)
        print()
        _draw(second, left)
        return
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for name in columns:
        side: Literal["left", "right"] = "left" if name in left else "right"
        drawn.add_column(Text(name), justify=side, no_wrap=name not in phrases, overflow="fold")
    for row in zip(*columns.values(), strict=True):
        drawn.add_row(*map(Text, row))
    console.print(drawn)


def as_json(value: Mapping[str, Any]) -> None:
    """Print an object for a program to read: a table by its rows; no finite number is null."""
    print(json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "columns"):  # a DataFrame, without importing pandas
        return _plain(value.to_dict("records"))
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
