"""The numbers of a table of runs as the density reads them. No PyMC here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bayescale.law.noise import Bond, Continuation, continuation, growing_input
from bayescale.law.prior import Array
from bayescale.posterior.parameters import Priors
from bayescale.posterior.slopes import Told
from bayescale.runs.runs import Runs

# Label of the rows of a learning curve, which nobody names.
ONE_RUN = "this curve"


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
    groups : ndarray, shape (n_runs,), or None
        Label of the training run of each row, where rows of one run err alike.
    growing : str
        Input that grows along a run; empty without groups.
    told : Told or None
        Directions in which the law's slopes may err; None where it is taken to hold.
    """

    inputs: Mapping[str, Array]
    response: Array
    reference: Mapping[str, float]
    centre: float
    groups: npt.NDArray[Any] | None = None
    growing: str = ""
    told: Told | None = None

    @classmethod
    def from_runs(cls, runs: Runs) -> ModelData:
        """Reference run: geometric mean of the inputs. Centre: median response.

        Rows belong together where a column names their run, or where the law says that rows are
        one curve; rows that repeat a place of it are runs of their own.
        """
        law, inputs, response = runs.law, runs.inputs, runs.response
        groups, growing = runs.groups, law.noise.along
        if groups is not None:
            growing = growing_input(inputs, groups)
        elif growing and len(np.unique(inputs[growing])) == len(response):
            groups = np.full(len(response), ONE_RUN)
        else:
            growing = ""
        centre = float(np.median(response))
        return cls(inputs, response, law.reference(inputs), centre, groups, growing)

    @cached_property
    def scaled(self) -> dict[str, Array]:
        """Inputs over the reference run."""
        return {name: x / self.reference[name] for name, x in self.inputs.items()}

    def sizes(self, inputs: Mapping[str, Array]) -> Array:
        """Mean log input over that of the observed runs, no further than they go, (n_points,)."""
        seen = self.mean_log(self.inputs)
        return np.asarray(np.clip(self.mean_log(inputs), seen.min(), seen.max()) - seen.mean())

    def mean_log(self, inputs: Mapping[str, Array]) -> Array:
        """Mean log input, zeros as the smallest observed value, shape (n_points,)."""
        least = {name: x[x > 0].min() for name, x in self.inputs.items()}
        logs = [np.log(np.maximum(inputs[name], value)) for name, value in least.items()]
        return np.asarray(np.mean(logs, axis=0))

    @property
    def bond(self) -> Bond:
        """What rows have in common beside the law."""
        if self.groups is None:
            return "none"
        return "runs" if len(np.unique(self.groups)) > 1 else "curve"

    @cached_property
    def continuation(self) -> Continuation:
        """Which row follows which; without a bond each is the first of its own run."""
        if self.groups is None:
            return continuation(np.zeros(len(self.response)), np.arange(len(self.response)))
        return continuation(np.log(self.inputs[self.growing]), self.groups)

    def unit(self, priors: Priors) -> float:
        """What ``M`` is multiplied by: 1 where the user gave its prior, else the centre."""
        return 1.0 if priors.total_is_raw else self.centre

    def shared(self, priors: Priors) -> dict[str, npt.NDArray[Any]]:
        """Values of the model's data by name, as the density reads them."""
        values: dict[str, npt.NDArray[Any]] = {
            scaled_name(name): np.ascontiguousarray(x) for name, x in self.scaled.items()
        }
        for name, x in self.inputs.items():
            scaled = values[scaled_name(name)]
            values[log_name(name)] = np.log(np.where(x > 0, scaled, 1.0))
        values["unit"] = np.asarray(self.unit(priors))
        values["log_y"] = np.log(self.response)
        values["size"] = self.sizes(self.inputs)
        if self.told is not None:
            values |= {told_name(part): value for part, value in vars(self.told).items()}
        if self.groups is not None:
            for name, links in self.continuation._asdict().items():
                # PyMC keeps whole numbers in 32 bits.
                values[continuation_name(name)] = links if name == "gap" else links.astype(np.int32)
        values |= {
            reference_name(name): np.asarray(scale) for name, scale in self.reference.items()
        }
        return values


def told_name(part: str) -> str:
    """Name of a part of :class:`Told`, as data of the model."""
    return f"told_{part}"


def scaled_name(symbol: str) -> str:
    """Name of an input over its reference, as data of the model."""
    return f"{symbol}_scaled"


def log_name(symbol: str) -> str:
    """Name of the log of an input over its reference, as data of the model."""
    return f"{symbol}_log"


def continuation_name(part: str) -> str:
    """Name of a part of the continuation, as data of the model."""
    return f"continuation_{part}"


def reference_name(symbol: str) -> str:
    """Name of an input's reference, as data of the model."""
    return f"{symbol}_reference"
