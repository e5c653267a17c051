"""Named options: probabilities and regrets by counting, pairing, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, by_hand, erring
from scipy.stats import norm

from bayescale.decision.cost import Cost
from bayescale.decision.limits import Limit
from bayescale.decision.options import compare_options
from bayescale.decision.plan import plan
from bayescale.errors import ComputationError, InputError, Problem, UnconvergedError

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


def test_errors_of_slopes_are_shared_by_near_designs_and_tell_far_ones_apart(loss):
    """They enter the probability of being best where designs are far apart, and only there."""
    wrong = erring(loss, 0.15)
    far = {"small": DESIGNS["small"], "large": {"N": "60B", "D": "170B"}}
    near = {"one": DESIGNS["middle"], "other": {"N": "20.4B", "D": "490B"}}

    def spread_of(designs, fit):
        draws = np.log(compare_options(designs, fit).draws.to_numpy())
        return (draws[:, 0] - draws[:, 1]).std(), draws.std(axis=0).mean()

    apart, _ = spread_of(far, loss)
    apart_wrong, each = spread_of(far, wrong)
    assert apart_wrong > 1.3 * apart
    together, _ = spread_of(near, wrong)
    assert together < 0.05 * each
    law, found = (compare_options(far, fit).table.loc["small"] for fit in (loss, wrong))
    error = np.hypot(law["P(best)_error"], found["P(best)_error"])
    assert abs(law["P(best)"] - 0.5) - abs(found["P(best)"] - 0.5) > 4 * error
    assert found["expected_regret"] > law["expected_regret"] + 4 * np.hypot(
        law["expected_regret_error"], found["expected_regret_error"]
    )


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
    draws = compare_options(options, loss).draws
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


def test_new_runs_scatter_each_for_itself():
    """Two sure curves .01 apart on the log scale, seen with noise of 2% each: Phi(.01 / .028)."""
    raw = {name: np.full(20_000, value) for name, value in TRUTH["power"].items()}
    fit = by_hand("power", raw, scale=0.02, dof=1e6)
    x = np.geomspace(1e5, 2e5, 2000)
    curve = np.log(fit.curve.pick([0])({"x": x})[0])
    other = x[np.abs(curve - curve[0] + 0.01).argmin()]
    designs = {"a": {"x": 1e5}, "b": {"x": other}}
    options = {"cost": Cost(train="x")}
    found = compare_options(designs, fit, kind="run", risk="median", **options)
    gap = curve[0] - np.log(fit.curve.pick([0])({"x": np.array([other])})[0, 0])
    wanted = norm.cdf(gap / (0.02 * np.sqrt(2)))
    assert found.table.loc["b", "P(best)"] == pytest.approx(wanted, abs=0.015)
    assert compare_options(designs, fit, **options).table.loc["b", "P(best)"] == 1


def test_limits_leave_an_option_out_of_what_is_compared(loss, latency):
    slow = Limit(latency, below=0.05, probability=0.9, at={"x": "N"})
    found = compare_options(DESIGNS, loss, limits=["N <= 90B", slow])
    free = compare_options(DESIGNS, loss)
    table = found.table
    chance = "P(y < 0.05)"
    held = (table[chance] >= 0.9) & (found.table.index != "none")
    assert table["allowed"].tolist() == held.tolist() == [True, True, False]
    assert table.index[-1] == "large"
    assert table.loc["large", "P(best)"] == 0
    assert np.isnan(table.loc["large", "expected_regret"])
    pair = free.draws[["small", "middle"]].to_numpy()
    np.testing.assert_array_equal(found.draws.sort_index(axis=1), free.draws.sort_index(axis=1))
    best = pair.argmin(axis=1)
    stated = table.loc[["small", "middle"], "P(best)"]
    np.testing.assert_allclose(stated, [(best == k).mean() for k in range(2)])
    assert "best of 2 that keep the limits, of 3," in found.text
    # As a plan says of the same design.
    n = {"N": "20B", "D": "500B"}
    said = plan(loss, budget=6e22, fixed={"N": "20B"}, limits=[slow])
    assert said.choice["D"] == pytest.approx(5e11)
    beside = compare_options({"one": n, "two": DESIGNS["small"]}, loss, limits=[slow]).table
    assert beside.loc["one", chance] == pytest.approx(said.limits["probability"].iloc[0])
    assert beside.loc["one", "median"] == pytest.approx(said.choice["median"])


def test_limits_that_no_option_keeps_or_that_say_nothing_of_one_are_refused(loss):
    with pytest.raises(ComputationError, match="No option keeps N <= 1B; the nearest to it is"):
        compare_options(DESIGNS, loss, limits="N <= 1B")
    measured = DESIGNS | {"own": {"mean": 2.2, "sd": 0.1}}
    with pytest.raises(InputError, match="'own' is no design of N, D"):
        compare_options(measured, loss, limits="N <= 90B")
    with pytest.raises(InputError, match="Limits are for designs"):
        compare_options({"a": [1.0, 2.0], "b": [2.0, 3.0]}, limits="N <= 1B")


def test_nothing_below_its_monte_carlo_error_is_told_as_known():
    rng = np.random.default_rng(0)
    sure = compare_options({"a": rng.normal(2, 0.01, 1000), "b": rng.normal(3, 0.01, 1000)})
    assert "with a probability of more than 99.7%" in sure.text
    assert "gives away nothing measurable" in sure.text
    near = compare_options({"a": rng.normal(2, 0.1, 1000), "b": rng.normal(2, 0.1, 1000)})
    row = near.table.iloc[0]
    assert row["P(best)_error"] == pytest.approx(0.5 / np.sqrt(1000), rel=0.02)
    assert f"({chr(177)} {2 * row['P(best)_error']:.1%})" in near.text
    assert f"({chr(177)} {2 * row['expected_regret_error']:.2g})" in near.text


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
