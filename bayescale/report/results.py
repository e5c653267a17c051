"""What a report is made of, in its kinds, and the targets that each forecaster takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bayescale.decision.buying.next_runs import NextRuns
from bayescale.decision.options import Options
from bayescale.decision.plan import Plan
from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula
from bayescale.forecast.forecast import Extrapolation
from bayescale.forecast.mixture import Average
from bayescale.judge.backtest import Backtest
from bayescale.posterior.fit import Fit
from bayescale.report.whatif import Allowed
from bayescale.runs.points import read_points

if TYPE_CHECKING:
    import pandas as pd

Decision = Plan | NextRuns | Options


@dataclass(frozen=True, eq=False)
class Forecast:
    """A forecaster's forecasts of its targets.

    Attributes
    ----------
    points : pandas.DataFrame
        Raw inputs.
    run, mean : Extrapolation
        Of one new run, and of the law's curve.
    """

    points: pd.DataFrame
    run: Extrapolation
    mean: Extrapolation


@dataclass(frozen=True, eq=False)
class Results:
    """What was given to a report, sorted.

    Attributes
    ----------
    forecasters : tuple of Fit or Average
        Fits first, those of an average among them.
    forecasts : mapping of int to Forecast
        Of targets, by the forecaster's place.
    given : tuple of Extrapolation
    backtests : tuple of Backtest
    decisions : tuple of Plan, NextRuns or Options
    discrepancy, seed, allow_unconverged
        As for :func:`bayescale.extrapolate`.
    """

    forecasters: tuple[Fit | Average, ...]
    forecasts: Mapping[int, Forecast]
    given: tuple[Extrapolation, ...]
    backtests: tuple[Backtest, ...]
    decisions: tuple[Decision, ...]
    discrepancy: Allowed = True
    seed: int = 0
    allow_unconverged: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def fits(self) -> tuple[Fit, ...]:
        """The fits alone."""
        return tuple(found for found in self.forecasters if isinstance(found, Fit))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What each forecaster is called: its law, and its runs where that is not enough."""
        laws = [_law_names(found) for found in self.forecasters]
        names = []
        for place, (law, found) in enumerate(zip(laws, self.forecasters, strict=True)):
            source = found.provenance.get("source", "") if isinstance(found, Fit) else ""
            name = f"{law} ({source})" if laws.count(law) > 1 and source else law
            names.append(f"{name}, no. {place + 1}" if name in names else name)
        return tuple(names)

    @property
    def named_fits(self) -> tuple[tuple[str, Fit], ...]:
        """The fits alone, with their names."""
        pairs = zip(self.names, self.forecasters, strict=True)
        return tuple((name, found) for name, found in pairs if isinstance(found, Fit))

    def plans_of(self, place: int) -> tuple[Plan, ...]:
        """Plans that were made with a forecaster."""
        forecaster = self.forecasters[place]
        plans = [found for found in self.decisions if isinstance(found, Plan)]
        if isinstance(forecaster, Fit):
            return tuple(p for p in plans if p.task.scenarios.members == (forecaster,))
        laws = {found.law.name for found in forecaster.fits}
        # The scenarios of an average are parts of its fits.
        several = [p for p in plans if len(p.task.scenarios.members) > 1]
        return tuple(p for p in several if {m.law.name for m in p.task.scenarios.members} <= laws)

    def usable(self, forecaster: Fit | Average) -> bool:
        """Whether forecasts are made from it."""
        fits = forecaster.fits if isinstance(forecaster, Average) else (forecaster,)
        return self.allow_unconverged or all(found.diagnostics.passed for found in fits)


def _law_names(forecaster: Fit | Average) -> str:
    if isinstance(forecaster, Fit):
        return forecaster.law.name
    return f"the average of {', '.join(found.law.name for found in forecaster.fits)}"


