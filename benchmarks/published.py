"""Published runs that the benchmarks read, each as runs of one law."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from bayescale.runs.runs import Runs

DATA = Path(__file__).parents[2] / "shared" / "data"
LOSS = {"N": "n_params", "D": "n_tokens", "L": "loss"}
CALL = {"N": "n_params", "D_inf": "n_tokens", "C": "flops_est", "T": "ttft_ms"}
TUNING = {"N": "n_params", "D_test": "n_examples", "E": "loss"}
# Calls shorter than this are set by what does not scale.
SHORTEST_PREFILL = 128


def table(name: str) -> pd.DataFrame:
    """One published table by the name of its folder; ends the program where it is absent."""
    path = DATA / name / f"{name}.csv"
    if not path.is_file():
        sys.exit(f"The published runs are not here: {path} does not exist.")
    return pd.read_csv(path)


def chinchilla(*, outliers: bool = False, law: str = "chinchilla") -> Runs:
    """The 240 runs that Besiroglu et al. (2024) keep, or all 245."""
    from bayescale.runs.runs import read_runs

    rows = table("chinchilla_epoch")
    if not outliers:
        rows = rows[rows["epoch_outlier"] == 0]
    derive = {"C": "6*N*D"} if law == "pretraining" else None
    return read_runs(rows, law, columns=LOSS, derive=derive)


def inference(architecture: str, law: str) -> tuple[Runs, pd.DataFrame]:
    """Times to first token of one architecture: the runs to fit, and the rows held out (7B)."""
    from bayescale.runs.runs import read_runs

    rows = table("xlstm_inference")
    rows = rows[(rows["arch"] == architecture) & (rows["prefill_tokens"] >= SHORTEST_PREFILL)]
    held_out = rows["split"] == "test"
    return read_runs(rows[~held_out], law, columns=CALL), rows[held_out]


def posttraining(column: str) -> dict[str, Runs]:
    """Fine-tuning runs of the training split by ``model`` or by ``family``, zero-shot left out."""
    from bayescale.runs.runs import read_runs

    rows = table("finetuning")
    rows = rows[(rows["n_examples"] > 0) & (rows["split"] == "train")]
    return {
        str(name): read_runs(part, "posttraining", columns=TUNING)
        for name, part in rows.groupby(column)
    }
