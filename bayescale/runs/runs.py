"""Runs: a validated, frozen table of observations for one law."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bayescale import catalogue
from bayescale.errors import InputError, Problem
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import format_number
from bayescale.runs.checks import checked
from bayescale.runs.conditions import rows_where
from bayescale.runs.mapping import Mapped, map_table, symbols_of
from bayescale.runs.points import read_points
from bayescale.runs.table import Table, read_table
from bayescale.runs.wording import short

Mask = npt.ArrayLike | str | Callable[[pd.DataFrame], Any]


@dataclass(frozen=True, eq=False, repr=False)
class Runs:
    """Observed runs that a law can be fitted to; made by :func:`read_runs`.

    Attributes
    ----------
    law : Law
    table : pandas.DataFrame, n_runs rows
        float64 columns of every mapped or derived symbol, then the columns that no symbol
        stands for, as they were. The index is the original row: named ``line``, the line in
        a text file; named ``row``, the position in a DataFrame or Parquet file, from 0.
    columns : mapping of str to str
        Symbol to the column that it was read from.
    derive : mapping of str to str
        Symbol to the formula that it was derived by.
    run : str or None
        Column that names the training run a row belongs to.
    source : str
        Name of the file, or ``"DataFrame"``.
    problems : tuple of Problem
        Warnings and notes; errors are raised.
    """

    law: Law
    table: pd.DataFrame
    columns: Mapping[str, str]
    derive: Mapping[str, str]
    run: str | None
    source: str
    problems: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.table)

    @property
    def inputs(self) -> dict[str, Array]:
        """Raw values by symbol in the law's order, each of shape (n_runs,)."""
        return {symbol: self._values(symbol) for symbol in self.law.input_symbols}

    @property
    def response(self) -> Array:
        """Observed responses, shape (n_runs,)."""
        return self._values(self.law.response.symbol)

    @property
    def groups(self) -> npt.NDArray[np.str_] | None:
        """Labels of the training run that each row belongs to, shape (n_runs,), or None."""
        return None if self.run is None else self.table[self.run].to_numpy().astype(str)

    @property
    def digest(self) -> str:
        """SHA-256 over the law's symbols, their values and the groups, in hexadecimal."""
        found = hashlib.sha256()
        for symbol in symbols_of(self.law):
            found.update(symbol.encode() + b"\0" + self._values(symbol).astype("<f8").tobytes())
        found.update(json.dumps(None if self.groups is None else self.groups.tolist()).encode())
        return found.hexdigest()

    @property
    def summary(self) -> pd.DataFrame:
        """One row per symbol of the law: where it came from, unit, smallest and largest."""
        rows = {
            symbol: {
                "from": self.derive.get(symbol) or self.columns[symbol],
                "unit": item.unit,
                "smallest": format_number(self.table[symbol].min()),
                "largest": format_number(self.table[symbol].max()),
            }
            for symbol, item in symbols_of(self.law).items()
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("symbol")

    def for_law(self, law: str | Path | Law) -> Runs:
        """Return the same rows for another law, validated again.

        Raises
        ------
        RunsError
            If the table lacks a column of that law, or values that it can be fitted to.
        """
        return self._again(self.table, catalogue.resolve(law))

    def select(self, mask: Mask) -> Runs:
        """Return some of the runs, validated again.

        Parameters
        ----------
        mask : array of bool, str or callable
            Shape (n_runs,); or a condition such as ``"split=train"`` or ``"N<=1e9"``; or a
            function from the table to an array.

        Raises
        ------
        InputError
            If it is no such mask.
        RunsError
            If fewer than two runs remain, or runs that teach nothing.
        """
        return self._again(self.table[_as_mask(self.table, mask)], self.law)

    def append(self, points: pd.DataFrame, response: npt.ArrayLike) -> Runs:
        """Return these runs and further ones, of which only the new values are validated.

        Parameters
        ----------
        points : pandas.DataFrame, n_points rows
            The law's inputs by symbol; one that is not given is derived. Where a column names
            the training run, labels of it; without them each point is a run of its own.
        response : array, shape (n_points,)

        Returns
        -------
        Runs
            Other columns are missing in the new rows, whose labels go on from the largest.

        Raises
        ------
        InputError
            If inputs or responses are missing, not finite, or not positive.
        """
        inputs, values = read_points(points, self.law, self.derive), np.asarray(response, float)
        if values.shape != (len(inputs),) or not (np.isfinite(values) & (values > 0)).all():
            raise InputError(
                f"{len(inputs)} further runs need {len(inputs)} finite and positive values of "
                f"{self.law.response.symbol}, not {short(response)}."
            )
        start = int(self.table.index.max()) + 1
        index = pd.RangeIndex(start, start + len(inputs), name=self.table.index.name)
        rows = inputs.set_axis(index).assign(**{self.law.response.symbol: values})
        if self.run is not None and self.run not in rows:
            new = [f"new run {label}" for label in index]
            rows[self.run] = points[self.run].to_numpy() if self.run in points else new
        return replace(self, table=pd.concat([self.table, rows]))

    def _again(self, table: pd.DataFrame, law: Law) -> Runs:
        """Return other rows or another law, validated; symbols are columns already."""
        known = {symbol: symbol for symbol in (*self.columns, *self.derive)}
        mapped = map_table(Table(table, self.source), law, known, {}, self.run)
        columns = {s: self.columns.get(s, s) for s in mapped.columns if s not in self.derive}
        mapped = replace(mapped, columns=columns, derive=self.derive)
        return _validated(mapped, law, self.run, self.source)

    def _values(self, symbol: str) -> Array:
        return self.table[symbol].to_numpy(dtype=np.float64, copy=True)

    @property
    def _title(self) -> str:
        grouped = "" if self.groups is None else f" in {len(set(self.groups))} training runs"
        return f"{len(self)} runs{grouped} for {self.law.name} from {self.source}"

    @property
    def _told(self) -> list[str]:
        return [f"{problem.severity}: {problem.message}" for problem in self.problems]

    def __repr__(self) -> str:
        return "\n".join([self._title, self.summary.to_string(), *self._told])

    def _repr_html_(self) -> str:
        told = "".join(f"<li>{html.escape(finding)}</li>" for finding in self._told)
        findings = f"<ul>{told}</ul>" if told else ""
        table = self.summary.to_html(escape=True)
        return f"<div><p>{html.escape(self._title)}</p>{table}{findings}</div>"


def read_runs(
    source: str | Path | pd.DataFrame,
    law: str | Path | Law,
    columns: Mapping[str, str] | None = None,
    derive: Mapping[str, str] | None = None,
    run: str | None = None,
    where: str | Sequence[str] = (),
) -> Runs:
    """Read and validate a table of runs.

    Parameters
    ----------
    source : path or pandas.DataFrame
        A .csv (UTF-8, commas, a header), .parquet, .jsonl or .ndjson file, or a DataFrame.
        Cells such as ``70B``, ``1.4T`` and ``1,000`` are read as numbers.
    law : str, path or Law
        The law that the runs are for, by name, by its file, or itself.
    columns : mapping of str to str, optional
        Symbol to column name; a symbol that is not listed is its column's own name. Symbols
        that only other laws use are kept for :meth:`Runs.for_law`.
    derive : mapping of str to str, optional
        Symbol to a formula over columns and symbols, e.g. ``{"C": "6*N*D"}``.
    run : str, optional
        Column that names the training run a row belongs to.
    where : str or sequence of str, optional
        Conditions such as ``"split=train"`` or ``"n_examples>0"``, on the table's own
        columns; rows that do not meet all of them are left out before anything is checked.

    Returns
    -------
    Runs
        Its ``problems`` hold the warnings.

    Raises
    ------
    RunsError
        With every problem that was found, if any is an error.
    InputError
        If law, source or a condition cannot be understood.
    """
    found = catalogue.resolve(law)
    table = read_table(source)
    for condition in [where] if isinstance(where, str) else where:
        kept = table.frame[rows_where(table.frame, condition)]
        if kept.empty:
            raise InputError(f"No row of {table.source} meets the condition {condition!r}.")
        table = replace(table, frame=kept)
    mapped = map_table(table, found, _as_text(columns), _as_text(derive), run)
    return _validated(mapped, found, run, table.source)


def _as_text(mapping: Mapping[str, str] | None) -> dict[str, str]:
    """Names as text, as the columns of the table are."""
    return {str(symbol): str(name) for symbol, name in (mapping or {}).items()}


def _validated(mapped: Mapped, law: Law, run: str | None, source: str) -> Runs:
    problems = checked(mapped, law, run)
    return Runs(law, mapped.frame, mapped.columns, mapped.derive, run, source, problems)


def _as_mask(table: pd.DataFrame, mask: Mask) -> npt.NDArray[np.bool_]:
    if isinstance(mask, str):
        return rows_where(table, mask)
    chosen = np.asarray(mask(table) if callable(mask) else mask)
    if chosen.dtype != bool or chosen.shape != (len(table),):
        raise InputError(
            f"A mask must be {len(table)} true or false values, one per run; it is "
            f"{chosen.dtype} of shape {chosen.shape}."
        )
    return chosen
