"""Plans: against dense grids and closed forms, in any unit, and what cannot be met."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fits import by_hand, erring, spread

from bayescale.decision.cost import Cost
from bayescale.decision.limits import Limit
from bayescale.decision.loss import Regret
from bayescale.decision.plan import plan
from bayescale.decision.risk import resolve
from bayescale.decision.search import Between, coarse_grid
from bayescale.errors import ComputationError, InputError, Problem, UnconvergedError
from bayescale.law.prior import Prior

BUDGET = 1e23
PRICED = {"price_per_hour": 2, "peak_flops": "989T", "utilisation": 0.4}


def raw(fit):
    return {str(name): value.to_numpy().ravel() for name, value in fit.draws["posterior"].items()}


def hoffmann(fit, flops):
    """Equation 4 of Hoffmann et al. (2022), with its exponent a = beta / (alpha + beta)."""
    p = raw(fit)
    a = p["beta"] / (p["alpha"] + p["beta"])
    g = (p["alpha"] * p["A"] / (p["beta"] * p["B"])) ** (1 / (p["alpha"] + p["beta"]))
    return g * (flops / 6) ** a, (flops / 6) ** (1 - a) / g, a


@pytest.fixture(scope="module")
def plain(loss):
    return plan(loss, budget=BUDGET)


def test_each_scenarios_optimum_is_hoffmanns(loss, plain):
    from bayescale.decision.optimum import exponents, own_optima

    own, growth = own_optima(plain.task), exponents(plain.task)
    n, d, a = hoffmann(loss, BUDGET)
    np.testing.assert_allclose(own["N"], n, rtol=1e-6)
    np.testing.assert_allclose(own["D"], d, rtol=1e-6)
    np.testing.assert_allclose(growth["N"], a, rtol=1e-6)
    stated = plain.optimum.loc["N*", ["median", "lower", "upper"]].to_numpy(dtype=float)
    np.testing.assert_allclose(stated, np.quantile(n, [0.5, 0.05, 0.95]), rtol=1e-6)
    assert plain.optimum.loc["exponent of N*", "median"] == pytest.approx(np.median(a), rel=1e-6)


@pytest.mark.parametrize("risk", ["mean", "median", "cvar(0.9)", "quantile(0.8)", "entropic(1)"])
@pytest.mark.parametrize("demand", [0, 3e12])
def test_the_design_is_the_best_of_a_dense_grid(loss, risk, demand):
    found = plan(loss, budget=BUDGET, cost=Cost(tokens_served=demand), risk=risk)
    n = np.geomspace(found.choice["N"] / 30, found.choice["N"] * 30, 6001)
    d = (BUDGET - 2 * n * demand) / (6 * n)
    n, d = n[d > 0], d[d > 0]
    value = resolve(risk).rank(found.task.scenarios({"N": n, "D": d}))
    # A quantile of draws is rough from design to design, by far less than its own error.
    rough = 0.3 * found.choice["risk_error"] if risk in ("median", "quantile(0.8)") else 0.0
    assert found.choice["risk"] <= value.min() * (1 + 1e-9) + rough
    assert found.choice["cost"] == pytest.approx(BUDGET, rel=1e-9)
    best = n[value.argmin()]
    assert rough or abs(np.log(found.choice["N"] / best)) < 0.01


def test_what_is_said_of_the_choice_is_its_forecast(loss):
    plain = plan(loss, budget=BUDGET)
    at = {"N": plain.choice["N"], "D": plain.choice["D"]}
    forecast = loss.extrapolate(at, kind="mean")
    row = forecast.table.iloc[0]
    for name in ("median", "lower", "upper", "reach"):
        assert plain.choice[name] == pytest.approx(row[name], rel=1e-12)
    assert plain.choice["risk"] == pytest.approx(row["mean"], rel=1e-12)
    far = plain.frontier.iloc[-1]
    at = {"N": far["N"], "D": far["D"]}
    row = loss.extrapolate(at, kind="mean").table.iloc[0]
    assert far["lower"] == pytest.approx(row["lower"])
    assert far["reach"] == row["reach"]


@pytest.mark.parametrize("risk", ["mean", "cvar(0.9)"])
def test_flops_dollars_and_millions_give_the_same_design(loss, risk):
    per_flop = Cost(**PRICED).dollars_per_flop()
    cents = Cost(**PRICED | {"price_per_hour": 200})
    found = [
        plan(loss, budget=BUDGET, risk=risk),
        plan(loss, budget=f"${BUDGET * per_flop!r}", cost=Cost(**PRICED), risk=risk),
        plan(loss, budget=f"${BUDGET * per_flop / 1e6!r}M", cost=Cost(**PRICED), risk=risk),
        plan(loss, budget=f"${BUDGET * per_flop * 100!r}", cost=cents, risk=risk),
    ]
    for other in found[1:]:
        assert other.choice["N"] == pytest.approx(found[0].choice["N"], rel=1e-6)
        assert other.choice["D"] == pytest.approx(found[0].choice["D"], rel=1e-6)


def test_a_change_of_the_tables_units_changes_only_the_units():
    def planned(thousands):
        scale = 1e3 if thousands else 1.0
        rng = np.random.default_rng(0)
        a = 400 * np.exp(0.05 * rng.standard_normal(500)) * scale**-0.34
        inputs = {"N": np.geomspace(1e8, 1e10, 20) / scale, "D": np.geomspace(1e12, 1e10, 20)}
        law = {"E": 1.8, "A": a, "alpha": 0.34, "B": 2000.0, "beta": 0.37}
        fit = by_hand("chinchilla", law, inputs=inputs)
        return plan(fit, budget=1e22, cost=Cost(train=f"6*{scale:g}*N*D")), scale

    (one, _), (other, scale) = planned(False), planned(True)
    assert other.choice["N"] * scale == pytest.approx(one.choice["N"], rel=1e-6)
    assert other.regret.expected == pytest.approx(one.regret.expected, rel=1e-5)


def test_with_demand_the_model_is_smaller_and_trained_longer(loss, plain):
    served = plan(loss, budget=BUDGET, cost=Cost(tokens_served="10T"))
    assert served.choice["N"] < plain.choice["N"]
    assert served.choice["D"] / served.choice["N"] > 2 * plain.choice["D"] / plain.choice["N"]
    total = served.choice["training_flops"] + served.choice["serving_flops"]
    assert total == pytest.approx(BUDGET, rel=1e-9)


def test_the_budget_holds_what_is_asked_of_an_uncertain_cost(loss):
    prior = Prior("LogNormal", mu=np.log(3e12), sigma=0.8, why="a test")
    cost = Cost(tokens_served=prior)
    sure = plan(loss, budget=BUDGET, cost=cost, budget_risk="quantile(0.9)")
    demand = cost.demand(sure.task.scenarios.n_draws, sure.task.scenarios.seed)
    design = {"N": sure.choice["N"], "D": sure.choice["D"]}
    spent = cost.flops(design, demand)
    assert np.quantile(spent, 0.9) == pytest.approx(BUDGET, rel=1e-6)
    mean = plan(loss, budget=BUDGET, cost=cost)
    design = {"N": mean.choice["N"], "D": mean.choice["D"]}
    assert cost.flops(design, demand).mean() == pytest.approx(BUDGET, rel=1e-6)
    assert any("demand is uncertain" in str(note) for note in mean.notes)
    bent = Cost(serve="2*N*tokens**0.9", tokens_served=prior)
    held = plan(loss, budget=BUDGET, cost=bent)
    design = {"N": held.choice["N"], "D": held.choice["D"]}
    assert bent.flops(design, demand).mean() == pytest.approx(BUDGET, rel=2e-3)


def test_the_valley_is_all_that_is_as_good(loss, plain):
    n = np.geomspace(*(plain.choice["N"] * np.array([0.05, 20])), 4001)
    value = plain.task.scenarios({"N": n, "D": BUDGET / 6 / n}).mean(axis=0)
    good = n[value <= value.min() * 1.005]
    row = plain.valley.loc["N"]
    assert row["lower"] == pytest.approx(good.min(), rel=0.06)
    assert row["upper"] == pytest.approx(good.max(), rel=0.06)
    inside = plain.table[plain.table["in_valley"]]["N"]
    assert inside.between(good.min() * 0.99, good.max() * 1.01).all()
    assert len(inside) > 5


def test_regret_by_brute_force(loss, plain):
    scenarios = plain.task.scenarios
    n, d, _ = hoffmann(loss, BUDGET)
    ideal = scenarios.at_own({"N": n[:, None], "D": d[:, None]})[:, 0]
    here = scenarios(plain.design.columns)[:, 0]
    assert plain.regret.expected == pytest.approx((here - ideal).mean(), rel=1e-3)
    worst = np.sort(here - ideal)[-len(here) // 10 :].mean()
    assert plain.regret.tail == pytest.approx(worst, rel=0.01)
    assert (plain.regret.draws >= 0).all()
    # For the mean, the expected regret is the value of perfect information.
    assert plain.regret.perfect_information == pytest.approx(plain.regret.expected, rel=1e-6)
    regrets = plain.regret.draws
    assert plain.regret.error == pytest.approx(regrets.std() / np.sqrt(len(regrets)), rel=1e-6)
    assert f"(± {2 * plain.regret.error:.2g}) nats/token on average" in plain.text
    more = plan(loss, budget=BUDGET + plain.regret.worth)
    assert scenarios(more.design.columns).mean() == pytest.approx(ideal.mean(), abs=2e-5)


@pytest.fixture(scope="module")
def holds():
    """A posterior of ``chinchilla``, 400 draws, without errors of its slopes."""
    return by_hand("chinchilla", spread("chinchilla", 400))


@pytest.fixture(scope="module")
def errs(holds):
    """The same with slopes that err."""
    return erring(holds, 0.15)


def test_a_law_that_may_err_leaves_more_to_be_known(holds, errs):
    """Errors of slopes tell designs of one budget apart: optimum, regret and EVPI know of them."""
    alone, found = (plan(fit, budget=BUDGET) for fit in (holds, errs))
    optima = [each.optimum.loc["N*"] for each in (alone, found)]
    widths = [np.log(optimum["upper"] / optimum["lower"]) for optimum in optima]
    assert widths[1] > 1.2 * widths[0]
    few = np.hypot(alone.regret.error, found.regret.error)
    assert found.regret.perfect_information > alone.regret.perfect_information + 4 * few
    assert found.regret.expected > alone.regret.expected + 4 * few


@pytest.mark.parametrize(("k", "count"), [(1, 401), (2, 61)])
def test_values_between_the_places_of_a_grid_are_those_of_a_smooth_function(k, count):
    low, high = np.full(k, -1.0), np.full(k, 2.0)
    places, _ = coarse_grid(low, high, {k: count})
    at = np.random.default_rng(0).uniform(-1, 2, (2, 200, k))
    # Both ends too.
    at[:, 0], at[:, 1] = low, high

    def smooth(x):
        return np.sin(x).sum(axis=-1) + 0.2 * np.prod(x, axis=-1)

    found = Between(np.stack([smooth(places), 2 * smooth(places)]), low, high)(at)
    np.testing.assert_allclose(found, smooth(at) * [[1], [2]], atol=5e-4)


def test_each_scenarios_optimum_is_the_best_of_a_dense_grid_where_slopes_err(errs):
    from bayescale.decision.optimum import own_optima

    task = plan(errs, budget=BUDGET).task
    made = task.scenarios
    own = own_optima(task)
    low, high = task.space.box["N"]
    n = np.geomspace(max(low, BUDGET / 6 / task.space.box["D"][1]), high, 8001)
    grid = made({"N": n, "D": BUDGET / 6 / n})
    best, there = grid.min(axis=1), made.at_own({k: v[:, None] for k, v in own.items()})[:, 0]
    assert (there / best - 1).mean() < 1e-6
    assert (there / best - 1).max() < 3e-5
    off = np.log(own["N"] / n[grid.argmin(axis=1)])
    assert np.quantile(np.abs(off), 0.95) < 0.02


def test_a_posterior_that_knows_has_no_regret():
    law = {"E": 1.8, "A": 480.0, "alpha": 0.35, "B": np.full(300, 2000.0), "beta": 0.37}
    found = plan(by_hand("chinchilla", law), budget=BUDGET)
    assert found.regret.expected == 0
    assert found.regret.worth == 0
    assert found.optimum.loc["N*", "lower"] == pytest.approx(found.optimum.loc["N*", "upper"])
    assert "costs nothing measurable" in found.text
    assert "more than" not in found.text


def test_the_path_grows_with_the_budget(plain):
    path = plain.frontier
    assert path["budget"].iloc[-1] / path["budget"].iloc[0] == pytest.approx(1e4)
    for name in ("N", "D", "N*", "D*"):
        assert path[name].is_monotonic_increasing
    assert path["risk"].is_monotonic_decreasing
    assert (path["N*_lower"] < path["N*"]).all()
    assert (path["interval"] == "equal-tailed 90% of the law's curve").all()


def test_the_smallest_budget_that_meets_a_target(loss):
    found = plan(loss, budget=BUDGET, target=2.15, probability=0.8).smallest
    for factor, enough in ((1.02, True), (0.97, False)):
        there = plan(loss, budget=found.budget.amount * factor)
        met = (there.task.scenarios(there.design.columns) < 2.15).mean()
        assert (met >= 0.8) == enough
    assert "P(L < 2.15) >= 80%" in found.text
    assert f"{found.probability:.1%} (± {2 * found.error:.1%})" in found.text


def test_a_target_below_the_floor_is_met_by_no_budget(loss):
    found = plan(loss, budget=BUDGET, target=1.2).smallest
    assert found.budget is None
    assert found.probability < 0.01
    assert "No budget" in found.text
    assert "floor of L is 1.8" in found.text


def test_an_optimum_on_the_edge_of_the_box_says_so(loss):
    found = plan(loss, budget=BUDGET, box={"N": "1B..2B"})
    assert found.choice["N"] == pytest.approx(2e9, rel=1e-6)
    assert any("N lies on the upper edge" in str(note) for note in found.notes)
    assert any("box's edge" in str(note) for note in found.notes)
    bought, firm, stake = found.text.split(". ")
    assert "N = 2B (the upper edge of the box)" in bought
    assert "in 100% of the scenarios an edge of the box holds the optimum" in firm
    assert "to the power" not in firm
    assert stake.startswith("Within this box not knowing the law costs nothing measurable")
    assert found.optimum["on_edge"].tolist() == [1.0] * 4
    assert found.optimum.loc["exponent of N*", ["median", "lower", "upper"]].isna().all()
    assert found.frontier["on_edge"].any()
    sure = plan(loss, budget=BUDGET, box={"N": "1B..2B"}, target=2.25, probability=0.5).smallest
    assert "the upper edge of the box)" in sure.text


def test_exponents_are_of_scenarios_whose_optimum_the_box_does_not_hold(loss, plain):
    middle = plain.optimum.loc["N*", "median"]
    found = plan(loss, budget=BUDGET, box={"N": (1e8, 1.2 * middle)})
    share = found.optimum["on_edge"].iloc[0]
    assert 0.01 < share < 0.5
    assert f"which an edge of the box holds in {share:.0%} of the scenarios" in found.text
    growth = found.optimum.loc["exponent of N*", "median"]
    assert growth == pytest.approx(plain.optimum.loc["exponent of N*", "median"], abs=0.02)


def test_a_value_below_its_error_or_the_precision_of_the_search_is_nothing_measurable():
    regret = Regret(np.zeros(1000), 0.0, 0.0, 1e-6, 0.0, "FLOPs")
    assert not regret.measurable
    assert not replace(regret, perfect_information=1e-7).measurable
    assert not replace(regret, perfect_information=1e-4, error=1e-4).measurable
    assert replace(regret, perfect_information=1e-4, error=1e-5).measurable


def test_one_free_input_and_three(loss):
    alone = plan(loss, budget=BUDGET, fixed={"N": "10B"})
    assert alone.choice["D"] == pytest.approx(BUDGET / 6 / 10e9, rel=1e-9)
    compute = np.full(200, 3.0)
    law = {"L0": 1.7, "alpha": 300.0, "beta1": 0.34, "gamma": 900.0, "beta2": 0.33}
    law |= {"delta": compute * 1e6, "beta3": 0.33}
    fit = by_hand("pretraining", law)
    derived = plan(fit, budget=BUDGET)
    assert derived.choice["C"] == pytest.approx(derived.choice["training_flops"])
    three = plan(fit, budget=1e6, cost=Cost(train="N/1e5 + D/1e7 + C/1e18"))
    choice, rng = three.choice, np.random.default_rng(0)
    assert choice["N"] / 1e5 + choice["D"] / 1e7 + choice["C"] / 1e18 == pytest.approx(1e6)
    share = rng.dirichlet(np.ones(3), 200_000) * 1e6
    others = {"N": share[:, 0] * 1e5, "D": share[:, 1] * 1e7, "C": share[:, 2] * 1e18}
    best = fit.curve.pick([0])(others).min()
    assert fit.curve.pick([0])({n: [choice[n]] for n in "NDC"}).item() <= best * (1 + 1e-9)


def test_where_more_hurts_a_part_of_the_budget_is_left():
    # Repeating 10 billion tokens ever more often overfits in this posterior.
    law = {"E": 1.8, "A": 480.0, "alpha": 0.35, "B": 2000.0, "beta": 0.37, "R": 5.0}
    law |= {"G": np.full(100, 0.05), "q": 0.5, "p": 1.0}
    inputs = {"N": [1e8, 1e9, 1e10], "D": [1e10, 1e11, 1e11], "U": [1e10, 1e10, 1e11]}
    fit = by_hand("data_limited", law, inputs={n: np.array(v) for n, v in inputs.items()})
    found = plan(fit, budget=1e24, fixed={"U": "10B"}, box={"N": "100M..100B"})
    assert found.choice["cost"] < 1e24
    assert any("leaves a part of the budget" in str(note) for note in found.notes)
    n, d = np.meshgrid(np.geomspace(1e8, 1e11, 400), np.geomspace(1e10, 3e14, 400))
    inside = 6 * n * d <= 1e24
    value = found.task.scenarios.thin(1)({"N": n[inside], "D": d[inside], "U": 1e10})
    assert found.choice["risk"] <= value.min() * (1 + 1e-6)


LIMITED = ["N <= 5B", "2*N <= 10e9", "D/N >= 150", "N<5B"]


@pytest.mark.parametrize("limit", LIMITED)
def test_plain_inequalities_hold_and_bind(loss, plain, limit):
    found = plan(loss, budget=BUDGET, limits=[limit])
    assert found.choice["N"] <= 12e9 < plain.choice["N"] * 3
    assert found.limits.loc[limit.strip(), "binds"]
    assert found.choice["risk"] > plain.choice["risk"]
    if "D/N" not in limit:
        assert found.choice["N"] == pytest.approx(5e9, rel=1e-6)
    else:
        assert found.choice["D"] / found.choice["N"] == pytest.approx(150, rel=1e-6)
    assert found.alternatives.loc["without limits", "N"] == pytest.approx(plain.choice["N"])


def test_two_inequalities_that_leave_a_part_of_the_budget(loss):
    found = plan(loss, budget=BUDGET, limits=["N <= 1B", "D <= 1T"])
    assert found.choice["N"] == pytest.approx(1e9, rel=1e-6)
    assert found.choice["D"] == pytest.approx(1e12, rel=1e-6)


def test_a_limit_by_probability_holds_as_stated(loss, latency):
    limit = Limit(latency, below=0.025, probability=0.9, at={"x": "N"})

    def chance(x, **options):
        return latency.extrapolate({"x": x}, **options).probability(0.025).item()

    found = plan(loss, budget=BUDGET, limits=[limit])
    assert chance(found.choice["N"]) == pytest.approx(0.9, abs=1e-4)
    assert found.limits.iloc[0]["binds"]
    assert chance(found.choice["N"] * 1.01) < 0.9
    # What a limit costs is no regret: nobody who knows the law may break it either.
    assert found.regret.expected < 0.1 * (
        found.choice["risk"] - found.alternatives.loc["without limits", "median"]
    )
    of_curve = Limit(latency, 0.025, 0.9, {"x": "N"}, "mean")
    curve = plan(loss, budget=BUDGET, limits=[of_curve])
    assert chance(curve.choice["N"], kind="mean") == pytest.approx(0.9, abs=1e-3)


def test_limits_hold_jointly_where_that_is_asked(loss, latency):
    two = [
        Limit(latency, below=0.03, probability=0.8, at={"x": "N"}),
        Limit(loss, below=2.45, probability=0.2, kind="mean"),
    ]
    apart = plan(loss, budget=BUDGET, limits=two)
    both = apart.limits["probability"].iloc[-1]
    each = apart.limits["probability"].iloc[:-1]
    # Fits that know nothing of each other are independent.
    assert both == pytest.approx(np.prod(each), abs=0.02)
    joint = plan(loss, budget=BUDGET, limits=two[:1], joint=0.97)
    assert joint.limits.loc["P(all of them) >= 0.97", "probability"] >= 0.97
    assert joint.choice["N"] < apart.choice["N"] * (1 + 1e-9)


def test_limits_on_one_fit_are_in_the_same_scenarios(loss, latency):
    pair = [Limit(latency, below, 0.5, {"x": "N"}, "mean") for below in (0.024, 0.026)]
    found = plan(loss, budget=BUDGET, limits=pair)
    assert found.limits["probability"].iloc[-1] == pytest.approx(
        found.limits["probability"].iloc[0]
    )


def test_what_cannot_be_met_says_what_binds_and_what_would_help(loss, latency):
    with pytest.raises(ComputationError, match=r"keeps N <= 1.*at the nearest"):
        plan(loss, budget=BUDGET, limits=["N <= 1", "D >= 1"])
    slow = Limit(latency, below=0.015, probability=0.9, at={"x": "N"})
    with pytest.raises(ComputationError, match=r"P\(y < 0.015\).*highest probability is"):
        plan(loss, budget=BUDGET, limits=[slow])
    low = Limit(loss, below=2.05, probability=0.9, kind="mean")
    with pytest.raises(ComputationError, match="It would take about") as told:
        plan(loss, budget=1e21, limits=[low])
    amount = float(str(told.value).split("about ")[1].split(" FLOPs")[0])
    assert plan(loss, budget=amount * 1.01, limits=[low]).choice["N"] > 0
    with pytest.raises(ComputationError, match=r"together.*without N <= 1B"):
        plan(loss, budget=BUDGET, limits=["N <= 1B", "N >= 2B"])
    with pytest.raises(ComputationError, match="smallest design in the box, which costs"):
        plan(loss, budget=1e10)


WRONG = [
    ({"budget": -1}, "positive"),
    ({"budget": 0}, "positive"),
    ({"budget": "$2M"}, "price_per_hour"),
    ({"risk": "var"}, "choose from mean"),
    ({"limits": ["Q <= 1"]}, "names Q; this plan knows N, D"),
    ({"limits": ["N = 1"]}, "inequality"),
    ({"limits": [3]}, "A limit is text"),
    ({"joint": 0.9}, "joint"),
    ({"box": {"Q": "1..2"}}, "free are N, D"),
    ({"box": {"N": "2..1"}}, "larger"),
    ({"box": {"N": 3}}, "two numbers"),
    ({"fixed": {"Q": 3}}, "no input of 'chinchilla'"),
    ({"fixed": {"N": "1B", "D": "1T"}}, "Nothing that costs is left"),
    ({"fixed": {"N": "2*Q"}}, "needs Q"),
    ({"cost": Cost(train="6*N*Z")}, "names Z"),
    ({"cost": Cost(train="N/D")}, "falls as D grows"),
    ({"budget_risk": "cvar(0.9)"}, "mean, the median or a quantile"),
    ({"target": -1}, "positive response"),
    ({"kind": "best"}, "kind"),
    ({"kind": "run"}, "infinite"),
    ({"mass": 1.5}, "mass"),
]


@pytest.mark.parametrize(("wrong", "told"), WRONG)
def test_bad_input_is_one_clear_sentence(loss, wrong, told):
    with pytest.raises(InputError, match=told) as fault:
        plan(loss, **{"budget": BUDGET} | wrong)
    assert "\n" not in str(fault.value)


def test_limits_lack_nothing(loss, latency):
    with pytest.raises(InputError, match="needs x, which the design does not tell"):
        plan(loss, budget=BUDGET, limits=[Limit(latency, below=1.0)])
    for wrong in ({"below": -1}, {"below": None}, {"below": 1, "probability": 1.0}):
        with pytest.raises(InputError):
            Limit(latency, **wrong)


def test_a_fit_that_did_not_converge_is_refused(loss):
    problem = Problem("rhat", "error", "R-hat of E is 2.", {})
    law = {"E": 1.8, "A": 480.0, "alpha": 0.35, "B": np.full(300, 2000.0), "beta": 0.37}
    bad = by_hand("chinchilla", law, problems=[problem])
    with pytest.raises(UnconvergedError):
        plan(bad, budget=BUDGET)
    (note, *_) = plan(bad, budget=BUDGET, allow_unconverged=True).notes
    assert note.code == "unconverged"
    with pytest.raises(UnconvergedError):
        plan(loss, budget=BUDGET, limits=[Limit(bad, below=2.2)])


def test_a_new_run_may_be_planned_by_what_is_finite_of_it(loss):
    found = plan(loss, budget=BUDGET, risk="quantile(0.9)", kind="run")
    at = {name: found.choice[name] for name in ("N", "D")}
    within = loss.extrapolate(at).probability(found.choice["risk"]).item()
    assert within == pytest.approx(0.9, abs=0.02)
    assert "of one new run" in found.text


def test_a_plan_reads_as_three_sentences(plain):
    import re

    assert len(re.findall(r"[a-z]\.(?: |$)|\d\)\.(?: |$)", plain.text)) == 3
    assert "equal-tailed 90% of the law's curve" in plain.text
    html = plain._repr_html_()
    assert "<table" in html
    assert "<script" not in html
    assert isinstance(plain.choice, pd.Series)
    assert "exponent of N*" in repr(plain)


def test_a_plan_draws_itself_without_pyplot(loss, latency):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    limit = Limit(latency, below=0.025, probability=0.9, at={"x": "N"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = plan(loss, budget=BUDGET, limits=[limit]).plot()
    left, right = figure.axes
    assert "parameters" in left.get_xlabel()
    assert right.get_xlabel() == "budget (FLOPs)"
    assert any("B" in label.get_text() for label in left.get_xticklabels())
    assert plt.get_fignums() == before
