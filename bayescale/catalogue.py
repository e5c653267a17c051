"""Finds laws: those in ``models/``, those a user registers, those in a file a user names."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

from bayescale.errors import InputError, LawError
from bayescale.law import Law

if TYPE_CHECKING:
    import pandas as pd

_registered: dict[str, Law] = {}


def names() -> tuple[str, ...]:
    """Names of all laws that can be asked for by name, sorted."""
    package = importlib.import_module("bayescale.models")
    shipped = {module.name for module in pkgutil.iter_modules(package.__path__)}
    return tuple(sorted(shipped | set(_registered)))


def register(law: Law) -> Law:
    """Make a law available by its name for the rest of the process.

    Parameters
    ----------
    law : Law

    Returns
    -------
    Law
        The same law.

    Raises
    ------
    LawError
        If the name belongs to another law already.
    """
    if law.name in names() and resolve(law.name) != law:
        raise LawError(
            f"A law named {law.name!r} exists already; give yours another name, "
            "because a name stands for one density."
        )
    _registered[law.name] = law
    return law


def resolve(law: str | Path | Law) -> Law:
    """Find a law by name or by the path of a law file; a Law is returned as it is.

    A path ends in ``.py`` or has a folder in it. A law file is Python of the user's own and
    is executed.

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
    known = names()
    if law not in known:
        near = difflib.get_close_matches(law, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"There is no law {law!r}.{hint} Known: {', '.join(known)}; "
            "or give the path of a law file ending in .py."
        )
    found: Law = importlib.import_module(f"bayescale.models.{law}").LAW
    return found


def _from_file(path: Path) -> Law:
    if not path.is_file():
        raise InputError(f"There is no law file {str(path)!r}.")
    spec = importlib.util.spec_from_file_location(f"bayescale_law_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise LawError(f"Law file {str(path)!r} must be a Python file ending in .py.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (SyntaxError, NameError, TypeError, AttributeError, ImportError) as fault:
        raise LawError(f"Law file {str(path)!r} does not run: {fault}.") from fault
    found = getattr(module, "LAW", None)
    if not isinstance(found, Law):
        raise LawError(f"Law file {str(path)!r} must define LAW = Law(...); it holds {found!r}.")
    return found


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
