"""A comparison of options in sentences."""

from __future__ import annotations

import numpy as np

from bayescale.decision.options import Options


def options_sentences(options: Options) -> str:
    """Which option is best, how surely, and what choosing it may cost, in two sentences."""
    table = options.table
    row = table.iloc[0].to_dict()
    worst = row["tail_regret"]
    tail = "" if np.isnan(worst) else f" ({worst:.2g} in the worst tenth of scenarios)"
    return (
        f"{table.index[0]} has the least {options.risk} of {options.response}: "
        f"{row['median']:.4g} ({row['interval']}: {row['lower']:.4g} to "
        f"{row['upper']:.4g}). It is the best of {len(table)} with a probability of "
        f"{row['P(best)']:.0%}; choosing it gives away {row['expected_regret']:.2g} on "
        f"average{tail}."
    )
