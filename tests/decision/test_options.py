"""Named options: probabilities and regrets by counting, pairing, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from fits import by_hand
from scipy.stats import norm

from bayescale.decision.options import compare_options
from bayescale.errors import InputError, Problem, UnconvergedError

DESIGNS = {
    "small": {"N": "5B", "D": "2T"},
    "middle": {"N": "20B", "D": "500B"},
    "large": {"N": "80B", "D": "125B"},
}


def test_designs_of_one_fit_are_compared_in_the_same_scenarios(loss):
    found = compare_options(DESIGNS, loss)
    at = pd.DataFrame({n: [design[n] for design in DESIGNS.values()] for n in ("N", "D")})
    draws = loss.extrapolate(at, kind="mean").draws.to_numpy()
    table = found.table.loc[list(DESIGNS)]
    best = draws.argmin(axis=1)
    np.testing.assert_allclose(table["P(best)"], [(best == k).mean() for k in range(3)])
    regret = draws - draws.min(axis=1, keepdims=True)
    np.testing.assert_allclose(table["expected_regret"], regret.mean(axis=0), atol=1e-12)
    worst = np.sort(regret, axis=0)[-len(draws) // 10 :].mean(axis=0)
    np.testing.assert_allclose(table["tail_regret"], worst, rtol=0.02, atol=1e-9)
    beats = found.pairwise.loc["small", "middle"]
    assert beats == pytest.approx((draws[:, 0] < draws[:, 1]).mean())
    pairs = found.pairwise.to_numpy()
    np.testing.assert_allclose(pairs + pairs.T, 1.0)
    assert found.table["training_flops"]["small"] == pytest.approx(6 * 5e9 * 2e12)
    assert next(iter(found.table.index)) == found.text.split(" has")[0]


def test_measured_variants_are_independent():
    found = compare_options({"a": {"mean": 2.0, "sd": 0.03}, "b": {"mean": "2.02", "sd": 0.04}})
    wanted = norm.cdf(0.02 / 0.05)
    assert found.pairwise.loc["a", "b"] == pytest.approx(wanted, abs=0.03)
    gap = 0.05 * norm.pdf(0.4) - 0.02 * norm.sf(0.4)  # E[max(a - b, 0)]
    assert found.table.loc["a", "expected_regret"] == pytest.approx(gap, rel=0.1)


def test_a_variant_with_a_fit_of_its_own_is_paired_at_random(loss):
    law = {name: v.to_numpy().ravel() for name, v in loss.draws["posterior"].items()}
    keep = ("E", "A", "alpha", "B", "beta")
    int4 = by_hand("chinchilla", {name: law[name] for name in keep})
    options = {"bf16": DESIGNS["middle"], "int4": DESIGNS["middle"] | {"fit": int4}}
    draws = compare_options(options, loss, discrepancy=False).draws
    # The same posterior, yet not in the same scenarios.
    assert abs(np.corrcoef(draws["bf16"], draws["int4"])[0, 1]) < 0.1
    assert draws["bf16"].mean() == pytest.approx(draws["int4"].mean())


def test_draws_and_tables(loss):
    own = np.random.default_rng(0).normal(2.2, 0.01, 300)
    found = compare_options(DESIGNS | {"own": own}, loss)
    assert len(found.draws) == 1000
    assert found.draws["own"].mean() == pytest.approx(2.2, abs=0.003)
    table = pd.DataFrame(
        {"option": ["a", "b"], "N": ["5B", None], "D": ["2T", None], "mean": [None, 2.1]}
    )
    table["sd"] = [np.nan, 0.01]
    found = compare_options(table, loss)
    assert set(found.draws) == {"a", "b"}
    assert found.draws["b"].mean() == pytest.approx(2.1, abs=0.001)


def test_ties_share_the_first_place(loss):
    same = {"one": DESIGNS["small"], "two": DESIGNS["small"]}
    found = compare_options(same, loss)
    assert found.table["P(best)"].tolist() == [0.5, 0.5]
    assert found.pairwise.loc["one", "two"] == 0.5
    assert found.table["expected_regret"].tolist() == [0.0, 0.0]


def test_it_reads_as_text_and_as_html(loss):
    found = compare_options(DESIGNS | {"<b>": {"mean": 2.5, "sd": 0.1}}, loss, risk="cvar(0.9)")
    assert "equal-tailed 90%" in found.text
    assert "cvar(0.9)" in found.text
    assert "<b>" not in found._repr_html_()
    assert "&lt;b&gt;" in found._repr_html_()


WRONG = [
    ({}, "at least two"),
    ({"a": {"mean": 2, "sd": 1}}, "there are 1"),
    (pd.DataFrame({"N": [], "D": []}), "there are 0"),
    ({"a": {"N": "1B"}, "b": {"N": "1B", "D": "1T"}}, "lacks D"),
    ({"a": {"N": "1B", "D": "1T", "Q": 3}, "b": {"N": "1B", "D": "1T"}}, "not an input"),
    ({"a": {"mean": 2}, "b": {"N": "1B", "D": "1T"}}, "mean and sd"),
    ({"a": {"mean": 2, "sd": -1}, "b": {"N": "1B", "D": "1T"}}, "negative"),
    ({"a": [2.0, np.nan], "b": {"N": "1B", "D": "1T"}}, "flat list"),
    ({"a": "seven", "b": {"N": "1B", "D": "1T"}}, "neither a design nor draws"),
]


@pytest.mark.parametrize(("options", "told"), WRONG)
def test_bad_options_are_one_clear_sentence(loss, options, told):
    with pytest.raises(InputError, match=told):
        compare_options(options, loss)


def test_designs_need_a_fit_that_converged():
    with pytest.raises(InputError, match="give a fit"):
        compare_options(DESIGNS)
    problem = Problem("rhat", "error", "R-hat of E is 2.", {})
    law = {"E": 1.8, "A": 480.0, "alpha": 0.35, "B": np.full(300, 2000.0), "beta": 0.37}
    with pytest.raises(UnconvergedError):
        compare_options(DESIGNS, by_hand("chinchilla", law, problems=[problem]))
    with pytest.raises(InputError, match="infinite"):
        compare_options(DESIGNS, by_hand("chinchilla", law), kind="run")
