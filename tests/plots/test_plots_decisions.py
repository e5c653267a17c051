"""Pictures of backtests, laws beside each other, equal cost, plans and runs to buy."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, by_hand, observing
from plotted import cloud, filled, lines, overlaps

from bayescale import catalogue
from bayescale.decision.buying.next_runs import next_runs
from bayescale.decision.cost import Budget, Cost
from bayescale.decision.plan import plan
from bayescale.errors import InputError
from bayescale.judge.scores import COVERAGES
from bayescale.judge.weights import average
from bayescale.plots.backtest import bands, bands_table, calibration, calibration_table
from bayescale.plots.beside import laws, laws_table
from bayescale.plots.isoflops import isoflops, isoflops_table
from bayescale.plots.next_runs import candidates, candidates_table, costs
from bayescale.plots.plan import frontier, frontier_table, regret, regret_table

TARGET = {"N": 7e10, "D": 1.4e12}
N_HIDDEN = 40
EXPONENT = TRUTH["chinchilla"]["beta"] / (
    TRUTH["chinchilla"]["alpha"] + TRUTH["chinchilla"]["beta"]
)


@pytest.fixture(scope="module")
def fit():
    return cloud("chinchilla")


@pytest.fixture
def backtest():
    """Intervals that hold as often as they promise, and ones that hold half as often."""
    rng = np.random.default_rng(0)
    parts = []
    for name, factor in (("honest", 1.0), ("narrow", 0.5)):
        rows = {
            "fold": "the largest 30%",
            "forecaster": name,
            "kind": "run",
            "observed": np.exp(rng.normal(1, 0.1, N_HIDDEN)),
            "median": np.e,
            "lower": 2.3,
            "upper": 3.2,
            "reach": rng.uniform(0, 1, N_HIDDEN),
        }
        for mass in COVERAGES:
            inside = np.arange(N_HIDDEN) < round(mass * factor * N_HIDDEN)
            rows[f"coverage_{100 * mass:.0f}"] = inside.astype(float)
        parts.append(pd.DataFrame(rows))
    points = pd.concat(parts, ignore_index=True)
    return SimpleNamespace(points=points, runs=cloud("power").runs)


def test_calibration_counts_how_often_intervals_held(backtest):
    table = calibration_table(backtest).set_index("forecaster")
    honest, narrow = table.loc["honest"], table.loc["narrow"]
    np.testing.assert_allclose(honest["observed"], honest["nominal"], atol=1 / N_HIDDEN)
    assert ((honest["lower"] < honest["nominal"]) & (honest["nominal"] < honest["upper"])).all()
    # It catches intervals that are too narrow.
    assert (narrow["upper"] < narrow["nominal"]).all()
    drawn = lines(calibration(backtest).axes[0])
    np.testing.assert_allclose(drawn[f"narrow ({N_HIDDEN})"][:, 1], 100 * narrow["observed"])


def test_bands_are_drawn_in_the_order_of_reach(backtest):
    table = bands_table(backtest, "narrow")
    assert table["reach"].is_monotonic_increasing
    axes = bands(backtest, "narrow").axes[0]
    np.testing.assert_allclose(lines(axes)["hidden run, observed"][:, 1], table["observed"])
    segments = np.array(axes.collections[0].get_segments())
    np.testing.assert_allclose(segments[:, :, 1], table[["lower", "upper"]])
    with pytest.raises(InputError, match="no forecaster 'best'; choose from honest, narrow"):
        bands(backtest, "best")


def test_laws_beside_each_other_say_what_each_says_alone():
    x = cloud("power").inputs
    response = np.linspace(2, 1, len(x["x"]))
    fits = []
    power = catalogue.resolve("power")
    for law, b in ((power, 0.35), (replace(power, name="steeper"), 0.5)):
        raw = {k: np.full(200, v) for k, v in (TRUTH["power"] | {"b": b}).items()}
        fits.append(observing(by_hand(law, raw, inputs=x), response))
    mixed = average(fits, weights=[1, 3])
    table = laws_table(mixed, {"x": 1e9}, mass=0.8)
    assert table["weight"].tolist() == [0.25, 0.75, 1.0]
    for name, one in (("power", fits[0]), ("steeper", fits[1]), ("average", mixed)):
        said = one.extrapolate({"x": 1e9}, mass=0.8).table.iloc[0]
        for column in ("median", "lower", "upper"):
            assert table.loc[name, column] == pytest.approx(said[column])
    figure = laws(mixed, {"x": 1e9})
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(widths, [25, 75])
    assert not overlaps(figure)
    with pytest.raises(InputError, match="at one point; there are 2"):
        laws(mixed, {"x": [1e8, 1e9]})


def test_the_best_size_on_curves_of_equal_cost_is_that_of_the_closed_form():
    raw = TRUTH["chinchilla"]
    fit = by_hand("chinchilla", {k: np.full(50, v) for k, v in raw.items()})
    table = isoflops_table(fit, [1e21, 1e23])
    optima = table.attrs["optima"]
    # Hoffmann et al. (2022), equation 4.
    grow = (raw["alpha"] * raw["A"] / (raw["beta"] * raw["B"])) ** (
        1 / (raw["alpha"] + raw["beta"])
    )
    expected = grow * (np.array([1e21, 1e23]) / 6) ** EXPONENT
    np.testing.assert_allclose(optima["N"], expected, rtol=1e-5)
    np.testing.assert_allclose(table["N"] * table["D"] * 6, table["budget"], rtol=1e-9)
    # No point of a curve lies below its minimum, and the nearest lies next to it.
    for row in optima.itertuples():
        part = table[table["budget"] == row.budget]
        assert part["median"].min() >= row.median * (1 - 1e-12)
        assert part["median"].min() == pytest.approx(row.median, rel=1e-3)


def test_curves_of_equal_cost_draw_their_table(fit):
    table = isoflops_table(fit, ["1e21"])
    figure = isoflops(fit, ["1e21"])
    (at, low, high) = filled(figure.axes[0])[0]
    np.testing.assert_allclose(at, table["N"])
    np.testing.assert_allclose(low, table["lower"])
    np.testing.assert_allclose(high, table["upper"])
    assert "1e21 FLOPs" in lines(figure.axes[0])
    assert not overlaps(isoflops(fit))


def test_serving_makes_the_best_model_smaller():
    fit = by_hand("chinchilla", {k: np.full(50, v) for k, v in TRUTH["chinchilla"].items()})
    alone = isoflops_table(fit, [1e23])
    served = isoflops_table(fit, [1e23], cost=Cost(tokens_served="3T"))
    assert served.attrs["optima"]["N"][0] < 0.8 * alone.attrs["optima"]["N"][0]
    total = 6 * served["N"] * served["D"] + 2 * served["N"] * 3e12
    np.testing.assert_allclose(total, 1e23, rtol=1e-6)
    assert len(isoflops_table(fit, cost=Cost(tokens_served="1T"))["budget"].unique()) == 5


def test_one_input_has_no_curves_of_equal_cost():
    with pytest.raises(InputError):
        isoflops(cloud("power"))


def planned(fit, regrets):
    budgets = np.geomspace(1e20, 1e24, 5)
    frontier = pd.DataFrame({"budget": budgets, "possible": [False, True, True, True, True]})
    for k, name in enumerate(("median", "lower", "upper", "risk", "N", "N*_lower", "N*_upper")):
        frontier[name] = (2.0 + k / 10) * budgets ** (0.5 if name.startswith("N") else -0.02)
    for name in ("D", "D*_lower", "D*_upper"):
        frontier[name] = frontier[name.replace("D", "N")] * 20
    return SimpleNamespace(
        frontier=frontier,
        budget=Budget(1e22),
        risk=SimpleNamespace(name="mean"),
        mass=0.9,
        task=SimpleNamespace(
            scenarios=SimpleNamespace(law=fit.law, meaning="one new run"),
            space=SimpleNamespace(free=("N", "D")),
        ),
        regret=SimpleNamespace(
            draws=regrets,
            expected=regrets.mean(),
            tail=np.sort(regrets)[-len(regrets) // 10 :].mean(),
        ),
    )


def test_the_frontier_draws_the_budgets_that_allow_a_design(fit):
    plan = planned(fit, np.zeros(10))
    table = frontier_table(plan)
    assert len(table) == 4
    figure = frontier(plan)
    left, right = figure.axes
    np.testing.assert_allclose(lines(left)["response, median"][:, 1], table["median"])
    np.testing.assert_allclose(lines(right)["N (parameters)"][:, 1], table["N"])
    _, low, high = filled(right)[1]
    np.testing.assert_allclose(low, table["D*_lower"])
    np.testing.assert_allclose(high, table["D*_upper"])
    assert not overlaps(figure)
    plan.frontier["possible"] = False
    with pytest.raises(InputError, match="Fewer than two budgets"):
        frontier(plan)


def test_regret_is_shown_over_all_worlds(fit):
    regrets = np.random.default_rng(0).exponential(0.01, 4000)
    plan = planned(fit, regrets)
    table = regret_table(plan)
    assert table["share"].sum() == pytest.approx(1)
    below = (regrets <= table["regret"][9]).mean()
    assert table["share"][:10].sum() == pytest.approx(below, abs=2e-3)
    figure = regret(plan)
    drawn = lines(figure.axes[0])
    assert f"expected: {regrets.mean():.3g}" in drawn
    np.testing.assert_allclose(figure.axes[0].patches[0].get_data().values, 100 * table["share"])
    assert not overlaps(figure)
    # A plan without any regret is no division by zero.
    assert regret_table(planned(fit, np.zeros(10)))["share"].sum() == pytest.approx(1)


def test_few_scenarios_have_no_worst_tenth_to_draw(fit):
    plan = planned(fit, np.full(10, 0.01))
    plan.regret.tail = np.nan
    drawn = lines(regret(plan).axes[0])
    assert list(drawn) == ["expected: 0.01"]


@pytest.mark.parametrize("valued", [False, True])
def test_candidates_are_drawn_best_first_and_those_to_buy_marked(valued):
    n = 20
    table = pd.DataFrame(
        {"N": np.geomspace(1e8, 1e10, n), "D": 2e10, "cost": 1e20, "unit": "FLOPs"}
    )
    table["reduction"], table["reduction_se"] = np.linspace(0.4, 0.1, n), 0.01
    table["interval"] = "equal-tailed 90% of the log response"
    if valued:
        table["value"], table["value_se"] = np.linspace(2, 1, n), 0.1
    found = SimpleNamespace(
        table=table,
        chosen=(2, 15),
        targets=table[["N", "D"]],
        mass=0.9,
        by="width",
        candidates=SimpleNamespace(unit="FLOPs"),
    )
    shown = candidates_table(found)
    assert shown["run"][0] == "N 100M, D 20B (1e20 FLOPs)"
    # The best twelve, and what is to be bought further down.
    assert shown.index.tolist() == [*range(12), 15]
    figure = candidates(found)
    assert len(figure.axes) == 1 + valued
    bars = figure.axes[0].patches
    np.testing.assert_allclose([bar.get_width() for bar in bars], 100 * shown["reduction"])
    assert [bar.get_y() for bar in bars] == sorted((bar.get_y() for bar in bars), reverse=True)
    colours = [bar.get_facecolor() for bar in bars]
    assert [k for k, colour in enumerate(colours) if colour == colours[2]] == [2, 12]
    assert not overlaps(figure)
    figure = costs(found)
    assert len(figure.axes) == 1 + valued
    others, bought = (bar.lines[0].get_xydata() for bar in figure.axes[0].containers)
    np.testing.assert_allclose(bought[:, 1], 100 * table["reduction"][[2, 15]])
    np.testing.assert_allclose(others[:, 1], 100 * table["reduction"].drop([2, 15]))
    np.testing.assert_allclose(bought[:, 0], table["cost"][[2, 15]])
    assert not overlaps(figure)


def test_a_plan_and_runs_to_buy_are_drawn_as_they_are_made(fit):
    decided = plan(fit, budget=1e23, limits=["N <= 20B"])
    figure = decided.plot()
    left, right = figure.axes
    np.testing.assert_allclose(lines(left)["mean"][:, 1], decided.table["risk"])
    refused = decided.table[~decided.table["allowed"]]
    assert len(refused)
    np.testing.assert_allclose(lines(left)["breaks a limit"][:, 0], refused["N"])
    _, low, high = filled(left)[0]
    np.testing.assert_allclose(low, decided.table["lower"])
    np.testing.assert_allclose(high, decided.table["upper"])
    np.testing.assert_allclose(lines(right)["D (tokens)"][:, 1], decided.frontier["D"])
    _, low, _ = filled(right)[0]
    np.testing.assert_allclose(low, decided.frontier["N*_lower"])
    assert not overlaps(figure)
    table = frontier_table(decided)
    assert table["budget"].iloc[0] == pytest.approx(1e21)
    assert not overlaps(frontier(decided))
    share = regret_table(decided)["share"]
    assert share.sum() == pytest.approx(1)
    assert not overlaps(regret(decided))
    wanted = {"N": [1e9, 1e10, 2e10], "D": [1e11, 2e11, 4e11]}
    found = next_runs(fit, wanted, target=TARGET, outcomes=8, refits="never")
    shown = candidates_table(found)
    assert sorted(shown["N"]) == wanted["N"]
    figure = found.plot()
    colours = [bar.get_facecolor() for bar in figure.axes[0].patches]
    # The first is to be bought.
    assert colours[0] not in colours[1:]
    assert not overlaps(figure)
