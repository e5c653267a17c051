"""The Python reference: a page per room, the names of ``bayescale`` first."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any

import bayescale
from bayescale import plots
from pages.markdown import as_read, code, table

INDEX = "api/index.md"


def _pictures() -> Iterator[str]:
    """Modules that draw: what draws has a function beside it for its table."""
    for item in pkgutil.iter_modules(plots.__path__):
        name = f"plots.{item.name}"
        if any(key.endswith("_table") for key in vars(_module(name))):
            yield name


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"bayescale.{name}")


# Page -> its title and what stands on it, in the order in which work is done. A room's first
# module says what the page is about.
ROOMS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "answers": ("Answers", ("front_door", "forecast.answer", "forecast.doubts")),
        "runs": ("Runs", ("runs",)),
        "posterior": ("Fits", ("posterior", "posterior.knowledge.diagnostics")),
        "forecast": ("Forecasts", ("forecast", "forecast.scenarios", "forecast.predictive")),
        "judge": ("How good forecasts are", ("judge",)),
        "decision": ("Decisions", ("decision", "decision.cost", "decision.risk")),
        "report": ("Reports and pictures", ("report", *_pictures())),
        "laws": ("Laws", ("law", "law.prior", "law.noise", "law.ops", "catalogue")),
        "datasets": ("Shipped runs", ("datasets",)),
        "errors": ("Errors", ("errors",)),
    }
)


@dataclass(frozen=True)
class Entry:
    """One documented class or function.

    Attributes
    ----------
    name : str
        As users write it: ``bs.fit``, or ``bayescale.decision.Pricing``.
    found : type or function
    """

    name: str
    found: Any

    @property
    def path(self) -> str:
        """Where it is defined."""
        return f"{self.found.__module__}.{self.found.__qualname__}"

    @property
    def summary(self) -> str:
        """First line of its docstring."""
        return as_read(inspect.getdoc(self.found) or "").partition("\n")[0]


class Reference:
    """What is documented where."""

    @cached_property
    def pages(self) -> dict[str, tuple[Entry, ...]]:
        """Entries by page, each once: the names of ``bayescale`` first, of these the functions."""
        public = sorted(_public(), key=lambda entry: isinstance(entry.found, type))
        found: dict[str, tuple[Entry, ...]] = {}
        for page, (_, modules) in ROOMS.items():
            own = [entry for entry in public if _belongs(entry, modules)]
            seen = {entry.path for entry in own}
            rest = [entry for entry in _rest(modules) if entry.path not in seen]
            found[page] = (*own, *{entry.path: entry for entry in rest}.values())
        return found

    def page_of(self, name: str) -> str | None:
        """Page of a public name, from the site's root; none if it is forgotten."""
        found = getattr(bayescale, name)
        if _is_room(found):
            return f"api/{name}.md" if name in ROOMS else None
        pages = (
            p for p, entries in self.pages.items() if f"bs.{name}" in {e.name for e in entries}
        )
        return next((f"api/{page}.md" for page in pages), None)

    def without_page(self) -> list[str]:
        """Public names that no room's page holds."""
        return [name for name in bayescale.__all__ if self.page_of(name) is None]

    def without_docstring(self) -> list[str]:
        """Paths of public classes, functions, methods and properties without a docstring."""
        entries = [entry for found in self.pages.values() for entry in found]
        return sorted(path for entry in entries for path in undocumented(entry))

    def markdown(self) -> dict[str, str]:
        """Markdown by path: the list of public names, and a page per room."""
        pages = {f"api/{page}.md": _page(page, found) for page, found in self.pages.items()}
        return {INDEX: self._index()} | pages

    def _index(self) -> str:
        parts = [
            "# Python",
            "Everything is reached from `import bayescale as bs`. Pages go by room, in the order "
            "in which work is done; what only specialists need stands last on each page.",
        ]
        for page, (title, _) in ROOMS.items():
            rows = [
                (f"[{entry.name}]({page}.md#{entry.path})", entry.summary)
                for entry in self.pages[page]
                if entry.name.startswith("bs.")
            ]
            parts.append(f"## [{title}]({page}.md)")
            parts.append(table(("name", "what it is"), rows) if rows else _about(page))
        return "\n\n".join(parts) + "\n"


def _public() -> Iterator[Entry]:
    for name in bayescale.__all__:
        found = getattr(bayescale, name)
        if isinstance(found, ModuleType):
            # A room that is also the function of its own name.
            found = getattr(found, name, None)
        if isinstance(found, type | FunctionType):
            yield Entry(f"bs.{name}", found)


def _is_room(found: Any) -> bool:
    """Whether a public name is a module that is not called: ``bs.errors``."""
    return isinstance(found, ModuleType) and not callable(found)


def _belongs(entry: Entry, modules: tuple[str, ...]) -> bool:
    path = f"{entry.path}."
    return any(path.startswith(f"bayescale.{module}.") for module in modules)


def _rest(modules: tuple[str, ...]) -> Iterator[Entry]:
    """What a room offers beside: its ``__all__``, or what a module of its own defines."""
    for name in modules:
        module = _module(name)
        public = name in bayescale.__all__ and _is_room(getattr(bayescale, name))
        offered = getattr(module, "__all__", None) or [
            key
            for key, value in vars(module).items()
            if not key.startswith("_") and getattr(value, "__module__", None) == module.__name__
        ]
        for key in offered:
            value = getattr(module, key)
            if isinstance(value, type | FunctionType):
                yield Entry(f"{'bs' if public else 'bayescale'}.{name}.{key}", value)


def undocumented(entry: Entry) -> Iterator[str]:
    """Paths of a class or function, and of its public members, that have no docstring."""
    if not _documented(entry.found):
        yield entry.path
    if not isinstance(entry.found, type):
        return
    for name, member in vars(entry.found).items():
        inner = getattr(member, "__func__", member)
        if name.startswith("_") or not isinstance(inner, FunctionType | property | cached_property):
            continue
        if not inner.__doc__:
            yield f"{entry.path}.{name}"


def _documented(found: Any) -> bool:
    # A dataclass without a docstring is given its signature as one.
    return bool(found.__doc__) and not found.__doc__.startswith(f"{found.__name__}(")


def _about(page: str) -> str:
    """What a room is for, in the words of its code."""
    module = _module(ROOMS[page][1][0])
    return (inspect.getdoc(module) or "").partition("\n\n")[0]


def _page(page: str, entries: tuple[Entry, ...]) -> str:
    parts = [f"# {ROOMS[page][0]}", _about(page)]
    own = [entry for entry in entries if entry.name.startswith("bs.")]
    parts += map(_directive, own)
    others = [entry for entry in entries if entry not in own]
    if own and others:
        parts += ["---", f"The rest is imported from its room, e.g. {code(others[0].name)}."]
    parts += map(_directive, others)
    return "\n\n".join(parts) + "\n"


def _directive(entry: Entry) -> str:
    short = entry.name if entry.name.startswith("bs.") else entry.name.rpartition(".")[2]
    options = {"heading": entry.name, "toc_label": short}
    if entry.name.rpartition(".")[2] != entry.found.__name__:
        # The signature would show the name inside: bs.law is catalogue.resolve.
        given = ", ".join(inspect.signature(entry.found).parameters)
        options |= {"heading": f"{entry.name}({given})", "show_signature": "false"}
    lines = [f"::: {entry.path}", "    options:"]
    return "\n".join([*lines, *(f"      {key}: {value}" for key, value in options.items())])
