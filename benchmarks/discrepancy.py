"""Learn how wrong laws are beyond the data, leaving out one domain at a time.

``python benchmarks/discrepancy.py [curves sizes finetuning]``: every problem of
benchmarks/extrapolation.py is fitted once; then each candidate pair (share of the further change,
factor on the noise) is scored on all domains but one, one pair is chosen (on curves and sizes the
widest within 0.01 of the best log score; on fine-tuning, which that covers at .96, the best), and
the left-out domain is scored with it. Below, the whole grid. The constants in
bayescale/law/discrepancy.py, bayescale/judge/weights.py and models/rectified.py are read off here.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd
from extrapolation import Problem, curves, fitted, forecaster_of, held_out, sizes
from published import DATA

import bayescale as bs
from bayescale.forecast.discrepancy import draw_errors
from bayescale.forecast.scenarios import Scenarios, scenarios
from bayescale.judge.scores import mean_of, parts

SHARES = (0.02, 0.05, 0.1, 0.12, 0.15, 0.18, 0.2, 0.25, 0.3)
FACTORS = (0.0, 0.1, 0.2, 0.3, 0.4)
# Spread of the share and of the factor about their medians, on the log scale.
SHARE_SPREAD = {"curves": 0.3, "sizes": 0.5, "finetuning": 0.5}
FACTOR_SPREAD = {"curves": 0.35, "sizes": 0.01, "finetuning": 0.01}
TOLERANCE = {"curves": 0.01, "sizes": 0.01, "finetuning": 0.0}
FAMILIES = ("chinchilla", "gadre", "gemstones", "xlstm", "finetuning")


@dataclass(frozen=True)
class Case:
    """A fitted problem, to be forecast under any discrepancy."""

    domain: str
    made: Scenarios
    at: dict[str, np.ndarray]
    observed: np.ndarray

    def scores(self, discrepancy: bs.Discrepancy, seed: int) -> dict[str, float]:
        """Scores of new runs where the laws may be wrong by so much."""
        rng = np.random.default_rng(seed)
        errors = draw_errors(discrepancy, self.made.n_draws, rng)
        found = replace(self.made, errors=errors).predictive(self.at)
        return mean_of(parts(found.sample(rng), self.observed, found))


def prepare(problem: Problem) -> Case:
    """Fit one problem; the held-out points stand ready."""
    points, observed = held_out(problem)
    forecaster = forecaster_of(problem, fitted(problem, chains=2, draws=400))
    made = scenarios(forecaster, discrepancy=False, allow_unconverged=True)
    at = {symbol: points[symbol].to_numpy(dtype=float) for symbol in made.law.input_symbols}
    return Case(problem.domain, made, at, observed)


def candidate(kind: str, share: float, factor: float) -> bs.Discrepancy:
    """A discrepancy by its two medians."""
    spread, why = (SHARE_SPREAD[kind], FACTOR_SPREAD[kind]), "candidate"
    return bs.Discrepancy(
        change=bs.Prior("LogNormal", mu=float(np.log(share)), sigma=spread[0], why=why),
        noise=bs.Prior("LogNormal", mu=factor, sigma=spread[1], why=why),
    )


def grid(kind: str, cases: Iterable[Case]) -> pd.DataFrame:
    """Scores of every case under every candidate."""
    rows = []
    pairs = product(SHARES, FACTORS if kind == "curves" else (0.0,))
    for (share, factor), (k, case) in product(list(pairs), enumerate(cases)):
        scores = case.scores(candidate(kind, share, factor), seed=k)
        rows.append({"case": k, "domain": case.domain, "share": share, "factor": factor} | scores)
    return pd.DataFrame(rows)


def choose(kind: str, scores: pd.DataFrame) -> tuple[float, float]:
    """The widest candidate within the tolerance of the best mean log score."""
    means = scores.groupby(["share", "factor"])[["log_score", "width_90"]].mean()
    good = means[means["log_score"] >= means["log_score"].max() - TOLERANCE[kind]]
    share, factor = good["width_90"].idxmax()
    return float(share), float(factor)


def report(kind: str, scores: pd.DataFrame) -> None:
    """Print the cross-validated scores, and the grid."""
    shown = ["rmsle", "log_score", "coverage_90", "width_90"]
    rows = []
    for domain in scores["domain"].unique():
        share, factor = choose(kind, scores[scores["domain"] != domain])
        own = scores[
            (scores["domain"] == domain) & (scores["share"] == share) & (scores["factor"] == factor)
        ]
        rows.append(own.assign(learned=f"{share:g}, {factor:g}"))
    held_out = pd.concat(rows)
    print(f"== {kind}: each domain scored with what the others chose (share, log factor)")
    print(held_out.groupby(["domain", "learned"])[shown].mean().round(4).to_string())
    print("all, averaged over problems:", held_out[shown].mean().round(4).to_dict())
    print("chosen on all:", choose(kind, scores))
    print(scores.groupby(["share", "factor"])[shown].mean().round(4).to_string(), "\n")


def main() -> None:
    """Learn on curves, on sizes, or on both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", choices=["curves", "sizes", "finetuning", []])
    parser.add_argument("--every", type=int, default=1, help="take each K-th problem only")
    given = parser.parse_args()
    for kind in given.only or ("curves", "sizes"):
        if kind == "curves":
            problems = list(curves(DATA / "learning_curves" / "curves.csv"))
        else:
            names = FAMILIES if kind == "sizes" else (kind,)
            problems = [item for name in names for item in sizes()[name]()]
        report(kind, grid(kind, [prepare(problem) for problem in problems[:: given.every]]))


if __name__ == "__main__":
    main()
