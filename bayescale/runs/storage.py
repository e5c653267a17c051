"""Runs as a dataset of plain numbers and text, which a fit's file can hold whole.

A column of numbers or truth values is stored as it is. Any other is stored as text, one JSON
text per cell, so that a missing cell and the text ``nan`` stay different. Columns are numbered,
because their names may hold any character. Nothing that is loaded is executed.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from bayescale.errors import Problem
from bayescale.law.law import Law
from bayescale.runs.runs import Runs

_AS_THEY_ARE = "biuf"  # numpy's kinds of truth values and numbers that every file format has


def to_dataset(runs: Runs) -> xr.Dataset:
    """Write runs as variables; the law is left out.

    Returns
    -------
    xarray.Dataset
        ``column_0``, ``column_1``, … and ``index``, each of dims ``obs``, and the scalar
        ``about``, a JSON text with everything else.

    Notes
    -----
    Every type of column comes back, times through ISO text, of categories those that occur.
    In a column of mixed objects a missing cell comes back as None, or NaN where it was that,
    and an object that JSON does not know as its text.
    """
    return frame_to_dataset(
        runs.table,
        columns=dict(runs.columns),
        derive=dict(runs.derive),
        run=runs.run,
        source=runs.source,
        problems=[vars(problem) for problem in runs.problems],
    )


def frame_to_dataset(frame: pd.DataFrame, **about: Any) -> xr.Dataset:
    """Write a table as variables, with what is said of it as JSON; see :func:`to_dataset`."""
    about |= {
        "names": list(frame),
        "kinds": [str(kind) for kind in frame.dtypes],
        "index": frame.index.name,
    }
    variables: dict[str, Any] = {
        f"column_{k}": ("obs", _plain_cells(frame[name])) for k, name in enumerate(frame)
    }
    variables["index"] = ("obs", frame.index.to_numpy())
    variables["about"] = ((), _json(about))
    return xr.Dataset(variables)


def frame_from_dataset(dataset: xr.Dataset) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Read a table that :func:`frame_to_dataset` wrote, and what was said of it.

    Raises
    ------
    KeyError, TypeError or ValueError
        If it is not what that writes.
    """
    about = json.loads(dataset["about"].item())
    index = pd.Index(dataset["index"].to_numpy(), name=about.pop("index"))
    columns = {
        name: _column(dataset[f"column_{k}"].to_numpy(), kind, index)
        for k, (name, kind) in enumerate(zip(about.pop("names"), about.pop("kinds"), strict=True))
    }
    return pd.DataFrame(columns, index=index), about


def from_dataset(dataset: xr.Dataset, law: Law) -> Runs:
    """Read runs that :func:`to_dataset` wrote, without validating them again.

    Parameters
    ----------
    dataset : xarray.Dataset
    law : Law
        The law that the runs were for.

    Raises
    ------
    KeyError, TypeError or ValueError
        If it is not what :func:`to_dataset` writes.
    """
    table, about = frame_from_dataset(dataset)
    return Runs(
        law,
        table,
        about["columns"],
        about["derive"],
        about["run"],
        about["source"],
        tuple(Problem(**problem) for problem in about["problems"]),
    )


def _plain_cells(column: pd.Series[Any]) -> npt.NDArray[Any]:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in _AS_THEY_ARE:
        return column.to_numpy()
    return np.array([_json(cell) for cell in column.astype(object)], dtype=object)


def _column(cells: npt.NDArray[Any], kind: str, index: pd.Index[Any]) -> pd.Series[Any]:
    if cells.dtype.kind in _AS_THEY_ARE:
        return pd.Series(cells, index=index)
    values = json.loads(f"[{','.join(cells)}]")
    column = pd.Series(values, index=index, dtype=object)
    try:
        return column.astype(pd.api.types.pandas_dtype(kind))
    except (TypeError, ValueError):  # a type that text does not lead back to stays text
        return column


def _json(value: Any) -> str:
    """JSON in ASCII, which no file format cuts or refuses."""
    try:
        return json.dumps(value, default=_known_to_json)
    except (TypeError, ValueError):  # a mapping with other keys than text, or holding itself
        return json.dumps(str(value))


def _known_to_json(value: Any) -> Any:
    if value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.number | np.bool_):
        return value.item()
    return str(value)
