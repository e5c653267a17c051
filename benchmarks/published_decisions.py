"""Optimal sizes from published runs, beside what was published of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from published import DATA, LOSS, chinchilla

GOPHER = 5.76e23
TUNED = "rw_tuned_warm-short_decay-const_params-standard_val"
# Rows of an isoFLOP curve whose loss is within this of the least, on the log scale; at least five.
NEAR, FEWEST = 0.08, 5
DRAWS = 2000
BLOCK = 500
BAND = [0.5, 0.05, 0.95]
EQUAL = "equal-tailed 90%"


def gopher(folder: Path) -> None:
    """N* at the budget of Gopher, and how it grows, by us and by a bootstrap of the Huber fit."""
    import bayescale as bs
    from bayescale.decision.plan import plan
    from bayescale.judge.rivals import bootstrap_curve
    from bayescale.posterior.data import ModelData

    runs = chinchilla()
    found = plan(bs.fit(runs, seed=1, progress=False), budget=GOPHER)
    # What was published takes the law to hold.
    fit = bs.fit(runs, seed=1, progress=False, discrepancy=False)
    data = ModelData.from_runs(runs)
    bootstrap = bootstrap_curve(fit.law, data, resamples=200)
    rows = {
        "N*, this posterior": sizes(fit.curve, GOPHER),
        "N*, bootstrap of the Huber fit": sizes(bootstrap, GOPHER),
        "a, this posterior": growth(fit.curve, GOPHER),
        "a, bootstrap of the Huber fit": growth(bootstrap, GOPHER),
    }
    table = pd.DataFrame({name: np.quantile(draws, BAND) for name, draws in rows.items()}).T
    table.columns = pd.Index(["median", "lower", "upper"])
    table["published"] = ["67B to 70B (Hoffmann et al.)", "", ".513 ± .020 (Besiroglu et al.)", ""]
    print(f"{len(runs)} runs, {EQUAL}\n{table.to_string(float_format='{:.4g}'.format)}")
    print(found.text)
    _write(table, folder / "gopher.csv")


def porian(folder: Path) -> None:
    """Exponents and optimal sizes of Porian et al. by parametric laws and by isoFLOP curves."""
    rows = pd.read_csv(DATA / "porian_resolving" / "porian_isoflops.csv")
    published = pd.read_csv(DATA / "porian_resolving" / "published_optimal_pairs.csv")
    _exponents(rows[rows["experiment"] == TUNED], folder)
    each = []
    for experiment, part in rows.groupby("experiment", sort=False):
        draws = isoflop_sizes(part, seed=len(each))
        theirs = published[published["experiment"] == experiment].set_index("flops")
        each += [
            _beside(str(experiment), level, logs, theirs.loc[level])
            for level, logs in draws.items()
            if level in theirs.index and np.isfinite(theirs.loc[level, "n"])
        ]
    table = pd.DataFrame(each)
    print(
        f"N* per level, 90% interval with the published SD: holds for {table['holds'].mean():.3f} "
        f"of {len(table)} published optima (ours alone: {table['holds_alone'].mean():.3f}); "
        f"median SD of log N* {table['sd'].median():.3f}, "
        f"published {table['their_sd'].median():.3f}"
    )
    print(table.groupby("experiment")[["holds", "holds_alone"]].mean().to_string())
    _write(table, folder / "porian.csv")


def _exponents(part: pd.DataFrame, folder: Path) -> None:
    """Exponent of N* of the tuned experiment: the parametric law on all rows, and near optima."""
    least = part.groupby("flops")["loss"].transform("min")
    near = part[np.log(part["loss"] / least) <= NEAR]
    levels = np.array(sorted(part["flops"].unique()))
    draws = isoflop_sizes(part)
    logs = np.column_stack([draws[level] for level in levels])
    slope = np.polyfit(np.log(levels), logs.T, 1)[0]
    found = {"isoFLOP curves": slope}
    for law in ("chinchilla", "coupled"):
        for name, rows in (("all rows", part), (f"loss within {NEAR:.0%} of the least", near)):
            curve = _fit(rows, law).curve.pick(slice(None, None, 4))
            ends = [np.log(sizes(curve, budget)) for budget in (levels[0], levels[-1])]
            found[f"{law}, {name}"] = (ends[1] - ends[0]) / np.log(levels[-1] / levels[0])
    table = pd.DataFrame({name: np.quantile(item, BAND) for name, item in found.items()}).T
    table.columns = pd.Index(["median", "lower", "upper"])
    print(f"exponent of N*, {EQUAL}; published .497\n{table.round(3).to_string()}")
    _write(table, folder / "porian_exponents.csv")


def _fit(rows: pd.DataFrame, law: str) -> Any:
    import bayescale as bs

    # The size of least loss is asked of the law itself.
    runs = bs.read_runs(rows, law, columns=LOSS)
    return bs.fit(runs, seed=1, progress=False, discrepancy=False)


def isoflop_sizes(part: pd.DataFrame, seed: int = 0) -> dict[float, np.ndarray]:
    """Posterior of log N* per level: cubics of log loss in log N near the least loss.

    Normal noise of one variance at all levels of an experiment, flat priors on coefficients and
    on the log of the SD: the posterior of a linear regression. The least of each draw's cubic is
    taken within the rows that were fitted.
    """
    rng = np.random.default_rng(seed)
    curves, squares, spare = {}, 0.0, 0
    for level, rows in part.groupby("flops"):
        above = np.log(rows["loss"] / rows["loss"].min())
        kept = rows[above.rank(method="first").le(FEWEST) | (above <= NEAR)]
        u = np.log(kept["n_params"].to_numpy())
        x = np.vander((u - u.mean()) / u.std(), 4)
        mean, *_ = np.linalg.lstsq(x, np.log(kept["loss"].to_numpy()), rcond=None)
        left = np.log(kept["loss"].to_numpy()) - x @ mean
        squares, spare = squares + float(left @ left), spare + len(kept) - 4
        curves[float(level)] = (u, mean, np.linalg.cholesky(np.linalg.inv(x.T @ x)))
    sd = np.sqrt(squares / rng.chisquare(spare, DRAWS))
    found = {}
    for level, (u, mean, root) in curves.items():
        drawn = mean + sd[:, None] * (rng.standard_normal((DRAWS, 4)) @ root.T)
        grid = np.linspace(u.min(), u.max(), 1001)
        value = drawn @ np.vander((grid - u.mean()) / u.std(), 4).T
        found[level] = grid[value.argmin(axis=1)]
    return found


def _beside(experiment: str, level: float, logs: np.ndarray, theirs: Any) -> dict[str, Any]:
    """One level: our interval, alone and widened by the SD of the published optimum."""
    log_n, sd = np.log(theirs["n"]), theirs["n_star_std"]
    wider = logs + sd * np.random.default_rng(0).standard_normal(len(logs))
    low, high = np.quantile(wider, BAND[1:])
    alone = np.quantile(logs, BAND[1:])
    return {
        **{"experiment": experiment, "flops": level, "n": np.exp(np.median(logs))},
        **{"published": theirs["n"], "sd": logs.std(), "their_sd": sd},
        "holds": bool(low <= log_n <= high),
        "holds_alone": bool(alone[0] <= log_n <= alone[1]),
    }


def sizes(curve: Any, budget: float) -> np.ndarray:
    """Size of least loss at 6*N*D FLOPs in every draw: a grid, and a parabola through its least."""
    log_n = np.linspace(np.log(budget / 6) / 2 - 7, np.log(budget / 6) / 2 + 7, 561)
    n = np.exp(log_n)
    at = {"N": n, "D": budget / 6 / n}
    starts = range(0, len(curve.free["M"]), BLOCK)
    loss = np.concatenate([curve.pick(slice(k, k + BLOCK))(at) for k in starts])
    k = loss.argmin(axis=1).clip(1, len(n) - 2)
    rows = np.arange(len(loss))
    left, middle, right = loss[rows, k - 1], loss[rows, k], loss[rows, k + 1]
    step = 0.5 * (left - right) / (left - 2 * middle + right)
    return np.exp(log_n[k] + step * (log_n[1] - log_n[0]))


def growth(curve: Any, budget: float) -> np.ndarray:
    """Exponent of that size in the budget, in every draw."""
    far = 1.0
    ends = [np.log(sizes(curve, budget * np.exp(sign * far))) for sign in (-1, 1)]
    return (ends[1] - ends[0]) / (2 * far)


def _write(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path)
