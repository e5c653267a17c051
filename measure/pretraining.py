"""Pre-training runs: loss over model size, unique tokens and compute."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from measure.size import CONTEXT, Size
from measure.table import append_row, read_rows
from measure.text import python_sources, segments
from measure.training import evaluate, train
from measure.transformer import Parameters, initialise

HELD_OUT_SEGMENTS = 4096
UNIT = 2**17
# Keeps the whole table near half an hour of one core.
LARGEST_FLOPS = 1.1e13
SIZES = tuple(
    Size(width, layers)
    for width, layers in ((32, 1), (32, 2), (48, 2), (64, 3), (96, 3), (128, 4), (160, 5))
)


@dataclass(frozen=True)
class Design:
    """One run: size, unique tokens, passes over them, seed (of weights, order and text)."""

    size: Size
    unique_tokens: int
    epochs: int
    seed: int = 0

    @property
    def name(self) -> str:
        """Identifier of the run, e.g. ``w64l3-D131072-e2-s0``."""
        return f"{self.size.name}-D{self.unique_tokens}-e{self.epochs}-s{self.seed}"

    @property
    def tokens(self) -> int:
        """Tokens processed."""
        return self.unique_tokens * self.epochs

    @property
    def batch(self) -> int:
        """Segments a step: 4 up to a million tokens, 8 beyond."""
        return 4 if self.tokens <= 8 * UNIT else 8

    @property
    def learning_rate(self) -> float:
        """Peak rate: 0.016 at width 32, falling with its power 3/4 (a sweep, see the card)."""
        return float(0.016 * (32 / self.size.width) ** 0.75)


def designs() -> list[Design]:
    """All runs, the cheap ones first."""
    small, large = SIZES[:5], SIZES[5:]
    grid = [Design(size, UNIT * k, 1) for size in SIZES for k in (1, 2, 4, 8, 16)]
    grid += [Design(size, UNIT * 32, 1) for size in SIZES]
    grid += [Design(size, UNIT * k, 4) for size in SIZES[:6] for k in (1, 4)]
    grid += [Design(size, UNIT * k, 2) for size in SIZES[::2] for k in (2, 8)]
    grid += [Design(size, UNIT, 8) for size in small[::2]]
    grid += [
        Design(size, UNIT * k, 1, seed) for size in small[1::2] for k in (1, 8) for seed in (1,)
    ]
    grid += [Design(SIZES[4], UNIT * 4, 1, seed) for seed in (1, 2)]
    grid += [Design(large[0], UNIT * 8, 1, 1), Design(large[0], UNIT * 16, 2)]
    affordable = [run for run in grid if run.size.training_flops(run.tokens) <= LARGEST_FLOPS]
    return sorted(affordable, key=lambda run: run.size.training_flops(run.tokens))


def measure(work: Path) -> None:
    """Do the runs that are missing in ``work/pretraining.csv``; keep weights there too."""
    text, held_out = python_sources()
    examined = segments(held_out, CONTEXT, HELD_OUT_SEGMENTS)
    table = work / "pretraining.csv"
    done = {row["run"] for row in read_rows(table)}
    for design in designs():
        if design.name in done:
            continue
        start = time.perf_counter()
        # Another seed reads another part of the text.
        count = design.unique_tokens // CONTEXT
        part = segments(text, CONTEXT, count, offset=design.seed * UNIT * 64)
        parameters = train(
            initialise(design.size, design.seed),
            design.size,
            part,
            design.epochs,
            design.batch,
            design.learning_rate,
            design.seed,
        )
        found = evaluate(parameters, design.size, examined)
        save(work, design, parameters)
        append_row(table, _row(design, found, time.perf_counter() - start))


def _row(design: Design, found: dict[str, float], seconds: float) -> dict[str, object]:
    return {
        "run": design.name,
        "N": design.size.parameters,
        "D": design.unique_tokens,
        "C": float(design.size.training_flops(design.tokens)),
        "L": round(found["loss"], 6),
        "L_se": round(found["loss_se"], 6),
        "epochs": design.epochs,
        "tokens": design.tokens,
        "seed": design.seed,
        "width": design.size.width,
        "layers": design.size.layers,
        "N_total": design.size.all_parameters(),
        "batch_tokens": design.batch * CONTEXT,
        "steps": design.tokens // (design.batch * CONTEXT),
        "learning_rate": round(design.learning_rate, 6),
        "seconds": round(seconds, 1),
    }


def save(work: Path, design: Design, parameters: Parameters) -> None:
    """Keep the weights of a run for post-training."""
    work.mkdir(parents=True, exist_ok=True)
    arrays = {name: np.asarray(value) for name, value in parameters.items()}
    with (work / f"{design.name}.npz").open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load(work: Path, design: Design) -> Parameters:
    """Weights of a finished run."""
    with np.load(work / f"{design.name}.npz") as arrays:
        return dict(arrays)


def split(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Name the five runs of largest C ``test``, the others ``train``."""
    order = sorted(range(len(rows)), key=lambda k: (float(rows[k]["C"]), int(rows[k]["N"])))
    return [row | {"split": "test" if k in order[-5:] else "train"} for k, row in enumerate(rows)]
