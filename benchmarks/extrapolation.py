"""Forecasts of held-out published runs, ours beside the point estimates of today.

``python benchmarks/extrapolation.py [curves width descent chinchilla ...] [--curves FILE]``
prints one table per data set: every score, averaged over curves or over held-out runs. Rows are
written to build/extrapolation/ as they come.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from published import CALL, DATA, LOSS, SHORTEST_PREFILL, TUNING, table

import bayescale as bs
from bayescale.forecast.scenarios import Forecaster
from bayescale.judge.rivals import bootstrap_curve, huber_curve
from bayescale.judge.scores import mean_of, parts
from bayescale.posterior.data import ModelData

# The broken law counts half, for it bends to anything.
CURVE_LAWS = {"broken": 1.0, "shifted": 2.0, "power": 2.0}
SIZE_LAWS = {"chinchilla": 1.0, "coupled": 1.0}
OUT = Path("build/extrapolation")
SCORES = ("rmsle", "log_score", "crps", "coverage_50", "coverage_80", "coverage_90", "coverage_95")


@dataclass(frozen=True)
class Problem:
    """Rows to fit and rows to forecast, and the laws that do it."""

    name: str
    domain: str
    train: pd.DataFrame
    test: pd.DataFrame
    laws: dict[str, float]
    columns: dict[str, str] = field(default_factory=dict)
    run: str | None = None
    priors: dict[str, Any] | None = None
    continues: bool = False


def curves(path: Path, domains: Sequence[str] = ()) -> Iterator[Problem]:
    """One problem per learning curve, the split of its authors."""
    rows = pd.read_csv(path)
    for (domain, task, model), part in rows.groupby(["domain", "task", "model"], sort=True):
        if domains and domain not in domains:
            continue
        part = part.sort_values("x", kind="stable").assign(curve="curve")
        train, test = (part[part["split"] == name] for name in ("train", "test"))
        yield Problem(f"{task} {model}", domain, train, test, CURVE_LAWS, run="curve")


def sizes() -> dict[str, Callable[[], Iterator[Problem]]]:
    """Data sets of several inputs, by name."""
    return {
        "chinchilla": _chinchilla,
        "gadre": _gadre,
        "gemstones": _gemstones,
        "gemstones-continued": _gemstones_continued,
        "datablations": _datablations,
        "xlstm": _xlstm,
        "finetuning": _finetuning,
    }


def _chinchilla() -> Iterator[Problem]:
    rows = table("chinchilla_epoch")
    rows = rows[rows["epoch_outlier"] == 0]
    test = rows["split"] == "test"
    yield Problem("flops >= 1e21", "chinchilla", rows[~test], rows[test], SIZE_LAWS, LOSS)


def _gadre() -> Iterator[Problem]:
    rows = table("gadre_overtraining")
    columns = {"N": "n_params", "D": "n_tokens", "L": "loss_c4_val"}
    # Five runs are fewer than the parameters: without a belief about the floor every law
    # puts it too low. Published floors on other corpora: 1.69, 1.82, 1.87.
    floor = bs.Prior("LogNormal", mu=float(np.log(1.8)), sigma=0.05, why="published floors of text")
    for name, part in rows.groupby("train_dataset"):
        train = part[part["paper_fit_point"] == 1]
        test = part[part["paper_extrap_target"] == 1]
        if len(train) and len(test):
            yield Problem(name, "gadre", train, test, SIZE_LAWS, columns, priors={"E": floor})


def _gemstones() -> Iterator[Problem]:
    for name, part in table("gemstones").groupby("eval_set"):
        test = part["n_params"] > 1.5e9
        yield Problem(name, "gemstones", part[~test], part[test], SIZE_LAWS, LOSS)


def _gemstones_continued() -> Iterator[Problem]:
    for name, part in table("gemstones").groupby("eval_set"):
        train, test = part[part["n_tokens"] <= 1e11], part[part["n_tokens"] > 2e11]
        yield Problem(
            name, "gemstones", train, test, {"chinchilla": 1.0}, LOSS, run="model", continues=True
        )


def _datablations() -> Iterator[Problem]:
    rows = pd.read_csv(DATA / "datablations" / "datablations_c4.csv")
    rows = rows[rows["loss"] <= 5]
    test = rows["n_params"] > 4e9
    columns = LOSS | {"U": "unique_tokens"}
    yield Problem(
        "N > 4e9", "datablations", rows[~test], rows[test], {"data_limited": 1.0}, columns
    )


def _xlstm() -> Iterator[Problem]:
    rows = table("xlstm_inference")
    rows = rows[rows["prefill_tokens"] >= SHORTEST_PREFILL]
    for name, part in rows.groupby("arch"):
        test = part["split"] == "test"
        for law in ("latency", "inference"):
            yield Problem(f"{name} {law}", law, part[~test], part[test], {law: 1.0}, CALL)


def _finetuning() -> Iterator[Problem]:
    rows = table("finetuning")
    rows = rows[rows["n_examples"] > 0]
    for name, part in rows.groupby("model"):
        train, test = (part[part["split"] == which] for which in ("train", "test"))
        yield Problem(name, str(part["family"].iloc[0]), train, test, {"rectified": 1.0}, TUNING)


def fitted(problem: Problem, chains: int, draws: int) -> list[bs.Fit]:
    """The problem's laws, fitted to its rows; each law is compiled once in the program."""
    return [
        bs.fit(
            bs.read_runs(problem.train, law, columns=problem.columns, run=problem.run),
            chains=chains,
            draws=draws,
            progress=False,
            route="compiled",
            strict=False,
            priors=problem.priors,
        )
        for law in problem.laws
    ]


