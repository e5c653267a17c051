"""What a planner should remember of a backtest."""

from __future__ import annotations

from bayescale.judge.backtest import Backtest
from bayescale.judge.scores import rms


def backtest_sentences(found: Backtest) -> str:
    """How intervals held, a line per forecaster."""
    # Point estimates say nothing of a new run.
    own = found.points[found.points["kind"] == "run"]
    lines = (
        f"On your own runs, intervals labelled 90% (equal-tailed, of one new run) by {name!r} have "
        f"covered {part['coverage_90'].mean():.0%} of {len(part)} hidden runs at a reach of up to "
        f"{part['reach'].max():.1f} decades; the median was off by {rms(part['rmsle']):.2%}."
        for name, part in own.groupby("forecaster", sort=False)
    )
    return "\n".join(lines)
