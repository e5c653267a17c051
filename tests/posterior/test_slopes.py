"""Errors of slopes: continuous, growing beyond the data, shared by neighbours, told by runs.

Variances are exact, from the columns that multiply independent standard normal coefficients; a
test holds the draws of :class:`DrawnSlopes` to them.
"""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from fits import TRUTH, by_hand, places, simulated, spread

from bayescale import catalogue
from bayescale.law.symbols import SLOPE_BEYOND, SLOPE_ERROR
from bayescale.posterior.alone import with_slopes
from bayescale.posterior.data import ModelData
from bayescale.posterior.fit import fit
from bayescale.posterior.parameters import Stated, resolve_priors
from bayescale.posterior.slopes import DIRECTIONS, DrawnSlopes, Slopes, coefficients
from bayescale.runs.runs import read_runs

# Error of the slopes, inside and beyond, and the noise of a run.
ERROR, BEYOND, NOISE = 0.1, 0.1, 0.01
STEP = 0.01
THREE = ("chinchilla", "pretraining", "latency")
RANGES = {"x": (1e3, 1e7), "N": (4e7, 2e10), "D": (1e9, 1e12), "C": (1e18, 1e23)}


def runs_at(law, n=40, seed=0):
    """Inputs of runs, log-uniform and independent."""
    rng = np.random.default_rng([seed, 3])
    at = {
        name: np.exp(rng.uniform(*np.log(RANGES.get(name, (1e3, 1e6))), n))
        for name in law.input_symbols
    }
    for item in law.inputs:
        if item.at_most:
            at[item.symbol] = np.minimum(at[item.symbol], at[item.at_most])
    return at


def held(law, **given):
    """Free parameters in the middle of their priors, or as given."""
    draws = resolve_priors(law).draw(np.random.default_rng(0), 2000)
    return {name: float(np.median(x)) for name, x in draws.items()} | given


def slopes_of(law, at, weight=None, **given):
    weight = np.ones(len(next(iter(at.values())))) if weight is None else weight
    return Slopes.of(law, held(law, **given), at, law.reference(at), weight)


@cache
def case(name, n=40):
    """Slopes of a law beside runs; opposite exponents for ``latency``: work over a resource."""
    law = catalogue.resolve(name)
    at = runs_at(law, n)
    given = {"c": 0.5, "share[kappa]": 4.0} if name == "latency" else {}
    return slopes_of(law, at, **given), at


def before(slopes, at):
    """Columns of the discrepancy at points before any run, scaled by its SDs."""
    within, beyond = slopes.columns(at)
    return np.hstack([ERROR * within, BEYOND * beyond])


def after(slopes, runs, at, *, noise=NOISE, weight=None):
    """The same given runs with normal noise."""
    weight = np.ones(len(next(iter(runs.values())))) if weight is None else weight
    within, beyond = slopes.columns(at)
    strength = slopes.told_by(runs, weight).strength
    known = within @ slopes.told
    untold = within - known @ slopes.told.T
    left = known / np.sqrt(1 + strength * (ERROR / noise) ** 2)
    return np.hstack([ERROR * untold, ERROR * left, BEYOND * beyond])


def sd(columns):
    return np.sqrt(np.square(columns).sum(axis=1))


def moved(at, **factors):
    return {name: x * factors.get(name, 1.0) for name, x in at.items()}


def points_around(law, at, n=300, seed=1):
    """Inside the data, far outside, and at the corners and edges of their box."""
    rng = np.random.default_rng(seed)
    logs = {name: np.log(x) for name, x in at.items()}
    wide = {k: rng.uniform(x.min() - 7, x.max() + 7, n) for k, x in logs.items()}
    inside = {k: rng.uniform(x.min(), x.max(), n) for k, x in logs.items()}
    # A step of 1% crosses the edge from just inside.
    ends = {
        k: np.where(rng.random(n) < 0.5, x.max() - STEP / 2, x.min() + STEP / 2)
        for k, x in logs.items()
    }
    edge = {k: np.where(rng.random(n) < 0.5, ends[k], inside[k]) for k in logs}
    found = {k: np.exp(np.concatenate([wide[k], inside[k], edge[k]])) for k in logs}
    for item in law.inputs:
        if item.at_most:
            found[item.symbol] = np.minimum(found[item.symbol], 0.97 * found[item.at_most])
    return found


