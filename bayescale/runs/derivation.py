"""Symbols that no column holds, from formulas over columns and other symbols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from bayescale.errors import InputError, Problem
from bayescale.expressions.arithmetic import Formula
from bayescale.runs.cells import Values, text_problem, to_numbers
from bayescale.runs.wording import error, nearest, short


def derive_symbols(
    derive: Mapping[str, str],
    columns: Mapping[str, str],
    values: Mapping[str, Values],
    rest: pd.DataFrame,
) -> tuple[dict[str, str], dict[str, Values], list[Problem]]:
    """Evaluate formulas in the order given; a later one may use an earlier symbol.

    Parameters
    ----------
    derive : mapping of str to str
        Symbol to formula.
    columns : mapping of str to str
        Symbol to the column that gave it.
    values : mapping of str to Values
        Values of these symbols.
    rest : pandas.DataFrame
        The other columns.

    Returns
    -------
    formulas : dict of str to str
        With mapped columns written by their symbols, which points to forecast have too.
    derived : dict of str to Values
    problems : list of Problem
    """
    symbols = {name: symbol for symbol, name in columns.items() if name not in columns}
    formulas: dict[str, str] = {}
    derived: dict[str, Values] = {}
    problems: list[Problem] = []
    for symbol, text in derive.items():
        try:
            formula = Formula(text).renamed(symbols)
        except InputError as fault:
            message = f"{symbol} cannot be derived. {fault}"
            problems.append(error("bad-formula", message, symbol=symbol, formula=text))
            continue
        known = {**values, **derived}
        faults = _lacking(symbol, formula, known, rest, [*columns.values(), *rest.columns])
        if not faults:
            formulas[symbol] = formula.text
            derived[symbol] = _evaluate(formula, known, rest)
        problems += faults
    return formulas, derived, problems


def _lacking(
    symbol: str,
    formula: Formula,
    known: Mapping[str, Values],
    rest: pd.DataFrame,
    columns: Sequence[str],
) -> list[Problem]:
    """Names that stand for nothing, and columns that hold no numbers."""
    problems = []
    for name in formula.names:
        if name in known:
            continue
        if name in rest:
            refused = to_numbers(rest[name])[1]
            called = f"{short(name)} (for {symbol} = {formula})"
            problems += [text_problem(called, name, refused, rest)] if refused else []
            continue
        near = nearest([name], [*known, *columns])
        hint = f"the nearest is {short(near)}" if near else "map a column to it with columns="
        message = (
            f"{symbol} cannot be derived as {formula}: there is no column or symbol {name}; {hint}."
        )
        problems.append(
            error("unknown-name", message, symbol=symbol, formula=formula.text, name=name)
        )
    return problems


def _evaluate(formula: Formula, known: Mapping[str, Values], rest: pd.DataFrame) -> Values:
    used = {name: known[name] for name in formula.names if name in known}
    numbers = {
        name: used[name].numbers if name in used else to_numbers(rest[name])[0]
        for name in formula.names
    }
    found = np.broadcast_to(formula.evaluate(numbers), len(rest)).astype(float)
    told = frozenset[int]().union(*(item.told for item in used.values()))
    deeper = [name for item in used.values() for name in item.sources]
    return Values(found, told, (*used, *deeper))
