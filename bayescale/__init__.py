"""Bayesian scaling laws: from a table of observed runs to forecasts that can be trusted.

>>> import bayescale as bs
>>> bs.forecast("runs.csv", at={"N": "70B", "D": "1.4T"})

What makes laws is imported at once and costs little; what reads tables, fits and forecasts is
imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bayescale import catalogue
from bayescale import errors as errors
from bayescale.law import Discrepancy as Discrepancy
from bayescale.law import Exponent as Exponent
from bayescale.law import Input as Input
from bayescale.law import Law as Law
from bayescale.law import Noise as Noise
from bayescale.law import Prior as Prior
from bayescale.law import Response as Response
from bayescale.law import Shape as Shape
from bayescale.law import Weight as Weight

if TYPE_CHECKING:
    from bayescale import datasets as datasets
    from bayescale.decision.buying.next_runs import NextRuns as NextRuns
    from bayescale.decision.buying.next_runs import next_runs as next_runs
    from bayescale.decision.cost import Cost as Cost
    from bayescale.decision.limits import Limit as Limit
    from bayescale.decision.options import Options as Options
    from bayescale.decision.options import compare_options as compare_options
    from bayescale.decision.plan import Plan as Plan
    from bayescale.decision.plan import plan as plan
    from bayescale.forecast.answer import Answer as Answer
    from bayescale.forecast.forecast import Extrapolation as Extrapolation
    from bayescale.forecast.forecast import extrapolate as extrapolate
    from bayescale.forecast.load import load as load
    from bayescale.forecast.mixture import Ensemble as Ensemble
    from bayescale.front_door import forecast as forecast
    from bayescale.judge.backtest import Backtest as Backtest
    from bayescale.judge.backtest import backtest as backtest
    from bayescale.judge.scores import score as score
    from bayescale.judge.sensitivity import sensitivity as sensitivity
    from bayescale.judge.weights import average as average
    from bayescale.judge.weights import compare as compare
    from bayescale.law.check import LawCheck as LawCheck
    from bayescale.law.check import check as check
    from bayescale.posterior.fit import Fit as Fit
    from bayescale.posterior.fit import fit as fit
    from bayescale.posterior.fit import identifiability as identifiability
    from bayescale.posterior.parameters import Belief as Belief
    from bayescale.report.report import report as report
    from bayescale.runs.points import read_points as read_points
    from bayescale.runs.runs import Runs as Runs
    from bayescale.runs.runs import read_runs as read_runs

__version__ = "0.1.0"

law, laws, register = catalogue.resolve, catalogue.table, catalogue.register
# The rooms are there from now on, so that their names are left to the functions.
for _room in ("forecast", "report"):
    import_module(f"bayescale.{_room}")
    del globals()[_room]

# Where the other public names are, by room and module.
_LATER = {
    "decision.buying.next_runs": "NextRuns next_runs",
    "decision.cost": "Cost",
    "decision.limits": "Limit",
    "decision.options": "Options compare_options",
    "decision.plan": "Plan plan",
    "forecast.answer": "Answer",
    "forecast.forecast": "Extrapolation extrapolate",
    "forecast.load": "load",
    "forecast.mixture": "Ensemble",
    "front_door": "forecast",
    "judge.backtest": "Backtest backtest",
    "judge.scores": "score",
    "judge.sensitivity": "sensitivity",
    "judge.weights": "average compare",
    "law.check": "LawCheck check",
    "posterior.fit": "Fit fit identifiability",
    "posterior.parameters": "Belief",
    "report.report": "report",
    "runs.points": "read_points",
    "runs.runs": "Runs read_runs",
}
_PLACES = {name: module for module, names in _LATER.items() for name in names.split()}
_MADE_OF = "Discrepancy Exponent Input Law Noise Prior Response Shape Weight"

__all__ = sorted({"datasets", "errors", "law", "laws", "register", *_MADE_OF.split(), *_PLACES})


def __getattr__(name: str) -> Any:
    if name == "datasets":
        return import_module("bayescale.datasets")
    if name not in _PLACES:
        raise AttributeError(f"module 'bayescale' has no attribute {name!r}")
    found = getattr(import_module(f"bayescale.{_PLACES[name]}"), name)
    # Kept, so that it is looked up once, and so that no room of the same name hides it.
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
