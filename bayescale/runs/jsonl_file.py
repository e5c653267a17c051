"""Runs from JSON lines: one object per line. Rows are named by their line in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from bayescale.errors import RunsError
from bayescale.runs.source import read_text
from bayescale.runs.wording import error, listed


def read_jsonl(path: Path) -> pd.DataFrame:
    """Read JSON lines.

    Returns
    -------
    pandas.DataFrame
        One column for every key that occurs; None where a line lacks it. The index, named
        ``line``, is the line in the file.

    Raises
    ------
    RunsError
        If it cannot be read, or lines are no JSON objects; all such lines are named.
    """
    records: dict[int, dict[str, Any]] = {}
    faults: dict[int, str] = {}
    # Not splitlines(): JSON strings may hold other line ends of Unicode.
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                records[number] = _object(line)
            except json.JSONDecodeError as fault:
                faults[number] = f"{fault.msg} at column {fault.colno}"
            except RecursionError:
                faults[number] = "nested too deeply"
            except ValueError as fault:
                faults[number] = str(fault)
    if faults:
        where = listed(f"line {number} ({reason})" for number, reason in faults.items())
        message = f"File {path.name!r} must hold one JSON object per line; not so {where}."
        raise RunsError([error("not-json-lines", message, lines=list(faults))])
    index = pd.Index(list(records), name="line")
    names = list(dict.fromkeys(name for record in records.values() for name in record))
    columns = {name: [record.get(name) for record in records.values()] for name in names}
    return pd.DataFrame(columns, index=index)


def _object(line: str) -> dict[str, Any]:
    found = json.loads(line, object_pairs_hook=_without_duplicates, parse_int=_integer)
    if not isinstance(found, dict):
        raise ValueError(f"it is a {type(found).__name__}")
    return found


def _integer(digits: str) -> int | float:
    """Keep integers exact; one that no float can hold becomes infinite, and is refused later."""
    return int(digits) if len(digits) < 300 else float(digits)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for k, (name, _) in enumerate(pairs) if name in dict(pairs[:k]))
        raise ValueError(f"{twice!r} twice")
    return found
