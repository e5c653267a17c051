"""A page per law, from the law's file and from what ``bayescale laws NAME --json`` says of it."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from bayescale import catalogue
from bayescale.cli.main import main
from pages.markdown import code, papers, prose, table

INDEX = "laws/index.md"


def law_pages() -> dict[str, str]:
    """Markdown by path: the list of laws, and one page each."""
    described = [_described(name) for name in catalogue.names()]
    return {INDEX: _index(described)} | {_path(law): _page(law) for law in described}


def _path(law: dict[str, Any]) -> str:
    return f"laws/{law['name']}.md"


def _described(name: str) -> dict[str, Any]:
    said = StringIO()
    with redirect_stdout(said):
        main(["laws", name, "--json"])
    found: dict[str, Any] = json.loads(said.getvalue())
    return found


def _index(described: list[dict[str, Any]]) -> str:
    rows = [
        (f"[{law['name']}]({law['name']}.md)", ", ".join(map(code, law["inputs"])), law["summary"])
        for law in described
    ]
    return (
        "# Laws\n\n"
        "A law is one short file: a formula in ordinary arithmetic, the meaning of its symbols, "
        "priors with reasons. These ship; a law of your own works by the path of its file, and "
        "`bs.check` holds it to what these are held to.\n\n"
        + table(("law", "inputs", "what it says"), rows)
    )


def _page(law: dict[str, Any]) -> str:
    module = importlib.import_module(f"bayescale.models.{law['name']}")
    symbols = [
        (code(row["symbol"]), row["kind"], row["unit"], prose(row["meaning"]))
        for row in law["symbols"]
    ]
    references = [f"- {papers(text)}" for text in law["references"]] or ["None given."]
    parts = [
        f"# {law['name']}",
        _explained(inspect.getdoc(module) or ""),
        "## Symbols",
        table(("symbol", "kind", "unit", "meaning"), symbols),
        "## Priors",
        "Priors hold where every input is divided by the reference run, the geometric mean of "
        "the observed runs, so that weights are shares of the response there.",
        _priors(law),
        "## References",
        "\n".join(references),
        "## The law's file",
        f"Version {law['version']}; it rises when the formula or a default prior changes. As "
        f"bayescale evaluates it: `{law['formula']}`",
        f'??? example "models/{law["name"]}.py"\n\n'
        + _indented(f"```python\n{inspect.getsource(module).rstrip()}\n```"),
    ]
    return "\n\n".join(parts) + "\n"


def _explained(docstring: str) -> str:
    """The docstring without its references, which have a heading of their own."""
    paragraphs = re.split(r"\n\n(?=\S)", docstring)
    kept = "\n\n".join(text for text in paragraphs if not text.startswith("Reference"))
    return papers(prose(kept))


def _priors(law: dict[str, Any]) -> str:
    """Table of priors; quantities with the same one share a row."""
    together: dict[tuple[str, str], list[str]] = {}
    for row in law["priors"]:
        reason = row["why"] + (f" ({row['source']})" if row["source"] else "")
        together.setdefault((row["prior"], reason), []).append(row["of"])
    rows = [
        (", ".join(map(_quantity, names)), code(prior), papers(prose(reason)))
        for (prior, reason), names in together.items()
    ]
    return table(("of", "prior", "why"), rows)


def _quantity(of: str) -> str:
    """A symbol or an expression as code, a phrase as it is."""
    return code(of) if of.count(" ") < 4 else of


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
