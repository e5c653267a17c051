"""From a table's own columns to the symbols of laws: mapped by name, or derived by formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from bayescale.errors import Problem
from bayescale.law.law import Law
from bayescale.law.response import Response
from bayescale.law.symbols import Input
from bayescale.runs.cells import Values, text_problem, to_numbers
from bayescale.runs.derivation import derive_symbols
from bayescale.runs.table import Table
from bayescale.runs.wording import column_label, error, listed, nearest, short


@dataclass(frozen=True)
class Mapped:
    """A table with one float64 column for each symbol that was found.

    Attributes
    ----------
    frame : pandas.DataFrame
        Symbols first, then the columns that no symbol stands for.
    columns : mapping of str to str
        Symbol to the column it came from.
    derive : mapping of str to str
        Symbol to its formula, in terms of symbols where they are mapped.
    values : mapping of str to Values
        For each symbol that has values.
    problems : tuple of Problem
    """

    frame: pd.DataFrame
    columns: Mapping[str, str]
    derive: Mapping[str, str]
    values: Mapping[str, Values]
    problems: tuple[Problem, ...] = ()


def map_table(
    table: Table, law: Law, columns: Mapping[str, str], derive: Mapping[str, str], run: str | None
) -> Mapped:
    """Give each symbol its column; problems are collected, not raised."""
    wanted = [*law.input_symbols, law.response.symbol]
    asked = {
        symbol: columns.get(symbol, symbol)
        for symbol in dict.fromkeys([*wanted, *columns])
        if symbol in columns or symbol not in derive
    }
    found = {symbol: name for symbol, name in asked.items() if name in table.frame}
    values, faults = _read(table, found)
    # A column may both give an input and name the run, as the size of a model does.
    rest = table.frame.drop(columns=[name for name in found.values() if name != run])
    problems = _given_twice(table, columns, derive) + _missing(table, law, asked, run) + faults
    problems += _shadowed(rest, found)
    rest = rest.drop(columns=[name for name in rest if name in found])
    free = {symbol: text for symbol, text in derive.items() if symbol not in table.frame}
    formulas, derived, faults = derive_symbols(free, found, values, rest)
    problems += faults
    values = values | derived
    symbols = {symbol: item.numbers for symbol, item in values.items()}
    frame = pd.concat([pd.DataFrame(symbols, index=table.frame.index), rest], axis=1)
    return Mapped(frame, found, formulas, values, tuple(problems))


def _given_twice(
    table: Table, columns: Mapping[str, str], derive: Mapping[str, str]
) -> list[Problem]:
    return [
        error(
            "derived-and-given",
            f"{symbol} is given by column {short(columns.get(symbol, symbol))} of {table.source} "
            f"and derived as {derive[symbol]}; leave one of them out.",
            symbol=symbol,
            column=columns.get(symbol, symbol),
        )
        for symbol in derive
        if columns.get(symbol, symbol) in table.frame
    ]


def _missing(table: Table, law: Law, sources: Mapping[str, str], run: str | None) -> list[Problem]:
    names = list(table.frame.columns)
    used = set(sources.values())
    free = [name for name in names if name not in used]
    meanings: dict[str, Input | Response] = {item.symbol: item for item in law.inputs}
    meanings[law.response.symbol] = law.response
    problems = []
    for symbol, name in sources.items():
        if name not in names:
            item = meanings.get(symbol)
            near = nearest(_words(name, item), free)
            hint = (
                f'; the nearest is {short(near)}: columns={{"{symbol}": "{near}"}} '
                f"(--column {symbol}={near})"
                if near
                else ""
            )
            for_what = f" for {symbol} ({item.meaning})" if item else f" for {symbol}"
            message = (
                f"{table.source} has no column {short(name)}{for_what}{hint}. "
                f"It has {listed(short(column) for column in names)}."
            )
            problems.append(
                error("missing-column", message, column=name, symbol=symbol, nearest=near)
            )
    if run is not None and run not in names:
        near = nearest([run], names)
        hint = f"; the nearest is {short(near)}" if near else ""
        message = f"{table.source} has no column {short(run)} that names the training run{hint}."
        problems.append(error("missing-column", message, column=run, nearest=near))
    return problems


def _words(name: str, item: Input | Response | None) -> list[str]:
    """Words that a column for this symbol may be called by."""
    if isinstance(item, Input):
        return [name, item.unit]
    if isinstance(item, Response):
        return [name, *(word for word in item.meaning.split() if len(word) > 3)]
    return [name]


def _read(table: Table, found: Mapping[str, str]) -> tuple[dict[str, Values], list[Problem]]:
    values = {}
    problems = []
    for symbol, name in found.items():
        numbers, refused = to_numbers(table.frame[name])
        values[symbol] = Values(numbers, frozenset(refused))
        if refused:
            problems.append(text_problem(column_label(name, symbol), name, refused, table.frame))
    return values, problems


def _shadowed(rest: pd.DataFrame, found: Mapping[str, str]) -> list[Problem]:
    return [
        Problem(
            "shadowed-column",
            "note",
            f"Column {short(name)} is left out, because {name} was asked to be column "
            f"{short(found[name])}.",
            {"column": name},
        )
        for name in map(str, rest)
        if found.get(name, name) != name
    ]
