"""Tables and pictures that a command writes, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bayescale.cli import screen
from bayescale.errors import InputError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_DOTS = 150


def write_table(table: pd.DataFrame, path: Path | None) -> None:
    """Write a table as CSV, if a file is named."""
    if path is None:
        return
    from bayescale.files import whole_file

    with whole_file(path, "a table") as draft:
        draft.write_text(table.to_csv(index=False), encoding="utf-8")


def write_picture(figure: Figure, path: Path) -> None:
    """Write a picture in the format that its name ends in, PNG where it has no ending.

    Raises
    ------
    InputError
        For an ending that is no picture's.
    """
    known = figure.canvas.get_supported_filetypes()
    kind = path.suffix[1:].lower() or "png"
    if kind not in known:
        raise InputError(
            f"A picture cannot be written as {path.suffix!r} ({str(path)!r}); end its name in one "
            f"of {', '.join(known)}."
        )
    from bayescale.files import whole_file

    with whole_file(path, "a picture") as draft:
        figure.savefig(draft, dpi=_DOTS, format=kind)


def say_written(*paths: Path | None) -> None:
    """Name the files that were written, as the end of the answer."""
    for path in paths:
        if path is not None:
            screen.say(f"Written to {path}.")
