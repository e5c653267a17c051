"""Scores against closed forms, and the predictive distribution against counting."""

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from fits import by_hand
from scipy import integrate, stats

from bayescale.errors import InputError
from bayescale.forecast.predictive import Predictive
from bayescale.judge.scores import crps_of_draws, score

NORMAL_DRAWS = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)


def mixture(n_draws=40, n_points=3, dof=5.0, seed=0):
    rng = np.random.default_rng(seed)
    shape = (n_draws, n_points)
    return Predictive(
        rng.normal(0.3, 0.2, shape), rng.uniform(0.05, 0.2, shape), np.full(shape, dof)
    )


@pytest.mark.parametrize("value", [-1.3, 0.0, 2.5])
def test_crps_of_a_normal(value):
    """Closed form of Gneiting & Raftery (2007), equation 21."""
    mu, sigma = 0.4, 0.7
    z = (value - mu) / sigma
    expected = sigma * (
        z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / np.sqrt(np.pi)
    )
    found = crps_of_draws(mu + sigma * NORMAL_DRAWS[:, None], np.array([value]))
    assert found == pytest.approx(expected, rel=2e-3)


def test_crps_of_two_draws_by_hand():
    found = crps_of_draws(np.array([[1.0], [3.0]]), np.array([2.5]))
    assert found == pytest.approx((1.5 + 0.5) / 2 - 2.0 / 2)


def forecast(log_draws, kind="run"):
    """What a score reads of an extrapolation, with draws stated."""
    log_draws = np.asarray(log_draws)
    n = log_draws.shape[1]
    return SimpleNamespace(
        draws=xr.DataArray(np.exp(log_draws), dims=("draw", "point")),
        points=range(n),
        kind=kind,
        predictive=Predictive(
            log_draws, np.full_like(log_draws, 0.1), np.full_like(log_draws, 5.0)
        ),
    )


def test_interval_scores_and_coverage_by_hand():
    """Draws of log y are 0, 1 ... 100: the 90% interval is [5, 95]."""
    draws = np.repeat(np.arange(101.0)[:, None], 4, axis=1)
    log_y = np.array([50.0, 3.0, 98.5, 93.0])
    found = score(forecast(draws), np.exp(log_y))
    assert found["width_90"] == pytest.approx(90)
    assert found["interval_score_90"] == pytest.approx(90 + 20 * (2.0 + 3.5) / 4)
    assert found["coverage_90"] == pytest.approx(0.5)
    assert found["coverage_50"] == pytest.approx(0.25)
    assert found["coverage_95"] == pytest.approx(0.75)
    assert found["rmsle"] == pytest.approx(np.sqrt(np.mean((50 - log_y) ** 2)))
    assert found["bias"] == pytest.approx(np.mean(50 - log_y))


def test_crps_is_smallest_for_the_truth():
    """A proper score: neither a narrower, a wider nor a shifted forecast does better."""
    y = np.exp(np.random.default_rng(0).normal(0, 1, 4000))

    def mean_crps(mu, sigma):
        draws = mu + sigma * NORMAL_DRAWS[::100, None]
        return score(forecast(np.repeat(draws, len(y), axis=1)), y)["crps"]

    truth = mean_crps(0, 1)
    assert truth < min(mean_crps(0, 0.5), mean_crps(0, 2.0), mean_crps(0.5, 1))


def test_log_density_is_a_density_of_the_response():
    """The exact mixture integrates to one over y (not over log y)."""
    predictive = mixture()
    for point in range(3):

        def density(log_y, point=point):
            y = np.exp(np.full(3, log_y))
            return np.exp(predictive.log_density(y)[point]) * y[0]

        total, _ = integrate.quad(density, -12, 12, limit=400, points=[0.0, 0.3, 0.6])
        assert total == pytest.approx(1, abs=1e-4)


def test_log_density_is_the_mixture_by_hand():
    predictive, y = mixture(), np.array([1.2, 1.4, 2.0])
    each = stats.t.pdf(np.log(y), predictive.dof, predictive.location, predictive.scale) / y
    np.testing.assert_allclose(predictive.log_density(y), np.log(each.mean(axis=0)), rtol=1e-12)


def test_log_score_is_its_mean_and_missing_for_a_curve():
    draws = np.random.default_rng(0).normal(0.3, 0.1, (200, 3))
    y = np.array([1.2, 1.4, 2.0])
    one = forecast(draws)
    assert score(one, y)["log_score"] == pytest.approx(one.predictive.log_density(y).mean())
    assert np.isnan(score(forecast(draws, kind="mean"), y)["log_score"])


def test_probability_is_what_counting_draws_gives():
    predictive = mixture(n_draws=400)
    rng = np.random.default_rng(1)
    draws = np.concatenate([predictive.sample(rng) for _ in range(200)])
    for limit in (1.2, 1.5):
        counted = (draws < limit).mean(axis=0)
        np.testing.assert_allclose(predictive.probability(limit), counted, atol=0.008)


def test_sampled_noise_has_the_stated_tails():
    """Standardised samples follow Student's t with the draw's own degrees of freedom."""
    shape = (20_000, 1)
    predictive = Predictive(np.full(shape, 0.7), np.full(shape, 0.1), np.full(shape, 3.0))
    z = (np.log(predictive.sample(np.random.default_rng(0))) - 0.7) / 0.1
    assert stats.kstest(z.ravel(), stats.t(3).cdf).pvalue > 1e-3
    assert stats.kstest(z.ravel(), stats.norm.cdf).pvalue < 1e-6


def test_heaviest_tails_stay_numbers():
    """Degrees of freedom near zero throw draws beyond what a float holds; scores stay finite."""
    shape = (4000, 2)
    predictive = Predictive(np.zeros(shape), np.ones(shape), np.full(shape, 0.1))
    draws = predictive.sample(np.random.default_rng(0))
    assert np.isfinite(draws).all()
    assert (draws > 0).all()
    assert np.isfinite(score(forecast(np.log(draws)), np.ones(2))).all()


@pytest.mark.parametrize(
    ("observed", "message"),
    [
        ([1.0, 2.0], "3 points and there are 2 observations"),
        ([1.0, -2.0, 1.0], r"Observation 1 is -2\.0; a response must be positive"),
        ([1.0, np.nan, 1.0], "Observation 1 is nan"),
    ],
)
def test_observations_that_cannot_be_scored(observed, message):
    with pytest.raises(InputError, match=message):
        score(forecast(np.zeros((5, 3))), observed)


def test_score_reads_an_extrapolation():
    found = by_hand("power", {"y0": 0.1, "a": 2.0, "b": np.linspace(0.28, 0.32, 400)})
    at = {"x": np.array([1e8, 1e9])}
    truth = found.law(at, {"y0": 0.1, "a": 2.0, "b": 0.3})
    scores = score(found.extrapolate(at), truth)
    assert scores["rmsle"] < 0.01
    assert scores["coverage_50"] == 1
