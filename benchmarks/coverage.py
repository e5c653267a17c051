"""Simulated coverage: how often intervals of nominal 95% hold the true curve far out.

    python benchmarks/coverage.py [runs-24 ratio ...] [--replicates 400] [--bootstrap 50]

Runs come from the worlds of worlds.py; the law's curve is forecast at 10 and 100 times their
largest compute, at 20 tokens a parameter, by fits with and without the discrepancy, beside the
wild bootstrap of a least-squares fit. Widths are in nats per token. One row per replicate is
appended to build/coverage/ as it comes, and a run that was stopped goes on where it was; delete
that folder after a change to the model, to priors or to the worlds.
"""

from __future__ import annotations

if __name__ != "__main__":
    # Whoever imports this name wants the package that measures line coverage (numba does).
    raise ImportError("benchmarks/coverage.py is a program, not a module")

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from wild_bootstrap import bootstrap_curves
from worlds import CELLS, FACTORS, Cell, simulate, targets

import bayescale as bs

MASS = 0.95
CHAINS, DRAWS = 2, 500
HINDCAST_DRAWS = 300
FORECASTERS = ("plain", "discrepancy", "bootstrap")
# Width that a wild-bootstrap least-squares fit needs at 100 times the compute: the wanted limit.
WANTED_WIDTH = dict(
    zip(
        ("runs-240", "runs-24", "runs-12", "ratio", "outliers", "falling-noise"),
        (0.078, 0.327, 0.615, 0.358, 0.321, 0.185),
        strict=True,
    )
)


def one(cell: Cell, number: int, bootstrap: bool) -> dict[str, Any]:
    """Intervals of one replicate by each forecaster, as one flat row."""
    start = time.perf_counter()
    frame, rng = simulate(cell, number)
    at = targets()
    wholes, fits = {}, []
    for name, allowed in (("plain", False), ("discrepancy", True)):
        own = [
            bs.fit(
                bs.read_runs(frame, law),
                discrepancy=allowed,
                seed=number + 1,
                chains=CHAINS,
                draws=DRAWS,
                progress=False,
                route="compiled",
                strict=False,
            )
            for law in cell.laws
        ]
        wholes[name] = own[0] if len(own) == 1 else bs.average(own, draws=HINDCAST_DRAWS)
        fits += own
    intervals = {}
    for name, whole in wholes.items():
        forecast = whole.extrapolate(at, kind="mean", mass=MASS, allow_unconverged=True)
        intervals[name] = forecast.table[["lower", "median", "upper"]].to_numpy().T
    if bootstrap:
        inputs = {name: frame[name].to_numpy() for name in ("N", "D")}
        curves = bootstrap_curves(inputs, frame["L"].to_numpy(), at, rng)
        tails = [(1 - MASS) / 2, 0.5, (1 + MASS) / 2]
        intervals["bootstrap"] = np.quantile(curves, tails, axis=0)
    row: dict[str, Any] = {"replicate": number, "seconds": time.perf_counter() - start}
    row["divergences"] = sum(fit.diagnostics.divergences for fit in fits)
    for name in FORECASTERS:
        for part, values in zip(
            ("lower", "median", "upper"), intervals.get(name, np.full((3, 2), np.nan)), strict=True
        ):
            row |= {f"{name} {part} {f}": v for f, v in zip(FACTORS, values, strict=True)}
    if len(cell.laws) > 1:
        row |= {f"weight {law}": w for law, w in wholes["discrepancy"].weights.items()}
    return row


def run(cell: Cell, replicates: int, bootstraps: int, folder: Path) -> pd.DataFrame:
    """Simulate what is missing of one cell's table and return all of it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{cell.name}.csv"
    done = set(pd.read_csv(path)["replicate"]) if path.is_file() else set()
    for number in (k for k in range(replicates) if k not in done):
        row = pd.DataFrame([one(cell, number, number < bootstraps)])
        row.to_csv(path, mode="a", header=not path.is_file(), index=False)
    return pd.read_csv(path).query("replicate < @replicates")


def summarise(cell: Cell, table: pd.DataFrame) -> pd.DataFrame:
    """Coverage with its binomial standard error and width of one cell, a row per forecaster."""
    truth = cell.truth(targets())
    rows = []
    for name in FORECASTERS:
        known = table.dropna(subset=[f"{name} lower {FACTORS[0]}"])
        row: dict[str, Any] = {"cell": cell.name, "forecaster": name, "replicates": len(known)}
        for factor, value in zip(FACTORS, truth, strict=True):
            lower, median, upper = (
                known[f"{name} {part} {factor}"] for part in ("lower", "median", "upper")
            )
            share = float(((lower <= value) & (value <= upper)).mean())
            row |= {
                f"coverage {factor}x": share,
                f"se {factor}x": np.sqrt(share * (1 - share) / max(len(known), 1)),
                f"below {factor}x": float((value < lower).mean()),
                f"width {factor}x": float((upper - lower).mean()),
                f"bias {factor}x": float((median - value).mean()),
            }
        row["wanted width 100x"] = WANTED_WIDTH.get(cell.name, np.nan)
        rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Run the chosen cells and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cells", nargs="*", choices=[[], *CELLS], help="all if left out")
    parser.add_argument("--replicates", type=int, default=400)
    parser.add_argument("--bootstrap", type=int, default=50, help="first replicates that have it")
    parser.add_argument("--folder", type=Path, default=Path("build/coverage"))
    given = parser.parse_args()
    every = []
    for name in given.cells or CELLS:
        cell = CELLS[name]
        table = run(cell, given.replicates, given.bootstrap, given.folder)
        every.append(summarise(cell, table))
        print(
            f"{name} ({cell.meaning}): {len(table)} replicates, {table['seconds'].mean():.2f} s "
            f"each, {int((table['divergences'] > 0).sum())} with divergences",
            flush=True,
        )
    print(
        f"\nEqual-tailed {MASS:.0%} intervals of the law's curve; 'below' is the share of truths "
        "under the interval; width and bias in nats per token."
    )
    print(pd.concat(every).to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main()
