"""Learn how wrong the slopes of laws may be, leaving out one family of published runs at a time.

    python benchmarks/discrepancy.py [chinchilla gadre porian ...] [--errors .1] [--factors 0.5 1 2]

Every law that takes size and data is fitted to the smaller runs of each problem, and their equal
mixture forecasts the larger ones. A candidate is a median of the prior of ``slope_error``, which
takes fits of its own, and a factor on ``slope_beyond``, of which no run tells: it takes none.
Below, the scores of every candidate by family, families counting alike, and each family scored
with the candidate that the others choose. Hidden runs take part in that choice and in nothing
else. Fits are written to build/discrepancy/ as they come, and a run that was stopped goes on where
it was; delete that folder after a change to the model or to priors. The constants in
bayescale/law/discrepancy.py are read off here.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from published import DATA, LOSS, table
from worlds import SIZE_LAWS

import bayescale as bs
from bayescale.forecast.member import Member
from bayescale.forecast.predictive import Predictive
from bayescale.judge.scores import mean_of, parts
from bayescale.law.discrepancy import DISCREPANCY
from bayescale.law.symbols import SLOPE_ERROR

OUT = Path("build/discrepancy")
# Rows that are fitted at most, and draws of each of four chains.
LARGEST, DRAWS = 260, 500
SHOWN = ["interval_score_90", "log_score", "rmsle", "coverage_90", "width_90"]
# Families that a candidate is chosen on; the others are scored with it and choose nothing.
CHOOSING = ("chinchilla", "gadre", "porian", "gemstones")
Part = tuple[str, pd.DataFrame, pd.Series]


@dataclass(frozen=True)
class Problem:
    """Runs to fit and larger ones to forecast."""

    family: str
    name: str
    train: pd.DataFrame
    test: pd.DataFrame
    columns: dict[str, str]

    def path(self, error: float, law: str) -> Path:
        """Where a fit is kept."""
        name = f"{self.family}-{self.name}-{law}".replace(" ", "_").replace("/", "_")
        return OUT / f"error-{error:g}" / f"{name}.npz"


def _chinchilla() -> Iterator[Part]:
    rows = table("chinchilla_epoch")
    rows = rows[rows["epoch_outlier"] == 0]
    yield "C 1e21", rows, rows["flops"] >= 1e21
    yield "C 1e20", rows, rows["flops"] >= 1e20
    yield "N 1e9", rows, rows["n_params"] > 1e9
    yield "D 2e10", rows, rows["n_tokens"] > 2e10


def _gadre() -> Iterator[Part]:
    for name, rows in table("gadre_overtraining").groupby("train_dataset"):
        compute = rows["n_params"] * rows["n_tokens"]
        yield f"{name} C 30%", rows, compute > compute.quantile(0.7)
        yield f"{name} N 3e8", rows, rows["n_params"] > 3e8


def _porian() -> Iterator[Part]:
    every = pd.read_csv(DATA / "porian_resolving" / "porian_isoflops.csv")
    for name, rows in every.groupby("experiment"):
        levels = np.sort(rows["flops"].unique())
        yield str(name), rows, rows["flops"] > levels[(len(levels) - 1) // 2]


def _gemstones() -> Iterator[Part]:
    for name, rows in table("gemstones").groupby("eval_set"):
        fourth = rows.iloc[::4]
        yield str(name), fourth, fourth["n_params"] > 1.5e9


def _split(family: str, found: Iterable[Part], columns: dict[str, str]) -> Iterator[Problem]:
    for name, rows, hidden in found:
        yield Problem(family, name, rows[~hidden], rows[hidden], columns)


def _olmo(family: str, start: str) -> Iterator[Problem]:
    """The ladder, and 7B and 13B, by each loss or each task in bits per byte."""
    names = ("ladder", "targets")
    small, large = (pd.read_csv(DATA / "olmo_ladder" / f"{name}.csv") for name in names)
    for column in small.columns.intersection(large.columns):
        if column.startswith(start):
            yield Problem(family, column, small, large, LOSS | {"L": column})


FAMILIES = {
    "chinchilla": lambda: _split("chinchilla", _chinchilla(), LOSS),
    "gadre": lambda: _split("gadre", _gadre(), LOSS | {"L": "loss_c4_val"}),
    "porian": lambda: _split("porian", _porian(), LOSS),
    "gemstones": lambda: _split("gemstones", _gemstones(), LOSS),
    "olmo-losses": lambda: _olmo("olmo-losses", "loss_"),
    "olmo-bits": lambda: _olmo("olmo-bits", "bpb_"),
}


def thinned(problem: Problem) -> Problem:
    """The problem with no more rows to fit than are taken, the same ones every time."""
    rows = problem.train
    if len(rows) <= LARGEST:
        return problem
    kept = np.sort(np.random.default_rng(0).choice(len(rows), LARGEST, replace=False))
    return replace(problem, train=rows.iloc[kept])


@dataclass(frozen=True)
class Case:
    """What one law says of the hidden runs of a problem.

    Attributes
    ----------
    log_y : ndarray, shape (n_points,)
    location, scale, beyond : ndarray, shape (n_draws, n_points)
        Log of the law's curve with the errors of its slopes within the data, the noise, and what
        the further errors beyond them add.
    dof, error : ndarray, shape (n_draws,)
        Degrees of freedom of the noise, and the SD of the errors of slopes.
    health : ndarray, shape (3,)
        Divergences, largest R-hat, smallest bulk ESS.
    """

    log_y: np.ndarray
    location: np.ndarray
    scale: np.ndarray
    beyond: np.ndarray
    dof: np.ndarray
    error: np.ndarray
    health: np.ndarray


def fitted(problem: Problem, law: str, error: float) -> Case:
    """Fit one law, or read the fit that was kept."""
    path = problem.path(error, law)
    if path.is_file():
        with np.load(path) as kept:
            return Case(**kept)
    spread = DISCREPANCY.slope.parameters["sigma"]
    prior = bs.Prior("LogNormal", mu=float(np.log(error)), sigma=spread, why="a candidate")
    fit = bs.fit(
        bs.read_runs(problem.train, law, columns=problem.columns),
        priors={SLOPE_ERROR: prior},
        draws=DRAWS,
        progress=False,
        route="compiled",
        strict=False,
    )
    found = case_of(fit, problem)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **vars(found))
    return found


def case_of(fit: bs.Fit, problem: Problem) -> Case:
    """What a fit says of the hidden runs."""
    log_y = np.log(problem.test[problem.columns["L"]].to_numpy(dtype=float))
    at = {
        symbol: problem.test[problem.columns[symbol]].to_numpy(dtype=float)
        for symbol in fit.law.input_symbols
    }
    said = Member.of(fit).predictive(at, np.full(len(log_y), -1))
    drawn = fit.slopes
    assert drawn is not None
    beyond = drawn.beyond @ drawn.slopes.columns(at)[1].T
    health = fit.diagnostics.table
    return Case(
        log_y,
        said.location - beyond,
        said.scale,
        beyond,
        said.dof[:, 0],
        fit.curve.free[SLOPE_ERROR],
        np.array(
            [fit.diagnostics.divergences, health["r_hat"].max(), health["ess_bulk"].min()], float
        ),
    )


def scores(cases: list[Case], factor: float) -> dict[str, float]:
    """Scores of the laws' equal mixture, ``slope_beyond`` multiplied by a factor."""
    size = min(len(case.dof) for case in cases)
    each = [
        Predictive(
            case.location + factor * case.beyond,
            case.scale,
            np.broadcast_to(case.dof[:, None], case.scale.shape),
        ).pick(slice(0, size))
        for case in cases
    ]
    whole = Predictive(
        *(np.concatenate([getattr(one, name) for one in each]) for name in vars(each[0]))
    )
    draws = whole.sample(np.random.default_rng(0))
    return mean_of(parts(draws, np.exp(cases[0].log_y), whole))


