"""From a path or a DataFrame to a plain table; one reader per kind of file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bayescale.errors import InputError
from bayescale.runs.csv_file import read_csv
from bayescale.runs.jsonl_file import read_jsonl
from bayescale.runs.parquet_file import read_parquet
from bayescale.runs.source import read_bytes, refuse
from bayescale.runs.wording import listed, short

READERS: Mapping[str, Callable[[str, bytes], pd.DataFrame]] = {
    ".csv": read_csv,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".parquet": read_parquet,
}


# Where runs come from that were given as a DataFrame.
FRAME = "DataFrame"


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
        name, frame = FRAME, source.set_axis(pd.RangeIndex(len(source), name="row"))
    elif isinstance(source, str | Path):
        name, frame = Path(source).name, _from_file(Path(source))
    else:
        raise InputError(
            f"Runs are read from a path or a DataFrame, not from a {type(source).__name__}."
        )
    names = [str(column) for column in frame.columns]
    twice = [column for column, times in Counter(names).items() if times > 1]
    if twice:
        called = listed(short(column) for column in twice)
        message = f"{name} has more than one column named {called}; rename or drop one."
        refuse("duplicate-column", message, columns=twice)
    if frame.empty:
        refuse("no-rows", f"{name} has no rows; give one row per run.")
    return Table(frame.set_axis(pd.Index(names), axis="columns"), name)


def _from_file(path: Path) -> pd.DataFrame:
    content = read_bytes(path)
    if path.suffix.lower() not in READERS:
        refuse(
            "unknown-suffix",
            f"File {path.name!r} has the ending {path.suffix!r}; bayescale reads "
            f"{', '.join(READERS)}.",
            suffix=path.suffix,
        )
    return READERS[path.suffix.lower()](path.name, content)
