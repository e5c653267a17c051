"""The one way back: what results hand to a later room, which is imported when it is called.

Rooms import from rooms before them only. A result still draws itself and says itself in
sentences, a fit forecasts, and a law is found by its name to be checked; these functions are all
that is called so, and this list is the only place where an earlier room names a later one.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

_LATER = {
    "resolve": "bayescale.catalogue",
    "extrapolate": "bayescale.forecast.forecast",
    "extrapolation": "bayescale.plots.forecast",
    "bands": "bayescale.plots.backtest",
    "designs": "bayescale.plots.plan",
    "candidates": "bayescale.plots.next_runs",
    "answer_sentences": "bayescale.words.answer",
    "backtest_sentences": "bayescale.words.backtest",
    "plan_sentences": "bayescale.words.plan",
    "smallest_sentence": "bayescale.words.plan",
    "options_sentences": "bayescale.words.options",
    "next_runs_sentences": "bayescale.words.next_runs",
    "report": "bayescale.report.report",
}


def later(name: str) -> Callable[..., Any]:
    """Find a function of a later room by its name."""
    found: Callable[..., Any] = getattr(import_module(_LATER[name]), name)
    return found
