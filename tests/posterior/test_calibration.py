"""Simulation-based calibration in small, and the checker shown what it must catch."""

import calibration
import numpy as np
import pytest
import ranks


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("kind", ranks.SPOILED)
def test_checker_tells_right_from_narrow_wide_and_shifted(kind, seed):
    assert ranks.trial(kind, seed=seed)["calibrated"].all() == (kind == "right")


def test_checker_names_what_is_wrong():
    assert ranks.trial("too narrow")["width"].item() > 1.1
    assert ranks.trial("too wide")["width"].item() < 0.9
    assert ranks.trial("shifted")["mean"].item() < 0.42


def test_checker_sees_ranks_that_only_a_histogram_shows():
    """Mean and spread of a uniform, and nothing else of it."""
    low, high = np.arange(25, 30), np.arange(70, 75)
    two_lumps = np.tile(np.concatenate([low - 15, low + 5, high - 5, high + 15]), 20)
    table = ranks.verdicts({"lumps": two_lumps}, 99)
    assert not table["calibrated"].item()


def test_false_alarms_are_rare_over_many_quantities():
    """Uniform ranks of ten quantities: the level is kept over all of them together."""
    rng = np.random.default_rng(0)
    alarms = 0
    for _ in range(200):
        table = ranks.verdicts({str(k): rng.integers(0, 100, 200) for k in range(10)}, 99)
        alarms += not table["calibrated"].all()
    assert alarms <= 8


def test_power_is_calibrated_in_small_and_goes_on_where_it_stopped(tmp_path):
    calibration.calibrate("power", 8, tmp_path, quiet=True)
    before = next(tmp_path.iterdir()).read_text()
    table = calibration.calibrate("power", 20, tmp_path, quiet=True)
    assert next(tmp_path.iterdir()).read_text().startswith(before)
    assert list(table["simulation"]) == list(range(20))
    assert (table["divergences"] == 0).all()
    found = calibration.verdict(table)
    assert {"log density", "slopes 1", "slope_error", "noise_trend"} < set(found.index)
    assert found["calibrated"].all(), found
