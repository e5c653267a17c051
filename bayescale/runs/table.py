"""From a path or a DataFrame to a plain table; one reader per kind of file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pandas as pd

from bayescale.errors import InputError, RunsError
from bayescale.runs.csv_file import read_csv
from bayescale.runs.jsonl_file import read_jsonl
from bayescale.runs.parquet_file import read_parquet
from bayescale.runs.source import refuse
from bayescale.runs.wording import error, listed, short

READERS: Mapping[str, Callable[[Path], pd.DataFrame]] = {
    ".csv": read_csv,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".parquet": read_parquet,
}


@dataclass(frozen=True)
class Table:
    """Rows and columns as given, and where they came from.

    Attributes
    ----------
    frame : pandas.DataFrame
        Column names are unique; the index is named ``line`` (of a text file) or ``row``
        (counted from 0).
    source : str
        The file's name, or ``"DataFrame"``.
    """

    frame: pd.DataFrame
    source: str


def read_table(source: str | Path | pd.DataFrame) -> Table:
    """Read a table without asking what it means.

    Parameters
    ----------
    source : path or pandas.DataFrame
        A file ending in .csv, .parquet, .jsonl or .ndjson.

    Raises
    ------
    RunsError
        If the file cannot be read, has no rows, or has two columns of one name.
    InputError
        If ``source`` is neither a path nor a DataFrame.
    """
    if isinstance(source, pd.DataFrame):
        frame, name = _flat(source), "DataFrame"
    elif isinstance(source, str | Path):
        path = Path(source)
        frame, name = _reader(path)(path), path.name
    else:
        raise InputError(
            f"Runs are read from a path or a DataFrame, not from a {type(source).__name__}."
        )
    names = [str(column) for column in frame.columns]
    twice = [column for column, times in Counter(names).items() if times > 1]
    if twice:
        message = (
            f"{name} has more than one column named {listed(short(column) for column in twice)}; "
            "rename or drop one."
        )
        raise RunsError([error("duplicate-column", message, columns=twice)])
    if frame.empty:
        refuse("no-rows", f"{name} has no rows; give one row per run.")
    frame.columns = pd.Index(names)
    return Table(frame, name)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    copy = frame.copy()
    copy.index = pd.RangeIndex(len(copy), name="row")
    return copy


def _reader(path: Path) -> Callable[[Path], pd.DataFrame]:
    if path.suffix.lower() not in READERS:
        _refuse_kind(path)
    return READERS[path.suffix.lower()]


def _refuse_kind(path: Path) -> NoReturn:
    if path.is_dir():
        refuse("directory", f"{str(path)!r} is a directory; give the path of one file in it.")
    if not path.exists():
        refuse("no-such-file", f"There is no file {str(path)!r}; check the spelling and folder.")
    refuse(
        "unknown-suffix",
        f"File {path.name!r} has the ending {path.suffix!r}; bayescale reads {', '.join(READERS)}.",
        suffix=path.suffix,
    )
