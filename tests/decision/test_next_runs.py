"""What further runs are expected to do, against closed forms, and what must be refused."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, by_hand, made_fit, mixed, places, runs_of
from scipy.stats import norm, t

from bayescale import catalogue
from bayescale.decision.buying.candidates import Candidates
from bayescale.decision.buying.next_runs import next_runs
from bayescale.decision.buying.outcomes import (
    Known,
    Question,
    judge,
    normalised,
    saved_by,
    smoothed,
    widths,
)
from bayescale.decision.cost import Cost, write_amount
from bayescale.decision.loss import Contenders
from bayescale.decision.plan import plan
from bayescale.decision.risk import Risk
from bayescale.errors import InputError, Problem, UnconvergedError
from bayescale.forecast.predictive import Predictive
from bayescale.forecast.scenarios import scenarios

NORMAL = 1e6  # degrees of freedom
PER_SD = 2 * norm.ppf(0.95)
X_COST = Cost(train="x")


def level_unknown(sd=0.05, noise=0.05, size=4000, seed=0):
    """The law ``power`` whose curve is known but for a factor, log-normal with this SD."""
    even = norm.ppf((np.arange(size) + 0.5) / size)
    factor = np.exp(sd * np.random.default_rng(seed).permutation(even))
    raw = {name: value * factor for name, value in TRUTH["power"].items() if name != "b"}
    return by_hand("power", raw | {"b": TRUTH["power"]["b"]}, scale=noise, dof=NORMAL)


def chinchilla(size=1000, noise=0.01, **options):
    rng = np.random.default_rng(1)
    raw = {name: np.full(size, value) for name, value in TRUTH["chinchilla"].items()}
    raw["alpha"] = raw["alpha"] * np.exp(0.03 * rng.standard_normal(size))
    raw["beta"] = raw["beta"] * np.exp(0.03 * rng.standard_normal(size))
    return by_hand("chinchilla", raw, scale=noise, dof=8.0, **options)


TARGET = {"N": "70B", "D": "1.4T"}


@pytest.mark.parametrize(("sd", "noise"), [(0.05, 0.05), (0.05, 0.2), (0.1, 0.03)])
def test_width_is_the_conjugate_normal_one(sd, noise):
    """A level known to ± sd, seen with noise once or twice: precisions add."""
    found = next_runs(
        level_unknown(sd, noise),
        {"x": [1e4, 1e6]},
        {"x": 1e8},
        cost=X_COST,
        count=2,
        refits="never",
    )
    after = [1 / np.sqrt(1 / sd**2 + runs / noise**2) for runs in (1, 2)]
    assert found.width_now == pytest.approx(PER_SD * sd, rel=0.01)
    np.testing.assert_allclose(found.table["width"], PER_SD * after[0], rtol=0.02)
    np.testing.assert_allclose(found.choice["width"], PER_SD * np.array(after), rtol=0.03)


def test_the_kind_run_adds_the_noise_of_a_new_run():
    fit = level_unknown(0.05, 0.05)
    options = {"cost": X_COST, "refits": "never", "kind": "run"}
    found = next_runs(fit, {"x": 1e5}, {"x": 1e8}, **options)
    after = 1 / np.sqrt(1 / 0.05**2 + 1 / 0.05**2)
    assert found.width_now == pytest.approx(PER_SD * np.hypot(0.05, 0.05), rel=0.02)
    assert found.table["width"].iloc[0] == pytest.approx(PER_SD * np.hypot(after, 0.05), rel=0.03)


def test_a_run_tells_what_the_law_errs_by_where_it_goes_beyond_the_data():
    """With certain parameters all that is unknown is the error of the law's slopes."""
    raw = {name: np.full(4000, v) for name, v in TRUTH["power"].items()}
    fit = by_hand("power", raw, slopes=0.1)
    # Slopes err on the way from the reference run, where a run tells nothing of them.
    at = {"x": np.array([fit.data.reference["x"], 1e8, 1e10])}
    found = next_runs(fit, at, {"x": 1e10}, cost=X_COST, refits="never")
    width = found.table["width"].sort_index().to_numpy()
    assert width[0] == pytest.approx(found.width_now, rel=0.01)
    assert width[1] < 0.9 * found.width_now
    assert width[2] < width[1]
    # Seen with a scale of 1% (8 degrees of freedom) at the target itself.
    assert width[2] < 1.1 * PER_SD * 0.01 * np.sqrt(8 / 6)


