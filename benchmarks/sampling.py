"""Speed and memory of a fit, beside the textbook model of the same law.

    python benchmarks/sampling.py [--seeds 5] [--skip-textbook]

On the 240 Chinchilla runs: smallest bulk ESS over the parameters per second of sampling (the
samplers' own clocks, compilation left out on both sides) of bayescale and of the textbook PyMC
model in one process; a refit on new runs with the law compiled; peak memory of a process that
fits; whole processes of the command line. Run it with nothing else running.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import published

COMMAND = Path(sys.executable).parent / "bayescale"
CHAINS, DRAWS = 4, 1000
# What the textbook model samples, all in raw units.
TEXTBOOK = ("E", "A", "B", "alpha", "beta", "sigma")


def textbook_model(runs: Any) -> Any:
    """The law as a tutorial would write it: raw units, weakly informative priors."""
    import pymc as pm

    with pm.Model() as model:
        floor = pm.HalfNormal("E", 2.0)
        weight_n = pm.LogNormal("A", np.log(400.0), 1.5)
        weight_d = pm.LogNormal("B", np.log(400.0), 1.5)
        alpha = pm.HalfNormal("alpha", 0.5)
        beta = pm.HalfNormal("beta", 0.5)
        sigma = pm.HalfNormal("sigma", 0.5)
        mean = floor + weight_n * runs.inputs["N"] ** -alpha + weight_d * runs.inputs["D"] ** -beta
        pm.Normal("L", mean, sigma, observed=runs.response)
    return model


def textbook(runs: Any, seed: int) -> dict[str, float]:
    """Sample the textbook model with PyMC's own sampler."""
    import arviz as az
    import pymc as pm

    with textbook_model(runs):
        tree = pm.sample(
            DRAWS,
            tune=1000,
            chains=CHAINS,
            cores=2,
            nuts_sampler="pymc",
            random_seed=seed,
            progressbar=False,
        )
    ess = min(float(value) for value in az.ess(tree["posterior"].to_dataset()).values())
    seconds = float(tree["sample_stats"].attrs["sampling_time"])
    divergences = int(tree["sample_stats"]["diverging"].sum())
    return {"ess": ess, "seconds": seconds, "rate": ess / seconds, "divergences": divergences}


def ours(runs: Any, seed: int, route: str) -> dict[str, float]:
    """Fit with bayescale; the whole call is timed as well."""
    from bayescale.posterior.fit import fit

    start = time.perf_counter()
    found = fit(runs, seed=seed, chains=CHAINS, draws=DRAWS, route=route, progress=False)
    whole = time.perf_counter() - start
    ess = float(found.diagnostics.table["ess_bulk"].min())
    seconds = float(found.provenance["sampling_seconds"])
    return {
        "ess": ess,
        "seconds": seconds,
        "rate": ess / seconds,
        "divergences": found.diagnostics.divergences,
        "whole": whole,
    }


def line(name: str, rows: list[dict[str, float]], *, best: float | None = None) -> float:
    """Print the median over seeds and the range of the rate; return the median rate."""
    middle = {key: float(np.median([row[key] for row in rows])) for key in rows[0]}
    rates = [row["rate"] for row in rows]
    ratio = "" if best is None else f"{middle['rate'] / best:8.0f}"
    print(
        f"{name:<28}{middle['ess']:8.0f}{middle['seconds']:9.3f}{middle['rate']:10.0f}"
        f"{min(rates):9.0f} to {max(rates):<8.0f}{sum(r['divergences'] for r in rows):6.0f}{ratio}",
        flush=True,
    )
    return middle["rate"]


def speed(seeds: int, *, with_textbook: bool) -> None:
    """Smallest bulk ESS per second, bayescale beside the textbook; then the refits."""
    runs = published.chinchilla()
    print(f"{len(runs)} runs, law chinchilla, {CHAINS} chains of {DRAWS} draws, {seeds} seeds")
    print(f"{'':28}{'ESS':>8}{'seconds':>9}{'ESS/s':>10}{'range':>21}{'diverg.':>9}{'ratio':>5}")
    base = None
    if with_textbook:
        base = line("textbook, PyMC's sampler", [textbook(runs, s) for s in range(1, 1 + seeds)])
    for route in ("direct", "compiled"):
        ours(runs, 0, route)  # compiles
        rows = [ours(runs, seed, route) for seed in range(1, 1 + seeds)]
        line(f"bayescale, {route}", rows, best=base)
    refits(runs)


def refits(runs: Any) -> None:
    """Seconds of a refit on other runs of another number, the law being compiled."""
    print("\nrefit with a compiled law, seconds (sampling / the whole call)")
    for size in (30, 120, 200):
        keep = np.zeros(len(runs), dtype=bool)
        keep[np.random.default_rng(size).permutation(len(runs))[:size]] = True
        found = [ours(runs.select(keep), seed, "compiled") for seed in (1, 2, 3)]
        sampling = np.median([row["seconds"] for row in found])
        whole = np.median([row["whole"] for row in found])
        print(f"{size:>5} runs {sampling:8.3f} / {whole:.3f}")


def memory() -> None:
    """Peak memory of a process that does one fit and nothing else."""
    print("\npeak memory of a process that fits, MB")
    for route in ("direct", "compiled"):
        job = [sys.executable, __file__, "--memory-of", route]
        found = subprocess.run(job, check=True, capture_output=True, text=True)
        print(f"{route:>10} {float(found.stdout):8.0f}")


def memory_of(route: str) -> None:
    """Fit once in this process and print its peak memory."""
    ours(published.chinchilla(), 1, route)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def seconds_of(job: Callable[[], Any], repeats: int = 3) -> float:
    """Shortest of some repeats, the first, which fills caches, left out."""
    job()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times)


def processes() -> None:
    """Whole processes of the command line, on 240 runs."""
    if not COMMAND.is_file():
        print(f"\nwhole processes: {COMMAND} is not installed, nothing measured")
        return
    with tempfile.TemporaryDirectory() as folder:
        data, fitted = Path(folder) / "runs.csv", Path(folder) / "fit.nc"
        rows = published.table("chinchilla_epoch")
        kept = rows[rows["epoch_outlier"] == 0].rename(
            columns={column: symbol for symbol, column in published.LOSS.items()}
        )
        kept.to_csv(data, index=False)
        fit = ["fit", str(data), "--law", "chinchilla", "-o", str(fitted)]
        jobs = {
            "--help": ["--help"],
            "laws": ["laws"],
            "fit --preview": [*fit, "--preview"],
            "fit": fit,
            "show": ["show", str(fitted)],
            "extrapolate": ["extrapolate", str(fitted), "--at", "N=70B,D=1.4T"],
        }
        print("\nwhole process, seconds")
        for name, arguments in jobs.items():
            print(f"{name:>14} {seconds_of(lambda a=arguments: call(a)):8.2f}", flush=True)


def call(arguments: list[str]) -> None:
    """One call of the command line; ends the program with its message where it fails."""
    found = subprocess.run([str(COMMAND), *arguments], capture_output=True, text=True, check=False)
    if found.returncode:
        sys.exit(f"bayescale {' '.join(arguments)} failed: {found.stderr.strip()}")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--skip-textbook", action="store_true")
    parser.add_argument("--memory-of", choices=("direct", "compiled"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        memory_of(options.memory_of)
        return
    speed(options.seeds, with_textbook=not options.skip_textbook)
    memory()
    processes()


if __name__ == "__main__":
    main()
