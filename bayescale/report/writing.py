"""Documents as files: an HTML page that needs nothing beside it, or Markdown with pictures."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from bayescale import __version__
from bayescale.errors import InputError
from bayescale.files import whole_file
from bayescale.numbers import format_number
from bayescale.report.document import Document, Picture
from bayescale.report.whatif import WhatIf

_FOLDER = Path(__file__).parent
_TYPES = {"svg": "image/svg+xml", "png": "image/png"}
# What could end a script element or open a comment in it, and line ends of JavaScript.
_UNSAFE = str.maketrans({mark: f"\\u{ord(mark):04x}" for mark in "<>&\u2028\u2029"})
_MARKS = str.maketrans(
    {mark: f"\\{mark}" for mark in "\\`*_[]#|~"}
    | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
    | dict.fromkeys("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", " ")
)


def write_html(document: Document, path: Path) -> Path:
    """Write a page; its policy lets it load nothing and run no script but its own.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    return _written(path, page(document))


def page(document: Document) -> str:
    """The text of the page."""
    panels = document.blocks(WhatIf)
    parts = [_read("print.js")]
    if panels:
        functions = ",\n".join(panel.code for panel in panels)
        code = f"const FUNCTIONS = [{functions}];"
        parts = [code, _read("forecast.js"), _read("panel.js"), *parts]
    script = '"use strict";\n{\n' + "\n".join(parts) + "\n}\n"
    style = _read("report.css")
    return _rendered("report.html", document=document, panels=panels, style=style, script=script)


def markdown(document: Document, folder: str) -> str:
    """The text of the Markdown file, with pictures in ``folder``."""
    return _rendered("report.md", document=document, folder=folder)


def as_json(value: Mapping[str, Any]) -> str:
    """JSON that is safe inside a script element, whatever its strings hold."""
    return json.dumps(value, allow_nan=False).translate(_UNSAFE)


def _rendered(template: str, **values: Any) -> str:
    """What a template makes of values; what they say is escaped where it does not say ``safe``."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=select_autoescape(["html"]),
        finalize=_escaped if template.endswith(".md") else None,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "kind": lambda block: type(block).__name__,
        "human": lambda value: format_number(value, 4),
        "digest": lambda text: b64encode(sha256(text.encode()).digest()).decode(),
        "data_uri": _data_uri,
        "file_name": _file_name,
        "json": as_json,
    }
    environment.filters |= filters
    return environment.get_template(template).render(values, version=__version__)


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
    folder, pictures = path.with_name(f"{path.stem}_files"), document.blocks(Picture)
    try:
        if pictures:
            folder.mkdir(exist_ok=True)
        for picture in pictures:
            (folder / _file_name(picture)).write_bytes(picture.image)
    except OSError as fault:
        raise InputError(f"Cannot write to {str(folder)!r}: {fault.strerror}.") from fault
    return _written(path, markdown(document, folder.name))


def _written(path: Path, text: str) -> Path:
    with whole_file(path, "a report") as draft:
        draft.write_text(text, encoding="utf-8")
    return path


def _escaped(text: Any) -> Any:
    return text if isinstance(text, Markup) else str(text).translate(_MARKS)


def _file_name(picture: Picture) -> str:
    # Names of laws are the user's.
    plain = "".join(mark if mark.isascii() and mark.isalnum() else "-" for mark in picture.name)
    return f"{plain}.{picture.suffix}"
