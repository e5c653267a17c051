"""From a table's own columns to the symbols of laws: mapped by name, or derived by formula."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from bayescale.errors import Problem
from bayescale.law.law import Law
from bayescale.law.response import Response
from bayescale.law.symbols import Input
from bayescale.runs.cells import cell_problems, to_numbers
from bayescale.runs.derivation import derive_symbols
from bayescale.runs.table import Table
from bayescale.runs.wording import column_label, error, hint, listed, nearest, short


@dataclass(frozen=True)
class Mapped:
    """A table with one float64 column for each symbol that was found.

    Attributes
    ----------
    frame : pandas.DataFrame
        The law's symbols first, then other symbols, then columns that no symbol stands for.
    columns : mapping of str to str
        Symbol to the column it came from.
    derive : mapping of str to str
        Symbol to its formula, in terms of symbols where they are mapped.
    told : mapping of str to collection of int
        Positions of a symbol's cells whose fault is among the problems already.
    problems : tuple of Problem
    """

    frame: pd.DataFrame
    columns: Mapping[str, str]
    derive: Mapping[str, str]
    told: Mapping[str, Collection[int]]
    problems: tuple[Problem, ...]


def symbols_of(law: Law) -> dict[str, Input | Response]:
    """What each symbol of a table stands for in a law: its inputs in order, then the response."""
    return {item.symbol: item for item in law.inputs} | {law.response.symbol: law.response}


def map_table(
    table: Table, law: Law, columns: Mapping[str, str], derive: Mapping[str, str], run: str | None
) -> Mapped:
    """Give each symbol its column; problems are collected, not raised."""
    frame = table.frame
    wanted = symbols_of(law)
    asked = {
        symbol: columns.get(symbol, symbol)
        for symbol in dict.fromkeys([*wanted, *columns])
        if symbol in columns or symbol not in derive
    }
    found = {symbol: name for symbol, name in asked.items() if name in frame}
    read = {symbol: to_numbers(frame[name]) for symbol, name in found.items()}
    # A column may both give an input and name the run, as the size of a model does.
    rest = frame.drop(columns=[name for name in found.values() if name != run])
    problems = _given_twice(table, columns, derive) + _missing(table, law, asked, run)
    for symbol, name in found.items():
        called = column_label(name, symbol)
        refused = read[symbol][1]
        code = "text-in-number-column"
        problems += cell_problems(code, called, frame.index, refused, column=name)
    problems += _shadowed(rest, found)
    rest = rest.drop(columns=[name for name in rest if name in found])
    free = {s: text for s, text in derive.items() if s not in frame}
    numbers = {symbol: values for symbol, (values, _) in read.items()}
    formulas, numbers, faults = derive_symbols(free, found, numbers, frame)
    order = [symbol for symbol in dict.fromkeys([*wanted, *numbers]) if symbol in numbers]
    return Mapped(
        pd.concat([pd.DataFrame(numbers, index=frame.index)[order], rest], axis=1),
        found,
        formulas,
        {symbol: refused.keys() for symbol, (_, refused) in read.items()},
        (*problems, *faults),
    )


def _given_twice(
    table: Table, columns: Mapping[str, str], derive: Mapping[str, str]
) -> list[Problem]:
    return [
        error(
            "derived-and-given",
            f"{symbol} is given by column {short(name)} of {table.source} and derived as "
            f"{derive[symbol]}; leave one of them out.",
            symbol=symbol,
            column=name,
        )
        for symbol in derive
        if (name := columns.get(symbol, symbol)) in table.frame
    ]


def _missing(table: Table, law: Law, asked: Mapping[str, str], run: str | None) -> list[Problem]:
    names = list(table.frame.columns)
    free = [name for name in names if name not in asked.values()]
    items = symbols_of(law)
    problems = []
    for symbol, name in asked.items():
        if name not in names:
            item = items.get(symbol)
            near = nearest(_words(name, item), free)
            use = (
                f'; the nearest is {short(near)}: columns={{"{symbol}": "{near}"}} '
                f"(--column {symbol}={near})"
                if near
                else ""
            )
            for_what = f" for {symbol} ({item.meaning})" if item else f" for {symbol}"
            message = (
                f"{table.source} has no column {short(name)}{for_what}{use}. "
                f"It has {listed(short(column) for column in names)}."
            )
            problems.append(
                error("missing-column", message, column=name, symbol=symbol, nearest=near)
            )
    if run is not None and run not in names:
        message = (
            f"{table.source} has no column {short(run)} that names the training run"
            f"{hint(run, names)}."
        )
        problems.append(error("missing-column", message, column=run, nearest=nearest([run], names)))
    return problems


def _words(name: str, item: Input | Response | None) -> list[str]:
    """Words that a column for this symbol may be called by."""
    if isinstance(item, Input):
        return [name, item.unit]
    if isinstance(item, Response):
        return [name, *(word for word in item.meaning.split() if len(word) > 3)]
    return [name]


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
