"""Runs from a CSV file. Rows are named by their line in the file."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd

from bayescale.errors import RunsError
from bayescale.runs.source import read_text, refuse
from bayescale.runs.wording import error, listed, short

Row = tuple[int, list[str]]
_MAX_COLUMNS = 10_000


def read_csv(path: Path) -> pd.DataFrame:
    """Read a CSV file: comma-separated, UTF-8, a header in the first line.

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
    (_, header), *rows = _rows(path)
    names = [name.strip() for name in header]
    if len(names) > _MAX_COLUMNS:
        refuse("not-a-table", f"File {path.name!r} has {len(names)} columns in its first line.")
    if len(names) == 1:
        _check_separator(path, names[0])
    if not rows:
        refuse("no-rows", f"File {path.name!r} has a header and no rows; write one row per run.")
    _check_lengths(path, names, rows)
    index = pd.Index([line for line, _ in rows], name="line")
    columns = []
    for name, cells in zip(names, zip(*(row for _, row in rows), strict=True), strict=True):
        filled = [cell if cell.strip() else None for cell in cells]
        # A separator at the end of every line, or an index without a name, makes no column.
        if name or any(cell is not None for cell in filled):
            columns.append(_typed(pd.Series(filled, index=index, name=name, dtype=object)))
    return pd.concat(columns, axis=1)


def _rows(path: Path) -> list[Row]:
    """Rows with their first lines; empty lines are left out."""
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    rows, line = [], 1
    try:
        for row in reader:
            if row:
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as fault:
        refuse(
            "not-a-table",
            f"File {path.name!r}, line {line}: this is not comma-separated text ({fault}).",
            line=line,
        )
    return rows


def _check_separator(path: Path, header: str) -> None:
    for separator, name in ((";", "semicolons"), ("\t", "tabs")):
        if separator in header:
            refuse(
                "wrong-separator",
                f"File {path.name!r} has {name} between its columns; save it with commas, "
                "and numbers with a decimal point.",
            )


def _check_lengths(path: Path, names: list[str], rows: list[Row]) -> None:
    uneven = [(line, len(row)) for line, row in rows if len(row) != len(names)]
    if uneven:
        where = listed(f"line {line} ({length})" for line, length in uneven)
        hint = 'quote numbers written with commas, as in "1,000"'
        message = (
            f"File {path.name!r} has {len(names)} columns in its header, starting with "
            f"{short(names[0])}, and another number in {where}; {hint}."
        )
        raise RunsError([error("uneven-rows", message, lines=[line for line, _ in uneven])])


def _typed(column: pd.Series[Any]) -> pd.Series[Any]:
    """Plain numbers as numbers; whatever is anything else stays text."""
    try:
        return pd.to_numeric(column)
    except (ValueError, TypeError):
        return column
