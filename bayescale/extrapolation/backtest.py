"""Hide the largest runs, fit the rest, and see how good the forecasts would have been."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.extrapolation.extrapolate import extrapolate, reach
from bayescale.extrapolation.hold_out import Fold, folds
from bayescale.extrapolation.point_estimate import bootstrap_curve, huber_curve
from bayescale.extrapolation.predictive import Predictive
from bayescale.extrapolation.scores import SCORES, parts
from bayescale.law import Array, Law
from bayescale.posterior.curve import Curve
from bayescale.posterior.data import ModelData
from bayescale.posterior.fit import fit
from bayescale.posterior.summary import DEFAULT_MASS, bounds

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from bayescale.runs import Runs

# Upper ends of the classes of reach, in decades beyond the fitted runs.
REACHES = (0.0, 0.5, 1.0, 2.0, np.inf)


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts of hidden runs beside what they were.

    Attributes
    ----------
    points : pandas.DataFrame
        A row per fold, forecaster and hidden run: inputs, ``observed``, ``median``, ``lower``
        and ``upper`` (equal-tailed 90%, of one new run or of the curve as ``kind`` says),
        ``reach``, and every score.
    settings : pandas.DataFrame
        A row per fold and forecaster: runs fitted and hidden, seconds, divergences, notes.
    runs : Runs
        The whole table.
    """

    points: pd.DataFrame
    settings: pd.DataFrame
    runs: Runs

    @cached_property
    def table(self) -> pd.DataFrame:
        """Scores per fold, forecaster and kind of interval, averaged over hidden runs."""
        scores = _average(self.points, ["fold", "forecaster", "kind"])
        return scores.join(self.settings.set_index(["fold", "forecaster"]))

    @cached_property
    def by_reach(self) -> pd.DataFrame:
        """Scores per forecaster, kind and decades beyond the fitted runs, over all folds."""
        import pandas as pd

        labels = [_reach_label(*pair) for pair in zip((-1.0, *REACHES), REACHES, strict=False)]
        # The first class is what lies within the observed range.
        classes = pd.cut(self.points["reach"], [-1.0, *REACHES], labels=labels)
        return _average(self.points.assign(beyond=classes), ["forecaster", "kind", "beyond"])

    @cached_property
    def text(self) -> str:
        """What a planner should remember, a sentence per law."""
        # Point estimates say nothing of a new run.
        own = self.points[self.points["kind"] == "run"]
        lines = []
        for name, part in own.groupby("forecaster", sort=False):
            furthest = part["reach"].max()
            lines.append(
                f"On your own runs, intervals labelled 90% (equal-tailed, of one new run) by "
                f"{name!r} have covered {part['coverage_90'].mean():.0%} of {len(part)} hidden "
                f"runs at a reach of up to {furthest:.1f} decades; the median was off by "
                f"{_rms(part['rmsle']):.2%}."
            )
        return "\n".join(lines)

    def plot(self, forecaster: str | None = None) -> Figure:
        """Forecast bands over the hidden runs of the last fold."""
        from bayescale.extrapolation.picture import backtest_picture

        return backtest_picture(self, forecaster)

    def __repr__(self) -> str:
        columns = ["rmsle", "log_score", "coverage_90", "width_90", "n_train", "n_test"]
        return f"{self.table[columns].round(4)}\n{self.text}"

    def _repr_html_(self) -> str:
        paragraphs = "".join(f"<p>{escape(line)}</p>" for line in self.text.splitlines())
        return self.table.to_html(float_format="{:.4g}".format) + paragraphs