@pytest.mark.parametrize("name", catalogue.names())
def test_a_step_of_a_percent_changes_the_width_by_at_most_three(name):
    """Of a new run's log response, inside, outside and across the edge of the data.

    At the reference run the discrepancy is nought, so that the noise is counted.
    """
    slopes, runs = case(name)
    at = points_around(slopes.law, runs)

    def width(at):
        return np.hypot(sd(after(slopes, runs, at)), NOISE)

    here = width(at)
    assert here.max() > 2 * NOISE
    for symbol in slopes.law.input_symbols:
        for factor in (1 + STEP, 1 / (1 + STEP)):
            change = np.abs(width(moved(at, **{symbol: factor})) / here - 1)
            assert change.max() < 0.03, (symbol, change.max())


def test_a_width_that_jumps_at_the_edge_is_caught():
    """As if a regime that nobody saw began with a share of its own."""
    slopes, runs = case("chinchilla")
    at = points_around(slopes.law, runs)

    def jumping(at):
        whole = after(slopes, runs, at)
        outside = (slopes.columns(at)[1] != 0).any(axis=1)
        return np.hypot(np.hypot(sd(whole), NOISE), np.where(outside, 0.02, 0.0))

    change = np.abs(jumping(moved(at, D=1 + STEP)) / jumping(at) - 1)
    assert change.max() > 0.03


@pytest.mark.parametrize("given", [before, None], ids=["before runs", "given runs"])
@pytest.mark.parametrize("name", THREE)
def test_it_grows_along_every_ray_that_leaves_the_data(name, given):
    slopes, runs = case(name)
    names, rng = slopes.law.input_symbols, np.random.default_rng(2)
    logs = np.stack([np.log(runs[k] / slopes.reference[k]) for k in names])
    grown = 0
    for direction in rng.standard_normal((60, len(names))):
        unit = direction / np.linalg.norm(direction)
        edge = min(
            (x.max() if d > 0 else -x.min()) / abs(d) for x, d in zip(logs, unit, strict=True)
        )
        out = np.linspace(edge, edge + 12, 25)
        at = {k: slopes.reference[k] * np.exp(d * out) for k, d in zip(names, unit, strict=True)}
        width = sd(before(slopes, at) if given else after(slopes, runs, at))
        # A floor has no slope that could err: there it stays, up to sums in the place of integrals.
        assert (np.diff(width) > -1e-3 * width[:-1]).all(), unit
        pull = sum(abs(slope(slopes, at, k) * d) for k, d in zip(names, unit, strict=True))
        steep = np.minimum(pull[1:], pull[:-1]) > 0.03
        assert (np.diff(width)[steep] > 0).all(), unit
        if steep.mean() > 0.9:
            assert width[-1] > 1.5 * width[0], unit
            grown += 1
    assert grown > 10


def slope(slopes, at, symbol):
    """The law's slope of its log response along the log of one input."""
    change = [signed(slopes, moved(at, **{symbol: np.exp(h)})) for h in (1e-4, -1e-4)]
    return (change[0] - change[1]) / 2e-4


def correlations(slopes, one, other):
    a, b = before(slopes, one), before(slopes, other)
    return (a * b).sum(axis=1) / sd(a) / sd(b)


@pytest.mark.parametrize("name", THREE)
def test_near_designs_share_it_and_far_ones_do_not(name):
    slopes, runs = case(name)
    at = points_around(slopes.law, runs, 100)
    # Away from the reference run, where there is nothing to share.
    far = {k: x[sd(before(slopes, at)) > 0.01] for k, x in at.items()}
    first, second = slopes.law.input_symbols[:2]
    middle = {k: np.array([x]) for k, x in slopes.reference.items()}
    one, other = (moved(middle, **{k: 1e3}) for k in (first, second))
    assert correlations(slopes, far, moved(far, **{first: 1 + STEP})).min() > 0.99
    assert correlations(slopes, far, moved(far, **{second: 1 + STEP})).min() > 0.99
    assert correlations(slopes, one, other)[0] < 0.9
    opposite = {k: x**2 / one[k] for k, x in middle.items()}
    assert abs(correlations(slopes, one, opposite)[0]) < 0.9


