"""What a refusal of a small or degenerate table proposes is done here, and works."""

import re

import numpy as np
import pandas as pd
import pytest
from fits import simulated

import bayescale as bs
from bayescale.errors import ComputationError, InputError, RunsError
from bayescale.judge.hold_out import folds
from bayescale.posterior import laplace


def small(n, law="power"):
    return simulated(law, n)


def refusal(kind, call):
    with pytest.raises(kind) as told:
        call()
    return str(told.value)


def proposed(pattern, message):
    """The value that a message proposes, as Python reads it."""
    found = re.search(pattern, message)
    assert found, message
    return found[1]


@pytest.mark.parametrize("n", [4, 5, 7, 20])
def test_a_cut_that_leaves_too_few_runs_names_one_that_leaves_enough(n):
    runs = small(n)
    message = refusal(InputError, lambda: folds(runs, 0.95))
    share = float(proposed(r"hold_out=(0\.\d+)", message))
    (fold,) = folds(runs, share)
    assert fold.train.sum() >= 3
    assert f"--hold-out {share:g}" in message


def test_a_table_too_small_for_any_cut_says_so():
    assert "add runs, these 3 are too few" in refusal(InputError, lambda: folds(small(3), 0.5))


def test_too_few_runs_to_learn_weights_are_averaged_with_weights_that_are_given():
    table = small(3).table
    fits = [bs.fit(bs.read_runs(table, law), preview=True) for law in ("power", "shifted")]
    message = refusal(ComputationError, lambda: bs.average(fits))
    weights = [float(x) for x in proposed(r"weights=\[(.*)\]", message).split(",")]
    assert len(bs.average(fits, weights=weights).weights) == 2


def test_too_few_runs_left_name_a_share_that_leaves_enough():
    runs = small(8)

    def without(share):
        fit = bs.fit(runs, preview=True)
        return bs.sensitivity(fit, {"x": 1e8}, smallest=share, draws=20)

    message = refusal(InputError, lambda: without(0.9))
    share = float(proposed(r"smallest=(0\.\d+)", message))
    assert round(share * len(runs)) == 5


def test_a_constant_response_names_how_to_take_another_column():
    table = pd.DataFrame({"x": [1e3, 1e4, 1e5, 1e6], "y": 2.0, "name": [3.0, 2.5, 2.2, 2.1]})
    message = refusal(RunsError, lambda: bs.read_runs(table, "power"))
    symbol = proposed(r"columns=\{'(.*)': 'name'\}", message)
    with_other = table.drop(columns="y")
    assert len(bs.read_runs(with_other, "power", columns={symbol: "name"})) == 4


def test_a_preview_is_compared_after_it_was_sampled():
    runs = small(12)
    preview = bs.fit(runs, preview=True)
    other = bs.fit(runs.for_law("shifted"), preview=True)
    message = refusal(InputError, lambda: bs.compare([preview, other]))
    assert "refit(preview=False)" in message
    sampled = preview.refit(preview=False, draws=50, chains=2, strict=False, progress=False)
    assert not sampled.approximate


@pytest.mark.parametrize("bad", ["width", "draws"])
def test_a_preview_that_is_no_number_is_refused_and_the_fit_is_not(monkeypatch, bad):
    runs = small(6)
    if bad == "width":
        monkeypatch.setattr(laplace, "_precision", lambda *_: np.full((5, 5), np.nan))
    else:
        monkeypatch.setattr(laplace, "laplace", lambda *_, **given: np.full((4000, 5), np.nan))
    message = refusal(ComputationError, lambda: bs.fit(runs, preview=True))
    assert message.count(". ") == 0
    assert "fit without preview" in message
    assert bs.fit(runs, progress=False).diagnostics.passed


def test_a_fit_of_no_draws_names_how_many_are_usual():
    runs = small(6)
    message = refusal(InputError, lambda: bs.fit(runs, draws=1))
    size = {name: int(proposed(rf"{name}=(\d+)", message)) for name in ("chains", "draws")}
    assert bs.fit(runs, progress=False, **size).draws["free"].sizes["draw"] == size["draws"]
