"""Text that every machine has, as bytes: the standard library's sources, C headers."""

from __future__ import annotations

import hashlib
import sysconfig
from pathlib import Path

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

HELD_OUT_SHARE = 0.03


def _rank(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def _read(files: list[Path]) -> Bytes:
    return np.frombuffer(b"".join(file.read_bytes() for file in files), dtype=np.uint8)


def _split(root: Path, pattern: str, held_out_share: float) -> tuple[Bytes, Bytes]:
    """Files in the order of a hash of their relative path; the first ones are held out."""
    files = [file for file in root.rglob(pattern) if "site-packages" not in file.parts]
    files.sort(key=lambda file: _rank(file.relative_to(root).as_posix()))
    sizes = np.cumsum([file.stat().st_size for file in files])
    cut = int(np.searchsorted(sizes, held_out_share * sizes[-1])) + 1
    return _read(files[cut:]), _read(files[:cut])


def python_sources() -> tuple[Bytes, Bytes]:
    """Training and held-out bytes of the running interpreter's standard library."""
    return _split(Path(sysconfig.get_path("stdlib")), "*.py", HELD_OUT_SHARE)


def c_headers() -> tuple[Bytes, Bytes]:
    """Adaptation and held-out bytes of the running interpreter's C headers."""
    return _split(Path(sysconfig.get_path("include")), "*.h", 0.2)


def segments(text: Bytes, length: int, count: int, offset: int = 0) -> Bytes:
    """Cut ``count`` neighbouring segments, an array of shape (count, length)."""
    if offset + count * length > text.size:
        raise ValueError(f"{count} segments of {length} bytes are more text than there is")
    return text[offset : offset + count * length].reshape(count, length)
