"""Inputs that are products of powers of others, so that their exponents cannot be told apart.

    log x = log c + sum_j p_j log x_j + residual

Each input is regressed on those before it, after leaving out what depends on others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

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
        factors = [_power(name, power) for name, power in self.powers.items()]
        constant = f"{self.constant:.4g}"
        return "*".join(([] if constant == "1" else [constant]) + factors)


def _power(name: str, power: float) -> str:
    written = f"{power:.3g}"
    return name if written == "1" else f"{name}**{written}"


def relation_problems(inputs: Mapping[str, Array], law: Law) -> list[Problem]:
    """Warn of every input that others (nearly) determine.

    Parameters
    ----------
    inputs : mapping of str to ndarray, shape (n_runs,)
        Valid values; runs with a zero are left out here.
    law : Law
    """
    return [_problem(relation, law) for relation in relations(inputs)]


def relations(inputs: Mapping[str, Array]) -> list[Relation]:
    """Find them: residual at rounding level, or a log correlation above 0.99."""
    table = np.column_stack(list(inputs.values()))
    logs = np.log(np.unique(table[(table > 0).all(axis=1)], axis=0))
    free: list[int] = []
    found = []
    names = list(inputs)
    for column in range(len(names)):
        # A straight line through as many points as it has coefficients proves nothing.
        if len(logs) < len(free) + 3 or np.ptp(logs[:, column]) < 1e-9:
            continue
        relation = _best(logs, column, free, names) if free else None
        if relation is None:
            free.append(column)
        else:
            found.append(relation)
    return found


def _best(logs: Array, column: int, free: list[int], names: list[str]) -> Relation | None:
    """Prefer a relation that holds in every run, then one to a single other input."""
    joint = _regress(logs, column, free, names)
    if joint is not None and joint.residual <= ROUNDED:
        return joint
    pairs = [pair for k in free if (pair := _regress(logs, column, [k], names)) is not None]
    return min(pairs, key=lambda pair: pair.residual, default=joint)


def _regress(logs: Array, column: int, free: list[int], names: list[str]) -> Relation | None:
    mean = logs.mean(axis=0)
    centred = logs - mean
    slopes = np.linalg.lstsq(centred[:, free], centred[:, column], rcond=None)[0]
    residual = float(np.std(centred[:, column] - centred[:, free] @ slopes))
    spread = float(np.std(centred[:, column]))
    if residual > np.sqrt(1 - CORRELATED**2) * spread:
        return None
    kept = [(k, slope) for k, slope in zip(free, slopes, strict=True) if abs(slope) > 5e-4]
    constant = float(np.exp(mean[column] - sum(slope * mean[k] for k, slope in kept)))
    powers = {names[k]: float(slope) for k, slope in kept}
    return Relation(names[column], constant, powers, residual)


def _problem(relation: Relation, law: Law) -> Problem:
    others = " and ".join(relation.powers)
    details = {
        "symbol": relation.symbol,
        "constant": relation.constant,
        "powers": dict(relation.powers),
        "residual": relation.residual,
    }
    if relation.residual <= ROUNDED:
        how = "" if relation.residual <= EXACT else f" to within {relation.residual:.1g}"
        code, says = "product-input", f"{relation.symbol} = {relation.product} in every run{how}"
    else:
        code = "fixed-ratio" if len(relation.powers) == 1 else "near-product"
        says = (
            f"{relation.symbol} is nearly {relation.product} (log correlation above {CORRELATED:g})"
        )
    return warning(
        code,
        f"{says}: the exponent of {relation.symbol} cannot be told apart from those of {others}. "
        f"Forecasts of {law.response.symbol} hold where this relation does; runs that break it "
        "would separate them.",
        **details,
    )
