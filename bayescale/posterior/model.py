"""Law and runs to a PyMC model: the density that is sampled.

The preview evaluates the same density in numpy (``laplace.py``); tests hold the two equal.

    log y_i ~ StudentT(noise_dof, log f(x_i / reference; M * shares, exponents), noise_scale)

where rows of one training run follow each other as :mod:`bayescale.law.noise` says; the slopes of
``f`` may err as :mod:`bayescale.posterior.slopes` says. Inputs are
divided by the reference run and weights are the response there, ``M``, times shares, so that
parameters are nearly uncorrelated a posteriori and mean the same in any unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pymc as pm

from bayescale.law.law import Law
from bayescale.law.noise import Continuation, given_before
from bayescale.law.symbols import NOISE_DOF, SLOPE_ERROR
from bayescale.posterior.data import (
    ModelData,
    continuation_name,
    log_name,
    reference_name,
    scaled_name,
    told_name,
)
from bayescale.posterior.parameters import Belief, Priors
from bayescale.posterior.powers import Scaled
from bayescale.posterior.predictor import Predictor
from bayescale.posterior.slopes import DIRECTIONS, Told, coefficients, effective_scale

OBSERVED, COEFFICIENTS = "log_response", "coefficients"


def build_model(law: Law, data: ModelData, priors: Priors) -> pm.Model:
    """The model of one law given runs.

    Parameters
    ----------
    law : Law
    data : ModelData
    priors : Priors

    Returns
    -------
    pymc.Model
        Free variables are scalars in the order of ``priors.free``, then the sampler's numbers
        of the slopes' coefficients; the data are ``pm.Data``, so that a compiled density takes
        other runs of any number.
    """
    with pm.Model() as model:
        values = {name: pm.Data(name, value) for name, value in data.shared(priors).items()}
        free = {
            name: getattr(pm, prior.distribution)(name, **prior.parameters)
            for name, prior in priors.free
        }
        predictor = Predictor(law, free, values["unit"])
        # The log of zero is not to be had: such an input stays as it is.
        scaled = {
            item.symbol: values[scaled_name(item.symbol)]
            if item.zero
            else Scaled(values[log_name(item.symbol)])
            for item in law.inputs
        }
        links = None
        if data.groups is not None:
            parts = (values[continuation_name(part)] for part in Continuation._fields)
            links = Continuation(*parts)
        log_y, log_curve = values["log_y"], predictor.log(scaled)
        if data.told is not None:
            log_curve = log_curve + _discrepancy(log_y - log_curve, free, values)
        mean, scale = given_before(log_curve, log_y, links, free, values["size"])
        pm.StudentT(OBSERVED, nu=free[NOISE_DOF], mu=mean, sigma=scale, observed=log_y)
        _constrain_softly(predictor, priors, values)
    return model


def _discrepancy(residual: Any, free: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """What the errors of the slopes bring at the runs; their density enters the model."""
    z = pm.Flat(COEFFICIENTS, shape=DIRECTIONS)
    told = {part.name: values[told_name(part.name)] for part in fields(Told)}
    w, log_jacobian = coefficients(z, residual, free[SLOPE_ERROR], effective_scale(free), **told)
    pm.Potential("prior of the coefficients", log_jacobian - 0.5 * (w**2).sum())
    return free[SLOPE_ERROR] * (told["columns"] @ w)


def _constrain_softly(predictor: Predictor, priors: Priors, values: Mapping[str, Any]) -> None:
    """Add what is believed of derived quantities to the log density."""
    law = predictor.law
    reference = {name: values[reference_name(name)] for name in law.input_symbols}
    for name, prior in priors.weights:
        raw = predictor.raw_weight(name, reference)
        pm.Potential(f"belief about {name}", _log_density(prior, raw))
    for k, belief in enumerate(priors.beliefs):
        raw = predictor(_at(belief, reference))
        pm.Potential(f"belief {k} about {law.response.symbol}", _log_density(belief.prior, raw))


def _at(belief: Belief, reference: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value / reference[name] for name, value in belief.at.items()}


def _log_density(prior: Any, value: Any) -> Any:
    return pm.logp(getattr(pm, prior.distribution).dist(**prior.parameters), value)