def test_it_tells_designs_apart_by_less_than_if_they_were_unrelated():
    """What is uncertain about a difference is what is not shared."""
    slopes, runs = case("chinchilla")
    at = {k: np.array([30 * x.max()]) for k, x in runs.items()}
    beside, away = moved(at, N=1.5, D=1 / 1.5), moved(at, N=30, D=1 / 30)
    here = after(slopes, runs, at)
    near, far = (sd(here - after(slopes, runs, x))[0] for x in (beside, away))
    assert 0 < near < 0.5 * far
    assert near < 0.5 * np.hypot(sd(here), sd(after(slopes, runs, beside)))[0]


def test_opposite_terms_do_not_cancel_it():
    """A model and its machine 100 times as large: the law's time is the same, and as uncertain."""
    slopes, _ = case("latency")
    at = {k: np.array([x]) for k, x in slopes.reference.items()}
    both, one, other = (moved(at, N=a, C=b) for a, b in ((100, 100), (100, 1), (1, 100)))
    alone = [sd(before(slopes, x))[0] for x in (one, other)]
    assert slopes.held["a"] == pytest.approx(slopes.held["c"], abs=0.05)
    assert sd(before(slopes, both))[0] > 0.9 * max(alone)
    # An error of the whole log response, in the place of one for each input, would be nought.
    assert abs(signed(slopes, both)[0]) < 0.1 * abs(signed(slopes, one)[0])


def signed(slopes, at):
    """What the law itself says changes from the reference run, on the log scale."""
    from bayescale.posterior.predictor import Predictor

    predictor = Predictor(slopes.law, slopes.held)
    scaled = {k: x / slopes.reference[k] for k, x in at.items()}
    return predictor.log(scaled) - predictor.log(dict.fromkeys(scaled, 1.0))


@pytest.mark.parametrize("name", catalogue.names())
def test_units_of_inputs_change_nothing(name):
    law = catalogue.resolve(name)
    slopes, runs = case(name)
    common = {item.symbol: item.reference or item.symbol for item in law.inputs}
    keys = sorted(set(common.values()))
    factors = {k: 10.0 ** (3 - 4 * keys.index(group)) for k, group in common.items()}
    given = dict(slopes.held)
    other = slopes_of(law, moved(runs, **factors), **given)
    at = points_around(law, runs, 30)
    for ours, theirs in zip(slopes.columns(at), other.columns(moved(at, **factors)), strict=True):
        np.testing.assert_allclose(theirs, ours, atol=1e-9)
    theirs = after(other, moved(runs, **factors), moved(at, **factors))
    np.testing.assert_allclose(sd(theirs), sd(after(slopes, runs, at)), rtol=1e-6, atol=1e-9)


def test_units_of_the_response_change_nothing():
    """Neither the elasticities, taken at the law's own mode, nor what runs tell."""
    runs = simulated("chinchilla", 25, scale=0.02)
    table = runs.table.assign(L=60.0 * runs.table["L"], N=runs.table["N"] / 1e6)
    data, found, start = with_slopes(runs.law, Stated(), ModelData.from_runs(runs))
    other = ModelData.from_runs(read_runs(table, "chinchilla"))
    told, theirs, begin = with_slopes(runs.law, Stated(), other)
    # As near as the search for a mode ends.
    np.testing.assert_allclose(begin, start, atol=1e-4)
    np.testing.assert_allclose(told.told.strength, data.told.strength, rtol=1e-3)
    far = {k: np.array([20 * x.max()]) for k, x in runs.inputs.items()}
    np.testing.assert_allclose(
        sd(before(theirs, moved(far, N=1e-6))), sd(before(found, far)), rtol=1e-4
    )


# The posterior of a process: brute force, and what the fit computes.


def regression(slopes, runs, residual, at, weight, *, error=ERROR, noise=NOISE):
    """Gaussian-process regression at runs and points together: mean and covariance."""
    b = np.vstack([slopes.columns(runs)[0], slopes.columns(at)[0]])
    whole = error**2 * b @ b.T
    n = len(residual)
    gain = np.linalg.solve(whole[:n, :n] + np.diag(noise**2 / weight), whole[:n]).T
    return gain @ residual, whole - gain @ whole[:n]