@pytest.mark.parametrize("around", ["target", "runs"])
def test_a_run_just_outside_is_valued_like_one_just_inside(around):
    """A step of 1% in size or data, across the target's place or the edge of the runs."""
    fit = chinchilla(slopes=0.1)
    found = plan(fit, budget=1e23)
    edge = {"N": float(fit.inputs["N"].max()), "D": float(fit.inputs["D"].min())}
    centre = found.design.inputs if around == "target" else edge
    step = np.array([0.99, 1.0, 1.01])
    several = {"N": np.tile(centre["N"] * step, 3), "D": np.repeat(centre["D"] * step, 3)}
    table = next_runs(fit, several, plan=found, refits="never").table.sort_index()
    assert table["reduction"].mean() > 0.1
    assert np.ptp(table["reduction"]) < 0.02
    assert table["value"].mean() > 2 * table["value_se"].mean()
    assert np.ptp(table["value"]) < 0.25 * table["value"].mean()


def test_a_run_that_tells_nothing_saves_nothing_on_average():
    """Choosing and judging by the same draws would find a gain in the noise of their weights."""
    rng = np.random.default_rng(0)
    response = 2 + 0.05 * rng.standard_normal((2000, 30))
    contenders = Contenders({}, Risk("mean"), "mean", response)
    # Weights as of a telling outcome that has nothing to do with the response.
    log_weights = -0.5 * np.square(rng.standard_normal((300, 1)) - rng.standard_normal(2000)) / 0.01
    weights = normalised(log_weights)
    taken = Risk("mean").weighted(response, weights).argmin(axis=1)
    naive = contenders.saved(contenders.today, taken, weights)
    found = saved_by(contenders, log_weights)
    assert naive.mean() > 0.003
    assert found.mean() < 0.001


def test_sample_information_is_worth_the_closed_form():
    """A sure design or one of unknown level: sd of the posterior mean times 1/sqrt(2 pi)."""
    sd, noise = 0.02, 0.01
    fit = level_unknown(sd, noise, size=8000)
    draws = scenarios(fit)
    risky = draws({"x": np.array([1e6])})[:, 0]
    response = np.column_stack([np.full(len(risky), risky.mean() - 1e-9), risky])
    inputs = {"x": np.array([1e4, 1e6])}
    contenders = Contenders(inputs, Risk("mean"), "mean", response)
    points = pd.DataFrame({"x": [1e5]})
    question = Question(draws, one_candidate(points), points, 0.9, contenders)
    outcomes = question.outcomes(question.truths(256), np.random.default_rng(0))
    known = Known.nothing(256, len(risky)).and_run(question, outcomes, 0)
    explained = risky.mean() * sd * np.sqrt(sd**2 / (sd**2 + noise**2))
    assert judge(question, known)["value"] == pytest.approx(
        explained / np.sqrt(2 * np.pi), rel=0.05
    )


def one_candidate(points):
    return Candidates(points, np.ones(len(points)), "FLOPs")


def test_information_is_never_worth_more_than_perfect_information():
    fit = chinchilla()
    found = plan(fit, budget=1e23)
    several = {"N": [1e9, 1e10, 1e10], "D": [1e12, 1e10, 1e11]}
    bought = next_runs(fit, several, plan=found, refits="never")
    perfect = found.regret.perfect_information
    assert (bought.table["value"] <= perfect).all()
    assert bought.table["value"].max() > 0.05 * perfect
    assert bought.targets["N"].iloc[0] == pytest.approx(found.choice["N"])
    assert "worth" in bought.text


def test_what_runs_save_is_worth_the_budget_that_saves_as_much():
    fit = chinchilla()
    found = plan(fit, budget=1e23)
    bought = next_runs(fit, {"N": [1e10], "D": [1e10]}, plan=found, refits="never")
    more = plan(fit, budget=1e23 + bought.worth)
    seen = found.task.scenarios
    saved = seen(found.design.columns).mean() - seen(more.design.columns).mean()
    assert saved == pytest.approx(bought.choice["value"].iloc[-1], rel=0.01)
    assert write_amount(bought.worth, "FLOPs") in bought.text
    assert "worth the price" in bought.text
    # Dollars against FLOPs: no verdict.
    quoted = {"N": [1e10], "D": [1e10], "cost": "$40K"}
    text = next_runs(fit, quoted, plan=found, refits="never").text
    assert "for $40K: weigh the two" in text


