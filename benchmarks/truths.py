"""Truths that decisions are tried on: half of them outside the law that is fitted.

    additive   E + A(N) + B(D), as fitted
    coupled    E + (A(N)^(1/s) + B(D)^(1/s))^s with s between 0.4 and 0.8
    bent       additive, but the local exponents of N and D drift by up to 3% per e-fold

A(N) and B(D) are powers that at a run of 1e20 FLOPs are near those of Hoffmann et al. (2022),
arXiv:2203.15556. Runs: compute log-uniform from 1e18 to 1e21 FLOPs, tokens per parameter within a
factor of six about 20, noise of 0.7% on the loss.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

Values = dict[str, np.ndarray]
Truth = Callable[[Values], np.ndarray]
SMALLEST, LARGEST = 1e18, 1e21
RATIO, SPREAD, NOISE = 20.0, 6.0, 0.007
# Multiples of the largest compute: of the plan, of the target, and of all further runs.
FURTHER, TARGET, MONEY = 100.0, 30.0, 10.0
PRICES, RATIOS = 12, 6
MIDDLE = {"N": 9e8, "D": 1.8e10}


def kind(number: int) -> str:
    """Kind of the truth of a world."""
    return ("additive", "coupled", "additive", "bent")[number % 4]


def truth_of(number: int) -> Truth:
    """Loss of one world at inputs N and D."""
    rng = np.random.default_rng([number, 1])
    floor = 1.7 * np.exp(0.1 * rng.standard_normal())
    weight = {"N": 0.36, "D": 0.55}
    weight = {name: value * np.exp(0.25 * rng.standard_normal()) for name, value in weight.items()}
    power = {name: 0.32 * np.exp(0.12 * rng.standard_normal()) for name in MIDDLE}
    drift = {name: rng.uniform(-0.03, 0.03) * (kind(number) == "bent") for name in MIDDLE}
    coupling = rng.uniform(0.4, 0.8) if kind(number) == "coupled" else 1.0

    def term(name: str, at: np.ndarray) -> np.ndarray:
        far = np.log(at / MIDDLE[name])
        return weight[name] * np.exp(-power[name] * far * (1 + 0.5 * drift[name] * far))

    def loss(at: Values) -> np.ndarray:
        parts = [term(name, np.asarray(at[name])) ** (1 / coupling) for name in MIDDLE]
        return floor + (parts[0] + parts[1]) ** coupling

    return loss


def simulate(number: int, n_runs: int) -> tuple[Truth, pd.DataFrame]:
    """A truth, and the table of runs that were bought so far."""
    truth, rng = truth_of(number), np.random.default_rng([number, n_runs, 2])
    compute = np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST), n_runs))
    compute[np.argmax(compute)] = LARGEST
    ratio = RATIO * np.exp(rng.uniform(-np.log(SPREAD), np.log(SPREAD), n_runs))
    return truth, measured(truth, _designs(compute, ratio), rng)


def measured(truth: Truth, at: Values, rng: np.random.Generator) -> pd.DataFrame:
    """What runs came out at."""
    loss = truth(at) * np.exp(NOISE * rng.standard_normal(len(at["N"])))
    return pd.DataFrame({**at, "L": loss})


def candidates() -> tuple[Values, np.ndarray]:
    """Further runs that may be bought, and the FLOPs of each.

    From a hundredth of the money to nearly all of it, 2 to 500 tokens per parameter.
    """
    price = MONEY * LARGEST * np.geomspace(0.01, 0.98, PRICES)
    several = _designs(np.repeat(price, RATIOS), np.tile(np.geomspace(2, 500, RATIOS), PRICES))
    return several, 6 * several["N"] * several["D"]


def at_random(cost: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """So many candidates at random that together cost between 95% and all of the money."""
    while True:
        rows = rng.choice(len(cost), count, replace=False)
        if 0.95 <= cost[rows].sum() / (MONEY * LARGEST) <= 1:
            return rows


def target() -> dict[str, float]:
    """Where the forecast matters: 20 tokens per parameter at the plan's budget."""
    found = _designs(np.array([FURTHER * LARGEST]), np.array([RATIO]))
    return {name: float(value[0]) for name, value in found.items()}


def optimum(loss: Truth, budget: float) -> tuple[float, float]:
    """Size with the least loss under a budget of 6*N*D FLOPs, and that loss, on a dense grid."""
    size = np.geomspace(1e8, 1e13, 20_001)
    value = loss({"N": size, "D": budget / 6 / size})
    best = int(np.argmin(value))
    return float(size[best]), float(value[best])


def at_size(loss: Truth, size: float, budget: float) -> float:
    """Loss of a design that uses the budget up."""
    return float(loss({"N": np.array([size]), "D": np.array([budget / 6 / size])})[0])


def _designs(compute: np.ndarray, ratio: np.ndarray) -> Values:
    size = np.sqrt(compute / 6 / ratio)
    return {"N": size, "D": ratio * size}
