"""From a table's own columns to the symbols of laws: mapped by name, or derived by formula."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bayescale.errors import InputError, Problem
from bayescale.expressions.arithmetic import Formula
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.law.response import Response
from bayescale.law.symbols import Input
from bayescale.runs.cells import cell_problems, to_numbers
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
    frame, wanted = table.frame, symbols_of(law)
    asked = {
        symbol: columns.get(symbol, symbol)
        for symbol in dict.fromkeys([*wanted, *columns])
        if symbol in columns or symbol not in derive
    }
    found = {symbol: name for symbol, name in asked.items() if name in frame}
    # A column may both give an input and name the run, as the size of a model does.
    rest = frame.drop(columns=[name for name in found.values() if name != run])
    problems = [*_given_twice(table, columns, derive), *_missing(table, law, asked, run)]
    numbers: dict[str, Array] = {}
    told: dict[str, Collection[int]] = {}
    for symbol, name in found.items():
        numbers[symbol], refused = to_numbers(frame[name])
        told[symbol] = refused.keys()
        problems += _no_numbers(column_label(name, symbol), frame, name, refused)
    problems += _shadowed(rest, found)
    rest = rest.drop(columns=[name for name in rest if name in found])
    formulas: dict[str, str] = {}
    symbols = {name: symbol for symbol, name in found.items() if name not in found}
    # In the order given; a later one may use an earlier symbol.
    for symbol, text in derive.items():
        if symbol in frame:
            continue
        try:
            formula = Formula(text).renamed(symbols)
        except InputError as fault:
            message = f"{symbol} cannot be derived. {fault}"
            problems.append(error("bad-formula", message, symbol=symbol, formula=text))
            continue
        values, faults = _looked_up(formula, symbol, numbers, frame)
        problems += faults
        if not faults:
            formulas[symbol] = formula.text
            numbers[symbol] = np.broadcast_to(formula.evaluate(values), len(frame)).astype(float)
    order = [symbol for symbol in dict.fromkeys([*wanted, *numbers]) if symbol in numbers]
    named = pd.DataFrame(numbers, index=frame.index)[order]
    return Mapped(pd.concat([named, rest], axis=1), found, formulas, told, tuple(problems))


def _no_numbers(
    called: str, frame: pd.DataFrame, name: str, refused: Mapping[int, Any]
) -> list[Problem]:
    return cell_problems("text-in-number-column", called, frame.index, refused, column=name)


def _given_twice(
    table: Table, columns: Mapping[str, str], derive: Mapping[str, str]
) -> Iterator[Problem]:
    for symbol, text in derive.items():
        name = columns.get(symbol, symbol)
        if name in table.frame:
            message = (
                f"{symbol} is given by column {short(name)} of {table.source} and derived as "
                f"{text}; leave one of them out."
            )
            yield error("derived-and-given", message, symbol=symbol, column=name)


def _missing(
    table: Table, law: Law, asked: Mapping[str, str], run: str | None
) -> Iterator[Problem]:
    names = list(table.frame.columns)
    free = [name for name in names if name not in asked.values()]
    for symbol, name in asked.items():
        if name in names:
            continue
        item = symbols_of(law).get(symbol)
        near, use = nearest(likely_names(name, item), free), ""
        if near:
            use = (
                f'; the nearest is {short(near)}: columns={{"{symbol}": "{near}"}} '
                f"(--column {symbol}={near})"
            )
        meaning = f" ({item.meaning})" if item else ""
        message = (
            f"{table.source} has no column {short(name)} for {symbol}{meaning}{use}. "
            f"It has {listed(short(column) for column in names)}."
        )
        yield error("missing-column", message, column=name, symbol=symbol, nearest=near)
    if run is not None and run not in names:
        message = (
            f"{table.source} has no column {short(run)} that names the training run"
            f"{hint(run, names)}."
        )
        yield error("missing-column", message, column=run, nearest=nearest([run], names))


def likely_names(name: str, item: Input | Response | None) -> list[str]:
    """Words that a column for this symbol may be called by."""
    if isinstance(item, Input):
        return [name, item.unit]
    if isinstance(item, Response):
        return [name, *(word for word in item.meaning.split() if len(word) > 3)]
    return [name]


def _shadowed(rest: pd.DataFrame, found: Mapping[str, str]) -> Iterator[Problem]:
    for name in map(str, rest):
        if found.get(name, name) != name:
            message = (
                f"Column {short(name)} is left out, because {name} was asked to be column "
                f"{short(found[name])}."
            )
            yield Problem("shadowed-column", "note", message, {"column": name})


def _looked_up(
    formula: Formula, symbol: str, known: Mapping[str, Array], frame: pd.DataFrame
) -> tuple[dict[str, Array], list[Problem]]:
    """Numbers for each name of a formula: those of a symbol, or of a column by its own name."""
    values: dict[str, Array] = {}
    problems: list[Problem] = []
    for name in formula.names:
        if name in known:
            values[name] = known[name]
        elif name in frame:
            values[name], refused = to_numbers(frame[name])
            called = f"{short(name)} (for {symbol} = {formula})"
            problems += _no_numbers(called, frame, name, refused)
        else:
            near = hint(name, [*known, *frame], "; map a column to it with columns=")
            says = f"there is no column or symbol {name}{near}."
            message = f"{symbol} cannot be derived as {formula}: {says}"
            details = {"symbol": symbol, "formula": formula.text, "name": name}
            problems.append(error("unknown-name", message, **details))
    return values, problems