def test_density_quantile_and_probability_of_a_response_are_the_librarys():
    rng = np.random.default_rng(0)
    spread = rng.uniform(0.1, 2.0, (50, 3)), rng.uniform(1.5, 40.0, (50, 3))
    found = Predictive(rng.normal(0, 1, (50, 3)), *spread)
    law = t(found.dof, found.location, found.scale)
    np.testing.assert_allclose(found.probabilities(1.7), law.cdf(np.log(1.7)), rtol=1e-10)
    np.testing.assert_allclose(found.quantile(0.3), law.ppf(0.3), rtol=1e-9)
    level = rng.uniform(0.01, 0.99, (50, 1))
    np.testing.assert_allclose(found.quantile(level), law.ppf(level), rtol=1e-9)
    outcomes = np.array([-1.0, 0.5])
    for row, each in enumerate(found.log_densities(outcomes, 2)):
        np.testing.assert_allclose(each, law.logpdf(outcomes[row])[:, 2], rtol=1e-10)


def test_costs_in_dollars_give_the_order_of_costs_in_flops():
    fit = chinchilla()
    several = {"N": [1e8, 1e9, 1e10, 3e10], "D": [1e10, 1e11, 1e12, 1e10]}
    priced = Cost(price_per_hour=2, peak_flops="989T", utilisation=0.4)
    flops = next_runs(fit, several, TARGET, refits="never").table
    money = next_runs(fit, several, TARGET, cost=priced, cost_cap="$1B", refits="never").table
    quoted = next_runs(
        fit,
        several | {"cost": [f"${value:.12g}" for value in money["cost"].sort_index()]},
        TARGET,
        refits="never",
    ).table
    assert set(money["unit"]) == set(quoted["unit"]) == {"$"}
    assert list(flops.index) == list(money.index) == list(quoted.index)
    rate = priced.dollars_per_flop()
    np.testing.assert_allclose(money["cost"], flops["cost"] * rate, rtol=1e-12)
    np.testing.assert_allclose(
        money["reduction_per_cost"] * rate, flops["reduction_per_cost"], rtol=1e-9
    )


def test_units_of_inputs_and_response_change_nothing():
    """Inputs in thousands and a response in thousandths: the same relative numbers."""
    size = 500
    rng = np.random.default_rng(2)
    b = TRUTH["power"]["b"] * np.exp(0.1 * rng.standard_normal(size))
    raw = {"y0": np.full(size, 0.12), "a": np.full(size, 3.0), "b": b}
    scaled = {"y0": 1e3 * raw["y0"], "a": 1e3 * raw["a"] * 1e-3**b, "b": b}
    x = places("power", 30)["x"]
    # Made by hand, the median response is another in other units: draws are alike by a seed only.
    options = {"cost": X_COST, "refits": "never", "seed": 0}
    one = next_runs(
        by_hand("power", raw, inputs={"x": x}), {"x": [1e6, 1e8]}, {"x": 1e9}, **options
    )
    other = next_runs(
        by_hand("power", scaled, inputs={"x": x / 1e3}), {"x": [1e3, 1e5]}, {"x": 1e6}, **options
    )
    for name in ("width", "reduction", "reduction_se"):
        np.testing.assert_allclose(one.table[name], other.table[name], rtol=1e-6, atol=1e-9)


def test_weighted_width_and_risk_are_those_of_repeated_draws():
    rng = np.random.default_rng(0)
    values, counts = rng.standard_normal(300), rng.integers(0, 8, 300)
    repeated = np.repeat(values, counts)
    weights = (counts / counts.sum())[None]
    for mass in (0.5, 0.9):
        tail = (1 - mass) / 2
        low, high = np.quantile(repeated, [tail, 1 - tail], method="hazen")
        assert widths(values, weights, mass)[0] == pytest.approx(high - low, rel=0.03)
    draws = np.exp(values[:, None] * [0.1, 0.3])
    heavy = np.repeat(draws, counts, axis=0)
    mean = Risk("mean").weighted(draws, weights)[0]
    np.testing.assert_allclose(mean, heavy.mean(axis=0), rtol=1e-12)
    middle = Risk("median").weighted(draws, weights)[0]
    np.testing.assert_allclose(middle, np.median(heavy, axis=0), rtol=0.03)


def test_smoothing_keeps_sound_weights_and_tells_failing_ones():
    rng = np.random.default_rng(0)
    sound = 0.3 * rng.standard_normal((3, 4000))
    weights, khat = smoothed(sound)
    assert (khat < 0.7).all()
    np.testing.assert_allclose(weights, normalised(sound), rtol=0.2)
    assert (smoothed(20 * sound)[1] > 0.7).all()


