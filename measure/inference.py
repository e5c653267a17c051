"""Inference runs: wall-clock time of a forward pass over size, tokens and threads."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from measure.pretraining import SIZES
from measure.size import Size
from measure.table import append_row, read_rows

# The trained sizes and larger ones, untrained: time does not depend on the weights.
LARGER = tuple(Size(width, layers) for width, layers in ((256, 4), (384, 6), (512, 8), (768, 8)))
TOKENS = (32, 64, 128, 256, 512, 1024, 2048, 4096)
LONGEST = 256
THREADS = (1, 2)
REPEATS = 9
SECONDS_PER_POINT = 0.5
LARGEST_FLOPS = 1.5e11


def measure(work: Path) -> None:
    """Measure what is missing in ``work/inference.csv``, a process per number of threads."""
    for threads in THREADS:
        flags = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        environment = os.environ | {"XLA_FLAGS": flags if threads == 1 else ""}
        program = [sys.executable, "-m", "measure.inference"]
        subprocess.run([*program, str(work), str(threads)], env=environment, check=True)  # noqa: S603


def _measure(work: Path, threads: int) -> None:
    """All points of one number of threads, in this process and on that many processors."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    table = work / "inference.csv"
    done = {row["run"] for row in read_rows(table)}
    for size in SIZES + LARGER:
        for tokens in TOKENS:
            length = min(tokens, LONGEST)
            flops = size.forward_flops(length) * (tokens // length)
            name = f"{size.name}-n{tokens}-t{threads}"
            if name in done or flops > LARGEST_FLOPS:
                continue
            seconds = _time(size, tokens // length, length)
            append_row(table, _row(name, size, tokens, length, flops, threads, seconds))


def _time(size: Size, batch: int, length: int) -> np.ndarray:
    """Seconds of each repetition, after compilation and a warm-up."""
    import jax
    import jax.numpy as jnp

    from measure.transformer import initialise, logits

    parameters = jax.block_until_ready(initialise(size, 0, context=LONGEST))
    text = jnp.asarray(np.random.default_rng(0).integers(0, 256, (batch, length), dtype=np.uint8))
    run = jax.jit(lambda weights, bytes_: logits(weights, bytes_, size.heads))
    for _ in range(3):
        run(parameters, text).block_until_ready()
    seconds: list[float] = []
    while len(seconds) < REPEATS or sum(seconds) < SECONDS_PER_POINT:
        start = time.perf_counter()
        run(parameters, text).block_until_ready()
        seconds.append(time.perf_counter() - start)
    return np.array(seconds)


def _row(
    name: str, size: Size, tokens: int, length: int, flops: int, threads: int, seconds: np.ndarray
) -> dict[str, object]:
    low, median, high = np.quantile(seconds, [0.25, 0.5, 0.75])
    return {
        "run": name,
        "N": size.parameters,
        "D_inf": tokens,
        "C": float(flops),
        "T": f"{median:.6g}",
        "T_q25": f"{low:.6g}",
        "T_q75": f"{high:.6g}",
        "repeats": len(seconds),
        "threads": threads,
        "length": length,
        "batch": tokens // length,
        "width": size.width,
        "layers": size.layers,
    }


def split(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Hold out the largest model."""
    largest = max(int(row["N"]) for row in rows)
    return [row | {"split": "test" if int(row["N"]) == largest else "train"} for row in rows]


if __name__ == "__main__":
    _measure(Path(sys.argv[1]), int(sys.argv[2]))
