"""Simulation-based calibration: prior to data to posterior, and the rank of the truth.

    python benchmarks/calibration.py [power chinchilla pretraining] [--simulations 200]

Inputs, reference run, the centre of the prior and the directions in which slopes may err are fixed
and passed explicitly: a fit takes the last from its runs, which would be seen twice. Ranks are
appended as they come, one row per simulation, and a run that was stopped goes on where it was. The
checker is first shown posteriors that are too narrow, too wide and shifted, and must catch all.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import ranks

LAWS = ("power", "chinchilla", "pretraining")
# Runs per data set, log-uniform over these inputs and independent of each other.
RUNS = {"power": 30, "chinchilla": 60, "pretraining": 80}
RANGES = {"x": (1e3, 1e7), "N": (4e7, 2e10), "D": (1e9, 1e12), "C": (1e18, 1e23)}
CHAINS, DRAWS = 4, 500
# Draws that a truth is ranked among: far enough apart to be independent.
RANKED = 99
# Directions of slopes whose coefficients are ranked.
RANKED_SLOPES = 3
ENOUGH = 400.0


def design(law: Any) -> dict[str, np.ndarray]:
    """Inputs of the runs, the same in every simulation."""
    rng = np.random.default_rng(0)
    return {
        name: np.exp(rng.uniform(*np.log(RANGES[name]), RUNS[law.name]))
        for name in law.input_symbols
    }


def directions(law: Any, priors: Any) -> Any:
    """Directions in which slopes may err at the runs, at the middle of the priors."""
    from bayescale.posterior.slopes import Slopes

    middle = priors.draw(np.random.default_rng(0), 500)
    held = {name: float(np.median(value)) for name, value in middle.items()}
    inputs = design(law)
    alike = np.ones(RUNS[law.name])
    slopes = Slopes.of(law, held, inputs, law.reference(inputs), alike)
    return slopes.told_by(inputs, alike)


def coefficients_of(law: Any, priors: Any, data: Any, z: np.ndarray) -> np.ndarray:
    """Coefficients of the directions at vectors of the sampler's scale, shape (..., DIRECTIONS)."""
    from bayescale.law.symbols import SLOPE_ERROR
    from bayescale.posterior.parameters import constrain
    from bayescale.posterior.predictor import Predictor
    from bayescale.posterior.slopes import coefficients, effective_scale

    free = {name: value[..., None] for name, value in constrain(priors, z).items()}
    residual = np.log(data.response) - Predictor(law, free, data.unit(priors)).log(data.scaled)
    numbers, scale = z[..., len(priors.free) :], effective_scale(free)
    return coefficients(numbers, residual, free[SLOPE_ERROR], scale, **vars(data.told))[0]


def simulate(law: Any, priors: Any, told: Any, number: int) -> tuple[np.ndarray, Any]:
    """Draw a truth from the priors, on the sampler's scale, and data from it."""
    from bayescale.law.noise import row_scale
    from bayescale.law.symbols import NOISE_DOF, SLOPE_ERROR
    from bayescale.posterior.data import ModelData
    from bayescale.posterior.parameters import unconstrain
    from bayescale.posterior.predictor import Curve

    rng = np.random.default_rng([number, zlib.crc32(law.name.encode())])
    inputs = design(law)
    reference, centre = law.reference(inputs), 1.0
    free = priors.draw(rng, 1)
    curve = Curve(law, free, reference, centre)(inputs)[0]
    w = rng.standard_normal(told.columns.shape[1])
    data = ModelData(inputs, np.ones(len(curve)), reference, centre, told=told)
    scale = row_scale(free, data.sizes(inputs))
    noise = scale * rng.standard_t(free[NOISE_DOF][0], len(curve))
    erring = np.log(curve) + free[SLOPE_ERROR][0] * told.columns @ w
    # The heaviest tails of the prior leave what a float can hold.
    data = replace(data, response=np.exp(np.clip(erring + noise, -600, 600)))
    # The sampler's numbers of the coefficients, which are linear in them.
    parameters, zeros = unconstrain(priors, free)[0], np.zeros(len(w))
    ends = [np.append(parameters, zeros + at) for at in (0.0, 1.0)]
    low, high = (coefficients_of(law, priors, data, z) for z in ends)
    return np.append(parameters, (w - low) / (high - low)), data


