"""Law and runs to a PyMC model. The only place where the posterior's density is written.

    log y_i ~ StudentT(noise_dof, log f(x_i / reference; M * shares, exponents), noise_scale)

Inputs are divided by the reference run and weights are the response there, ``M``, times
shares, so that parameters are nearly uncorrelated a posteriori and mean the same in any unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from bayescale.law import NOISE_DOF, NOISE_SCALE, TOTAL, Array, Law
from bayescale.posterior.parameters import Belief, Priors, shares

if TYPE_CHECKING:
    from bayescale.runs import Runs

OBSERVED = "log_response"


@dataclass(frozen=True)
class ModelData:
    """The numbers that enter the density, ready for it.

    Attributes
    ----------
    inputs : mapping of str to ndarray, shape (n_runs,)
        Raw inputs.
    response : ndarray, shape (n_runs,)
    reference : mapping of str to float
        Raw inputs of the reference run.
    centre : float
        Response that the prior of ``M`` is centred on.
    """

    inputs: Mapping[str, Array]
    response: Array
    reference: Mapping[str, float]
    centre: float

    @classmethod
    def from_runs(cls, runs: Runs) -> ModelData:
        """Reference run: geometric mean of the inputs. Centre: median response."""
        inputs, response = runs.inputs, runs.response
        return cls(inputs, response, runs.law.reference(inputs), float(np.median(response)))

    def shared(self, priors: Priors) -> dict[str, Array]:
        """Values of the model's data by name, as the density reads them."""
        values = {
            _scaled(name): np.ascontiguousarray(values / self.reference[name])
            for name, values in self.inputs.items()
        }
        values["unit"] = np.asarray(1.0 if priors.total_is_raw else self.centre)
        values["log_y"] = np.log(self.response)
        values |= {_reference(name): np.asarray(scale) for name, scale in self.reference.items()}
        return values


def _scaled(symbol: str) -> str:
    return f"{symbol}_scaled"


def _reference(symbol: str) -> str:
    return f"{symbol}_reference"


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
        Free variables are scalars in the order of ``priors.free``; the data are ``pm.Data``,
        so that a compiled density takes other runs of any number.
    """
    with pm.Model() as model:
        values = {name: pm.Data(name, value) for name, value in data.shared(priors).items()}
        free = {
            name: getattr(pm, prior.distribution)(name, **prior.parameters)
            for name, prior in priors.free
        }
        parts = shares(law, free)
        curvature = {item.symbol: free[item.symbol] for item in law.curvature}
        total = free[TOTAL] * values["unit"]
        scaled = {name: values[_scaled(name)] for name in law.input_symbols}
        pm.StudentT(
            OBSERVED,
            nu=free[NOISE_DOF],
            mu=pt.log(total) + pt.log(law(scaled, parts | curvature)),
            sigma=free[NOISE_SCALE],
            observed=values["log_y"],
        )
        _constrain_softly(law, priors, values, {k: total * v for k, v in parts.items()}, curvature)
    return model


def _constrain_softly(
    law: Law, priors: Priors, values: Mapping[str, Any], weights: Mapping[str, Any],
    curvature: Mapping[str, Any],
) -> None:
    """Add what is believed of derived quantities to the log density."""
    reference = {name: values[_reference(name)] for name in law.input_symbols}
    for name, prior in priors.weights:
        raw = law.raw_weight(name, weights[name], curvature, reference)
        pm.Potential(f"belief about {name}", _log_density(prior, raw))
    for k, belief in enumerate(priors.beliefs):
        raw = law(_at(belief, reference), {**weights, **curvature})
        pm.Potential(f"belief {k} about {law.response.symbol}", _log_density(belief.prior, raw))


def _at(belief: Belief, reference: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value / reference[name] for name, value in belief.at.items()}


def _log_density(prior: Any, value: Any) -> Any:
    return pm.logp(getattr(pm, prior.distribution).dist(**prior.parameters), value)
