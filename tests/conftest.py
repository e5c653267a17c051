"""What tests of several rooms share."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fits import by_hand, spread
from hypothesis import settings

# Examples are the same in every run, and slow ones (a first import, a compile) are no fault.
settings.register_profile("bayescale", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("bayescale")

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of published runs beside the project; they are not ours to ship."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the published runs are not here: {folder} does not exist")
    return folder


@pytest.fixture(scope="session")
def power_table() -> pd.DataFrame:
    """Forty runs of a known power law: y = 0.5 + 20 * x^-0.4, noise 1%."""
    rng = np.random.default_rng(5)
    x = np.geomspace(1e2, 1e5, 40)
    y = (0.5 + 20 * x**-0.4) * np.exp(0.01 * rng.standard_t(10, len(x)))
    split = np.where(x > 3e4, "test", "train")
    return pd.DataFrame({"x": x, "y": y, "split": split, "thousands": x / 1e3})


@pytest.fixture(scope="session")
def runs_file(power_table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a CSV file."""
    path = tmp_path_factory.mktemp("runs") / "runs.csv"
    power_table.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def fit_file(runs_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fit of the law ``power`` to its training rows, made by the command line and saved."""
    from bayescale.cli.main import main

    path = tmp_path_factory.mktemp("fit") / "fit.nc"
    arguments = ["fit", runs_file, "--law", "power", "--where", "split=train", "-o", path]
    assert main(list(map(str, arguments))) == 0
    return path


@pytest.fixture(scope="session")
def loss():
    """A posterior of ``chinchilla``, 1000 draws."""
    return by_hand("chinchilla", spread("chinchilla"))


@pytest.fixture(scope="session")
def latency():
    """A posterior of ``power`` where time rises with x: y = 0.02 + 1e-12 * x."""
    rng = np.random.default_rng(5)
    slope = 1e-12 * np.exp(0.1 * rng.standard_normal(1500))
    # Each place twice: rows that err alone, not points of one curve.
    inputs = {"x": np.repeat(np.geomspace(1e8, 1e12, 13), 2)}
    return by_hand("power", {"y0": 0.02, "a": slope, "b": -1.0}, inputs=inputs, scale=0.05)
