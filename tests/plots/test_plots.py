"""Pictures of one fit: each draws its table, and the table holds what it says."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, by_hand, observing, places
from plotted import chained, cloud, filled, lines, overlaps

from bayescale import catalogue
from bayescale.errors import InputError
from bayescale.plots.beside import hidden_runs, hidden_runs_table
from bayescale.plots.curve import composition, composition_table, returns, returns_table
from bayescale.plots.forecast import extrapolation_table, forecast, forecast_table
from bayescale.plots.lines import middle
from bayescale.plots.parameters import pairs, pairs_table, prior_posterior, prior_posterior_table
from bayescale.plots.residuals import residuals, residuals_table
from bayescale.plots.sampler import energy, energy_table, ranks, ranks_table

TARGET = {"N": 7e10, "D": 1.4e12}


@pytest.fixture(scope="module")
def fit():
    return cloud("chinchilla")


@pytest.fixture(scope="module")
def curve():
    return cloud("power")


@pytest.mark.parametrize("slopes", [None, 0.1])
def test_the_forecast_along_the_line_is_what_extrapolate_says(slopes):
    fit = cloud("chinchilla", slopes=slopes)
    table = forecast_table(fit, TARGET, mass=0.8)
    points = table[["N", "D"]]
    said = fit.extrapolate(points, kind="mean", mass=0.8).table
    for column in ("median", "lower", "upper"):
        np.testing.assert_allclose(table[f"mean_{column}"], said[column], rtol=1e-12)
    np.testing.assert_allclose(table["reach"], said["reach"])
    run = fit.extrapolate(points, kind="run", mass=0.8).table
    for column in ("median", "lower", "upper"):
        np.testing.assert_allclose(table[f"run_{column}"], run[column], rtol=1e-12)
    inner = table["run_inner_upper"] - table["run_inner_lower"]
    assert (inner < table["run_upper"] - table["run_lower"]).all()


def test_the_forecast_draws_its_table(fit):
    table = forecast_table(fit, TARGET)
    axes = forecast(fit, TARGET).axes[0]
    drawn = lines(axes)
    x = table[table.attrs["against"]]
    np.testing.assert_allclose(
        drawn["the law's curve, median"], np.column_stack([x, table["mean_median"]])
    )
    found = filled(axes)
    expected = ["run_", "run_inner_", "mean_", "mean_inner_"]
    assert len(found) == len(expected)
    for (at, low, high), prefix in zip(found, expected, strict=True):
        np.testing.assert_allclose(at, x)
        np.testing.assert_allclose(low, table[prefix + "lower"])
        np.testing.assert_allclose(high, table[prefix + "upper"])
    observed = drawn[f"observed runs ({len(fit.response)})"]
    np.testing.assert_allclose(observed[:, 1], fit.response)
    (bar,) = (each for each in axes.containers if "target" in each.get_label())
    said = fit.extrapolate(TARGET).table.iloc[0]
    (segment,) = bar.lines[2][0].get_segments()
    np.testing.assert_allclose(segment[:, 1], [said["lower"], said["upper"]])


def test_an_extrapolation_draws_its_points_with_both_intervals(fit):
    said = fit.extrapolate({"N": [1e10, 7e10], "D": [2e11, 1.4e12]}, mass=0.8)
    table = extrapolation_table(said)
    pd.testing.assert_frame_equal(table[["median", "lower"]], said.table[["median", "lower"]])
    pd.testing.assert_series_equal(
        table["inner_upper"], said.interval(0.5)["upper"], check_names=False
    )
    axes = said.plot(against="D").axes[0]
    np.testing.assert_allclose(lines(axes)["observed runs (30)"][:, 0], fit.inputs["D"])
    for bar, edge in zip(axes.containers, ("inner_", ""), strict=True):
        segments = np.array(bar.lines[2][0].get_segments())
        np.testing.assert_allclose(segments[:, 0, 0], said.points["D"])
        np.testing.assert_allclose(segments[:, :, 1], table[[f"{edge}lower", f"{edge}upper"]])
    assert "equal-tailed 80% and 50% of a new run" in axes.containers[1].get_label()
    # By itself it takes the input that the points reach furthest in.
    assert said.plot().axes[0].get_xlabel() == "N (parameters)"
    assert not overlaps(said.plot())
    with pytest.raises(InputError, match="no input 'C'"):
        said.plot("C")


def test_what_was_measured_stands_beside_the_forecast_of_its_place(fit):
    points = {"N": [7e10, 1e10, 7e10], "D": [1.4e12, 2e11, 1.4e12]}
    said = fit.extrapolate(points, kind="mean")
    measured = said.table["median"] * [1.05, 0.9, 1.0]
    table = hidden_runs_table(said, measured)
    assert table["median"].is_monotonic_increasing
    assert (
        table["inside"].tolist()
        == ((table["lower"] <= table["observed"]) & (table["observed"] <= table["upper"])).tolist()
    )
    figure = hidden_runs(said, measured)
    axes = figure.axes[0]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["N 10B, D 200B", "N 70B, D 1.4T"]
    places = dict(zip(names, axes.get_yticks(), strict=True))
    drawn = lines(axes)["hidden run, measured"]
    np.testing.assert_allclose(drawn[:, 0], table["observed"])
    # Two were measured at one place.
    assert sorted(drawn[:, 1]) == sorted(places[names[k]] for k in (0, 1, 1))
    outer, inner = (np.array(bars.get_segments()) for bars in axes.collections[:2])
    unique = table.drop_duplicates("N").iloc[::-1]
    np.testing.assert_allclose(outer[:, :, 0], unique[["lower", "upper"]])
    np.testing.assert_allclose(inner[:, :, 0], unique[["inner_lower", "inner_upper"]])
    assert not overlaps(figure)
    with pytest.raises(InputError, match="give one for each point"):
        hidden_runs(said, measured[:2])


def test_the_line_goes_from_the_middle_of_the_runs_to_the_target(fit):
    table = forecast_table(fit, TARGET)
    last = table.iloc[-1]
    assert last["N"] == pytest.approx(TARGET["N"])
    assert last["D"] == pytest.approx(TARGET["D"])
    start = middle(fit)
    logs = np.log(table[["N", "D"]] / pd.Series(start))
    slope = np.log(TARGET["N"] / start["N"]) / np.log(TARGET["D"] / start["D"])
    np.testing.assert_allclose(logs["N"], slope * logs["D"], atol=1e-9)
    # It stays within the observed box on the near side.
    for name in ("N", "D"):
        assert table[name].min() >= fit.inputs[name].min() * (1 - 1e-9)
    assert "70B" in table.attrs["line"]
    assert "1.4T" in table.attrs["line"]


def test_units_of_the_inputs_change_the_axis_and_nothing_else(fit):
    raw = TRUTH["chinchilla"]
    scaled = {k: x / 1e6 for k, x in fit.inputs.items()}
    other = by_hand(
        "chinchilla",
        raw | {"A": raw["A"] * 1e6 ** -raw["alpha"], "B": raw["B"] * 1e6 ** -raw["beta"]},
        inputs=scaled,
    )
    same = by_hand("chinchilla", raw, inputs=fit.inputs)
    one = forecast_table(same, TARGET)
    two = forecast_table(other, {name: x / 1e6 for name, x in TARGET.items()})
    np.testing.assert_allclose(one[["N", "D"]], two[["N", "D"]] * 1e6)
    np.testing.assert_allclose(one.filter(like="_"), two.filter(like="_"))


def test_without_a_target_the_line_follows_how_the_runs_grow():
    grown = np.geomspace(1e8, 1e10, 12)
    fit = cloud("chinchilla", inputs={"N": grown, "D": 20 * grown})
    table = forecast_table(fit)
    np.testing.assert_allclose(table["D"], 20 * table["N"])
    assert table["N"].iloc[-1] == pytest.approx(1e11)
    assert "trend" in table.attrs["line"]


def test_derived_inputs_are_derived_along_the_line():
    inputs = {"N": places("chinchilla", 20)["N"], "D": places("chinchilla", 20)["D"]}
    inputs["C"] = 6 * inputs["N"] * inputs["D"] + 1e18
    fit = cloud("pretraining", inputs=inputs)
    fit = replace(fit, runs=replace(fit.runs, derive={"C": "6*N*D + 1e18"}))
    table = forecast_table(fit, TARGET)
    np.testing.assert_allclose(table["C"], 6 * table["N"] * table["D"] + 1e18)
    # Unless the target was given its own.
    own = forecast_table(fit, TARGET | {"C": 1e25})
    assert own["C"].iloc[-1] == pytest.approx(1e25)


def test_held_out_runs_are_drawn_where_they_are(fit):
    hidden = pd.DataFrame({"N": [3e10, 5e10], "D": [1e12, 2e12], "L": [2.0, 1.95]})
    figure = forecast(fit, TARGET, held_out=hidden, against="N")
    drawn = lines(figure.axes[0])["held-out runs (2)"]
    np.testing.assert_allclose(drawn, hidden[["N", "L"]])
    with pytest.raises(InputError, match="no column L"):
        forecast(fit, TARGET, held_out=hidden.drop(columns="L"))


def test_what_changes_the_reading_stands_under_the_picture():
    fit = by_hand("power", TRUTH["power"], approximate=True)
    told = forecast(fit)._supxlabel.get_text().replace("\n", " ")
    assert "Caution: preview" in told
    assert "No discrepancy" in told
    assert forecast(cloud("power", slopes=0.1))._supxlabel is None


def test_zero_shot_runs_and_targets_have_their_place_on_the_axis():
    raw = {"E0": 0.5, "nu": 2.0, "theta": 0.4, "D_t": 3.0}
    fit = by_hand("rectified", raw, inputs={"D_test": np.geomspace(10, 1e5, 12)})
    plain = forecast(fit, {"D_test": 1e6}).axes[0]
    assert "0" not in [tick.get_text() for tick in plain.get_xticklabels()]
    hidden = pd.DataFrame({"D_test": [0.0, 1e6], "E": [2.0, 1.0]})
    figure = forecast(fit, {"D_test": [0, 1e6]}, held_out=hidden)
    axes = figure.axes[0]
    assert axes.get_xticklabels()[0].get_text() == "0"
    zero = axes.get_xticks()[0]
    assert lines(axes)["held-out runs (2)"][0, 0] == zero
    (bar,) = (each for each in axes.containers if "target" in each.get_label())
    assert bar.lines[2][0].get_segments()[0][0, 0] == zero
    assert axes.get_xlim()[0] < zero < 10
    assert not overlaps(figure)


def test_what_cannot_be_drawn_against_is_refused(fit):
    with pytest.raises(InputError, match="no input 'C'"):
        forecast(fit, TARGET, against="C")
    at = {"N": 7e10, "D": middle(fit)["D"]}
    with pytest.raises(InputError, match="D does not change"):
        forecast(fit, at, against="D")


def test_one_diverged_run_does_not_hide_the_rest():
    fit = cloud("power")
    fit = observing(fit, np.r_[1e4, fit.response[1:]])
    figure = forecast(fit, {"x": 1e8})
    low, high = figure.axes[0].get_ylim()
    assert high < 10
    assert (low < fit.response[1:]).all()
    assert (fit.response[1:] < high).all()
    assert "1 of the observed runs lie outside" in figure._supxlabel.get_text()


def test_terms_are_the_formula_with_one_weight_alone(fit):
    raw = {name: fit.draws["posterior"][name].to_numpy()[0][:, None] for name in "EAB"}
    exponents = {n: fit.draws["posterior"][n].to_numpy()[0][:, None] for n in ("alpha", "beta")}
    at = {"N": np.array([1e8, 1e11]), "D": np.array([2e9, 3e12])}
    found = fit.curve.terms(at)
    np.testing.assert_allclose(found["E"], np.broadcast_to(raw["E"], (400, 2)))
    np.testing.assert_allclose(found["A"], raw["A"] * at["N"] ** -exponents["alpha"])
    np.testing.assert_allclose(found["B"], raw["B"] * at["D"] ** -exponents["beta"])
    np.testing.assert_allclose(sum(found.values()), fit.curve(at))


@pytest.mark.parametrize("share", [False, True])
def test_the_composition_stacks_its_table(fit, share):
    table = composition_table(fit, "N")
    figure = composition(fit, "N", share=share)
    key, factor = ("up_to_share_median", 100) if share else ("up_to_median", 1)
    below = 0
    for (at, low, high), name in zip(filled(figure.axes[0]), "EAB", strict=True):
        part = table[table["term"] == name]
        np.testing.assert_allclose(at, part["N"])
        np.testing.assert_allclose(low, below, atol=1e-9)
        np.testing.assert_allclose(high, factor * part[key], atol=1e-9)
        below = high
    whole = table[table["term"] == "B"]
    said = np.quantile(fit.curve({n: whole[n].to_numpy() for n in "ND"}), [0.05, 0.95], axis=0)
    np.testing.assert_allclose(whole["up_to_lower"], said[0])
    np.testing.assert_allclose(whole["up_to_upper"], said[1])
    np.testing.assert_allclose(whole["up_to_share_median"], 1)
    assert whole["D"].to_numpy() == pytest.approx(middle(fit)["D"])


def test_a_response_of_many_decades_is_told_in_shares():
    steep = by_hand("power", {"y0": 1e-9, "a": 3.0, "b": 1.0})
    assert "share" in composition(steep).axes[0].get_ylabel()


def test_returns_are_the_elasticities_of_the_law():
    fit = by_hand("power", TRUTH["power"])
    table = returns_table(fit)
    y0, a, b = TRUTH["power"].values()
    x = table["x"].to_numpy()
    term = a * x**-b
    np.testing.assert_allclose(table["elasticity"], -b * term / (y0 + term))
    np.testing.assert_allclose(table["derivative"], -b * term / x)
    axes = returns(fit).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), table["elasticity"])


def test_returns_hold_the_other_inputs_where_they_are_told(fit):
    table = returns_table(fit, {"N": 1e9, "D": 2e10})
    assert set(table.loc[table["input"] == "N", "D"]) == {2e10}
    assert set(table.loc[table["input"] == "D", "N"]) == {1e9}
    figure = returns(fit, {"N": 1e9, "D": 2e10})
    for axes, name in zip(figure.axes, "ND", strict=True):
        part = table[table["input"] == name]
        np.testing.assert_allclose(axes.lines[0].get_ydata(), part["elasticity"])


def test_densities_are_those_of_prior_and_posterior(fit):
    table = prior_posterior_table(fit)
    part = table[table["parameter"] == "alpha"]
    x = part["value"].to_numpy()
    prior = {item.symbol: item.prior for item in fit.law.curvature}["alpha"].parameters
    z = (np.log(x) - prior["mu"]) / prior["sigma"]
    exact = np.exp(-(z**2) / 2) / (x * prior["sigma"] * np.sqrt(2 * np.pi))
    assert np.abs(part["prior"] - exact).max() < 0.1 * exact.max()
    step = x[1] - x[0]
    assert part["posterior"].sum() * step == pytest.approx(1, abs=0.01)
    mean = (x * part["posterior"]).sum() * step
    assert mean == pytest.approx(float(fit.draws["posterior"]["alpha"].mean()), rel=0.01)
    # What has a unit is drawn by its log: the prior of M is normal there, about the median.
    total = table[table["parameter"] == "M"]
    assert total["log"].all()
    figure = prior_posterior(fit)
    titles = {axes.get_title(): axes for axes in figure.axes}
    drawn = lines(titles["alpha"])
    np.testing.assert_allclose(
        drawn["posterior"][:, 1], part["posterior"] / part["posterior"].max()
    )
    np.testing.assert_allclose(drawn["prior"][:, 1], part["prior"] / part["prior"].max())


def test_pairs_are_draws_with_their_rank_correlation():
    rng = np.random.default_rng(3)
    alpha = 0.35 * np.exp(0.05 * rng.standard_normal(500))
    raw = TRUTH["chinchilla"] | {"alpha": alpha, "E": 1.8 + 0.1 * np.log(alpha / 0.35)}
    fit = by_hand("chinchilla", raw)
    table = pairs_table(fit, ["alpha", "E"])
    assert table.attrs["rank_correlation"].loc["alpha", "E"] == pytest.approx(1)
    np.testing.assert_array_equal(table["alpha"], alpha)
    figure = pairs(fit, ["alpha", "E"])
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "+1.00" in texts
    # Along a line the draws of a cell lie on its diagonal.
    cell = figure.axes[0].lines[0].get_xydata()
    assert np.corrcoef(cell.T)[0, 1] > 0.99
    assert cell.min() >= 0
    assert cell.max() <= 1


def test_what_has_no_pairs_or_no_such_parameter_says_so(curve):
    with pytest.raises(InputError, match="at least two"):
        pairs(curve, ["b"])
    with pytest.raises(InputError, match=r"no parameter 'c'; choose from .*b"):
        pairs(curve, ["b", "c"])
    with pytest.raises(InputError, match="no parameter 'c'"):
        prior_posterior(curve, ["c"])


def test_a_planted_outlier_stands_out_of_the_noise():
    raw = {name: np.full(500, value) for name, value in TRUTH["chinchilla"].items()}
    fit = by_hand("chinchilla", raw)
    fit = observing(fit, fit.response * np.where(np.arange(30) == 4, 1.10, 1.0))
    table = residuals_table(fit)
    assert table["residual"][4] == pytest.approx(10)
    np.testing.assert_allclose(table["residual"].drop(4), 0, atol=1e-9)
    figure = residuals(fit)
    assert "1 runs lie further out" in figure._supxlabel.get_text()
    for axes, name in zip(figure.axes, "ND", strict=True):
        marks = axes.lines[1].get_xydata()
        assert len(marks) == len(table) - 1
        assert fit.inputs[name][4] in axes.lines[2].get_xdata()


def test_the_noise_in_residuals_is_that_of_a_new_run(fit):
    many = by_hand("chinchilla", {k: np.full(20_000, v) for k, v in TRUTH["chinchilla"].items()})
    table = residuals_table(many, mass=0.8)
    from scipy.stats import t

    edge = 0.01 * t.ppf(0.9, 8.0)
    np.testing.assert_allclose(table["upper"], 100 * np.expm1(edge), rtol=0.03)
    np.testing.assert_allclose(table["lower"], 100 * np.expm1(-edge), rtol=0.03)


def test_ranks_are_level_where_chains_agree_and_not_where_one_is_elsewhere(curve):
    rng = np.random.default_rng(0)
    good = rng.standard_normal((4, 1000))
    bad = good + np.array([[1.5], [0], [0], [0]])
    fit = chained(curve, {"good": good, "bad": bad}, rng.standard_normal((4, 1000)))
    table = ranks_table(fit)
    outside = (table["ratio"] < table["lower"]) | (table["ratio"] > table["upper"])
    shares = outside.groupby(table["parameter"]).mean()
    assert shares["good"] < 0.15
    assert shares["bad"] > 0.6
    assert table.groupby(["parameter", "chain"])["ratio"].mean().to_numpy() == pytest.approx(1)
    figure = ranks(fit)
    # Worst first.
    assert figure.axes[0].get_title() == "bad"
    stairs = figure.axes[0].patches[1].get_data().values
    part = table[(table["parameter"] == "bad") & (table["chain"] == 0)]
    np.testing.assert_allclose(stairs, part["ratio"])


def test_energy_of_independent_draws_changes_by_more_than_itself(curve):
    rng = np.random.default_rng(1)
    values = rng.standard_normal((4, 5000))
    fit = chained(curve, {"b": values}, values)
    table = energy_table(fit)
    assert table["marginal"].sum() == pytest.approx(1, abs=0.01)
    sd = {
        name: np.sqrt((table["energy"] ** 2 * table[name]).sum())
        for name in ("marginal", "transition")
    }
    assert sd["transition"] / sd["marginal"] == pytest.approx(np.sqrt(2), rel=0.03)
    drawn = lines(energy(fit).axes[0])["change to the next draw"]
    np.testing.assert_allclose(drawn[:, 1], 100 * table["transition"])


def test_a_preview_has_no_sampler_to_show():
    fit = by_hand("power", TRUTH["power"], approximate=True)
    for picture in (ranks, energy):
        with pytest.raises(InputError, match="preview has no sampler"):
            picture(fit)


PICTURES = (forecast, composition, returns, prior_posterior, pairs, residuals)


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("law", TRUTH)
def test_no_labels_touch_or_leave_the_figure(law, picture):
    assert not overlaps(picture(cloud(law)))


def test_time_that_grows_with_every_input_is_drawn_as_well():
    law = catalogue.resolve("inference")
    rng = np.random.default_rng(2)
    inputs = {n: np.exp(rng.uniform(np.log(1e3), np.log(1e8), 30)) for n in law.input_symbols}
    raw = {"T0": 1e-3, "xi": 1e-10, "phi1": -1.0, "eta": 1e-9, "phi2": -1.0}
    fit = by_hand(
        "inference", raw | {"kappa": 1e-9, "phi3": np.array([-1.0, -1.01, -0.99])}, inputs=inputs
    )
    table = forecast_table(fit)
    assert (np.diff(table["mean_median"]) > 0).all()
    assert (returns_table(fit)["elasticity"] > 0).all()
    for picture in (forecast, composition, returns, residuals):
        assert not overlaps(picture(fit))


def test_pictures_leave_pyplot_and_global_settings_alone():
    # Asking for the backend would itself load pyplot.
    named = [(picture.__module__, picture.__name__) for picture in PICTURES]
    code = (
        "import sys; sys.path[:0] = ['tests', 'tests/plots']\n"
        "from importlib import import_module\n"
        "from matplotlib import rcParams\n"
        "settings = lambda: {k: rcParams[k] for k in rcParams if k != 'backend'}\n"
        "before = settings()\n"
        "from plotted import cloud\n"
        "fit = cloud('chinchilla')\n"
        f"for module, name in {named}:\n"
        "    getattr(import_module(module), name)(fit)\n"
        "assert settings() == before\n"
        "assert not {'matplotlib.pyplot', 'pymc', 'arviz'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