def forecaster_of(problem: Problem, fits: list[bs.Fit]) -> Forecaster:
    """What forecasts the problem: its one law, or several with their stated weights."""
    return fits[0] if len(fits) == 1 else bs.average(fits, weights=list(problem.laws.values()))


def held_out(problem: Problem) -> tuple[pd.DataFrame, np.ndarray]:
    """Points of the held-out rows by symbol, and their responses."""
    law = bs.law(next(iter(problem.laws)))
    columns = {symbol: problem.columns.get(symbol, symbol) for symbol in law.input_symbols}
    at = problem.test[list(columns.values())].set_axis(columns, axis=1)
    if problem.continues:
        at = at.assign(run=problem.test[problem.run])
    symbol = law.response.symbol
    return at, problem.test[problem.columns.get(symbol, symbol)].to_numpy(dtype=float)


def row_of(problem: Problem, chains: int, draws: int, todays: bool) -> list[dict[str, Any]]:
    """Scores of one problem: ours, and the point estimates' on the same rows."""
    start = time.perf_counter()
    at, observed = held_out(problem)
    fits = fitted(problem, chains, draws)
    ex = forecaster_of(problem, fits).extrapolate(at, allow_unconverged=True)
    seconds = time.perf_counter() - start
    divergences = sum(found.diagnostics.divergences for found in fits)
    head = {"problem": problem.name, "domain": problem.domain, "n": len(observed)}
    logs = np.log(ex.draws.to_numpy())
    quantiles = np.quantile(logs, [0.05, 0.5, 0.95], axis=0)
    ours = bs.score(ex, observed).to_dict() | {
        "relative_error": float(np.mean(np.abs(np.exp(quantiles[1]) / observed - 1))),
        "r2_in_sample": _r_squared(fits[0]),
        "needed": _needed(quantiles, np.log(observed)),
    }
    rows = [head | {"forecaster": "bayescale", **ours, "divergences": divergences, "s": seconds}]
    if todays:
        for law in problem.laws:
            runs = bs.read_runs(problem.train, law, columns=problem.columns)
            data = ModelData.from_runs(runs)
            places = {symbol: at[symbol].to_numpy(dtype=float) for symbol in runs.inputs}
            for name, make in (("Huber", huber_curve), ("Huber bootstrap", bootstrap_curve)):
                start = time.perf_counter()
                found = mean_of(parts(make(runs.law, data)(places), observed, None))
                rows.append(
                    head
                    | {"forecaster": f"{name} of {law}", **found}
                    | {"s": time.perf_counter() - start}
                )
    return rows


def _r_squared(fit: bs.Fit) -> float:
    """Share of the variance of the fitted response that the median curve explains."""
    residual = fit.response - np.median(fit.curve(fit.inputs), axis=0)
    return float(1 - residual.var() / fit.response.var())


def _needed(quantiles: np.ndarray, log_y: np.ndarray) -> list[float]:
    """By what factor the interval about its median must be scaled to hold each run."""
    lower, median, upper = quantiles
    side = np.where(log_y < median, median - lower, upper - median)
    return [float(x) for x in np.abs(log_y - median) / np.maximum(side, 1e-12)]


def summarise(rows: list[dict[str, Any]]) -> None:
    """Print the averages over problems, by domain too where there are several."""
    frame = pd.DataFrame(rows)
    frame["seconds"] = frame.pop("s")
    columns = [*SCORES, "width_90", "bias", "seconds", "divergences"]
    columns += [name for name in ("relative_error", "r2_in_sample") if name in frame]
    means = frame.groupby("forecaster", sort=False)[columns].mean()
    print(means.to_string(float_format="{:.4f}".format))
    ours = frame[frame["forecaster"] == "bayescale"]
    if ours["domain"].nunique() > 1:
        print(ours.groupby("domain")[columns].mean().to_string(float_format="{:.4f}".format))
    needed = np.concatenate([np.asarray(item) for item in ours["needed"]])
    weight = np.concatenate([np.full(len(x), 1 / len(x)) for x in ours["needed"]])
    order = np.argsort(needed)
    reached = np.cumsum(weight[order]) / weight.sum()
    exact = needed[order][np.searchsorted(reached, 0.9)]
    print(
        f"{len(ours)} problems, {int(ours['divergences'].sum())} divergences; intervals are "
        f"{1 / exact:.2f} times as wide as those scaled to hold exactly 90%\n"
    )


def main() -> None:
    """Run the chosen data sets."""
    folder = DATA / "learning_curves"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="data sets; all if left out")
    parser.add_argument("--curves", type=Path, default=folder / "curves.csv")
    parser.add_argument("--every", type=int, default=1, help="take each K-th problem only")
    parser.add_argument("--chains", type=int, default=2)
    parser.add_argument("--draws", type=int, default=400, help="of each chain")
    parser.add_argument("--no-point-estimates", action="store_true")
    given = parser.parse_args()
    others = folder / "double_descent_and_width.csv"
    sets: dict[str, Callable[[], Iterator[Problem]]] = {
        "curves": lambda: curves(given.curves),
        "width": lambda: curves(others, ["Nano"]),
        "descent": lambda: curves(others, ["DD"]),
        **sizes(),
    }
    OUT.mkdir(parents=True, exist_ok=True)
    for name in given.only or sets:
        rows: list[dict[str, Any]] = []
        for problem in list(sets[name]())[:: given.every]:
            rows += row_of(problem, given.chains, given.draws, not given.no_point_estimates)
            pd.DataFrame(rows).to_json(OUT / f"{name}.jsonl", orient="records", lines=True)
        print(f"== {name}")
        summarise(rows)


if __name__ == "__main__":
    main()
