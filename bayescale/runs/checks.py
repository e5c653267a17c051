"""What is wrong with a table whose columns are found, or what it says too little about.

Values that no law can take are errors. Only in a table without any can be seen what it says:
too few runs, inputs that do not vary, relations between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd

from bayescale.errors import Problem, RunsError
from bayescale.expressions.arithmetic import Formula
from bayescale.law.law import Law
from bayescale.numbers import format_number
from bayescale.runs.cells import above, cell_problems, unfit
from bayescale.runs.mapping import Mapped
from bayescale.runs.relations import relation_problems
from bayescale.runs.wording import column_label, error, listed, short, warning

# An input within this factor moves the response by less than the noise of many tables.
NARROW = 1.3


def checked(mapped: Mapped, law: Law, run: str | None) -> tuple[Problem, ...]:
    """Check all that can be checked; what a table says only if it is sound.

    Parameters
    ----------
    mapped : Mapped
    law : Law
    run : str or None
        Column that names the training run.

    Returns
    -------
    tuple of Problem
        Warnings and notes, with those that were found when it was mapped.

    Raises
    ------
    RunsError
        With every error that was found, if there is one.
    """
    frame = mapped.frame
    problems = [*mapped.problems, *_values(mapped, law)]
    if run in frame:
        unnamed = dict.fromkeys(np.flatnonzero(frame[run].isna()).tolist())
        problems += cell_problems("unnamed-run", short(run), frame.index, unnamed, column=run)
    _refuse(problems)
    for found in (_numbers, _repeated, _bounds, _spread, relation_problems):
        problems += found(frame, law)
    _refuse(problems)
    return tuple(problems)


def _refuse(problems: Iterable[Problem]) -> None:
    if errors := [problem for problem in problems if problem.severity == "error"]:
        raise RunsError(errors)


def _values(mapped: Mapped, law: Law) -> Iterator[Problem]:
    """Values that cannot be fitted, one problem per column and kind.

    A value that is derived from a faulty one is not told again.
    """
    zero = {item.symbol: item.zero for item in law.inputs} | {law.response.symbol: False}
    told = dict(mapped.told)
    # What is derived comes last, so that the faults of its sources are known.
    origin = {
        symbol: name for symbol, name in mapped.columns.items() if symbol not in mapped.derive
    }
    origin |= {symbol: f"{symbol} = {text}" for symbol, text in mapped.derive.items()}
    for symbol, column in origin.items():
        derived = symbol in mapped.derive
        sources = Formula(mapped.derive[symbol]).names if derived else (symbol,)
        known = set[int]().union(*(told.get(source, ()) for source in sources))
        numbers, index = mapped.frame[symbol].to_numpy(), mapped.frame.index
        faults = unfit(numbers, zero[symbol]) if symbol in zero else {}
        for code, rows in faults.items():
            cells = {
                position: None if code == "missing-value" else float(numbers[position])
                for position in np.flatnonzero(rows).tolist()
                if position not in known
            }
            called = column_label(column, symbol)
            yield from cell_problems(code, called, index, cells, column=column, symbol=symbol)
        told[symbol] = known.union(*(np.flatnonzero(rows).tolist() for rows in faults.values()))


def _numbers(frame: pd.DataFrame, law: Law) -> Iterator[Problem]:
    """Too few runs or places, or a response that never changes."""
    n_parameters = len(law.parameters)
    places = len(frame[list(law.input_symbols)].drop_duplicates())
    if len(frame) < 2:
        message = f"There is {len(frame)} run; a law needs at least 2, better 3 per parameter."
        yield error("too-few-runs", message, runs=len(frame))
    elif len(frame) < n_parameters:
        message = (
            f"There are {len(frame)} runs for {n_parameters} parameters of {law.name!r}; "
            "the priors decide what the runs cannot, so expect wide intervals."
        )
        yield warning("few-runs", message, runs=len(frame))
    elif places < n_parameters:
        message = (
            f"The {len(frame)} runs lie at {places} distinct place{'s' * (places > 1)}, fewer than "
            f"the {n_parameters} parameters of {law.name!r}: repeats say how noisy runs are, not "
            "how the law bends; add runs elsewhere."
        )
        yield warning("few-places", message, places=places)
    response = frame[law.response.symbol].to_numpy()
    if len(frame) > 1 and np.ptp(response) == 0:
        # No warning: the noise has nothing to be told apart from, and no sampler converges.
        message = (
            f"{law.response.symbol} is {response[0]:g} in all {len(frame)} runs, so there is "
            "nothing to learn from them; if it is the wrong column, name the right one as "
            f"columns={{'{law.response.symbol}': 'name'}} (--column {law.response.symbol}=name)."
        )
        yield error("constant-response", message, symbol=law.response.symbol)


def _repeated(frame: pd.DataFrame, law: Law) -> Iterator[Problem]:
    symbols = [*law.input_symbols, law.response.symbol]
    later = frame.duplicated(symbols).to_numpy()
    if not later.any():
        return
    values = [frame[symbol].to_numpy() for symbol in symbols]
    first = frame.index.to_series().groupby(values).transform("first")[later].tolist()
    rows = frame.index[later].tolist()
    noun = frame.index.name
    where = listed(
        f"{noun} {row} (as {noun} {original})" for row, original in zip(rows, first, strict=True)
    )
    message = (
        f"Inputs and response are the same as in an earlier run in {where}; a run that is "
        "listed twice counts twice, so drop the copies unless they are separate measurements."
    )
    yield warning("duplicate-rows", message, rows=rows, first=first)


def _bounds(frame: pd.DataFrame, law: Law) -> Iterator[Problem]:
    """Inputs that exceed another one that bounds them."""
    noun = frame.index.name
    for item in law.inputs:
        if not item.at_most:
            continue
        symbol, bound = item.symbol, item.at_most
        over = frame[above(frame[symbol].to_numpy(), frame[bound].to_numpy())]
        if not over.empty:
            where = listed(
                f"{value:g} where {bound} is {most:g} ({noun} {row})"
                for row, value, most in zip(over.index, over[symbol], over[bound], strict=True)
            )
            message = (
                f"{symbol} ({item.meaning}) is never more than {bound}; it is {where}. "
                "Mend the table, or swap the two columns."
            )
            yield error("above-bound", message, symbol=symbol, rows=over.index.tolist())


def _spread(frame: pd.DataFrame, law: Law) -> Iterator[Problem]:
    """Inputs that never vary, or hardly."""
    for symbol in law.input_symbols:
        values = frame[symbol].to_numpy()
        if not values.any():
            message = f"{symbol} is zero in all runs; add runs where it is not."
            yield error("zero-value", message, symbol=symbol)
        elif np.ptp(values) == 0:
            message = (
                f"{symbol} is {format_number(values[0])} in all runs: what it does to "
                f"{law.response.symbol} stays as the priors say, and forecasts hold at this "
                f"{symbol} only."
            )
            yield warning("constant-input", message, symbol=symbol)
        elif values.min() > 0 and (factor := values.max() / values.min()) < NARROW:
            message = (
                f"{symbol} varies by a factor of {factor:.3g} only: the runs say little about its "
                "exponent; add runs that are further apart."
            )
            yield warning("narrow-input", message, symbol=symbol)
