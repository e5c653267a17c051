"""``python -m measure pretraining --out FOLDER --work FOLDER``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path


def main() -> None:
    """Measure one table, then name its held-out rows."""
    parser = argparse.ArgumentParser(prog="python -m measure")
    parser.add_argument("table", choices=("pretraining", "posttraining", "inference"))
    parser.add_argument("--out", type=Path, required=True, help="folder of the finished table")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder of finished rows and trained weights"
    )
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    arguments.work.mkdir(parents=True, exist_ok=True)
    # One thread, so that two processes can share a machine; read by XLA when it starts.
    os.environ.setdefault(
        "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    )
    from measure import inference, posttraining, pretraining
    from measure.table import read_rows, write_rows

    program = {"pretraining": pretraining, "posttraining": posttraining, "inference": inference}
    chosen = program[arguments.table]
    chosen.measure(arguments.work)
    name = f"{arguments.table}.csv"
    write_rows(arguments.out / name, chosen.split(read_rows(arguments.work / name)))


if __name__ == "__main__":
    main()