def backtest(
    runs: Runs,
    laws: Sequence[Law | str] | None = None,
    *,
    hold_out: Any = 0.3,
    discrepancy: bool = True,
    point_estimates: bool = True,
    seed: int = 1,
    chains: int = 4,
    draws: int = 500,
    progress: bool = True,
) -> Backtest:
    """Score forecasts of hidden runs by several laws, and by the point estimates of today.

    Parameters
    ----------
    runs : Runs
    laws : sequence of Law or str, optional
        The runs' own law if left out.
    hold_out : float, mapping, str, mask, or sequence of these, default 0.3
        What is hidden; see :func:`bayescale.extrapolation.hold_out.folds`.
    discrepancy : bool, default True
        Allow for the laws being wrong beyond the data.
    point_estimates : bool, default True
        Beside each law its Huber fit and that fit's bootstrap, on the same rows.
    seed, chains, draws : int
        Of the fits; a law is compiled once for all folds.
    progress : bool, default True

    Returns
    -------
    Backtest

    Raises
    ------
    InputError
        If a cut cannot be read or leaves too few runs.
    """
    import pandas as pd

    cuts = folds(runs, hold_out)
    tables = [runs.for_law(law) for law in laws] if laws is not None else [runs]
    options: dict[str, Any] = {
        "seed": seed,
        "chains": chains,
        "draws": draws,
        "progress": progress,
        "route": "compiled" if len(cuts) > 1 else "direct",
        "strict": False,
    }
    points, settings = [], []
    for table in tables:
        for cut in cuts:
            entries = [_ours(table, cut, discrepancy, options)]
            if point_estimates:
                entries += _todays(table, cut, seed)
            for entry in entries:
                points += entry.rows
                settings.append(entry.setting)
    return Backtest(pd.concat(points, ignore_index=True), pd.DataFrame(settings), runs)


@dataclass(frozen=True)
class _Entry:
    """What one forecaster made of one fold."""

    rows: list[pd.DataFrame]
    setting: dict[str, Any]


def _ours(table: Runs, cut: Fold, discrepancy: bool, options: dict[str, Any]) -> _Entry:
    start = time.perf_counter()
    found = fit(table.select(cut.train), **options)
    name, hidden = table.law.name, _hidden(table, cut)
    rows = []
    for kind in ("run", "mean"):
        forecast = extrapolate(
            found, hidden, kind=kind, discrepancy=discrepancy, allow_unconverged=True
        )
        predictive = forecast.predictive if kind == "run" else None
        rows.append(_rows(table, cut, name, kind, forecast.draws.to_numpy(), predictive))
    notes = "; ".join(p.message for p in found.diagnostics.problems if p.severity == "error")
    divergences = found.diagnostics.divergences
    return _Entry(rows, _setting(cut, name, start, divergences=divergences, notes=notes))


def _todays(table: Runs, cut: Fold, seed: int) -> list[_Entry]:
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
        entries.append(_Entry(rows, _setting(cut, name, start)))
    return entries


def _hidden(table: Runs, cut: Fold) -> pd.DataFrame:
    columns = dict.fromkeys((*table.law.input_symbols, *([table.run] if table.run else [])))
    return table.table.loc[cut.test, list(columns)].reset_index(drop=True)


def _rows(
    table: Runs, cut: Fold, name: str, kind: str, draws: Array, predictive: Predictive | None
) -> pd.DataFrame:
    frame = _hidden(table, cut)
    hidden = {symbol: frame[symbol].to_numpy() for symbol in table.law.input_symbols}
    seen = {symbol: x[cut.train] for symbol, x in table.inputs.items()}
    observed = table.response[cut.test]
    median, lower, upper = bounds(draws, DEFAULT_MASS)
    return frame.assign(
        fold=cut.name,
        forecaster=name,
        kind=kind,
        observed=observed,
        median=median,
        lower=lower,
        upper=upper,
        reach=reach(seen, hidden),
        **parts(draws, observed, predictive),
    )


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


def _average(points: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    names = [name for name in points if name in SCORES]
    groups = points.groupby(by, sort=False, observed=True)
    means = groups[names].mean()
    means["rmsle"] = groups["rmsle"].agg(_rms)
    return means.assign(n=groups.size())


def _rms(values: Any) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _reach_label(low: float, high: float) -> str:
    if high <= 0:
        return "within the data"
    return f"over {low:g} decades" if np.isinf(high) else f"{max(low, 0):g} to {high:g} decades"
