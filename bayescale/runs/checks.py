"""What a sound table says too little about: findings on runs that can be read as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from bayescale.errors import Problem
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import format_number
from bayescale.runs.wording import error, listed, warning

# An input within this factor moves the response by less than the noise of many tables.
NARROW = 1.3


def number_problems(frame: pd.DataFrame, law: Law) -> list[Problem]:
    """Too few runs or places, repeated runs, a response that never changes."""
    symbols = [*law.input_symbols, law.response.symbol]
    problems = []
    if len(frame) < 2:
        message = f"There is {len(frame)} run; a law needs at least 2, better 3 per parameter."
        problems.append(error("too-few-runs", message, runs=len(frame)))
    elif len(frame) < len(law.parameters):
        message = (
            f"There are {len(frame)} runs for {len(law.parameters)} parameters of {law.name!r}; "
            "the priors decide what the runs cannot, so expect wide intervals."
        )
        problems.append(warning("few-runs", message, runs=len(frame)))
    else:
        problems += _few_places(frame, law)
    response = frame[law.response.symbol].to_numpy()
    if len(frame) > 1 and np.ptp(response) == 0:
        # No warning: the noise has nothing to be told apart from, and no sampler converges.
        message = (
            f"{law.response.symbol} is {response[0]:g} in all {len(frame)} runs, so there is "
            "nothing to learn from them; is this the right column?"
        )
        problems.append(error("constant-response", message, symbol=law.response.symbol))
    return problems + _repeated(frame, symbols)


def _few_places(frame: pd.DataFrame, law: Law) -> list[Problem]:
    places = len(frame[list(law.input_symbols)].drop_duplicates())
    if places >= len(law.parameters):
        return []
    message = (
        f"The {len(frame)} runs lie at {places} distinct place{'s' * (places > 1)}, fewer than the "
        f"{len(law.parameters)} parameters of {law.name!r}: repeats say how noisy runs are, not "
        "how the law bends; add runs elsewhere."
    )
    return [warning("few-places", message, places=places)]


def bound_problems(inputs: Mapping[str, Array], law: Law, index: pd.Index[Any]) -> list[Problem]:
    """Find runs whose inputs exceed another input that bounds them."""
    problems = []
    for item in law.inputs:
        if not item.at_most:
            continue
        # Equal values that were computed in two ways may differ by rounding.
        over = np.flatnonzero(inputs[item.symbol] > inputs[item.at_most] * (1 + 1e-9))
        if over.size:
            where = listed(
                f"{inputs[item.symbol][k]:g} where {item.at_most} is "
                f"{inputs[item.at_most][k]:g} ({index.name} {index[k]})"
                for k in over.tolist()
            )
            message = (
                f"{item.symbol} ({item.meaning}) is never more than {item.at_most}; it is {where}. "
                "Mend the table, or swap the two columns."
            )
            rows = [index[k] for k in over.tolist()]
            problems.append(error("above-bound", message, symbol=item.symbol, rows=rows))
    return problems


def _repeated(frame: pd.DataFrame, symbols: list[str]) -> list[Problem]:
    later = frame.duplicated(symbols, keep="first")
    if not later.any():
        return []
    first = frame.groupby(symbols, sort=False).head(1)
    originals = {
        tuple(row): label
        for label, row in zip(first.index, first[symbols].to_numpy().tolist(), strict=True)
    }
    repeats = frame.loc[later.to_numpy(), symbols]
    of = [originals[tuple(row)] for row in repeats.to_numpy().tolist()]
    noun = frame.index.name
    where = listed(
        f"{noun} {row} (as {noun} {original})"
        for row, original in zip(repeats.index, of, strict=True)
    )
    message = (
        f"Inputs and response are the same as in an earlier run in {where}; a run that is "
        "listed twice counts twice, so drop the copies unless they are separate measurements."
    )
    return [warning("duplicate-rows", message, rows=list(repeats.index), first=of)]


def spread_problems(inputs: Mapping[str, Array], law: Law) -> list[Problem]:
    """Find inputs that never vary, or hardly."""
    problems = []
    for item in law.inputs:
        values = inputs[item.symbol]
        if not values.any():
            message = f"{item.symbol} is zero in all runs; add runs where it is not."
            problems.append(error("zero-value", message, symbol=item.symbol))
        elif np.ptp(values) == 0:
            message = (
                f"{item.symbol} is {format_number(values[0])} in all runs: what it does to "
                f"{law.response.symbol} stays as the priors say, and forecasts hold at this "
                f"{item.symbol} only."
            )
            problems.append(warning("constant-input", message, symbol=item.symbol))
        elif values.min() > 0 and values.max() / values.min() < NARROW:
            message = (
                f"{item.symbol} varies by a factor of {values.max() / values.min():.3g} only: "
                "the runs say little about its exponent; add runs that are further apart."
            )
            problems.append(warning("narrow-input", message, symbol=item.symbol))
    return problems
