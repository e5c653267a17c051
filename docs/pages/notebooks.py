"""Notebooks as pages: their text, their code and the outputs that were committed with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pages.markdown import relinked


def found_notebooks(folder: Path, listed: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of the notebooks in a folder, the listed ones first; and the listed that are not."""
    there = sorted(path.stem for path in folder.glob("*.ipynb"))
    first = [name for name in listed if name in there]
    return (
        [*first, *(name for name in there if name not in first)],
        [name for name in listed if name not in there],
    )


def notebook_page(path: Path) -> tuple[str, dict[str, bytes]]:
    """Markdown of a notebook, and its pictures by path from the site's root.

    Nothing is run: a cell without its output stands without one.
    """
    import nbformat
    from nbconvert import MarkdownExporter

    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.outputs = [_plain(output) for output in cell.get("outputs", [])]
    page = f"notebooks/{path.stem}.md"
    names = {"output_files_dir": f"{path.stem}_files", "unique_key": path.stem}
    body, resources = MarkdownExporter().from_notebook_node(notebook, resources=names)
    pictures = {f"notebooks/{name}": data for name, data in resources["outputs"].items()}
    return relinked(body, f"notebooks/{path.name}", page), pictures


def _plain(output: Any) -> Any:
    """An output whose text has lost the colours of a terminal."""
    from nbconvert.filters import strip_ansi

    if "text" in output:
        output.text = strip_ansi(output.text)
    if "text/plain" in output.get("data", {}):
        output.data["text/plain"] = strip_ansi(output.data["text/plain"])
    return output