def sort_results(
    results: Any,
    targets: Any,
    *,
    discrepancy: Allowed,
    seed: int,
    allow_unconverged: bool,
    facts: Mapping[str, str],
) -> Results:
    """Sort results by their kind, and forecast the targets.

    Raises
    ------
    InputError
        For what is no result, for no result at all, or a target that no forecaster takes.
    """
    listed = list(results) if isinstance(results, list | tuple) else [results]
    kinds = _by_kind(listed)
    averages = [found for found in listed if isinstance(found, Average)]
    fits = [found for found in listed if isinstance(found, Fit)]
    fits += [found for whole in averages for found in whole.fits]
    plans = [found for found in kinds["decision"] if isinstance(found, Plan)]
    fits += [
        plan.task.scenarios.members[0] for plan in plans if len(plan.task.scenarios.members) == 1
    ]
    forecasters: tuple[Fit | Average, ...] = (*_once(fits), *averages)
    sorted_results = Results(
        forecasters,
        {},
        tuple(kinds["Extrapolation"]),
        tuple(kinds["Backtest"]),
        tuple(sorted(kinds["decision"], key=_order)),
        discrepancy,
        seed,
        allow_unconverged,
        facts,
    )
    return _with_forecasts(sorted_results, _points(targets))


def _order(found: Decision) -> int:
    return [Plan, NextRuns, Options].index(type(found))


def _once(items: Iterable[Fit]) -> list[Fit]:
    return list({id(item): item for item in items}.values())


def _by_kind(listed: Sequence[Any]) -> dict[str, list[Any]]:
    kinds: dict[str, list[Any]] = {name: [] for name in ("Extrapolation", "Backtest", "decision")}
    for item in listed:
        match item:
            case Fit() | Average():
                pass
            case Extrapolation():
                kinds["Extrapolation"].append(item)
            case Backtest():
                kinds["Backtest"].append(item)
            case Plan() | NextRuns() | Options():
                kinds["decision"].append(item)
            case _:
                raise InputError(
                    f"A report is made of fits, averages, forecasts, backtests, plans, options "
                    f"and next runs; it was given a {type(item).__name__}."
                )
    if not listed:
        raise InputError("A report needs at least one result, such as a fit.")
    return kinds


def _points(targets: Any) -> list[dict[str, Any]]:
    """Targets as one mapping per point."""
    import pandas as pd

    if targets is None:
        return []
    several = targets if isinstance(targets, list | tuple) else [targets]
    found: list[dict[str, Any]] = []
    for item in several:
        if isinstance(item, pd.DataFrame):
            found += _records(item)
        elif isinstance(item, Mapping):
            found += _records(pd.DataFrame({k: _listed(v) for k, v in item.items()}))
        else:
            raise InputError(
                f"Targets are mappings such as {{'N': '70B'}} or a DataFrame, not {item!r}."
            )
    return found


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | int | float) else list(value)


def takes(fit: Fit, point: Mapping[str, Any]) -> bool:
    """Whether a point names what the fit's law needs, and nothing else."""
    formulas = {symbol: set(Formula(text).names) for symbol, text in fit.derive.items()}
    known = {*fit.law.input_symbols, *(name for names in formulas.values() for name in names)}
    have = set(point)
    for symbol, names in formulas.items():
        if names <= have:
            have.add(symbol)
    return set(point) <= known and set(fit.law.input_symbols) <= have


def _with_forecasts(results: Results, points: Sequence[Mapping[str, Any]]) -> Results:
    import pandas as pd

    used = [False] * len(points)
    forecasts = {}
    for place, forecaster in enumerate(results.forecasters):
        first = forecaster.fits[0] if isinstance(forecaster, Average) else forecaster
        mine = [k for k, point in enumerate(points) if takes(first, point)]
        for k in mine:
            used[k] = True
        if not mine or not results.usable(forecaster):
            continue
        read = [read_points(points[k], first.law, derive=first.derive) for k in mine]
        frame = pd.concat(read, ignore_index=True)
        options: dict[str, Any] = {
            "discrepancy": results.discrepancy,
            "seed": results.seed,
            "allow_unconverged": results.allow_unconverged,
        }
        run, mean = (forecaster.extrapolate(frame, kind=k, **options) for k in ("run", "mean"))
        forecasts[place] = Forecast(frame, run, mean)
    for point, was_used in zip(points, used, strict=True):
        if not was_used:
            raise InputError(_nobody_takes(point, results.forecasters))
    return replace(results, forecasts=forecasts)


def _nobody_takes(point: Mapping[str, Any], forecasters: Sequence[Fit | Average]) -> str:
    laws = {
        found.law.name: ", ".join(found.law.input_symbols)
        for found in forecasters
        if isinstance(found, Fit)
    }
    known = "; ".join(f"{name} takes {inputs}" for name, inputs in laws.items())
    told = ", ".join(f"{name}={value}" for name, value in point.items())
    return f"No fit of this report takes the target {told}: {known or 'there is no fit'}."