def collect(
    problems: Iterable[Problem], laws: list[str], errors: list[float], factors: list[float]
) -> pd.DataFrame:
    """A row of scores per problem and candidate."""
    rows: list[dict[str, Any]] = []
    for problem, error in product(list(problems), errors):
        cases = [fitted(thinned(problem), law, error) for law in laws]
        head = {"family": problem.family, "problem": problem.name, "error": error}
        rows += [head | {"factor": factor} | scores(cases, factor) for factor in factors]
        health = np.array([case.health for case in cases])
        told = np.median(np.concatenate([case.error for case in cases]))
        print(
            f"  {problem.family} {problem.name}: {len(thinned(problem).train)} fitted, "
            f"{len(problem.test)} hidden; slopes err by {told:.3f} (median); "
            f"{health[:, 0].sum():.0f} divergences, R-hat up to {health[:, 1].max():.3f}, bulk ESS "
            f"from {health[:, 2].min():.0f}",
            flush=True,
        )
    return pd.DataFrame(rows)


def by_family(found: pd.DataFrame) -> pd.DataFrame:
    """Means over the problems of each family, a row per candidate and family."""
    return found.groupby(["error", "factor", "family"], sort=False)[SHOWN].mean()


def choose(found: pd.DataFrame) -> tuple[float, float]:
    """The candidate with the best log score, families counting alike."""
    means = by_family(found).groupby(["error", "factor"])["log_score"].mean()
    error, factor = means.idxmax()
    return float(error), float(factor)


def report(found: pd.DataFrame) -> None:
    """Print every candidate, and each family scored with what the others choose."""
    table = by_family(found)
    print("\nevery candidate (median of slope_error, factor on slope_beyond), by family")
    print(table.round(4).to_string())
    choosing = found[found["family"].isin(CHOOSING)]
    if choosing["family"].nunique() < 2:
        print("\nA choice takes two families at least.")
        return
    means = table[table.index.get_level_values("family").isin(CHOOSING)]
    print(f"\nmeans over {', '.join(choosing['family'].unique())}")
    print(means.groupby(["error", "factor"]).mean().round(4).to_string())
    rows = {}
    for family in found["family"].unique():
        chosen = choose(choosing[choosing["family"] != family])
        rows[f"{family}: {chosen[0]:g}, x {chosen[1]:g}"] = table.loc[(*chosen, family)]
    held_out = pd.DataFrame(rows).T
    print("\neach family with what the others choose")
    print(held_out.round(4).to_string())
    print("chosen on all that choose:", choose(choosing))


def main() -> None:
    """Learn on the families that are named, or on all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", choices=[[], *FAMILIES], help="all if left out")
    parser.add_argument("--laws", nargs="+", default=list(SIZE_LAWS))
    median = float(np.exp(DISCREPANCY.slope.parameters["mu"]))
    parser.add_argument(
        "--errors", type=float, nargs="+", default=[median], help="medians of slope_error"
    )
    parser.add_argument("--factors", type=float, nargs="+", default=[0.0, 0.5, 1.0, 1.5, 2.0])
    parser.add_argument("--every", type=int, default=1, help="take each K-th problem only")
    given = parser.parse_args()
    problems = [item for name in given.families or FAMILIES for item in FAMILIES[name]()]
    report(collect(problems[:: given.every], given.laws, given.errors, given.factors))


if __name__ == "__main__":
    main()
