"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bayescale.errors import InputError


@contextmanager
def whole_file(target: Path, what: str) -> Iterator[Path]:
    """A draft beside a file, which takes its place when it is written without a fault.

    Parameters
    ----------
    target : Path
    what : str
        Named where it cannot be written, e.g. ``"a fit"``.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(
            dir=target.parent, prefix=f".{target.name}.", suffix=".part"
        )
    except OSError as fault:
        raise InputError(f"Cannot write {what} to {str(target)!r}: {fault.strerror}.") from fault
    draft = Path(name)
    try:
        os.close(handle)
        yield draft
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.chmod(0o666 & ~_umask())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _umask() -> int:
    # The only way to read it is to set it.
    current = os.umask(0)
    os.umask(current)
    return current
