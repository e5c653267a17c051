"""Documents as files: an HTML page that needs nothing beside it, or Markdown with pictures."""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from bayescale import __version__
from bayescale.errors import InputError
from bayescale.files import whole_file
from bayescale.numbers import format_number
from bayescale.report.document import (
    Block,
    Budgets,
    Bullets,
    Code,
    Document,
    Heading,
    Interactive,
    Paragraph,
    Picture,
    Table,
)

_FOLDER = Path(__file__).parent
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
# What could end a script element or open a comment in it, and line ends of JavaScript.
_UNSAFE = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"}
_MARKS = {ord(mark): f"\\{mark}" for mark in "\\`*_[]#|~"} | {
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("&"): "&amp;",
    **{ord(mark): " " for mark in "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"},
}


def write_html(document: Document, path: Path) -> Path:
    """Write a page; its policy lets it load nothing and run no script but its own.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    text = page(document)
    with whole_file(path, "a report") as draft:
        draft.write_text(text, encoding="utf-8")
    return path


def page(document: Document) -> str:
    """The text of the page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "human": lambda value: format_number(value, 4),
        "exact": lambda value: repr(float(value)),
        "log": lambda value: f"{math.log10(value) if value > 0 else -300:.4f}",
        "digest": lambda text: b64encode(sha256(text.encode()).digest()).decode(),
        "data_uri": _data_uri,
        "json": lambda value: Markup(as_json(value)),  # noqa: S704 - escaped for scripts there
    }
    style = Markup(_read("report.css"))  # noqa: S704 - ours
    script = Markup(_script(document))  # noqa: S704 - ours, and formulas that were translated
    values: dict[str, Any] = {
        "document": document,
        "style": style,
        "script": script,
        "version": __version__,
    }
    return environment.get_template("report.html").render(values)


def as_json(value: Mapping[str, Any]) -> str:
    """JSON that is safe inside a script element, whatever its strings hold."""
    return json.dumps(value, allow_nan=False).translate(_UNSAFE)


def _script(document: Document) -> str:
    functions = ",\n".join(item.code for item in document.panels)
    parts = (
        f"const FUNCTIONS = [{functions}];",
        _read("forecast.js"),
        _read("panel.js"),
        'addEventListener("beforeprint", () => {\n'
        '  for (const item of document.querySelectorAll("details")) item.open = true;\n});',
    )
    return '"use strict";\n{\n' + "\n".join(parts) + "\n}\n"


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _data_uri(picture: Picture) -> str:
    return f"data:{_TYPES[picture.suffix]};base64,{b64encode(picture.image).decode()}"


def write_markdown(document: Document, path: Path) -> Path:
    """Write Markdown, and its pictures into a folder beside it that is named after it.

    Raises
    ------
    InputError
        If the files cannot be written.
    """
    folder = path.with_name(f"{path.stem}_files")
    pictures = [
        block
        for section in document.sections
        for block in section.blocks
        if isinstance(block, Picture)
    ]
    try:
        if pictures:
            folder.mkdir(exist_ok=True)
        for picture in pictures:
            (folder / _file_name(picture)).write_bytes(picture.image)
    except OSError as fault:
        raise InputError(f"Cannot write to {str(folder)!r}: {fault.strerror}.") from fault
    with whole_file(path, "a report") as draft:
        draft.write_text(markdown(document, folder.name), encoding="utf-8")
    return path


def markdown(document: Document, folder: str) -> str:
    """The text of the Markdown file, with pictures in ``folder``."""
    parts = [f"# {_escaped(document.title)}", _escaped(document.lead)]
    for section in document.sections:
        parts.append(f"## {_escaped(section.title)}")
        for block in section.blocks:
            parts += _written(block, folder)
    return "\n\n".join(parts) + "\n"


def _written(block: Block, folder: str) -> Iterator[str]:
    match block:
        case Paragraph(text=text, strong=strong):
            yield f"**{_escaped(text)}**" if strong else _escaped(text)
        case Heading(text=text):
            yield f"### {_escaped(text)}"
        case Bullets(items=items):
            yield "\n".join(f"- {_escaped(item)}" for item in items)
        case Code(text=text):
            yield "\n".join(f"    {line}" for line in text.splitlines())
        case Picture(caption=caption):
            yield f"![{_escaped(caption)}]({folder}/{_file_name(block)})"
        case Table(caption=caption, columns=columns, rows=rows):
            yield _escaped(caption) + ":"
            yield _rows(columns, rows, block.numeric)
        case Budgets(caption=caption, rows=rows):
            yield _escaped(caption) + ":"
            titles = ("budget", *(name for name, _ in rows[0][1]))
            values = tuple((label, *(text for _, text in items)) for label, items in rows)
            yield _rows(titles, values, frozenset())
        case Interactive(what_if=made):
            yield _escaped(f"The what-if of {made.title} is in the HTML report.")


def _rows(
    columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...], numeric: frozenset[int]
) -> str:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(map(_escaped, cells)) + " |"

    rule = "|" + "|".join("---:" if k in numeric else "---" for k in range(len(columns))) + "|"
    return "\n".join([line(columns), rule, *map(line, rows)])


def _escaped(text: str) -> str:
    return text.translate(_MARKS)


def _file_name(picture: Picture) -> str:
    # Names of laws are the user's.
    plain = "".join(mark if mark.isascii() and mark.isalnum() else "-" for mark in picture.name)
    return f"{plain}.{picture.suffix}"
