"""Symbols that no column holds, from formulas over columns and other symbols."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from bayescale.errors import InputError, Problem
from bayescale.expressions.arithmetic import Formula
from bayescale.law.prior import Array
from bayescale.runs.cells import cell_problems, to_numbers
from bayescale.runs.wording import error, hint, short


def derive_symbols(
    derive: Mapping[str, str],
    columns: Mapping[str, str],
    numbers: Mapping[str, Array],
    frame: pd.DataFrame,
) -> tuple[dict[str, str], dict[str, Array], list[Problem]]:
    """Evaluate formulas in the order given; a later one may use an earlier symbol.

    Parameters
    ----------
    derive : mapping of str to str
        Symbol to formula.
    columns : mapping of str to str
        Symbol to the column that gave it.
    numbers : mapping of str to ndarray, shape (n_rows,)
        Values of these symbols.
    frame : pandas.DataFrame, n_rows
        The table, whose other columns go by their own names.

    Returns
    -------
    formulas : dict of str to str
        With mapped columns written by their symbols, which points to forecast have too.
    known : dict of str to ndarray, shape (n_rows,)
        The numbers that were given, and those of each symbol that could be derived.
    problems : list of Problem
        Formulas that are none, names that stand for nothing, columns that hold no numbers.
    """
    symbols = {name: symbol for symbol, name in columns.items() if name not in columns}
    formulas: dict[str, str] = {}
    known = dict(numbers)
    problems: list[Problem] = []
    for symbol, text in derive.items():
        try:
            formula = Formula(text).renamed(symbols)
        except InputError as fault:
            message = f"{symbol} cannot be derived. {fault}"
            problems.append(error("bad-formula", message, symbol=symbol, formula=text))
            continue
        values, faults = _looked_up(formula, symbol, known, frame)
        problems += faults
        if not faults:
            formulas[symbol] = formula.text
            known[symbol] = np.broadcast_to(formula.evaluate(values), len(frame)).astype(float)
    return formulas, known, problems


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
            code = "text-in-number-column"
            problems += cell_problems(code, called, frame.index, refused, column=name)
        else:
            near = hint(name, [*known, *frame], "; map a column to it with columns=")
            says = f"there is no column or symbol {name}{near}."
            message = f"{symbol} cannot be derived as {formula}: {says}"
            details = {"symbol": symbol, "formula": formula.text, "name": name}
            problems.append(error("unknown-name", message, **details))
    return values, problems
