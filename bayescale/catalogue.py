"""Finds laws: those in ``models/``, those a user registers, those in a file a user names."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import runpy
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayescale.errors import InputError, LawError
from bayescale.law.law import Law

if TYPE_CHECKING:
    import pandas as pd

_registered: dict[str, Law] = {}


@cache
def _shipped() -> frozenset[str]:
    package = importlib.import_module("bayescale.models")
    return frozenset(module.name for module in pkgutil.iter_modules(package.__path__))


def names() -> tuple[str, ...]:
    """Names of all laws that can be asked for by name, sorted."""
    return tuple(sorted(_shipped() | set(_registered)))


def register(law: Law) -> Law:
    """Make a law available by its name for the rest of the process.

    Parameters
    ----------
    law : Law
        One registered before under the same name is replaced if its version differs.

    Returns
    -------
    Law
        The same law.

    Raises
    ------
    LawError
        If the name is that of a shipped law, or of a registered one of the same version and
        another formula or other priors.
    """
    if law.name in _shipped() and law != resolve(law.name):
        raise LawError(f"{law.name!r} is a law of bayescale itself; give yours another name.")
    known = _registered.get(law.name)
    if known is not None and known.version == law.version and _density(known) != _density(law):
        raise LawError(
            f"Another law {law.name!r}, version {law.version}, is registered already. Raise the "
            "version or change the name: a saved fit finds its law by the two."
        )
    _registered[law.name] = law
    return law


def _density(law: Law) -> tuple[Any, ...]:
    """Collect what the log density depends on; a cell run again makes a new function of it."""
    return law.formula, law.inputs, law.response, law.parameters, law.total, law.noise


def resolve(law: str | Path | Law) -> Law:
    """Find a law by name or by the path of a law file; a Law is returned as it is.

    Parameters
    ----------
    law : str, Path or Law
        A path ends in ``.py`` or has a folder in it. A law file is Python of the user's own and
        is executed.

    Returns
    -------
    Law

    Raises
    ------
    InputError
        If no law has that name; the nearest names are given.
    LawError
        If the file holds no ``LAW``, or one that breaks the contract.
    """
    if isinstance(law, Law):
        return law
    if isinstance(law, Path) or law.endswith(".py") or "/" in law:
        return _from_file(Path(law))
    if law in _registered:
        return _registered[law]
    if law not in _shipped():
        near = difflib.get_close_matches(law, names(), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"There is no law {law!r}.{hint} Known: {', '.join(names())}; "
            "or give the path of a law file ending in .py."
        )
    found: Law = importlib.import_module(f"bayescale.models.{law}").LAW
    return found


def _from_file(path: Path) -> Law:
    if path.suffix != ".py":
        raise LawError(f"A law file is Python and ends in .py; {str(path)!r} does not.")
    if not path.is_file():
        raise InputError(f"There is no law file {str(path)!r}.")
    try:
        # run_path rather than an import: nothing is cached, neither here nor beside the file.
        found = runpy.run_path(str(path), run_name=f"bayescale_law_{path.stem}").get("LAW")
    except LawError as fault:
        raise LawError(f"Law file {str(path)!r}: {fault}") from fault
    except Exception as fault:
        raise LawError(f"Law file {str(path)!r} does not run: {_where(fault, path)}.") from fault
    if not isinstance(found, Law):
        raise LawError(f"Law file {str(path)!r} must define LAW = Law(...); it holds {found!r}.")
    return found


def _where(fault: BaseException, path: Path) -> str:
    """Tell a fault in one line, with the line of the file that raised it."""
    kind = type(fault).__name__
    if isinstance(fault, SyntaxError):
        return f"line {fault.lineno}: {kind}: {fault.msg}"
    frames = traceback.extract_tb(fault.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    place = f"line {lines[-1]}: " if lines else ""
    return f"{place}{kind}: {fault}"


@dataclass(frozen=True)
class Shelf:
    """The laws that answer one question: a response from the same inputs.

    Attributes
    ----------
    laws : tuple of Law
        At least one; all of the same inputs in the same order, and the same response.
    """

    laws: tuple[Law, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        """Symbols of the inputs, in order."""
        return self.laws[0].input_symbols

    @property
    def response(self) -> str:
        """Symbol of the response."""
        return self.laws[0].response.symbol

    @property
    def needs(self) -> frozenset[str]:
        """Symbols that a table must have."""
        return frozenset({*self.inputs, self.response})

    def __str__(self) -> str:
        """The question in words: ``L from N and D``."""
        *others, last = self.inputs
        return f"{self.response} from {', '.join(others)}{' and ' * bool(others)}{last}"


def shelves(laws: Sequence[Law] | None = None) -> tuple[Shelf, ...]:
    """The questions that laws answer, each with all of its laws; the shortest first.

    A law says by its inputs and its response which question it answers, so that one that is added
    to the folder, or registered, stands on its shelf.

    Parameters
    ----------
    laws : sequence of Law, optional
        All that can be asked for by name if left out.
    """
    found: dict[tuple[tuple[str, ...], str], list[Law]] = {}
    for law in laws or [resolve(name) for name in names()]:
        found.setdefault((law.input_symbols, law.response.symbol), []).append(law)
    several = (Shelf(tuple(group)) for group in found.values())
    return tuple(sorted(several, key=lambda shelf: (len(shelf.inputs), str(shelf))))


def table() -> pd.DataFrame:
    """All laws, one row each: name, formula, inputs, response, summary."""
    import pandas as pd

    rows = []
    for name in names():
        law = resolve(name)
        rows.append(
            {
                "name": name,
                "formula": law.formula,
                "inputs": ", ".join(law.input_symbols),
                "response": law.response.symbol,
                "summary": law.summary,
            }
        )
    return pd.DataFrame(rows).set_index("name")
