"""A comparison of options in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bayescale.decision.options import Options
from bayescale.words.known import chance, margin, told


def options_sentences(options: Options) -> str:
    """Which option is best, how surely, and what choosing it may cost, in two sentences."""
    table = options.table
    row = table.iloc[0].to_dict()
    count = int(table["allowed"].sum())
    within = "" if count == len(table) else f" that keep the limits, of {len(table)},"
    best = chance(row["P(best)"], row["P(best)_error"], len(options.draws))
    return (
        f"{table.index[0]} has the least {options.risk} of {options.response}: "
        f"{row['median']:.4g} ({row['interval']}: {row['lower']:.4g} to "
        f"{row['upper']:.4g}). It is the best of {count}{within} with a probability of "
        f"{best}; choosing it gives away {_regret(row)}."
    )


def _regret(row: Mapping[Any, Any]) -> str:
    mean, error, worst = (
        row[name] for name in ("expected_regret", "expected_regret_error", "tail_regret")
    )
    if not told(mean, error):
        return "nothing measurable on average"
    tail = "" if np.isnan(worst) else f" ({worst:.2g} in the worst tenth of scenarios)"
    return f"{margin(mean, error)} on average{tail}"
