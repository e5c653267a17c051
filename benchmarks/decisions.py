"""Decisions beside the truth, and beside what people decide by today.

    python benchmarks/decisions.py [gopher porian refits worlds next] [--worlds 200] [--runs 24 60]
        [--laws chinchilla coupled kaplan]

``gopher`` and ``porian`` read published runs, see published_decisions.py. ``worlds`` and ``next``
simulate runs with a known truth, see truths.py: every second truth lies outside ``chinchilla``.
Several laws are averaged, with weights from one hindcast, that of the largest third. Rows are
appended to build/decisions/ as they come, in a file for each choice of laws, and a run that was
stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import published_decisions
import truths

OUT = Path("build/decisions")
DRAWS = 500
TAIL = 0.1
OPTIONS = (0.25, 0.5, 1.0, 2.0, 4.0)
BOUGHT = 3
# Of each candidate that are fitted again.
OUTCOMES = 12
# Of an average: one hindcast, so that a world takes two fits of each law.
HINDCASTS = (1 / 3,)


def fitted(table: pd.DataFrame, number: int, law: str = "chinchilla") -> Any:
    """A posterior of one law, whatever the truth."""
    from bayescale.posterior.fit import fit
    from bayescale.runs.runs import read_runs

    return fit(
        read_runs(table, law),
        seed=number + 1,
        draws=DRAWS,
        progress=False,
        route="compiled",
        strict=False,
    )


def forecaster_of(table: pd.DataFrame, number: int, laws: tuple[str, ...]) -> Any:
    """Posterior of one law, or average of several, of the runs of a world.

    Previews in the place of their final fits save little of the time and say another thing: in ten
    worlds smallest budgets 1.6 times smaller, and P(best) off by up to .12.
    """
    from bayescale.judge.weights import average

    fits = [fitted(table, number, law) for law in laws]
    if len(fits) == 1:
        return fits[0]
    return average(fits, hindcasts=HINDCASTS, seed=number + 1, draws=DRAWS)


def one_plan(number: int, n_runs: int, laws: tuple[str, ...]) -> dict[str, Any]:
    """Regrets of the plans for one truth, and what was stated of options and of a target."""
    from bayescale.catalogue import resolve
    from bayescale.decision.options import compare_options
    from bayescale.decision.plan import plan
    from bayescale.judge.rivals import huber_curve
    from bayescale.posterior.data import ModelData
    from bayescale.runs.runs import read_runs

    truth, table = truths.simulate(number, n_runs)
    start = time.perf_counter()
    forecaster = forecaster_of(table, number, laws)
    spent = time.perf_counter() - start
    budget = truths.FURTHER * truths.LARGEST
    least = truths.optimum(truth, budget)[1]
    law = resolve("chinchilla")
    point = huber_curve(law, ModelData.from_runs(read_runs(table, law)))
    plug_in = truths.optimum(lambda at: point(at)[0], budget)[0]
    target = truths.optimum(truth, truths.TARGET * truths.LARGEST)[1]
    options = {"seed": number, "allow_unconverged": True}
    averse = plan(
        forecaster, budget=budget, risk="cvar(0.9)", target=target, probability=0.9, **options
    )
    row = {
        "world": number,
        "runs": n_runs,
        "truth": truths.kind(number),
        "regret_plug_in": truths.at_size(truth, plug_in, budget) - least,
        "regret_averse": truths.at_size(truth, averse.choice["N"], budget) - least,
        "regret_mean": truths.at_size(truth, _neutral(averse), budget) - least,
        "stated_regret": averse.regret.expected,
        "fit_seconds": spent,
    }
    smallest = averse.smallest
    if smallest is not None and smallest.budget is not None:
        inputs = {name: np.array([value]) for name, value in smallest.inputs.items()}
        row |= {"smallest": smallest.budget.amount, "met": bool(truth(inputs)[0] < target)}
        row["width"] = float(np.log(averse.choice["upper"] / averse.choice["lower"]))
    named = {
        f"{factor:g}": {"N": factor * plug_in, "D": budget / 6 / (factor * plug_in)}
        for factor in OPTIONS
    }
    stated = compare_options(named, forecaster, **options).table["P(best)"]
    real = {name: truths.at_size(truth, at["N"], budget) for name, at in named.items()}
    row |= {f"p_{name}": float(stated[name]) for name in named}
    row["seconds"] = time.perf_counter() - start
    return row | {"best": min(real, key=real.__getitem__)}


def _neutral(found: Any) -> float:
    return float(found.alternatives.loc["by the mean", "N"])


def one_purchase(number: int, n_runs: int) -> dict[str, Any]:
    """Width at the target after three runs of our choice, and after three at random.

    Both lots cost about the same in total; we may spend it on a large run and two small ones.
    """
    from bayescale.decision.buying.next_runs import next_runs

    truth, table = truths.simulate(number, n_runs)
    fit = fitted(table, number)
    rng = np.random.default_rng([number, n_runs, 5])
    several, cost = truths.candidates()
    target = truths.target()
    found = next_runs(
        fit,
        several,
        target,
        count=BOUGHT,
        total_cap=truths.MONEY * truths.LARGEST,
        per_cost=False,
        outcomes=32,
        refits="never",
        allow_unconverged=True,
    )
    lots = {"ours": list(found.chosen), "random": truths.at_random(cost, BOUGHT, rng)}
    row = {"world": number, "runs": n_runs, "truth": truths.kind(number)}
    row |= {f"cost_{name}": float(cost[rows].sum()) for name, rows in lots.items()}
    row["width_now"] = _width(fit, target)
    row["expected"] = float(found.choice["width"].iloc[-1])
    for name, rows in lots.items():
        bought = {symbol: values[rows] for symbol, values in several.items()}
        more = truths.measured(truth, bought, rng)
        row[name] = _width(fitted(pd.concat([table, more]), number), target)
    return row


def _width(fit: Any, target: dict[str, float]) -> float:
    bounds = fit.extrapolate(target, kind="mean", allow_unconverged=True).interval(0.9)
    return float(np.log(bounds["upper"] / bounds["lower"]).iloc[0])


def one_candidate(number: int) -> dict[str, Any]:
    """Expected width after one candidate, by weights and by a refit of each of its outcomes.

    Candidates lie between the runs and the target: those within the runs change the width by
    less than the Monte Carlo error of a refit, so that their order is one of noise.
    """
    from bayescale.decision.buying.next_runs import next_runs

    _, table = truths.simulate(0, 16)
    fit = fitted(table, 0)
    rng = np.random.default_rng([number, 6])
    far = {name: value * np.array([0.02, 1.0]) for name, value in truths.target().items()}
    at = {name: np.exp(rng.uniform(*np.log(ends), 1)) for name, ends in far.items()}
    allowed = {"allow_unconverged": True}
    found = next_runs(fit, at, truths.target(), refits="never", **allowed).table.iloc[0]
    draws = fit.extrapolate(at, kind="run", seed=number, **allowed).draws.to_numpy()[:, 0]
    each = []
    for value in np.quantile(draws, (np.arange(OUTCOMES) + 0.5) / OUTCOMES):
        more = pd.DataFrame({**at, "L": [value]})
        each.append(_width(fitted(pd.concat([table, more]), number), truths.target()))
    row = {"world": number, **{name: float(value[0]) for name, value in at.items()}}
    return row | {"weights": found["width"], "khat": found["khat"], "refits": np.mean(each)}


def refits(count: int = 24) -> None:
    """The ranking by weights beside brute-force refits."""
    from scipy.stats import spearmanr

    table = collect("refits", one_candidate, count)
    for label, part in (("all", table), ("weights trusted", table[table["khat"] <= 0.2])):
        ratio = part["weights"] / part["refits"]
        print(
            f"{label}: {len(part)} candidates, rank correlation "
            f"{spearmanr(part['weights'], part['refits']).statistic:.3f}; weights over refits "
            f"{ratio.median():.3f} (from {ratio.min():.3f} to {ratio.max():.3f})"
        )


def collect(name: str, one: Callable[[int], dict[str, Any]], count: int) -> pd.DataFrame:
    """Run what is missing of a table, append it row by row, and return all of it."""
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.csv"
    done = set(pd.read_csv(path)["world"]) if path.is_file() else set()
    start, columns = time.perf_counter(), None
    missing = [number for number in range(count) if number not in done]
    for k, number in enumerate(missing, start=1):
        row = pd.DataFrame([one(number)])
        columns = columns or _columns(path, row)
        row.reindex(columns=columns).to_csv(path, mode="a", header=not path.is_file(), index=False)
        if k % 10 == 0:
            print(f"  {name} {k}/{len(missing)}, {time.perf_counter() - start:.0f} s", flush=True)
    return pd.read_csv(path).query("world < @count")


def _columns(path: Path, row: pd.DataFrame) -> list[str]:
    if path.is_file():
        return list(pd.read_csv(path, nrows=0))
    # A world without a smallest budget must not leave these out.
    return list(dict.fromkeys([*row, "smallest", "met"] if "best" in row else row))


def worlds(count: int, sizes: list[int], laws: tuple[str, ...]) -> None:
    """Plans and options beside the truth."""
    one, named = partial(one_plan, laws=laws), "-".join(laws)
    tables = [collect(f"worlds-{n}-{named}", partial(one, n_runs=n), count) for n in sizes]
    both = pd.concat(tables)
    for label, part in [*both.groupby("runs"), *both.groupby("truth"), ("all", both)]:
        print(f"\nregret in nats/token, {label}: {len(part)} worlds")
        print(_regrets(part).to_string(float_format="{:.5f}".format))
        print(_enough(part))
    print("\nstated P(best) by decile; exact 95% intervals over worlds, Holm at 5%")
    print(_deciles(both).to_string(float_format="{:.3f}".format))
    print(f"\n{both['seconds'].median():.1f} s a world, {both['fit_seconds'].median():.1f} of fits")


def _enough(part: pd.DataFrame) -> str:
    """Share of worlds whose stated smallest budget suffices."""
    from scipy.stats import binomtest

    met = part["met"].dropna().astype(bool)
    if not len(met):
        return "smallest budget for P >= 90%: none stated"
    ends = binomtest(int(met.sum()), len(met)).proportion_ci(0.95, "exact")
    without = len(part) - len(met)
    return (
        f"smallest budget for P >= 90%: met in {met.mean():.3f} of {len(met)} (exact 95%: "
        f"{ends.low:.3f} to {ends.high:.3f}); none in {without}"
    )


def _regrets(part: pd.DataFrame) -> pd.DataFrame:
    columns = [name for name in part if name.startswith("regret_")]
    worst = max(1, round(TAIL * len(part)))
    return pd.DataFrame(
        {
            "mean": part[columns].mean(),
            "worst 10%": [np.sort(part[name])[-worst:].mean() for name in columns],
        },
        index=columns,
    )


def _deciles(part: pd.DataFrame) -> pd.DataFrame:
    from scipy.stats import binomtest

    names = [f"{factor:g}" for factor in OPTIONS]
    stated = part[[f"p_{name}" for name in names]].to_numpy().ravel()
    real = (part["best"].astype(float).to_numpy()[:, None] == np.array(OPTIONS)).ravel()
    world = np.repeat(np.arange(len(part)), len(names))
    decile = (stated * 10).astype(int).clip(max=9)
    rows = pd.DataFrame({"decile": decile, "p": stated, "is": real, "world": world})
    found = rows.groupby("decile").agg(
        n=("p", "size"), worlds=("world", "nunique"), stated=("p", "mean"), real=("is", "mean")
    )
    # Options of one world are not independent: the worlds count.
    tests = [
        binomtest(round(row.real * row.worlds), int(row.worlds), row.stated)
        for row in found.itertuples()
    ]
    ends = [test.proportion_ci(0.95, "exact") for test in tests]
    found["lower"], found["upper"] = [end.low for end in ends], [end.high for end in ends]
    found["p"] = [test.pvalue for test in tests]
    ordered = found["p"].sort_values()
    found["p_holm"] = (ordered * np.arange(len(ordered), 0, -1)).cummax().clip(upper=1.0)
    return found


def purchases(count: int, sizes: list[int]) -> None:
    """Three runs of our choice beside three at random."""
    tables = [collect(f"next-{n}", partial(one_purchase, n_runs=n), count) for n in sizes]
    both = pd.concat(tables)
    print(f"\nwidth of the equal-tailed 90% of the log response after {BOUGHT} further runs")
    for label, part in [*both.groupby("runs"), *both.groupby("truth"), ("all", both)]:
        ratio = part["ours"] / part["random"]
        print(
            f"{label}: {len(part)} worlds; today {part['width_now'].mean():.4f}, expected "
            f"{part['expected'].mean():.4f}, ours {part['ours'].mean():.4f}, random "
            f"{part['random'].mean():.4f}: {part['ours'].mean() / part['random'].mean():.2f} of it "
            f"(median of the ratios {ratio.median():.2f})"
        )


def main() -> None:
    """Carry out the parts that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ("gopher", "porian", "refits", "worlds", "next")
    parser.add_argument("parts", nargs="*", choices=parts, default=parts)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--runs", type=int, nargs="+", default=[24, 60])
    parser.add_argument("--laws", nargs="+", default=["chinchilla"], help="several are averaged")
    options = parser.parse_args()
    for part in options.parts:
        print(f"\n== {part}", flush=True)
        match part:
            case "gopher":
                published_decisions.gopher(OUT)
            case "porian":
                published_decisions.porian(OUT)
            case "refits":
                refits()
            case "worlds":
                worlds(options.worlds, options.runs, tuple(options.laws))
            case "next":
                purchases(options.worlds, options.runs)


if __name__ == "__main__":
    main()
