"""A file's bytes and text, or one sentence on why it cannot be read."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NoReturn

from bayescale.errors import RunsError
from bayescale.runs.wording import error, nearest

_MAGIC = {
    b"PAR1": "a Parquet file; give it the ending .parquet",
    b"PK\x03\x04": "an Excel workbook or a zip archive; save the sheet as 'CSV UTF-8'",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as 'CSV UTF-8'",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")


def refuse(code: str, message: str, **details: object) -> NoReturn:
    """Stop with one problem about the table as a whole."""
    raise RunsError([error(code, message, **details)])


def read_bytes(path: Path) -> bytes:
    """Read a whole file.

    Raises
    ------
    RunsError
        If it is absent, a directory, empty, or may not be read.
    """
    if path.is_dir():
        refuse("directory", f"{str(path)!r} is a directory; give the path of one file in it.")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        refuse("no-such-file", f"There is no file {str(path)!r}.{_hint(path)}")
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        refuse("unreadable-file", f"File {str(path)!r} cannot be read: {reason}.")
    if not content.removeprefix(codecs.BOM_UTF8).strip():
        refuse("empty-file", f"File {path.name!r} is empty; write a header and one row per run.")
    return content


def _hint(path: Path) -> str:
    if not path.parent.is_dir():
        return f" The folder {str(path.parent)!r} does not exist."
    near = nearest([path.name], sorted(item.name for item in path.parent.iterdir()))
    return f" Did you mean {near!r}?" if near else " Check the spelling and the folder."


def to_text(name: str, content: bytes) -> str:
    """Decode the content of a file as UTF-8, with or without a byte order mark.

    Raises
    ------
    RunsError
        If it is another kind of file, not text, or in another encoding, with the line and
        the byte that show it.
    """
    for magic, what in _MAGIC.items():
        if content.startswith(magic):
            refuse("not-text", f"File {name!r} is {what}.")
    if content.startswith(_UTF16) or _every_other_is_null(content[:2000]):
        refuse(
            "wrong-encoding",
            f"File {name!r} is encoded as UTF-16; save it as UTF-8 "
            "(in Excel: 'CSV UTF-8', in PowerShell: -Encoding utf8).",
            encoding="utf-16",
        )
    # Text has no control characters but tabs and line ends; random bytes are a tenth so.
    if len(_CONTROL.findall(content[:65536])) > len(content[:65536]) / 100:
        refuse("not-text", f"File {name!r} is not text; it holds bytes that no table has.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        refuse(
            "wrong-encoding",
            f"File {name!r}, line {line}: the byte 0x{content[fault.start]:02x} is not "
            "UTF-8 (it may be Latin-1 or Windows-1252); save the file as UTF-8.",
            line=line,
        )


def _every_other_is_null(start: bytes) -> bool:
    """UTF-16 without a byte order mark: Latin letters fill every other byte only."""
    halves = (start[0::2], start[1::2])
    return any(len(half) > 1 and half.count(0) > 0.9 * len(half) for half in halves)
