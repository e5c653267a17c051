"""What MkDocs calls while it builds the site; the pages themselves are made in ``pages``."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pages.api import Reference
from pages.commands import command_pages
from pages.files import ROOT, file_pages, with_included
from pages.laws import law_pages
from pages.notebooks import found_notebooks, notebook_page

# MkDocs counts the warnings of its own loggers: in a strict build one of these fails it.
log = logging.getLogger("mkdocs.hooks.bayescale")

Made = dict[str, str | bytes]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from code, tables and notebooks."""
    reference = Reference()
    for name in reference.without_page():
        log.warning("bs.%s is on no page; name its room in docs/pages/api.py.", name)
    for path in reference.without_docstring():
        log.warning("%s is public and has no docstring.", path)
    made: Made = {
        **file_pages(),
        **_notebooks(ROOT / "notebooks", config.extra.get("notebooks", [])),
        **law_pages(),
        **command_pages(),
        **reference.markdown(),
    }
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    config.nav = [_filled(entry, list(made)) for entry in config.nav or []]
    config.nav = [entry for entry in config.nav if entry is not None]
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put in the files that a page includes."""
    return with_included(markdown, page.file.src_uri)


def _notebooks(folder: Path, listed: list[str]) -> Made:
    names, missing = found_notebooks(folder, listed)
    for name in missing:
        log.warning("The notebook notebooks/%s.ipynb is listed in mkdocs.yml and missing.", name)
    made: Made = {}
    for name in names:
        made[f"notebooks/{name}.md"], pictures = notebook_page(folder / f"{name}.ipynb")
        made |= pictures
    return made


def _filled(entry: Any, made: list[str]) -> Any:
    """An entry of the navigation; ``Laws: laws/`` stands for all made pages of that folder."""
    if not isinstance(entry, dict):
        return entry
    ((title, target),) = entry.items()
    if not isinstance(target, str) or not target.endswith("/"):
        return entry
    pages = [path for path in made if path.startswith(target) and path.endswith(".md")]
    return {title: pages} if pages else None
