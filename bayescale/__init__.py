"""Bayesian scaling laws: from a table of observed runs to forecasts that can be trusted.

>>> import bayescale as bs
>>> runs = bs.read_runs("runs.csv", "pretraining", derive={"C": "6*N*D"})
>>> fit = bs.fit(runs, seed=1)
>>> fit.extrapolate({"N": "70B", "D": "1.4T"}).table

What makes laws is imported at once and costs little; what reads tables, fits and forecasts is
imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bayescale import errors
from bayescale.catalogue import register
from bayescale.catalogue import resolve as law
from bayescale.catalogue import table as laws
from bayescale.law import Discrepancy, Exponent, Input, Law, Noise, Response, Shape, Weight
from bayescale.prior import Prior

if TYPE_CHECKING:
    from bayescale import datasets
    from bayescale.decision import Cost, Limit, NextRuns, Options, Plan, compare_options
    from bayescale.decision.next_runs import next_runs
    from bayescale.decision.plan import plan
    from bayescale.extrapolation import Average, Backtest, Extrapolation, compare, score
    from bayescale.extrapolation.average import average
    from bayescale.extrapolation.backtest import backtest
    from bayescale.extrapolation.extrapolate import extrapolate
    from bayescale.extrapolation.sensitivity import sensitivity
    from bayescale.posterior import Belief, Fit, load
    from bayescale.posterior.fit import fit
    from bayescale.posterior.identifiability import identifiability
    from bayescale.report.report import report
    from bayescale.runs import Runs, read_points, read_runs

__version__ = "0.1.0"

# Public name -> the room that holds it.
_LATER = {
    "Average": "extrapolation",
    "Backtest": "extrapolation",
    "Belief": "posterior",
    "Cost": "decision",
    "Extrapolation": "extrapolation",
    "Fit": "posterior",
    "Limit": "decision",
    "NextRuns": "decision",
    "Options": "decision",
    "Plan": "decision",
    "Runs": "runs",
    "average": "extrapolation",
    "backtest": "extrapolation",
    "compare": "extrapolation",
    "compare_options": "decision",
    "extrapolate": "extrapolation",
    "fit": "posterior",
    "identifiability": "posterior",
    "load": "posterior",
    "next_runs": "decision",
    "plan": "decision",
    "read_points": "runs",
    "read_runs": "runs",
    "report": "report",
    "score": "extrapolation",
    "sensitivity": "extrapolation",
}

__all__ = [
    "Average",
    "Backtest",
    "Belief",
    "Cost",
    "Discrepancy",
    "Exponent",
    "Extrapolation",
    "Fit",
    "Input",
    "Law",
    "Limit",
    "NextRuns",
    "Noise",
    "Options",
    "Plan",
    "Prior",
    "Response",
    "Runs",
    "Shape",
    "Weight",
    "average",
    "backtest",
    "compare",
    "compare_options",
    "datasets",
    "errors",
    "extrapolate",
    "fit",
    "identifiability",
    "law",
    "laws",
    "load",
    "next_runs",
    "plan",
    "read_points",
    "read_runs",
    "register",
    "report",
    "score",
    "sensitivity",
]


def __getattr__(name: str) -> Any:
    if name == "datasets":
        return import_module("bayescale.datasets")
    if name not in _LATER:
        raise AttributeError(f"module 'bayescale' has no attribute {name!r}")
    found = getattr(import_module(f"bayescale.{_LATER[name]}"), name)
    # Kept, so that it is looked up once, and so that no room of the same name hides it.
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
