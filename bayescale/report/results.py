"""What a report is made of, in its kinds, and the targets that each forecaster takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bayescale.decision.buying.next_runs import NextRuns
from bayescale.decision.options import Options
from bayescale.decision.plan import Plan
from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula
from bayescale.forecast.answer import Answer
from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.forecast import Extrapolation, extrapolate
from bayescale.forecast.mixture import Ensemble
from bayescale.forecast.scenarios import Forecaster
from bayescale.judge.backtest import Backtest
from bayescale.plots.tables import fits_of
from bayescale.posterior.fit import Fit
from bayescale.runs.points import read_points

Decision = Plan | NextRuns | Options


@dataclass(frozen=True, eq=False)
class Subject:
    """A forecaster of a report, and what is told of it.

    Attributes
    ----------
    place : int
        Its number in the report, from 0.
    name : str
        What it is called: its law, and its runs where that is not enough.
    forecaster : Fit or Ensemble
    usable : bool
        Whether forecasts are made from it.
    forecast : Extrapolation or None
        One new run at its targets, of an answer at its own too; None where there is no target,
        or it is not usable.
    plans : tuple of Plan
        That were made with it.
    """

    place: int
    name: str
    forecaster: Forecaster
    usable: bool
    forecast: Extrapolation | None
    plans: tuple[Plan, ...]


@dataclass(frozen=True, eq=False)
class Results:
    """What was given to a report, sorted.

    Attributes
    ----------
    subjects : tuple of Subject
        Answers, then fits, those of an average among them, then other averages.
    given : tuple of Extrapolation
    backtests : tuple of Backtest
    decisions : tuple of Plan, NextRuns or Options
        In this order.
    assumed : Assumptions
    facts : mapping of str to str
        Answers to the checklist.
    """

    subjects: tuple[Subject, ...]
    given: tuple[Extrapolation, ...]
    backtests: tuple[Backtest, ...]
    decisions: tuple[Decision, ...]
    assumed: Assumptions
    facts: Mapping[str, str]

    @property
    def fits(self) -> tuple[tuple[str, Fit], ...]:
        """The fits alone, with their names."""
        return tuple((s.name, s.forecaster) for s in self.subjects if isinstance(s.forecaster, Fit))

    @property
    def forecasts(self) -> tuple[tuple[str, Extrapolation], ...]:
        """What was forecast at targets, with the names of the forecasters."""
        return tuple((s.name, s.forecast) for s in self.subjects if s.forecast)


def sort_results(
    results: Any, targets: Any, assumed: Assumptions, facts: Mapping[str, str] | None = None
) -> Results:
    """Sort results by their kind, and forecast the targets.

    Parameters
    ----------
    results : result or sequence of results
    targets : mapping, pandas.DataFrame, list of these or None
    assumed : Assumptions
    facts : mapping of str to str, optional

    Raises
    ------
    InputError
        For what is no result, for no result at all, or a target that no forecaster takes.
    """
    listed = results if isinstance(results, list | tuple) else [results]
    if not listed:
        raise InputError("A report needs at least one result, such as a fit.")
    for item in listed:
        if not isinstance(item, Forecaster | Extrapolation | Backtest | Decision):
            raise InputError(
                "A report is made of fits, averages, answers, forecasts, backtests, plans, options "
                f"and next runs; it was given a {type(item).__name__}."
            )
    plans = _of(listed, Plan)
    # What a plan asked is reported too.
    asked = [*listed, *(plan.task.scenarios.forecaster for plan in plans)]
    averages = dict.fromkeys(_of(asked, Ensemble))
    fits = dict.fromkeys([*_of(asked, Fit), *(fit for whole in averages for fit in whole.fits)])
    forecasters: list[Forecaster] = [*fits, *averages]
    forecasters.sort(key=lambda found: not isinstance(found, Answer))
    points, subjects = _targets(targets, forecasters), []
    for place, (name, found) in enumerate(zip(_names(forecasters), forecasters, strict=True)):
        usable = assumed.allow_unconverged or all(f.diagnostics.passed for f in fits_of(found))
        forecast = _forecast(found, points, assumed) if usable else None
        own = tuple(plan for plan in plans if plan.task.scenarios.forecaster is found)
        subjects.append(Subject(place, name, found, usable, forecast, own))
    decisions: tuple[Decision, ...] = (*plans, *_of(listed, NextRuns), *_of(listed, Options))
    given, backtests = _of(listed, Extrapolation), _of(listed, Backtest)
    return Results(tuple(subjects), given, backtests, decisions, assumed, facts or {})


def takes(fit: Fit, names: Iterable[Any]) -> bool:
    """Whether points of these names have what the fit's law needs, and nothing else."""
    formulas = {symbol: set(Formula(text).names) for symbol, text in fit.derive.items()}
    given, needed = set(names), set(fit.law.input_symbols)
    have = given
    for symbol, others in formulas.items():
        if others <= have:
            have = have | {symbol}
    return given <= needed.union(*formulas.values()) and needed <= have


def _of[Kind](listed: Sequence[Any], kind: type[Kind]) -> tuple[Kind, ...]:
    return tuple(item for item in listed if isinstance(item, kind))


def _names(forecasters: Sequence[Forecaster]) -> Iterator[str]:
    laws = [found.law.name for found in forecasters if isinstance(found, Fit)]
    taken = set[str]()
    for place, found in enumerate(forecasters, 1):
        if isinstance(found, Ensemble):
            called = "answer by" if isinstance(found, Answer) else "average of"
            name = f"the {called} {', '.join(fit.law.name for fit in found.fits)}"
        else:
            alike = laws.count(found.law.name) > 1
            name = found.law.name + (f" ({found.runs.source})" if alike else "")
        yield f"{name}, no. {place}" if name in taken else name
        taken.add(name)


def _targets(targets: Any, forecasters: Sequence[Forecaster]) -> list[Any]:
    """Targets as points that somebody takes, of one set of names each."""
    if targets is None:
        return []
    several = list(targets) if isinstance(targets, list | tuple) else [targets]
    firsts = [fits_of(found)[0] for found in forecasters]
    for item in several:
        if not isinstance(item, Mapping | pd.DataFrame):
            raise InputError(
                f"Targets are mappings such as {{'N': '70B'}} or a DataFrame, not {item!r}."
            )
        if not any(takes(fit, item) for fit in firsts):
            laws = {fit.law.name: ", ".join(fit.law.input_symbols) for fit in firsts}
            known = "; ".join(f"{name} takes {inputs}" for name, inputs in laws.items())
            told = ", ".join(f"{name}={value}" for name, value in dict(item).items())
            raise InputError(
                f"No fit of this report takes the target {told}: {known or 'there is no fit'}."
            )
    return several


def _forecast(
    forecaster: Forecaster, targets: Sequence[Any], assumed: Assumptions
) -> Extrapolation | None:
    first = fits_of(forecaster)[0]
    mine = [read_points(item, first.law, first.derive) for item in targets if takes(first, item)]
    if isinstance(forecaster, Answer):
        # What it was asked, before what the report is asked.
        mine.insert(0, forecaster.forecast.points)
    if not mine:
        return None
    return extrapolate(forecaster, pd.concat(mine, ignore_index=True), **assumed.options)
