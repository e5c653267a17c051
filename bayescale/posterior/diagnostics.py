"""Whether a sample can be trusted, what the runs said, and where the law does not fit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bayescale.errors import Problem
from bayescale.law import NOISE_DOF, NOISE_SCALE, TOTAL, Array, Law
from bayescale.posterior.parameters import FORWARD, share_name

if TYPE_CHECKING:
    import pandas as pd

R_HAT_LIMIT = 1.01
ESS_LIMIT = 400.0
E_BFMI_LIMIT = 0.3
# Below this share of the prior's width removed, the posterior is mostly the prior.
CONTRACTION_LIMIT = 0.5
# Two-sided level of each posterior predictive check.
PPC_LEVEL = 0.01
PPC_DRAWS = 500


@dataclass(frozen=True)
class Diagnostics:
    """The state of a fit, as a value.

    Attributes
    ----------
    parameters : tuple of mapping
        Per parameter: name, r_hat, ess_bulk, ess_tail, contraction, informed.
    checks : tuple of mapping
        Per posterior predictive check: name, observed, predicted, p_value.
    divergences : int
    e_bfmi : float
        Smallest over chains.
    problems : tuple of Problem
        Errors mean that the sampler did not converge; warnings change how a number is read.
    approximate : bool
        Whether the draws are a Laplace approximation, with no sampler to check.
    """

    parameters: tuple[Mapping[str, Any], ...]
    checks: tuple[Mapping[str, Any], ...]
    divergences: int
    e_bfmi: float
    problems: tuple[Problem, ...]
    approximate: bool = False

    @property
    def passed(self) -> bool:
        """Whether the sampler converged; what the data did not inform does not count."""
        return not any(problem.severity == "error" for problem in self.problems)

    @property
    def not_informed(self) -> tuple[str, ...]:
        """Parameters whose posterior is mostly the prior."""
        return tuple(row["parameter"] for row in self.parameters if not row["informed"])

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per parameter."""
        import pandas as pd

        return pd.DataFrame(list(self.parameters)).set_index("parameter")

    @cached_property
    def predictive_checks(self) -> pd.DataFrame:
        """One row per posterior predictive check."""
        import pandas as pd

        return pd.DataFrame(list(self.checks)).set_index("check")

    def with_problems(self, more: Sequence[Problem]) -> Diagnostics:
        """The same with further findings."""
        return replace(self, problems=(*self.problems, *more))

    def to_json(self) -> str:
        """Text for a file's attributes."""
        return json.dumps(asdict(self), default=float)

    @classmethod
    def from_json(cls, text: str) -> Diagnostics:
        """The inverse of :meth:`to_json`."""
        data = json.loads(text)
        data["problems"] = tuple(Problem(**problem) for problem in data["problems"])
        return cls(**{**data, **{key: tuple(data[key]) for key in ("parameters", "checks")}})

    def __repr__(self) -> str:
        state = "passed" if self.passed else "FAILED"
        lines = [f"Diagnostics: {state}, {self.divergences} divergences"]
        return "\n".join(lines + [f"  {p.severity}: {p.message}" for p in self.problems])

    def _repr_html_(self) -> str:
        from html import escape

        items = "".join(f"<li>{p.severity}: {escape(p.message)}</li>" for p in self.problems)
        state = "passed" if self.passed else "failed"
        return f"<p>Diagnostics: <b>{state}</b></p><ul>{items}</ul>{self.table.to_html()}"


def diagnose(
    law: Law, posterior: xr.Dataset, prior: Mapping[str, Array], stats: xr.Dataset
) -> Diagnostics:
    """Check a sample.

    Parameters
    ----------
    law : Law
    posterior : xarray.Dataset
        Flat: one variable per parameter, dims chain and draw.
    prior : mapping of str to ndarray
        Draws of the same parameters from their priors.
    stats : xarray.Dataset
        The sampler's, under ArviZ's names.

    Returns
    -------
    Diagnostics
    """
    import arviz_stats

    from bayescale.posterior._ebfmi import e_bfmi

    r_hat = arviz_stats.rhat(posterior)
    bulk = arviz_stats.ess(posterior, method="bulk")
    tail = arviz_stats.ess(posterior, method="tail")
    rows = []
    for name in map(str, posterior.data_vars):
        narrowing = contraction(law, name, posterior[name].to_numpy().ravel(), prior[name])
        rows.append(
            {
                "parameter": name,
                "r_hat": float(r_hat[name]),
                "ess_bulk": float(bulk[name]),
                "ess_tail": float(tail[name]),
                "contraction": narrowing,
                "informed": narrowing >= CONTRACTION_LIMIT,
            }
        )
    divergences = int(stats["diverging"].sum())
    energy = e_bfmi(stats["energy"].to_numpy())
    problems = [*_convergence(rows, divergences, energy), *_information(rows)]
    return Diagnostics(tuple(rows), (), divergences, energy, tuple(problems))
