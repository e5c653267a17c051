"""What a command hands over: files, whole or not at all, and JSON or tables on the screen."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayescale.cli import screen
from bayescale.errors import InputError
from bayescale.files import whole_file

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_DOTS = 150


def refuse_unwritable(given: Namespace) -> None:
    """Refuse files that cannot be written, before the work is done for them.

    Raises
    ------
    InputError
        If a file's folder does not exist, it is a folder itself, or no picture ends so.
    """
    for path in filter(
        None, (getattr(given, name, None) for name in ("output", "csv", "plot", "report"))
    ):
        folder = path.parent
        if path.is_dir():
            raise InputError(f"Cannot write to {str(path)!r}: it is a folder.")
        if not folder.is_dir():
            raise InputError(f"Cannot write {str(path)!r}: there is no folder {str(folder)!r}.")
    if plot := getattr(given, "plot", None):
        picture_kind(plot)


def answer(
    given: Namespace,
    values: Callable[[], Mapping[str, Any]],
    tables: Callable[[], None],
    table: pd.DataFrame | None = None,
    draw: Callable[[], Figure] | None = None,
) -> None:
    """Write the table and the picture that were asked for, and print the answer.

    Parameters
    ----------
    given : argparse.Namespace
        With ``json``; ``csv`` and ``plot`` where the command has them.
    values : callable
        The answer for a program to read.
    tables : callable
        Prints it for a person.
    table : pandas.DataFrame, optional
    draw : callable, optional
    """
    csv, plot = getattr(given, "csv", None), getattr(given, "plot", None)
    if table is not None and csv is not None:
        with whole_file(csv, "a table") as draft:
            draft.write_text(table.to_csv(index=False), encoding="utf-8")
    if draw is not None and plot is not None:
        write_picture(draw(), plot)
    if given.json:
        screen.as_json(values())
        return
    tables()
    for path in filter(None, (csv, plot)):
        screen.say(f"Written to {path}.")


def write_picture(figure: Figure, path: Path) -> None:
    """Write a picture in the format of :func:`picture_kind`."""
    kind = picture_kind(path)
    with whole_file(path, "a picture") as draft:
        figure.savefig(draft, dpi=_DOTS, format=kind)


def picture_kind(path: Path) -> str:
    """Format that a picture's name ends in, PNG where it has no ending.

    Raises
    ------
    InputError
        For an ending that is no picture's.
    """
    from matplotlib.backend_bases import FigureCanvasBase

    known = FigureCanvasBase.get_supported_filetypes()
    kind = path.suffix[1:].lower() or "png"
    if kind not in known:
        raise InputError(
            f"A picture cannot be written as {path.suffix!r} ({str(path)!r}); end its name in one "
            f"of {', '.join(known)}."
        )
    return kind
