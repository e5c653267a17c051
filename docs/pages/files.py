"""Pages that are files of the project already: read where they lie, never written twice."""

from __future__ import annotations

import re
from pathlib import Path

from pages.markdown import demoted, relinked

ROOT = Path(__file__).parents[2]
# Page -> file.
FILES = {
    "index.md": "README.md",
    "contributing.md": "CONTRIBUTING.md",
    "architecture.md": "ARCHITECTURE.md",
    "changelog.md": "CHANGELOG.md",
    "data.md": "bayescale/datasets/README.md",
    "notebooks/index.md": "notebooks/README.md",
}
_INCLUDED = re.compile(r"^<!-- include (\S+) -->$", flags=re.MULTILINE)


def file_pages() -> dict[str, str]:
    """Markdown by path."""
    found = {page: relinked(_read(source), source, page) for page, source in FILES.items()}
    return found | {"licence.md": f"# Licence\n\n```text\n{_read('LICENSE').rstrip()}\n```\n"}


def with_included(text: str, page: str) -> str:
    """A page with the files that it includes, each under a heading one level lower.

    A line ``<!-- include benchmarks/README.md -->`` stands for that file.
    """

    def included(found: re.Match[str]) -> str:
        return demoted(relinked(_read(found[1]), found[1], page)).rstrip()

    return _INCLUDED.sub(included, text)


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
