"""The runs that ship with bayescale, measured by us; README.md is their data card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bayescale.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

_FOLDER = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Names of the shipped tables, sorted."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.csv")))


def path(name: str) -> Path:
    """Where a shipped table lies.

    Raises
    ------
    InputError
        If there is no table of that name.
    """
    if name not in names():
        raise InputError(f"There are no shipped runs {name!r}; there are {', '.join(names())}.")
    return _FOLDER / f"{name}.csv"


def load(name: str) -> pd.DataFrame:
    """A shipped table with the laws' own column names and a column ``split``.

    Parameters
    ----------
    name : str
        ``"pretraining"``, ``"posttraining"`` or ``"inference"``.

    Returns
    -------
    pandas.DataFrame
        One row per run; units and columns are explained in the data card.

    Raises
    ------
    InputError
        If there is no table of that name.
    """
    import pandas as pd

    return pd.read_csv(path(name))
