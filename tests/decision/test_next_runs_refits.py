"""The ranking by weights beside brute force: buy each candidate, fit again, forecast."""

import numpy as np
import pandas as pd
import pytest
from fits import simulated

from bayescale.cli.main import main
from bayescale.decision.buying.next_runs import next_runs
from bayescale.decision.cost import Cost
from bayescale.posterior.fit import fit as sample
from bayescale.runs.runs import read_runs

CANDIDATES = np.geomspace(2e3, 5e8, 20)
TARGET = {"x": 1e9}
OUTCOMES = 3


@pytest.fixture(scope="module")
def fit():
    return sample(
        simulated("power", 12), seed=1, progress=False, route="compiled", discrepancy=False
    )


def width_after(fit, x, y):
    """Log width of the target's interval, once this run is in the table."""
    frame = pd.DataFrame({"x": [*fit.inputs["x"], x], "y": [*fit.response, y]})
    again = sample(
        read_runs(frame, fit.law),
        seed=2,
        draws=300,
        progress=False,
        route="compiled",
        strict=False,
        discrepancy=False,
    )
    # The same scenarios for each candidate: what differs is what it told.
    bounds = again.extrapolate(TARGET, kind="mean", seed=0, allow_unconverged=True).interval()
    return float(np.log(bounds["upper"] / bounds["lower"]).iloc[0])


def test_what_is_told_apart_ranks_as_by_brute_force_refits(fit):
    """Candidates whose widths differ by more than two standard errors; the rest are ties."""
    found = next_runs(fit, {"x": CANDIDATES}, TARGET, cost=Cost(train="x"))
    table = found.table.sort_index()
    expected = table["width"].to_numpy()
    error = table["reduction_se"].to_numpy() * found.width_now
    outcome = fit.extrapolate({"x": CANDIDATES}, kind="run", seed=5).draws.to_numpy()
    even = (np.arange(OUTCOMES) + 0.5) / OUTCOMES
    brute = np.array(
        [
            np.mean([width_after(fit, x, y) for y in np.quantile(outcome[:, k], even)])
            for k, x in enumerate(CANDIDATES)
        ]
    )
    wider = np.subtract.outer(expected, expected) > 2 * np.hypot.outer(error, error)
    assert wider.sum() > 80
    assert np.greater.outer(brute, brute)[wider].mean() >= 0.98
    assert np.median(np.abs(expected / brute - 1)) < 0.1


def test_the_command_line_says_the_same(fit, tmp_path, capsys):
    file = fit.save(tmp_path / "fit.nc")
    command = ["next-runs", file, "--target", "x=1B", "--train", "x", "--no-refits"]
    several = ["--at", "x=1M", "--at", "x=300M", "--gain-alone", "--csv", tmp_path / "runs.csv"]
    assert main([str(item) for item in [*command, *several]]) == 0
    shown = capsys.readouterr().out
    assert "equal-tailed 90%" in shown
    assert "± 2 standard errors" in shown or "two standard errors" in shown
    written = pd.read_csv(tmp_path / "runs.csv")
    options = {"cost": Cost(train="x"), "refits": "never", "per_cost": False}
    direct = next_runs(fit, {"x": [1e6, 3e8]}, TARGET, **options)
    np.testing.assert_allclose(written["width"], direct.table["width"], rtol=1e-9)
    assert main([str(item) for item in [*command, "--cost-cap", "1e8", "--json"]]) == 0
    assert '"width_now"' in capsys.readouterr().out
    assert main([str(item) for item in [*command, "--at", "q=3"]]) == 2
    assert "'q' is not an input" in capsys.readouterr().err
