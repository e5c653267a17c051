"""Post-training runs: error on C headers over model size and adaptation data."""

from __future__ import annotations

from pathlib import Path

from measure.pretraining import SIZES, UNIT, Design, load
from measure.size import CONTEXT
from measure.table import append_row, read_rows
from measure.text import c_headers, segments
from measure.training import evaluate, train

# All trained on the same text for one epoch, so that they differ in size alone.
BASES = tuple(Design(size, 32 * UNIT, 1) for size in SIZES[:5])
ADAPTATION_SEGMENTS = tuple(8 * 2**k for k in range(8))
HELD_OUT_SEGMENTS = 2048
EPOCHS = 4
BATCH = 4
# Gentler than pre-training, so that little data do not undo it.
RATE_SHARE = 0.25


def measure(work: Path) -> None:
    """Do the runs that are missing in ``work/posttraining.csv``."""
    text, held_out = c_headers()
    examined = segments(held_out, CONTEXT, HELD_OUT_SEGMENTS)
    table = work / "posttraining.csv"
    done = {row["run"] for row in read_rows(table)}
    for base in BASES:
        size = base.size
        for count in ADAPTATION_SEGMENTS:
            for seed in _seeds(count):
                name = f"{size.name}-A{count * CONTEXT}-s{seed}"
                if name in done:
                    continue
                # Another seed adapts to another part of the headers.
                offset = seed * CONTEXT * ADAPTATION_SEGMENTS[5]
                part = segments(text, CONTEXT, count, offset=offset)
                rate = RATE_SHARE * base.learning_rate
                adapted = train(load(work, base), size, part, EPOCHS, BATCH, rate, seed)
                found = evaluate(adapted, size, examined)
                append_row(table, _row(name, base, count, seed, found))


def _seeds(count: int) -> range:
    """Three adaptation sets where they are small and differ most, one beyond."""
    return range(3) if count <= ADAPTATION_SEGMENTS[5] else range(1)


def _row(
    name: str, base: Design, count: int, seed: int, found: dict[str, float]
) -> dict[str, object]:
    return {
        "run": name,
        "N": base.size.parameters,
        "D_test": count * CONTEXT,
        "E": round(found["error"], 6),
        "E_se": round(found["error_se"], 6),
        "loss": round(found["loss"], 6),
        "loss_se": round(found["loss_se"], 6),
        "model": base.name,
        "seed": seed,
        "epochs": EPOCHS,
    }


def split(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Hold out the largest model and the largest adaptation set."""
    model = max(int(row["N"]) for row in rows)
    data = max(int(row["D_test"]) for row in rows)
    return [
        row | {"split": "test" if int(row["N"]) == model or int(row["D_test"]) == data else "train"}
        for row in rows
    ]
