"""A report as values: sections of blocks, written as HTML or as Markdown by a template each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.text import Text
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from bayescale.numbers import brief, format_number
from bayescale.report.whatif import WhatIf

UNKNOWN = "unknown"
# Columns of tables that are said once for all rows, or say nothing to a reader.
_SAID_ONCE = ["interval", "discrepancy", "notes", "codes"]


@dataclass(frozen=True)
class Paragraph:
    """Prose; ``strong`` where it is what a reader must not miss."""

    text: str
    strong: bool = False


@dataclass(frozen=True)
class Heading:
    """A title within a section."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """Short sentences, one below the other."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """What is typed, or a formula."""

    text: str


@dataclass(frozen=True)
class Table:
    """A table of text, ready to be read.

    Attributes
    ----------
    caption : str
    columns : tuple of str
    rows : tuple of tuple of str
    numeric : frozenset of int
        Places of the columns that are numbers.
    folded : bool
        Whether it opens only when asked for.
    marked : str
        What a reader must not miss where a cell says it.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    folded: bool = False
    marked: str = UNKNOWN


@dataclass(frozen=True)
class Picture:
    """A picture with the words for who cannot see it.

    Attributes
    ----------
    name : str
        Of its file, without suffix.
    caption : str
    image : bytes
    suffix : {"svg", "png"}
    """

    name: str
    caption: str
    image: bytes
    suffix: str


@dataclass(frozen=True)
class Budgets:
    """A slider over the budgets of a plan, for the what-if that stands before it.

    Attributes
    ----------
    table : Table
        What the plan says under each budget, which stands in its first column.
    start : int
        Which budget is shown first.
    designs : tuple of tuple of float
        Raw inputs of the plan's design under each budget, in the law's order.
    """

    table: Table
    start: int
    designs: tuple[tuple[float, ...], ...]


Block = Paragraph | Heading | Bullets | Code | Table | Picture | WhatIf | Budgets


@dataclass(frozen=True)
class Section:
    """A part of the report."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: str
    lead: str
    sections: tuple[Section, ...]

    def blocks[Kind](self, kind: type[Kind]) -> tuple[Kind, ...]:
        """Every block of a kind, in order."""
        blocks = [block for section in self.sections for block in section.blocks]
        return tuple(block for block in blocks if isinstance(block, kind))


def table(
    frame: pd.DataFrame, caption: str, *, human: Sequence[str] = (), folded: bool = False
) -> Table:
    """Make a table of a data frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        An index with a name is a column too.
    caption : str
        What the intervals of a column ``interval`` are goes behind it, unless it is said.
    human : sequence of str
        Columns of inputs, written as 70B.
    folded : bool, default False
    """
    if any(frame.index.names) or not is_numeric_dtype(frame.index):
        frame = frame.reset_index(names=[name or "" for name in frame.index.names])
    intervals = frame["interval"].dropna().unique() if "interval" in frame else ()
    caption = "; ".join([caption, *(said for said in intervals if said not in caption)])
    frame = frame.drop(columns=_SAID_ONCE, errors="ignore")
    titles = tuple(map(str, frame))
    numeric = [is_numeric_dtype(kind) and not is_bool_dtype(kind) for kind in frame.dtypes]
    rows = [
        tuple(_cell(value, title in human) for title, value in zip(titles, row, strict=True))
        for row in frame.itertuples(index=False, name=None)
    ]
    places = frozenset(np.flatnonzero(numeric).tolist())
    return Table(caption, titles, tuple(rows), places, folded)


def picture(name: str, figure: Figure, caption: str, suffix: str = "svg") -> Picture:
    """Make a picture of a figure: SVG is as small as a bitmap, and sharp in print."""
    # Names and units are the user's: a dollar sign in them is no formula.
    for text in figure.findobj(Text):
        text.set_parse_math(False)
    buffer = BytesIO()
    metadata = {"Date": None} if suffix == "svg" else {}
    figure.savefig(buffer, format=suffix, dpi=130, metadata=metadata)
    return Picture(name, caption, buffer.getvalue(), suffix)


def bullets(items: Sequence[str]) -> Iterator[Bullets]:
    """Sentences one below the other; nothing where there is none."""
    if items:
        yield Bullets(tuple(items))


def digits(value: float) -> str:
    """Four significant digits; a dash where there is no number."""
    return "–" if value != value else f"{value:.4g}"


def _cell(value: Any, human: bool) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if not isinstance(value, Real):
        return "–" if value is None else str(value)
    number = float(value)
    if not np.isfinite(number):
        return digits(number)
    return format_number(number, 4) if human else brief(number)
