"""What people use today: a Huber fit of the law by L-BFGS from a grid, and its bootstrap.

Kept to be compared with. The same law and the same rows, no priors, no discrepancy.

References: Hoffmann et al. (2022), arXiv:2203.15556, appendix D.2 (Huber loss of the log
response with delta 1e-3, best of a grid of starts); Besiroglu et al. (2024),
arXiv:2404.10102 (bootstrap over runs).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bayescale.errors import ComputationError
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISES
from bayescale.posterior.data import ModelData
from bayescale.posterior.parameters import (
    BACKWARD,
    Priors,
    resolve_priors,
    unconstrain,
)
from bayescale.posterior.predictor import STEP, Curve, Predictor
from bayescale.posterior.threads import one_thread

HUBER_DELTA = 1e-3
STARTS = 32
RESAMPLES = 100


def huber_curve(law: Law, data: ModelData, seed: int = 0) -> Curve:
    """The best Huber fit, as a curve of one draw.

    Parameters
    ----------
    law : Law
    data : ModelData
    seed : int
        Of the starting points, which are drawn from the law's priors.
    """
    priors = resolve_priors(law, discrepancy=False)
    free = priors.draw(np.random.default_rng(seed), STARTS)
    starts = unconstrain(priors, free)[:, : _n_shape(priors)]
    with one_thread():
        best = min((_descend(law, priors, data, z) for z in starts), key=lambda found: found[0])
    if not np.isfinite(best[0]):
        raise ComputationError(
            f"No start of the Huber fit of {law.name!r} led to a minimum; leave such fits out with "
            "point_estimates=False (--no-point-estimates)."
        )
    return _curve(law, priors, data, best[1][None])


def bootstrap_curve(law: Law, data: ModelData, seed: int = 0, resamples: int = RESAMPLES) -> Curve:
    """Huber fits of resampled runs, as a curve of one draw a resample.

    Each starts from the best fit of the whole table, as is usual.
    """
    priors = resolve_priors(law, discrepancy=False)
    start = _vector(priors, huber_curve(law, data, seed))
    rng = np.random.default_rng(seed)
    found = []
    with one_thread():
        for _ in range(resamples):
            rows = rng.integers(0, len(data.response), len(data.response))
            inputs = {name: x[rows] for name, x in data.inputs.items()}
            part = replace(data, inputs=inputs, response=data.response[rows], groups=None)
            found.append(_descend(law, priors, part, start)[1])
    return _curve(law, priors, data, np.array(found))


def _n_shape(priors: Priors) -> int:
    # All but the parameters of the noise, which stand last.
    return sum(name not in NOISES for name in priors.names)


def _vector(priors: Priors, curve: Curve) -> Array:
    filled = {name: curve.free.get(name, np.ones(1)) for name in priors.names}
    return np.asarray(unconstrain(priors, filled)[0, : _n_shape(priors)])


def _curve(law: Law, priors: Priors, data: ModelData, z: Array) -> Curve:
    return Curve(law, _free(priors, z), data.reference, _unit(law, data))


def _unit(law: Law, data: ModelData) -> float:
    return data.centre if law.weights else 1.0


def _free(priors: Priors, z: Any) -> dict[str, Any]:
    named = priors.free[: _n_shape(priors)]
    return {name: BACKWARD[prior.support](z[..., k]) for k, (name, prior) in enumerate(named)}


def _descend(law: Law, priors: Priors, data: ModelData, start: Array) -> tuple[float, Array]:
    from scipy.optimize import minimize

    log_y = np.log(data.response / _unit(law, data))

    def residual(z: Any) -> Any:
        return log_y - Predictor(law, _free(priors, z[..., None, :])).log(data.scaled)

    def objective(z: Array) -> tuple[float, Array]:
        r = residual(z)
        slope = residual(z[None] + 1j * STEP * np.eye(z.size)).imag / STEP
        pull = np.clip(r, -HUBER_DELTA, HUBER_DELTA)
        value = float(np.sum(pull * (r - 0.5 * pull)))
        gradient = slope @ pull
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return 1e300, np.zeros_like(z)
        # The minimum is unchanged by the factor, which keeps the stopping rule meaningful.
        return value / HUBER_DELTA, gradient / HUBER_DELTA

    with np.errstate(all="ignore"):
        found = minimize(
            objective, start, jac=True, method="L-BFGS-B", bounds=[(-30, 30)] * start.size
        )
    value = float(found.fun)
    return (value if value < 1e300 else np.inf), np.asarray(found.x)