def told_moments(slopes, runs, residual, at, weight, *, strength=1.0, error=ERROR, noise=NOISE):
    """The same from the coefficients: those told, and others as before any run."""
    told = slopes.told_by(runs, weight)
    parts = {"columns": told.columns, "weight": weight, "strength": strength * told.strength}
    middle, _ = coefficients(np.zeros(DIRECTIONS), residual, error, noise, **parts)
    up, log_jacobian = coefficients(np.ones(DIRECTIONS), residual, error, noise, **parts)
    width = up - middle
    assert log_jacobian == pytest.approx(np.log(width).sum())
    b = np.vstack([slopes.columns(runs)[0], slopes.columns(at)[0]])
    known = b @ slopes.told
    untold = b - known @ slopes.told.T
    covariance = untold @ untold.T + (known * width**2) @ known.T
    return error * known @ middle, error**2 * covariance


def observed(name, n=14, *, even=False):
    """Slopes beside few runs that count differently, their residuals, and points near and far."""
    law = catalogue.resolve(name)
    runs = runs_at(law, n, seed=4)
    rng = np.random.default_rng(6)
    weight = np.ones(n) if even else rng.uniform(0.2, 1.5, n)
    slopes = slopes_of(law, runs, weight)
    within = slopes.columns(runs)[0]
    residual = ERROR * within @ rng.standard_normal(within.shape[1])
    residual += NOISE * rng.standard_normal(n) / np.sqrt(weight)
    return slopes, runs, residual, points_around(law, runs, 8), weight


@pytest.mark.parametrize("even", [True, False], ids=["alike", "weighted"])
@pytest.mark.parametrize("name", THREE)
def test_what_runs_tell_is_gaussian_process_regression(name, even):
    slopes, runs, residual, at, weight = observed(name, even=even)
    mean, covariance = regression(slopes, runs, residual, at, weight)
    found, spread_ = told_moments(slopes, runs, residual, at, weight)
    size = np.sqrt(np.diag(covariance)).max()
    np.testing.assert_allclose(found, mean, atol=1e-6 * size)
    np.testing.assert_allclose(spread_, covariance, atol=1e-6 * size**2)


def test_the_regression_catches_a_wrong_weight_or_strength():
    slopes, runs, residual, at, weight = observed("chinchilla")
    mean, covariance = regression(slopes, runs, residual, at, weight)
    size = np.sqrt(np.diag(covariance)).max()
    wrong = {
        "weight": told_moments(slopes, runs, residual, at, np.ones_like(weight)),
        "strength": told_moments(slopes, runs, residual, at, weight, strength=0.5),
        "error": told_moments(slopes, runs, residual, at, weight, error=1.3 * ERROR),
        "noise": told_moments(slopes, runs, residual, at, weight, noise=2 * NOISE),
    }
    for what, (found, spread_) in wrong.items():
        off = max(abs(found - mean).max() / size, abs(spread_ - covariance).max() / size**2)
        assert off > 1e-3, what


def test_directions_that_are_not_sampled_are_those_that_runs_tell_least_of():
    """Of more runs than directions, the regression is met but for what stays as it was."""
    law = catalogue.resolve("chinchilla")
    runs = runs_at(law, 120, seed=4)
    weight = np.ones(120)
    slopes = slopes_of(law, runs)
    left = slopes.columns(runs)[0]
    left = left - left @ slopes.told @ slopes.told.T
    # What they bring at any run is far below its noise.
    assert ERROR * sd(left).max() < 0.3 * NOISE
    at = points_around(law, runs, 20)
    _, covariance = regression(slopes, runs, np.zeros(120), at, weight)
    _, found = told_moments(slopes, runs, np.zeros(120), at, weight)
    exact, ours = (np.sqrt(np.diag(x)) for x in (covariance, found))
    # Wider, never narrower, and by little.
    assert (ours > (1 - 1e-9) * exact).all()
    assert (ours**2 < exact**2 + (0.3 * NOISE) ** 2 + 0.05 * exact**2).all()


