"""Hide the largest runs, fit the rest, and see how good the forecasts would have been."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from bayescale.delegates import later
from bayescale.judge.forecasters import (
    Entry,
    by_average,
    by_law,
    by_point_estimates,
)
from bayescale.judge.hindcast import Refittable, route
from bayescale.judge.hold_out import folds
from bayescale.judge.rungs import Rung
from bayescale.judge.scores import SCORES, rms
from bayescale.law.law import Law
from bayescale.numbers import brief
from bayescale.posterior.fit import Fit
from bayescale.runs.runs import Runs

# Upper ends of the classes of reach: decades beyond the fitted runs, in an input or in size.
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
        """Scores per forecaster, kind and decades beyond the fitted runs, over all folds.

        Beyond in an input or in size: a corner of the largest inputs, each seen but not together,
        is not within the data.
        """
        labels = [_reach_label(*pair) for pair in zip((-1.0, *REACHES), REACHES, strict=False)]
        # The first class is what lies within the fitted runs' ranges and their sizes.
        classes = pd.cut(self.points["reach"], [-1.0, *REACHES], labels=labels)
        return _average(self.points.assign(beyond=classes), ["forecaster", "kind", "beyond"])

    @cached_property
    def text(self) -> str:
        """What a planner should remember, a sentence per law."""
        return str(later("backtest_sentences")(self))

    def plot(self, forecaster: str | None = None) -> Any:
        """Forecast bands over the hidden runs of the last fold."""
        return later("bands")(self, forecaster)

    def __repr__(self) -> str:
        columns = ["rmsle", "log_score", "coverage_90", "width_90", "n_train", "n_test"]
        return f"{self.table[columns].round(4)}\n{self.text}"

    def _repr_html_(self) -> str:
        paragraphs = "".join(f"<p>{escape(line)}</p>" for line in self.text.splitlines())
        return self.table.to_html(float_format=brief) + paragraphs


def backtest(
    of: Runs | Fit | Sequence[Fit],
    laws: Sequence[Law | str] | None = None,
    *,
    hold_out: Any = 0.3,
    discrepancy: bool | None = None,
    point_estimates: bool = True,
    seed: int = 1,
    chains: int = 4,
    draws: int = 500,
    progress: bool = True,
) -> Backtest:
    """Score forecasts of hidden runs by laws, by their average, and by today's point estimates.

    Parameters
    ----------
    of : Runs, Fit or sequence of Fit
        Fits of the same runs are fitted again with the priors and beliefs that they were made
        with.
    laws : sequence of Law or str, optional
        Other laws for the same runs, with their own priors; the runs' own law, or those of the
        fits, if left out.
    hold_out : float, mapping, str, mask, or sequence of these, default 0.3
        What is hidden; see :func:`bayescale.judge.hold_out.folds`.
    discrepancy : bool, optional
        Let the laws' slopes err, as in :func:`bayescale.fit`; if left out as the fits were made,
        and yes where runs are given.
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
    several = _refittable(of, laws)
    runs = several[0].runs
    cuts = folds(runs, hold_out)
    options: dict[str, Any] = {
        "seed": seed,
        "chains": chains,
        "draws": draws,
        "progress": progress,
        "route": route(len(cuts)),
    }
    options |= {} if discrepancy is None else {"discrepancy": discrepancy}
    entries: list[Entry] = []
    rungs: list[Rung] = []
    for cut in cuts:
        own = [by_law(each, cut, options) for each in several]
        entries += [entry for entry, _ in own]
        if len(several) > 1:
            rung = Rung(cut, tuple(found for _, found in own))
            entries.append(by_average(runs, rung, rungs, options))
            rungs.append(rung)
        if point_estimates:
            entries += [e for each in several for e in by_point_estimates(each.runs, cut, seed)]
    points: pd.DataFrame = pd.concat(
        [rows for entry in entries for rows in entry.rows], ignore_index=True
    )
    return Backtest(points, pd.DataFrame([entry.setting for entry in entries]), runs)


def _refittable(of: Any, laws: Sequence[Law | str] | None) -> list[Refittable]:
    several = [of] if isinstance(of, Runs | Fit) else list(of)
    if laws is None:
        return [Refittable.of(each) for each in several]
    runs = Refittable.of(several[0]).runs
    return [Refittable(runs.for_law(law)) for law in laws]


def _average(points: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    names = [name for name in points if name in SCORES]
    groups = points.groupby(by, sort=False, observed=True)
    means = groups[names].mean()
    means["rmsle"] = groups["rmsle"].agg(rms)
    return means.assign(n=groups.size())


def _reach_label(low: float, high: float) -> str:
    if high <= 0:
        return "within the data"
    return f"over {low:g} decades" if np.isinf(high) else f"{max(low, 0):g} to {high:g} decades"
