"""Markdown that several pages share: tables, links to papers, links inside the project."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence

_PAPER = re.compile(r"arXiv:(\d{4}\.\d{4,5})|doi:(10\.\S+?)(?=[;,)\]|\s]|\.?$)")
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?(?=\))")
_HEADING = re.compile(r"^#(?=#* )", flags=re.MULTILINE)
_FENCED = re.compile(r"(^```.*?^```$)", flags=re.MULTILINE | re.DOTALL)

# Code between backticks, which is kept, or stars that multiply or raise to a power.
_STARS = re.compile(r"(`+)[^`]+\1|(?<=[\w)\]])\*{1,2}(?=[\w(-])")

# Sphinx's roles, :class:`bayescale.Fit`.
_ROLE = re.compile(r":(?:\w+:)?\w+:`~?([\w.]+)`")
# Parameters that share a line, ``seed, draws : int``, and the description below it.
_TOGETHER = re.compile(
    r"^(\w+(?:, \w+)+)( : .*\n?(?:(?:[ \t]*\n)*[ \t]+\S.*\n?)*)", flags=re.MULTILINE
)

# A parameter's name and type, which is shown as code.
_TYPED = re.compile(r"^\w+ : .*$", flags=re.MULTILINE)

# Files of the project that are pages, or parts of one.
_PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "licence.md",
    "benchmarks/README.md": "how-it-works.md#benchmarks",
    "bayescale/datasets/README.md": "data.md",
    "notebooks/README.md": "notebooks/index.md",
}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells hold Markdown, and a bar in them is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def code(text: str) -> str:
    """Text as code in a line; nothing for nothing."""
    return f"`{text}`" if text else ""


def prose(text: str) -> str:
    """Plain text of a docstring as Markdown: products such as N*D are no emphasis.

    Code keeps its stars: between backticks, in paragraphs indented by four, and in examples.
    """
    paragraphs = re.split(r"(\n(?:[ ]*\n)+)", text)
    return "".join(
        part if part.startswith(("    ", ">>>")) or part.isspace() else _STARS.sub(_kept, part)
        for part in paragraphs
    )


def _kept(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("`") else found[0].replace("*", "\\*")


def as_read(docstring: str) -> str:
    """A docstring without Sphinx's roles, its products kept from emphasis.

    Parameters that share a line get one each, for Griffe gives all of them the default of the
    first.
    """
    text = prose(_TOGETHER.sub(_apart, _ROLE.sub(r"`\1`", docstring)))
    return _TYPED.sub(lambda found: found[0].replace("\\*", "*"), text)


def _apart(found: re.Match[str]) -> str:
    below = found[2] if found[2].endswith("\n") else f"{found[2]}\n"
    return "".join(f"{name}{below}" for name in found[1].split(", "))


def papers(text: str) -> str:
    """Text whose arXiv numbers and DOIs are links."""

    def link(found: re.Match[str]) -> str:
        where = f"arxiv.org/abs/{found[1]}" if found[1] else f"doi.org/{found[2]}"
        return f"[{found[0]}](https://{where})"

    return _PAPER.sub(link, text)


def page_of(path: str) -> str:
    """Where a file of the project stands on the site, from the site's root.

    A path that is no page is returned as it is: the strict build then names it as broken.
    """
    folder, name = posixpath.split(path)
    stem, kind = posixpath.splitext(name)
    if folder == "models" and kind == ".py":
        return f"laws/{stem}.md"
    if folder == "notebooks" and kind == ".ipynb":
        return f"notebooks/{stem}.md"
    if folder == "docs":
        return name
    return _PAGES.get(path, path)


def relinked(text: str, source: str, page: str) -> str:
    """A file's Markdown with its links inside the project led to the pages of the site.

    Parameters
    ----------
    text : str
    source : str
        The file's path from the project's root: its links start from its folder.
    page : str
        Path of the page, from the site's root.
    """

    def lead(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), found[1]))
        led, _, anchor = page_of(target).partition("#")
        mark = found[2] or (f"#{anchor}" if anchor else "")
        return posixpath.relpath(led, posixpath.dirname(page) or ".") + mark

    return _outside_code(text, lambda part: _LINK.sub(lead, part))


def demoted(text: str) -> str:
    """Markdown whose headings stand one level lower."""
    return _outside_code(text, lambda part: _HEADING.sub("##", part))


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    parts = _FENCED.split(text)
    return "".join(part if part.startswith("```") else change(part) for part in parts)
