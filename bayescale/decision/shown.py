"""How results of decisions are shown: their sentences, their tables, what to beware of."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import pandas as pd

from bayescale.numbers import brief


def as_text(lines: Iterable[object], notes: Iterable[str]) -> str:
    """For a Python prompt: sentences and tables, then cautions."""
    return "\n".join([*map(str, lines), *(f"Caution: {note}" for note in notes)])


def as_html(text: str, tables: Iterable[pd.DataFrame], notes: Iterable[str]) -> str:
    """For a notebook: sentences, tables, then cautions."""
    said, cautions = text.split("\n"), [f"Caution: {note}" for note in notes]
    shown = [table.to_html(float_format=brief) for table in tables]
    before, after = ([f"<p>{escape(line)}</p>" for line in lines] for lines in (said, cautions))
    return "".join([*before, *shown, *after])
