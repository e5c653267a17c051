"""A CSV table that survives an interruption: one whole row per finished run."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from pathlib import Path


def read_rows(path: Path) -> list[dict[str, str]]:
    """All whole rows; a last line torn by an interruption is cut off the file."""
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        path.write_bytes(whole)
    return list(csv.DictReader(whole.decode().splitlines()))


def append_row(path: Path, row: Mapping[str, object]) -> None:
    """Append one row, with the header if it is the first, and force it to disk."""
    first = not path.exists() or path.stat().st_size == 0
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row), lineterminator="\n")
        if first:
            writer.writeheader()
        writer.writerow(row)
        file.flush()
        os.fsync(file.fileno())


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    """Write a whole table at once, or leave the old one."""
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    for row in rows:
        append_row(draft, row)
    draft.replace(path)