def test_draws_have_these_moments():
    """Of :class:`DrawnSlopes`, of which forecasts are made: all its parts together."""
    slopes, runs, residual, at, weight = observed("chinchilla")
    size, rng = 20_000, np.random.default_rng(8)
    told = slopes.told_by(runs, weight)
    z = rng.standard_normal((size, DIRECTIONS))
    w, _ = coefficients(z, residual, ERROR, NOISE, told.columns, weight, told.strength)
    free = {SLOPE_ERROR: np.full(size, ERROR), SLOPE_BEYOND: np.full(size, BEYOND)}
    drawn = DrawnSlopes.draw(slopes, w, free, rng)
    some = slopes.told.any(axis=0)
    assert some.sum() == len(residual)
    np.testing.assert_allclose((drawn.within @ slopes.told)[:, some], ERROR * w[:, some], atol=1e-9)
    found = np.hstack([drawn(runs), drawn(at)])
    mean, covariance = regression(slopes, runs, residual, at, weight)
    beyond = np.vstack([slopes.columns(runs)[1], slopes.columns(at)[1]])
    assert not beyond[: len(residual)].any()
    covariance = covariance + BEYOND**2 * beyond @ beyond.T
    width = np.sqrt(np.diag(covariance))
    np.testing.assert_array_less(abs(found.mean(axis=0) - mean), 5 * width / np.sqrt(size))
    error = 6 * np.outer(width, width) / np.sqrt(size / 2)
    np.testing.assert_array_less(abs(np.cov(found.T) - covariance), error)


def test_each_draw_may_have_designs_of_its_own():
    slopes, _, _, at, _ = observed("chinchilla")
    free = {SLOPE_ERROR: np.full(6, ERROR), SLOPE_BEYOND: np.full(6, BEYOND)}
    rng = np.random.default_rng(3)
    drawn = DrawnSlopes.draw(slopes, rng.standard_normal((6, DIRECTIONS)), free, rng)
    common = drawn(at)
    own = {"N": np.tile(at["N"], (6, 1)), "D": at["D"]}
    np.testing.assert_allclose(drawn(own), common, atol=1e-12)
    np.testing.assert_allclose(drawn.pick([4, 1])(at), common[[4, 1]], atol=1e-12)


def test_errors_at_knots_are_an_ornstein_uhlenbeck_process():
    slopes, _ = case("chinchilla")
    size, rng = 20_000, np.random.default_rng(1)
    free = {SLOPE_ERROR: np.full(size, ERROR), SLOPE_BEYOND: np.full(size, BEYOND)}
    # Coefficients of which no run told anything.
    drawn = DrawnSlopes.draw(slopes, rng.standard_normal((size, DIRECTIONS)), free, rng)
    axes = drawn.at_knots()
    assert len(axes) == 4
    for knots in axes:
        np.testing.assert_allclose(knots.std(axis=0), ERROR, rtol=0.04)
        apart = [np.corrcoef(knots[:, 40], knots[:, 40 + k])[0, 1] for k in (1, 4, 12)]
        expected = np.exp(-np.array([1, 4, 12]) / slopes.law.discrepancy.length)
        np.testing.assert_allclose(apart, expected, atol=0.03)


def test_it_narrows_as_runs_are_added_on_the_same_range():
    law = catalogue.resolve("chinchilla")
    whole = runs_at(law, 240)
    ends = [int(f(whole[k])) for k in ("N", "D") for f in (np.argmin, np.argmax)]
    rows = np.r_[ends, np.setdiff1d(np.arange(240), ends)]
    reference = law.reference(whole)
    rng = np.random.default_rng(0)
    inside = {k: np.exp(rng.uniform(*np.log(RANGES[k]), 50)) for k in whole}
    beyond = {k: np.array([10.0, 100.0]) * x.max() for k, x in whole.items()}
    widths = {"inside": [], "beyond": []}
    for n in (24, 60, 240):
        runs = {k: x[rows[:n]] for k, x in whole.items()}
        slopes = Slopes.of(law, held(law), runs, reference, np.ones(n))
        widths["inside"].append(sd(after(slopes, runs, inside)).mean())
        widths["beyond"].append(sd(after(slopes, runs, beyond)))
    assert (np.diff(widths["beyond"], axis=0) < 0).all()
    few, _, many = widths["inside"]
    assert (np.diff(widths["inside"]) < 0).all()
    # Where runs are dense it vanishes: below the noise of one of them.
    assert many < 0.6 * few
    assert many < 0.5 * NOISE


