"""What a fit remembers of its runs: the numbers themselves, and where they come from."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

import xarray as xr

from bayescale.law.law import Law
from bayescale.posterior.data import ModelData
from bayescale.posterior.parameters import Priors
from bayescale.runs.runs import Runs

_PACKAGES = ("bayescale", "pymc", "pytensor", "nutpie", "arviz", "numpy", "xarray")


def data_groups(law: Law, data: ModelData) -> dict[str, xr.Dataset]:
    """Groups of a fit that hold the runs."""
    constant: dict[str, Any] = {name: ("obs", x) for name, x in data.inputs.items()}
    if data.groups is not None:
        constant["run"] = ("obs", data.groups.astype(str).astype(object))
    return {
        "observed_data": xr.Dataset({law.response.symbol: ("obs", data.response)}),
        "constant_data": xr.Dataset(constant),
    }


def provenance(runs: Runs, priors: Priors, data: ModelData) -> dict[str, Any]:
    """Attributes of plain numbers and text, JSON where there is structure."""
    law = runs.law
    texts = {
        "derive": dict(runs.derive),
        "columns": dict(runs.columns),
        "reference": dict(data.reference),
        "priors": {name: str(prior) for name, prior in priors.free},
        "soft_constraints": list(priors.soft_constraints),
        "warnings": [str(problem) for problem in runs.problems],
        "versions": {name: version(name) for name in _PACKAGES},
    }
    return {
        "law": law.name,
        "law_version": law.version,
        "formula": law.formula,
        "source": runs.source,
        "digest": runs.digest,
        "run": runs.run or "",
        "unit": data.unit(priors),
        "growing": data.growing,
        **{name: json.dumps(value) for name, value in texts.items()},
    }
