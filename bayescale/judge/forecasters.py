"""What is set beside each other in a backtest: laws, their average, today's point estimates."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bayescale.forecast.forecast import extrapolate
from bayescale.forecast.predictive import Predictive
from bayescale.forecast.reach import reach
from bayescale.forecast.scenarios import KINDS, Forecaster
from bayescale.intervals import DEFAULT_MASS, bounds
from bayescale.judge.hindcast import Refittable, hidden_points
from bayescale.judge.hold_out import Fold
from bayescale.judge.rivals import bootstrap_curve, huber_curve
from bayescale.judge.rungs import Rung
from bayescale.judge.scores import parts as score_parts
from bayescale.judge.weights import average, weighed
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.posterior.data import ModelData
from bayescale.posterior.fit import Fit
from bayescale.posterior.predictor import Curve
from bayescale.runs.runs import Runs

AVERAGE = "average"


@dataclass(frozen=True)
class Entry:
    """What one forecaster made of one fold.

    Attributes
    ----------
    rows : list of pandas.DataFrame
        A row per hidden run, one table per kind of interval.
    setting : dict
        Runs fitted and hidden, seconds, divergences, notes.
    """

    rows: list[pd.DataFrame]
    setting: dict[str, Any]

    @property
    def name(self) -> str:
        """Of the forecaster."""
        return str(self.setting["forecaster"])


def by_law(of: Refittable, cut: Fold, options: dict[str, Any]) -> tuple[Entry, Fit]:
    """Fit the law of a table to one fold; the entry, and the fit for averages."""
    start = time.perf_counter()
    found = of.fit(cut.train, **options)
    notes = "; ".join(p.message for p in found.diagnostics.problems if p.severity == "error")
    divergences = found.diagnostics.divergences
    setting = _setting(cut, found.law.name, start, divergences=divergences, notes=notes)
    return _entry(found, of.runs, cut, setting), found


def by_average(
    table: Runs,
    rung: Rung,
    lower: Sequence[Rung],
    options: dict[str, Any],
) -> Entry:
    """Average fits of one fold, weighted by hindcasts within its fitted runs.

    Folds that were fitted before and hide some of those runs are such hindcasts; where there is
    none, the laws are fitted to fewer of them.
    """
    start, cut = time.perf_counter(), rung.fold
    within = [
        each
        for each in lower
        if not (each.fold.train & ~cut.train).any() and (each.fold.test & cut.train).any()
    ]
    if within:
        whole = weighed(rung.fits, within, table, cut.train)
    else:
        whole = average(rung.fits, seed=options["seed"], draws=options["draws"])
    notes = "" if len(whole.hindcasts) else "equal weights: too few runs to learn them from"
    return _entry(whole, table, cut, _setting(cut, AVERAGE, start, notes=notes))


def _entry(forecaster: Forecaster, table: Runs, cut: Fold, setting: dict[str, Any]) -> Entry:
    hidden, rows = hidden_points(table, cut), []
    for kind in KINDS:
        found = extrapolate(forecaster, hidden, kind=kind, allow_unconverged=True)
        predictive = found.predictive if kind == "run" else None
        draws = found.draws.to_numpy()
        rows.append(_rows(table, cut, setting["forecaster"], kind, draws, predictive))
    return Entry(rows, setting)


def by_point_estimates(table: Runs, cut: Fold, seed: int) -> list[Entry]:
    """Huber fit of a law to one fold, and the bootstrap of that fit."""
    data = ModelData.from_runs(table.select(cut.train))
    hidden = {name: x[cut.test] for name, x in table.inputs.items()}
    makers: dict[str, Callable[[Law, ModelData, int], Curve]] = {
        "Huber": huber_curve,
        "Huber bootstrap": bootstrap_curve,
    }
    entries = []
    for label, make in makers.items():
        start = time.perf_counter()
        draws = make(table.law, data, seed)(hidden)
        name = f"{label} of {table.law.name}"
        rows = [_rows(table, cut, name, "mean", draws, None)]
        entries.append(Entry(rows, _setting(cut, name, start)))
    return entries


def _rows(
    table: Runs, cut: Fold, name: str, kind: str, draws: Array, predictive: Predictive | None
) -> pd.DataFrame:
    frame: pd.DataFrame = hidden_points(table, cut)
    hidden = {symbol: frame[symbol].to_numpy() for symbol in table.law.input_symbols}
    seen = {symbol: x[cut.train] for symbol, x in table.inputs.items()}
    observed = table.response[cut.test]
    median, lower, upper = bounds(draws, DEFAULT_MASS)
    found: pd.DataFrame = frame.assign(
        fold=cut.name,
        forecaster=name,
        kind=kind,
        observed=observed,
        median=median,
        lower=lower,
        upper=upper,
        reach=reach(seen, hidden),
        **score_parts(draws, observed, predictive),
    )
    return found


def _setting(
    cut: Fold, name: str, start: float, divergences: int = 0, notes: str = ""
) -> dict[str, Any]:
    return {
        "fold": cut.name,
        "forecaster": name,
        "n_train": int(cut.train.sum()),
        "n_test": int(cut.test.sum()),
        "seconds": time.perf_counter() - start,
        "divergences": divergences,
        "notes": notes,
    }