def test_it_is_nought_beyond_only_inside_and_grows_with_the_way_outside():
    slopes, runs = case("power")
    low, high = runs["x"].min(), runs["x"].max()
    at = {"x": np.r_[low, np.sqrt(low * high), high, high * np.array([10.0, 100.0, 1000.0])]}
    beyond = slopes.columns(at)[1]
    np.testing.assert_allclose(beyond[:3], 0.0, atol=1e-12)
    assert not beyond[3:, 0].any()
    assert (np.diff(np.abs(beyond[2:, 1])) > 0).all()


def test_an_input_may_be_zero():
    slopes, runs = case("rectified")
    (zero,) = (item.symbol for item in slopes.law.inputs if item.zero)
    at = {k: np.full(3, x) for k, x in slopes.reference.items()}
    at[zero] = np.array([0.0, 1e-9, 1e-3]) * slopes.reference[zero]
    columns = after(slopes, runs, at)
    assert np.isfinite(columns).all()
    # Continuous there, as along the log it would not be.
    np.testing.assert_allclose(columns[0], columns[1], atol=1e-6)
    some = dict(runs)
    some[zero] = np.where(np.arange(len(some[zero])) % 4 == 0, 0.0, some[zero])
    again = slopes_of(slopes.law, some)
    assert np.isfinite(after(again, some, at)).all()
    assert np.isfinite(sd(before(again, at))).all()


# From a fit to its file and its forecasts.


def test_a_fit_that_takes_the_law_to_hold_has_no_slopes():
    runs = simulated("chinchilla", 20)
    errs, holds = (fit(runs, preview=True, draws=50, discrepancy=k) for k in (True, False))
    assert "slopes" in errs.draws
    assert {SLOPE_ERROR, SLOPE_BEYOND} < set(errs.priors.names)
    assert errs.slopes is not None
    assert "slopes" not in holds.draws
    assert not {SLOPE_ERROR, SLOPE_BEYOND} & set(holds.priors.names)
    assert holds.slopes is None
    at = {"N": np.array([1e12]), "D": np.array([1e14])}
    table = holds.extrapolate(pd.DataFrame(at), kind="mean").table
    assert table["median"][0] == pytest.approx(np.median(holds.curve(at)), rel=1e-3)


def test_slopes_widen_a_forecast_and_leave_its_middle():
    at = pd.DataFrame({"N": [1e12], "D": [1e14]})
    law = by_hand("chinchilla", spread("chinchilla"))
    errs = by_hand("chinchilla", spread("chinchilla"), slopes=0.2)
    narrow, wide = (x.extrapolate(at, kind="mean").table.iloc[0] for x in (law, errs))
    assert wide["upper"] - wide["lower"] > 1.2 * (narrow["upper"] - narrow["lower"])
    assert wide["median"] == pytest.approx(narrow["median"], rel=0.02)


def test_a_group_of_a_file_is_the_slopes():
    slopes, runs = case("pretraining")
    again = Slopes.from_dataset(slopes.to_dataset(), slopes.law, runs, slopes.reference)
    at = points_around(slopes.law, runs, 10)
    np.testing.assert_array_equal(before(again, at), before(slopes, at))
    np.testing.assert_array_equal(after(again, runs, at), after(slopes, runs, at))


def test_runs_that_bend_are_followed_by_a_law_that_does_not():
    """Slopes 10% steeper for all runs past a break: the runs say so to what lies between them."""
    law = catalogue.resolve("chinchilla")
    at = places("chinchilla", 60)
    bend = -0.03 * np.log1p(np.exp(np.log(at["N"] / 1e9)))
    response = law(at, TRUTH["chinchilla"]) * np.exp(bend)
    noise = np.exp(0.003 * np.random.default_rng(0).standard_normal(60))
    table = pd.DataFrame({**at, "L": response * noise})
    found = fit(read_runs(table, "chinchilla"), preview=True)
    within = found.slopes(found.inputs)
    left = np.log(found.response) - np.log(found.curve(found.inputs))
    assert np.median(left - within, axis=0).std() < 0.006