def test_outcomes_that_the_law_does_not_explain_are_told():
    """Hardly any noise and a run far out: a few draws come near the outcome, and it is said."""
    fit = chinchilla(noise=1e-4)
    found = next_runs(fit, {"N": 3e11, "D": 1e13}, {"N": 1e12, "D": 1e13}, refits="never")
    assert found.table["khat"].iloc[0] > 0.2
    assert any("khat" in str(note) and "refits" in str(note) for note in found.notes)
    # What cannot be fitted again is said, not passed over.
    twin = replace(fit, runs=replace(fit.runs, law=replace(fit.law, name="twin")))
    both = mixed((fit, twin), [0.5, 0.5])
    found = next_runs(both, {"N": 3e11, "D": 1e13}, {"N": 1e12, "D": 1e13})
    assert any("weighed by hindcasts" in str(note) for note in found.notes)


def test_a_further_point_of_a_learning_curve_carries_its_error_on():
    law = catalogue.resolve("shifted")
    raw = {"y0": 0.1, "a": 3.0, "b": np.full(50, 0.3), "k": 100.0}
    x = np.geomspace(1e3, 1e6, 20)
    reference = law.reference({"x": x})["x"]
    fit = by_hand_curve(law, raw, x, reference)
    draws, targets = scenarios(fit, seed=3), pd.DataFrame({"x": [1e7, 1e9]})
    assert draws.one_curve
    points, outcome = pd.DataFrame({"x": [3e6]}), np.array([-1.3, -1.1, -0.9])
    found = Question(draws, one_candidate(points), targets, 0.9).ahead((0,), outcome)
    assert np.ptp(found, axis=0).any()
    for k in range(len(targets)):
        for row, value in enumerate(outcome):
            direct = draws.with_runs(points, np.array([value]))
            expected = np.log(direct({"x": targets["x"].to_numpy()}))[:, k]
            np.testing.assert_allclose(found[row, :, k], expected, rtol=1e-9)
    with pytest.raises(InputError, match="count=1"):
        next_runs(fit, {"x": [3e6]}, {"x": 1e9}, cost=X_COST, count=2)


def test_along_one_learning_curve_there_is_nothing_to_regret():
    """One design costs the budget: what the curve's last row carries on to it is no regret."""
    law = catalogue.resolve("shifted")
    b = 0.3 * np.exp(0.05 * np.random.default_rng(0).standard_normal(100))
    x = np.geomspace(1e3, 1e6, 20)
    raw = {"y0": 0.1, "a": 3.0, "b": b, "k": 100.0}
    fit = by_hand_curve(law, raw, x, law.reference({"x": x})["x"])
    found = plan(fit, budget=3e6, cost=X_COST)
    at = {"x": np.array([3e6])}
    seen = found.task.scenarios
    assert np.abs(np.log(seen(at) / seen.at_own(at))).max() > 0.01
    assert found.regret.expected == 0
    assert not found.regret.measurable


def by_hand_curve(law, raw, x, reference):
    """A stated posterior whose rows are one learning curve."""
    size = len(raw["b"])
    zero = {"y0": 0.0, "a": 0.0}
    at = {"x": reference}
    terms = {name: law(at, raw | zero | {name: raw[name]}) * np.ones(size) for name in zero}
    free = {"M": terms["y0"] + terms["a"], "share[a]": np.log(terms["a"] / terms["y0"])}
    free |= {"b": raw["b"], "k": np.full(size, raw["k"] / reference)}
    free |= {"noise_scale": np.full(size, 0.02), "noise_dof": np.full(size, 8.0)}
    free |= {"noise_length": np.full(size, 1.5), "noise_trend": np.zeros(size)}
    response = law({"x": x}, {name: np.median(value) for name, value in raw.items()})
    return made_fit(runs_of(law, {"x": x}, response), free, alone=False)


def test_a_grid_stays_under_the_cap_and_derives_compute():
    fit = chinchilla()
    table = next_runs(fit, None, TARGET, cost_cap="1e21", refits="never").table
    assert len(table) > 20
    assert (table["cost"] <= 1e21).all()
    np.testing.assert_allclose(table["cost"], 6 * table["N"] * table["D"])
    assert {"rank", "reach", "reduction", "reduction_per_cost", "khat", "how"} <= set(table)
    raw = {name: np.full(200, value) for name, value in TRUTH["pretraining"].items()}
    found = next_runs(by_hand("pretraining", raw), None, TARGET, cost_cap="1e21", refits="never")
    np.testing.assert_allclose(found.table["C"], 6 * found.table["N"] * found.table["D"])


def test_a_total_cap_is_kept_and_leaves_enough_for_the_runs_to_follow():
    several = {"N": [1e8, 1e9, 1e10, 3e10], "D": [1e9, 1e11, 1e12, 1e12]}
    options = {"count": 3, "per_cost": False, "refits": "never"}
    # Where slopes err the largest runs tell most.
    fit = chinchilla(slopes=0.1)
    free = next_runs(fit, several, TARGET, **options)
    held = next_runs(fit, several, TARGET, total_cap=1e23, **options)
    assert free.choice["cost"].sum() > 1e23
    assert held.choice["cost"].sum() <= 1e23
    assert len(held.choice) == 3