def one(law: Any, priors: Any, told: Any, ready: Any, number: int) -> dict[str, float]:
    """Ranks of one simulation, and how the sampler fared."""
    import arviz_stats
    import xarray as xr

    from bayescale.posterior.laplace import log_density
    from bayescale.posterior.sampling import ATTEMPTS, sample

    truth, data = simulate(law, priors, told, number)
    for attempt in ATTEMPTS:
        found = sample(
            ready, data, attempt, chains=CHAINS, draws=DRAWS, seed=number + 1, progress=False
        )
        sizes = ("chain", "draw")
        each = {name: (sizes, found.z[..., k]) for k, name in enumerate(priors.names)}
        ess = min(float(v) for v in arviz_stats.ess(xr.Dataset(each), method="bulk").values())
        divergences = int(found.stats["diverging"].sum())
        if divergences == 0 and ess >= ENOUGH:
            break
    flat = found.z.reshape(-1, found.z.shape[-1])
    apart = flat[np.linspace(0, len(flat) - 1, RANKED).astype(int)]
    row = {name: ranks.rank(truth[k], apart[:, k]) for k, name in enumerate(priors.names)}
    # What the strongest directions bring: they decide what is forecast.
    true, drawn = (coefficients_of(law, priors, data, z) for z in (truth, apart))
    row |= {f"slopes {k + 1}": ranks.rank(true[k], drawn[:, k]) for k in range(RANKED_SLOPES)}
    # A quantity of parameters and data together sees errors that leave each margin right.
    densities = log_density(law, priors, data, np.vstack([truth, apart]))
    row["log density"] = ranks.rank(densities[0], densities[1:])
    how = {"divergences": divergences, "ess": ess, "attempt": ATTEMPTS.index(attempt) + 1}
    return {"simulation": number, **how, **row}


def calibrate(name: str, simulations: int, folder: Path, *, quiet: bool = False) -> pd.DataFrame:
    """Simulate what is missing of one law's table and return all of it."""
    from bayescale import catalogue
    from bayescale.posterior.density import density
    from bayescale.posterior.parameters import resolve_priors

    law = catalogue.resolve(name)
    priors = resolve_priors(law)
    path = folder / f"{name}-v{law.version}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    done = set(pd.read_csv(path)["simulation"]) if path.is_file() else set()
    missing = [k for k in range(simulations) if k not in done]
    ready = density(law, priors, "compiled") if missing else None
    told = directions(law, priors)
    start = time.perf_counter()
    for count, number in enumerate(missing, start=1):
        row = pd.DataFrame([one(law, priors, told, ready, number)])
        row.to_csv(path, mode="a", header=not path.is_file(), index=False)
        if not quiet and count % 20 == 0:
            seconds = time.perf_counter() - start
            print(f"  {name} {count}/{len(missing)}, {seconds:.0f} s", flush=True)
    return pd.read_csv(path).query("simulation < @simulations")


def verdict(table: pd.DataFrame) -> pd.DataFrame:
    """Verdict per parameter of one law's table."""
    names = [name for name in table if name not in ("simulation", "divergences", "ess", "attempt")]
    return ranks.verdicts({name: table[name].to_numpy() for name in names}, RANKED)


def main() -> None:
    """Try the checker, then each law; the exit code is 1 if any is not calibrated."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("laws", nargs="*", choices=LAWS)
    parser.add_argument("--simulations", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path("build/calibration"))
    options = parser.parse_args()
    tried = ranks.trials()
    print("the checker, shown posteriors that are\n", tried.round(4).to_string(), sep="")
    if list(tried["calibrated"]) != [kind == "right" for kind in tried.index]:
        sys.exit("The checker does not tell a right posterior from a wrong one.")
    good = True
    for name in options.laws or LAWS:
        table = calibrate(name, options.simulations, options.folder)
        found = verdict(table)
        good &= bool(found["calibrated"].all())
        print(
            f"\n{name}: {len(table)} simulations, {int((table['divergences'] > 0).sum())} with "
            f"divergences kept, smallest ESS {table['ess'].min():.0f}, "
            f"{int((table['attempt'] > 1).sum())} tried again"
        )
        print(found.round(4).to_string(), flush=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
