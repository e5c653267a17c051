"""A report as values: sections of blocks, written as HTML or as Markdown by a template each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from bayescale.numbers import brief, format_number

if TYPE_CHECKING:
    import pandas as pd

    from bayescale.report.whatif import WhatIf

# Columns of bayescale's tables that say the same in every row, or nothing to a reader.
_SAID_ONCE = ("interval", "discrepancy", "notes")


@dataclass(frozen=True)
class Paragraph:
    """Prose; ``strong`` where it is what a reader must not miss."""

    kind: ClassVar[str] = "paragraph"
    text: str
    strong: bool = False


@dataclass(frozen=True)
class Heading:
    """A title within a section."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Bullets:
    """Short sentences, one below the other."""

    kind: ClassVar[str] = "bullets"
    items: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """What is typed, or a formula."""

    kind: ClassVar[str] = "code"
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
    """

    kind: ClassVar[str] = "table"
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()
    folded: bool = False


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

    kind: ClassVar[str] = "picture"
    name: str
    caption: str
    image: bytes
    suffix: str


@dataclass(frozen=True)
class Interactive:
    """Sliders and boxes that forecast in the browser."""

    kind: ClassVar[str] = "interactive"
    what_if: WhatIf


@dataclass(frozen=True)
class Budgets:
    """A slider over the budgets of a plan, for the what-if that stands before it.

    Attributes
    ----------
    caption : str
    rows : tuple
        Per budget a label, and names and texts of what the plan says there.
    start : int
        Which budget is shown first.
    designs : tuple of tuple of float
        Raw inputs of the plan's design under each budget, in the law's order.
    """

    kind: ClassVar[str] = "budgets"
    caption: str
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    start: int
    designs: tuple[tuple[float, ...], ...]


Block = Paragraph | Heading | Bullets | Code | Table | Picture | Interactive | Budgets


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

    @property
    def panels(self) -> tuple[WhatIf, ...]:
        """Every what-if, in order."""
        blocks = [block for section in self.sections for block in section.blocks]
        return tuple(block.what_if for block in blocks if isinstance(block, Interactive))


def table(
    frame: pd.DataFrame,
    caption: str,
    *,
    human: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    folded: bool = False,
) -> Table:
    """Make a table of a data frame.

    Parameters
    ----------
    frame : pandas.DataFrame
        An index with a name is a column too.
    caption : str
    human : sequence of str
        Columns of inputs, written as 70B.
    names : mapping of str to str, optional
        Titles of columns.
    folded : bool, default False
    """
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    elif frame.index.dtype == object or str(frame.index.dtype) == "str":
        frame = frame.reset_index(names="")
    frame = frame.drop(columns=[name for name in _SAID_ONCE if name in frame])
    numeric = [is_numeric_dtype(kind) and not is_bool_dtype(kind) for kind in frame.dtypes.tolist()]
    rows = [
        tuple(_cell(value, str(name) in human) for name, value in zip(frame, row, strict=True))
        for row in frame.itertuples(index=False, name=None)
    ]
    return Table(
        caption,
        tuple((names or {}).get(str(name), str(name)) for name in frame),
        tuple(rows),
        frozenset(k for k, is_number in enumerate(numeric) if is_number),
        folded,
    )


def digits(value: float) -> str:
    """Four significant digits; a dash where there is no number."""
    return "–" if value != value else f"{value:.4g}"


def _cell(value: Any, human: bool) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "–"
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    if number != number:
        return "–"
    return format_number(number, 4) if human and abs(number) < float("inf") else brief(number)