def test_the_answer_names_kind_and_mass_and_can_be_shown():
    found = next_runs(chinchilla(), {"N": [1e9, 1e10], "D": 1e11}, TARGET, refits="never", mass=0.8)
    assert "equal-tailed 80%" in found.text
    assert set(found.table["interval"]) == {"equal-tailed 80% of the log response"}
    assert "<table" in found._repr_html_()
    assert len(found.plot().axes) == 1


@pytest.mark.parametrize(
    ("candidates", "options", "says"),
    [
        ({"N": 1e9, "Q": 3}, {}, "'Q' is not an input of 'chinchilla'"),
        ({"N": 1e9}, {}, "lacks D"),
        ({"N": [], "D": []}, {}, "empty"),
        (pd.DataFrame({"N": [], "D": []}), {}, "empty"),
        ({"N": 1e9, "D": 1e10, "cost": -3}, {}, "cost of candidate 0 must be a positive"),
        ({"N": [1e9, 2e9], "D": 1e10, "cost": ["$3", 5]}, {}, "all in dollars or all in FLOPs"),
        ({"N": 1e9, "D": 1e10}, {"cost": Cost(train="N-2e9")}, "costs more than nothing"),
        ({"N": 1e9, "D": 1e10}, {"cost": Cost(train="6*n*D")}, "no input"),
        ({"N": 1e9, "D": 1e10}, {"cost_cap": 1e10}, "No candidate costs at most"),
        ({"N": 1e9, "D": 1e10}, {"target": {"N": 1e9, "X": 1}}, "'X' is not an input"),
        ({"N": 1e9, "D": 1e10}, {"target": None}, "Say where the forecast matters"),
        ({"N": 1e9, "D": 1e10}, {"count": 0}, "At least one run"),
        ({"N": 1e9, "D": 1e10}, {"outcomes": 3}, "at least 8"),
        ({"N": 1e9, "D": 1e10}, {"by": "value"}, "give a plan"),
        ({"N": 1e9, "D": 1e10}, {"by": "luck"}, "'width' or 'value'"),
        ({"N": 1e9, "D": 1e10}, {"refits": "often"}, "'auto' or 'never'"),
        ({"N": 1e9, "D": 1e10}, {"cost_cap": "$5"}, "price_per_hour"),
        ({"N": 1e9, "D": 1e10}, {"count": 3, "total_cap": 1e20}, "3 runs cost at least 1.8e20"),
        ({"N": 1e9, "D": 1e10, "cost": "$5"}, {"cost_cap": 1e20}, "cap is in FLOPs, the costs"),
        ([1, 2], {}, "a mapping"),
        (None, {}, "give candidates, or a cost cap"),
    ],
)
def test_bad_input_is_one_clear_sentence(candidates, options, says):
    options = {"target": TARGET, "refits": "never"} | options
    with pytest.raises(InputError, match=says) as caught:
        next_runs(chinchilla(size=100), candidates, **options)
    assert str(caught.value).count("\n") == 0


def test_an_unconverged_fit_is_refused_unless_allowed():
    problem = Problem("r-hat", "error", "R-hat of N is 1.4.")
    fit = chinchilla(size=200, problems=[problem])
    several = {"N": 1e9, "D": 1e11}
    with pytest.raises(UnconvergedError):
        next_runs(fit, several, TARGET)
    found = next_runs(fit, several, TARGET, allow_unconverged=True, refits="never")
    assert any("did not converge" in str(note) for note in found.notes)


def test_a_plan_of_another_law_is_refused():
    other = by_hand("power", {name: np.full(1000, v) for name, v in TRUTH["power"].items()})
    found = plan(other, budget=1e8, cost=X_COST)
    with pytest.raises(InputError, match="plan with the same forecaster"):
        next_runs(chinchilla(), {"N": 1e9, "D": 1e11}, TARGET, plan=found)


def test_weights_alone_load_no_sampler(tmp_path):
    file = chinchilla(size=200).save(tmp_path / "fit.nc")
    code = (
        "import sys\nfrom bayescale.forecast.load import load\n"
        "from bayescale.decision.buying.next_runs import next_runs\n"
        f"next_runs(load({str(file)!r}), {{'N': 1e9, 'D': 1e11}}, {TARGET!r}, refits='never')\n"
        "assert not {'pymc', 'pytensor', 'nutpie', 'arviz', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
