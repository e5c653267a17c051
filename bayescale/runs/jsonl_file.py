"""Runs from JSON lines: one object per line. Rows are named by their line in the file."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from bayescale.runs.source import refuse, to_text
from bayescale.runs.wording import listed


def read_jsonl(file: str, content: bytes) -> pd.DataFrame:
    """Read JSON lines.

    Parameters
    ----------
    file : str
        The file's name, for messages.
    content : bytes

    Returns
    -------
    pandas.DataFrame
        One column for every key that occurs; missing where a line lacks it. The index, named
        ``line``, is the line in the file.

    Raises
    ------
    RunsError
        If lines are no JSON objects; all such lines are named.
    """
    records: dict[int, dict[str, Any]] = {}
    faults: dict[int, str] = {}
    # Not splitlines(): JSON strings may hold other line ends of Unicode.
    for number, line in enumerate(to_text(file, content).split("\n"), start=1):
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
        refuse(
            "not-json-lines",
            f"File {file!r} must hold one JSON object per line; not so {where}.",
            lines=list(faults),
        )
    return pd.DataFrame(list(records.values()), index=pd.Index(list(records), name="line"))


def _object(line: str) -> dict[str, Any]:
    found = json.loads(line, object_pairs_hook=_without_duplicates, parse_int=_integer)
    if not isinstance(found, dict):
        raise ValueError(f"it is a {type(found).__name__}")
    return found


def _integer(digits: str) -> int | float:
    """Keep integers exact; one that no float can hold becomes infinite, and is refused later."""
    return int(digits) if len(digits) < 300 else float(digits)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} twice")
        found[name] = value
    return found
