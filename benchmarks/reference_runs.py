"""What must hold on published runs: one line per claim, with the number and a verdict.

    python benchmarks/reference_runs.py [chinchilla pretraining inference posttraining]

Divergences are those of the fit that is kept; attempts count how often one was tried again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from typing import Any

import published

SEEDS = range(1, 11)
# Besiroglu et al. (2024), arXiv:2404.10102: estimate and bootstrap standard error.
BESIROGLU = {"E": (1.817, 0.026), "alpha": (0.348, 0.015), "beta": (0.366, 0.021)}
# Test RMSLE on the held-out 7B that is still good enough, by law and architecture.
LIMITS = {
    "latency": {"llama2": 0.16, "llama3": 0.27, "xlstm": 0.09},
    "inference": {"llama2": 0.25, "llama3": 0.28, "xlstm": 0.11},
}
Z_90 = 1.645

_failed: list[str] = []


def claim(text: str, holds: bool) -> None:
    """Print one claim with its verdict."""
    print(f"{'ok    ' if holds else 'FAILS '} {text}", flush=True)
    if not holds:
        _failed.append(text)


def fitted(runs: Any, seed: int = 1, **options: Any) -> Any:
    """Fit by the route that is compiled once per law."""
    from bayescale.posterior.fit import fit

    return fit(runs, seed=seed, route="compiled", progress=False, **options)


def worst(fits: list[Any]) -> dict[str, float]:
    """Sum of divergences, worst R-hat, ESS and E-BFMI, and the most attempts over fits."""
    tables = [found.diagnostics.table for found in fits]
    return {
        "divergences": sum(found.diagnostics.divergences for found in fits),
        "R-hat": max(table["r_hat"].max() for table in tables),
        "bulk ESS": min(table["ess_bulk"].min() for table in tables),
        "tail ESS": min(table["ess_tail"].min() for table in tables),
        "E-BFMI": min(found.diagnostics.e_bfmi for found in fits),
        "attempts": max(int(found.provenance["attempts"]) for found in fits),
    }


def say(found: Mapping[str, float]) -> str:
    """Write the worst figures in one line."""
    return ", ".join(f"{name} {value:.4g}" for name, value in found.items())


def chinchilla() -> None:
    """Law chinchilla on the 240 runs of Besiroglu et al., and with the five outliers."""
    fits = [fitted(published.chinchilla(), seed) for seed in SEEDS]
    found = worst(fits)
    print(f"chinchilla, 240 runs, seeds 1 to 10: {say(found)}")
    claim(f"divergences over ten seeds: {found['divergences']:.0f}", found["divergences"] == 0)
    claim(f"smallest bulk ESS {found['bulk ESS']:.0f}, wanted 1600", found["bulk ESS"] >= 1600)
    table = fits[0].summary()
    for name, (estimate, error) in BESIROGLU.items():
        low, high = table.loc[name, ["lower", "upper"]]
        theirs = (estimate - Z_90 * error, estimate + Z_90 * error)
        claim(
            f"{name}: 90% {low:.4g} to {high:.4g}, Besiroglu et al. {theirs[0]:.4g} to "
            f"{theirs[1]:.4g}",
            low <= theirs[1] and high >= theirs[0],
        )
    for problem in fits[0].diagnostics.problems:
        print(f"        {problem}")
    outliers(fits[0])


def outliers(without: Any) -> None:
    """Put the five outliers back: how far each posterior mean moves."""
    runs = published.chinchilla(outliers=True)
    found = fitted(runs)
    for name in ("E", "A", "B", "alpha", "beta"):
        before, after = (f.draws["posterior"][name] for f in (without, found))
        moved = float(abs(after.mean() - before.mean()) / before.std())
        claim(f"{name} moves by {moved:.2f} posterior SD with {len(runs)} runs", moved < 1)


def pretraining() -> None:
    """Law pretraining on the same runs with C = 6ND exactly: one term is not identified."""
    runs = published.chinchilla(law="pretraining")
    warned = [str(problem) for problem in runs.problems if "C" in str(problem)]
    claim(f"read_runs warns that C is a product: {warned}", bool(warned))
    fits = [fitted(runs, seed) for seed in SEEDS]
    found = worst(fits)
    print(f"pretraining, C = 6ND, seeds 1 to 10: {say(found)}")
    claim(f"divergences over ten seeds: {found['divergences']:.0f}", found["divergences"] == 0)
    claim(f"largest R-hat {found['R-hat']:.4f}, wanted 1.01", found["R-hat"] <= 1.01)
    for wanted in ("share[delta]", "beta3"):
        named = sum(wanted in found.diagnostics.not_informed for found in fits)
        claim(f"{wanted} named as not informed by {named} of {len(fits)} fits", named == len(fits))
    rows = fits[0].diagnostics.table["contraction"].round(2)
    print(f"        contraction: {rows.to_dict()}")
    print(f"        not informed: {', '.join(fits[0].diagnostics.not_informed)}")


def inference() -> None:
    """Laws latency and inference on times to first token; the 7B models are held out."""
    from bayescale.judge.scores import score

    for law, limits in LIMITS.items():
        for architecture, limit in limits.items():
            runs, held_out = published.inference(architecture, law)
            found = fitted(runs)
            at = held_out.rename(columns={c: s for s, c in published.CALL.items()})
            forecast = found.extrapolate(
                at[list(runs.law.input_symbols)].reset_index(drop=True),
                allow_unconverged=True,
            )
            scores = score(forecast, held_out["ttft_ms"])
            print(
                f"{law}, {architecture}, {len(runs)} runs, {len(held_out)} held out: "
                f"{say(worst([found]))}; coverage of 90% {scores['coverage_90']:.2f}"
            )
            claim(
                f"divergences: {found.diagnostics.divergences}", not found.diagnostics.divergences
            )
            claim(f"test RMSLE {scores['rmsle']:.3f}, wanted {limit}", scores["rmsle"] <= limit)


def posttraining() -> None:
    """Law posttraining on each model's training rows, and on each family's."""
    for column in ("model", "family"):
        fits = {name: fitted(runs) for name, runs in published.posttraining(column).items()}
        print(f"posttraining by {column}, {len(fits)} fits: {say(worst(list(fits.values())))}")
        diverged = {
            k: f.diagnostics.divergences for k, f in fits.items() if f.diagnostics.divergences
        }
        failed = [name for name, found in fits.items() if not found.diagnostics.passed]
        again = {
            k: f.provenance["attempts"] for k, f in fits.items() if f.provenance["attempts"] > 1
        }
        claim(f"fits with divergences by {column}: {diverged or 'none'}", not diverged)
        claim(f"fits that fail any check by {column}: {failed or 'none'}", not failed)
        print(f"        tried again: {again or 'none'}")


PARTS: Mapping[str, Callable[[], None]] = {
    "chinchilla": chinchilla,
    "pretraining": pretraining,
    "inference": inference,
    "posttraining": posttraining,
}


def main() -> None:
    """Print every part; the exit code is 1 if a claim fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", choices=list(PARTS))
    options = parser.parse_args()
    for name in options.parts or PARTS:
        PARTS[name]()
    print(f"\n{len(_failed)} claims fail" if _failed else "\nevery claim holds")
    sys.exit(1 if _failed else 0)


if __name__ == "__main__":
    main()
