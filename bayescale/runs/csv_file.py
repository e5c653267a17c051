"""Runs from a CSV file. Rows are named by their line in the file."""

from __future__ import annotations

import csv
import io
from typing import Any

import pandas as pd

from bayescale.runs.source import refuse, to_text
from bayescale.runs.wording import listed, short

_MAX_COLUMNS = 10_000
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}


def read_csv(file: str, content: bytes) -> pd.DataFrame:
    """Read a CSV file: comma-separated, UTF-8, a header in the first line.

    Parameters
    ----------
    file : str
        Its name, for messages.
    content : bytes

    Returns
    -------
    pandas.DataFrame
        Columns in the file's order, duplicates included; a column of plain numbers is
        numeric, any other is text with None where empty. The index, named ``line``, is the
        line in the file.

    Raises
    ------
    RunsError
        If it is no such file, or rows differ in length from the header.
    """
    (_, header), *rows = _rows(file, to_text(file, content))
    names = [name.strip() for name in header]
    if len(names) > _MAX_COLUMNS:
        refuse("not-a-table", f"File {file!r} has {len(names)} columns in its first line.")
    for separator, called in _OTHER_SEPARATORS.items():
        if len(names) == 1 and separator in names[0]:
            refuse(
                "wrong-separator",
                f"File {file!r} has {called} between its columns; save it with commas, "
                "and numbers with a decimal point.",
            )
    if not rows:
        refuse("no-rows", f"File {file!r} has a header and no rows; write one row per run.")
    uneven = {line: len(row) for line, row in rows if len(row) != len(names)}
    if uneven:
        where = listed(f"line {line} ({length})" for line, length in uneven.items())
        refuse(
            "uneven-rows",
            f"File {file!r} has {len(names)} columns in its header, starting with "
            f"{short(names[0])}, and another number in {where}; "
            'quote numbers written with commas, as in "1,000".',
            lines=list(uneven),
        )
    index = pd.Index([line for line, _ in rows], name="line")
    columns = []
    for name, cells in zip(names, zip(*(row for _, row in rows), strict=True), strict=True):
        filled = [cell if cell.strip() else None for cell in cells]
        # A separator at the end of every line, or an index without a name, makes no column.
        if name or any(cell is not None for cell in filled):
            columns.append(_typed(pd.Series(filled, index=index, name=name, dtype=object)))
    return pd.concat(columns, axis=1)


def _rows(file: str, text: str) -> list[tuple[int, list[str]]]:
    """Rows with their first lines; empty lines are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, line = [], 1
    try:
        for row in reader:
            if row:
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as fault:
        refuse(
            "not-a-table",
            f"File {file!r}, line {line}: this is not comma-separated text ({fault}).",
            line=line,
        )
    return rows


def _typed(column: pd.Series[Any]) -> pd.Series[Any]:
    """Plain numbers as numbers; whatever is anything else stays text."""
    try:
        numbers = pd.to_numeric(column)
    except (ValueError, TypeError):
        return column
    # Before pandas 3.1 the last digit of one number in four is not the one in the file.
    return column.astype(float) if numbers.dtype.kind == "f" else numbers
