"""The law alone at its mode: where its slopes are taken, and where sampling starts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bayescale.law.law import Law
from bayescale.law.noise import given_before
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF, SLOPE_BEYOND, SLOPE_ERROR
from bayescale.posterior.data import ModelData
from bayescale.posterior.laplace import mode
from bayescale.posterior.parameters import Stated, constrain, unconstrain
from bayescale.posterior.predictor import Predictor
from bayescale.posterior.slopes import DIRECTIONS, Slopes

ERRORS = (SLOPE_ERROR, SLOPE_BEYOND)


def with_slopes(law: Law, stated: Stated, data: ModelData) -> tuple[ModelData, Slopes, Array]:
    """Let the slopes of a law err where runs do not say otherwise.

    Parameters
    ----------
    law : Law
    stated : Stated
    data : ModelData
        Without directions.

    Returns
    -------
    data : ModelData
        With the directions that the runs speak of.
    slopes : Slopes
    start : ndarray, shape (n_free,)
        The law's own mode on the sampler's scale, with slopes that hardly err.
    """
    own = {name: prior for name, prior in stated.priors.items() if name not in ERRORS}
    holds = replace(stated, priors=own, discrepancy=False).resolve(law, data.bond)
    found = constrain(holds, mode(law, holds, data))
    log_y = np.log(data.response)
    log_curve = Predictor(law, found, data.unit(holds)).log(data.scaled)
    mean, scale = given_before(log_curve, log_y, data.continuation, found, data.sizes(data.inputs))
    dof, away = found[NOISE_DOF], (log_y - mean) / scale
    weight = (dof + 1) / (dof + away**2)
    held = {name: float(value) for name, value in found.items()}
    slopes = Slopes.of(law, held, data.inputs, data.reference, weight)
    free = stated.resolve(law, data.bond)
    rng = np.random.default_rng(0)
    middle = {
        name: np.asarray(np.median(prior.draw(rng, 500)))
        for name, prior in free.free
        if name in ERRORS
    }
    start = np.append(unconstrain(free, {**found, **middle}), np.zeros(DIRECTIONS))
    return replace(data, told=slopes.told_by(data.inputs, weight)), slopes, start
