"""Inputs that are products of powers of others, so that their exponents cannot be told apart.

    log x = log c + sum_j p_j log x_j + residual

Each input is regressed on those before it, after leaving out what depends on others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayescale.errors import Problem
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.runs.wording import warning

# Relative residual (SD of the log) of a relation that holds as computed, and of one that
# holds up to how numbers were rounded or read off a figure.
EXACT, ROUNDED = 1e-6, 0.01
# Log correlation from which two exponents trade against each other.
CORRELATED = 0.99


@dataclass(frozen=True)
class Relation:
    """``symbol = constant * prod(x**power)``, up to a relative residual."""

    symbol: str
    constant: float
    powers: Mapping[str, float]
    residual: float

    @property
    def product(self) -> str:
        """The right side, e.g. ``6*N*D``."""
        constant = f"{self.constant:.4g}"
        factors = [] if constant == "1" else [constant]
        for name, power in self.powers.items():
            written = f"{power:.3g}"
            factors.append(name if written == "1" else f"{name}**{written}")
        return "*".join(factors)


def relations(inputs: Mapping[str, Array]) -> list[Relation]:
    """Find every input that others (nearly) determine.

    Parameters
    ----------
    inputs : mapping of str to ndarray, shape (n_runs,)
        Valid values; runs with a zero are left out here.

    Returns
    -------
    list of Relation
        Each with a residual at rounding level, or a log correlation above 0.99.
    """
    table = np.column_stack(list(inputs.values()))
    places = np.log(np.unique(table[(table > 0).all(axis=1)], axis=0))
    logs = dict(zip(inputs, places.T, strict=True))
    free: list[str] = []
    found = []
    for symbol in logs:
        # A straight line through as many points as it has coefficients proves nothing.
        if len(places) < len(free) + 3 or np.ptp(logs[symbol]) < 1e-9:
            continue
        relation = _best(symbol, free, logs) if free else None
        if relation is None:
            free.append(symbol)
        else:
            found.append(relation)
    return found


def _best(symbol: str, others: list[str], logs: Mapping[str, Array]) -> Relation | None:
    """Prefer a relation that holds in every run, then one to a single other input."""
    joint = _regress(symbol, others, logs)
    if joint is not None and joint.residual <= ROUNDED:
        return joint
    pairs = [pair for other in others if (pair := _regress(symbol, [other], logs)) is not None]
    return min(pairs, key=lambda pair: pair.residual, default=joint)


def _regress(symbol: str, others: list[str], logs: Mapping[str, Array]) -> Relation | None:
    log, table = logs[symbol], np.column_stack([logs[other] for other in others])
    slopes = np.linalg.lstsq(table - table.mean(axis=0), log - log.mean(), rcond=None)[0]
    residual = float(np.std(log - table @ slopes))
    if residual > np.sqrt(1 - CORRELATED**2) * np.std(log):
        return None
    powers = {
        other: float(slope)
        for other, slope in zip(others, slopes, strict=True)
        if abs(slope) > 5e-4
    }
    constant = np.exp(np.mean(log - sum(power * logs[other] for other, power in powers.items())))
    return Relation(symbol, float(constant), powers, residual)


def relation_problems(frame: pd.DataFrame, law: Law) -> Iterator[Problem]:
    """Warn of every input in a sound table that others (nearly) determine."""
    for relation in relations({symbol: frame[symbol].to_numpy() for symbol in law.input_symbols}):
        symbol, others = relation.symbol, " and ".join(relation.powers)
        if relation.residual <= ROUNDED:
            how = "" if relation.residual <= EXACT else f" to within {relation.residual:.1g}"
            code, says = "product-input", f"{symbol} = {relation.product} in every run{how}"
        else:
            code = "fixed-ratio" if len(relation.powers) == 1 else "near-product"
            says = f"{symbol} is nearly {relation.product} (log correlation above {CORRELATED:g})"
        message = (
            f"{says}: the exponent of {symbol} cannot be told apart from those of {others}. "
            f"Forecasts of {law.response.symbol} hold where this relation does; runs that break "
            "it would separate them."
        )
        yield warning(code, message, **vars(relation))
