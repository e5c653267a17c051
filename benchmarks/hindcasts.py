"""What updating the discrepancy by a table's own hindcasts does to forecasts.

``python benchmarks/hindcasts.py [curves chinchilla porian ...] [--every K]``: every problem of
benchmarks/extrapolation.py is forecast twice, with the discrepancy learned on other published
runs and with that updated by hindcasts within the problem's own training rows. Held-out rows are
used for the scores alone. Rows are written to build/hindcasts.csv as they come.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from discrepancy import prepare
from extrapolation import Problem, curves, fitted, forecaster_of, sizes
from published import DATA

import bayescale as bs
from bayescale.judge.hindcast import Reading, read
from bayescale.judge.hindcast import learn as update
from bayescale.judge.hold_out import Fold, largest
from bayescale.judge.weights import HINDCASTS, learned_of

OUT = Path("build/hindcasts.csv")
SHOWN = ["rmsle", "log_score", "crps", "coverage_90", "width_90", "share"]


def learn(problem: Problem) -> bs.Discrepancy:
    """The discrepancy of the problem's laws, updated within its training rows."""
    prior = published(problem)
    whole = bs.read_runs(
        problem.train, next(iter(problem.laws)), columns=problem.columns, run=problem.run
    )
    return update(prior, [reading(problem, whole, cut) for cut in largest(whole, HINDCASTS)])


def published(problem: Problem) -> bs.Discrepancy:
    """The discrepancy that was learned on other published runs."""
    law = bs.law(next(iter(problem.laws)))
    return law.discrepancy if len(problem.laws) == 1 else learned_of(law)


def reading(problem: Problem, whole: bs.Runs, cut: Fold) -> Reading | None:
    """What one hindcast of all laws says of their average."""
    rows = problem.train.iloc[np.flatnonzero(cut.train)]
    inner = Problem(**(vars(problem) | {"train": rows}))
    return read(forecaster_of(inner, fitted(inner, chains=2, draws=400)), whole, cut)


def scored(problem: Problem) -> list[dict[str, object]]:
    """Scores before and after the update."""
    case = prepare(problem)
    found = []
    prior = published(problem)
    for when, discrepancy in (("published", prior), ("own", learn(problem))):
        share = float(np.exp(discrepancy.change.parameters["mu"]))
        key = {"domain": problem.domain, "problem": problem.name, "discrepancy": when}
        found.append(key | {"share": share} | case.scores(discrepancy, seed=1))
    return found


def main() -> None:
    """Score the problems that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="curves, or data sets of several inputs")
    parser.add_argument("--every", type=int, default=1, help="take each K-th problem only")
    given = parser.parse_args()
    OUT.parent.mkdir(exist_ok=True)
    rows = []
    for name in given.only or ["curves", *sizes()]:
        made = sizes()[name]() if name != "curves" else curves(DATA / "learning_curves/curves.csv")
        for problem in list(made)[:: given.every]:
            if problem.continues:
                continue
            rows += scored(problem)
            pd.DataFrame(rows).to_csv(OUT, index=False)
    table = pd.DataFrame(rows)
    print(table.groupby(["domain", "discrepancy"])[SHOWN].mean().round(4).to_string())
    print(table.groupby("discrepancy")[SHOWN].mean().round(4).to_string())


if __name__ == "__main__":
    main()
