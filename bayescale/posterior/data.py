"""The numbers of a table of runs as the density reads them. No PyMC here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayescale.law import Array
from bayescale.posterior.parameters import Priors

if TYPE_CHECKING:
    from bayescale.runs import Runs


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

    def unit(self, priors: Priors) -> float:
        """What ``M`` is multiplied by: 1 where the user gave its prior, else the centre."""
        return 1.0 if priors.total_is_raw else self.centre

    def shared(self, priors: Priors) -> dict[str, Array]:
        """Values of the model's data by name, as the density reads them."""
        values = {
            scaled_name(name): np.ascontiguousarray(values / self.reference[name])
            for name, values in self.inputs.items()
        }
        values["unit"] = np.asarray(self.unit(priors))
        values["log_y"] = np.log(self.response)
        values |= {
            reference_name(name): np.asarray(scale) for name, scale in self.reference.items()
        }
        return values


def scaled_name(symbol: str) -> str:
    """Name of an input over its reference, as data of the model."""
    return f"{symbol}_scaled"


def reference_name(symbol: str) -> str:
    """Name of an input's reference, as data of the model."""
    return f"{symbol}_reference"
