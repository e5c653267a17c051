"""What every value of a table of runs must be, as a pandera schema, and what is said if not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bayescale.errors import Problem
from bayescale.law.law import Law
from bayescale.runs.cells import Values
from bayescale.runs.wording import column_label, error, listed, row_label, rows_with_values

if TYPE_CHECKING:
    import pandera.pandas as pa

# Check name of pandera -> code, what is wrong, what to do.
_SENTENCES = {
    "not_nullable": ("missing-value", "has no value", "Fill it in, or leave the run out."),
    "finite": ("infinite-value", "is infinite", "Leave out runs that diverged or were cut short."),
    "not_negative": ("negative-value", "is negative", "Correct it, or leave the run out."),
    "not_zero": ("zero-value", "is zero", "Leave these runs out; this law has no place for zero."),
}


def schema(law: Law, symbols: Sequence[str]) -> pa.DataFrameSchema:
    """Columns of some of the law's symbols: float64, present, finite, positive.

    Zero is allowed in inputs that say so. Other columns are not looked at.
    """
    import pandera.pandas as pa

    finite = pa.Check(np.isfinite, name="finite")
    # An infinite value is reported as that only.
    not_negative = pa.Check(lambda s: (s >= 0) | np.isinf(s), name="not_negative")
    not_zero = pa.Check(lambda s: s != 0, name="not_zero")
    zero_allowed = {item.symbol for item in law.inputs if item.zero}
    return pa.DataFrameSchema(
        {
            symbol: pa.Column(
                "float64",
                [finite, not_negative] + ([] if symbol in zero_allowed else [not_zero]),
                nullable=False,
            )
            for symbol in symbols
        }
    )


def value_problems(
    values: Mapping[str, Values], index: pd.Index, law: Law, origin: Mapping[str, str]
) -> list[Problem]:
    """Report every value that cannot be fitted, one problem per column and kind.

    Parameters
    ----------
    values : mapping of str to Values
        For each symbol that has values.
    index : pandas.Index
        Names of the rows.
    law : Law
    origin : mapping of str to str
        How a symbol's column is called in messages.
    """
    import pandera.pandas as pa

    # What is derived comes last, so that the faults of its sources are known.
    present = [s for s in (*law.input_symbols, law.response.symbol) if s in values]
    present.sort(key=lambda symbol: len(values[symbol].sources))
    # By position, because labels may repeat.
    table = pd.DataFrame({symbol: values[symbol].numbers for symbol in present})
    try:
        schema(law, present).validate(table, lazy=True)
    except pa.errors.SchemaErrors as found:
        cases = found.failure_cases
    else:
        return []
    problems: list[Problem] = []
    faulty: dict[str, frozenset[int]] = {}
    for symbol in present:
        told = values[symbol].told.union(*(faulty.get(s, ()) for s in values[symbol].sources))
        mine = cases[cases["column"] == symbol]
        problems += _translate(mine, index, symbol, origin[symbol], told)
        faulty[symbol] = frozenset(int(position) for position in mine["index"])
    return problems


def _translate(
    cases: pd.DataFrame, index: pd.Index, symbol: str, column: str, told: frozenset[int]
) -> list[Problem]:
    problems = []
    for check, (code, what, remedy) in _SENTENCES.items():
        rows = cases[cases["check"] == check]
        pairs = [
            (int(position), float(value))
            for position, value in zip(rows["index"], rows["failure_case"], strict=True)
            if int(position) not in told
        ]
        if pairs:
            problems.append(_problem(symbol, column, code, what, remedy, pairs, index))
    return problems


def _problem(
    symbol: str,
    column: str,
    code: str,
    what: str,
    remedy: str,
    pairs: list[tuple[int, float]],
    index: pd.Index,
) -> Problem:
    positions, values = zip(*pairs, strict=True)
    if code == "missing-value":
        where = listed(row_label(index, position) for position in positions)
    else:
        where = rows_with_values(index, positions, values)
    details: dict[str, Any] = {
        "column": column,
        "symbol": symbol,
        "rows": [index[position] for position in positions],
        "values": list(values),
    }
    called = column_label(column, symbol)
    return error(code, f"Column {called} {what} in {where}. {remedy}", **details)
