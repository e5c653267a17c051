"""Whether a sample can be trusted, what the runs said, and where the law does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.errors import Problem
from bayescale.law.law import Law
from bayescale.law.prior import Array, Support
from bayescale.law.symbols import Shape
from bayescale.numbers import brief
from bayescale.posterior.parameters import FORWARD

R_HAT_LIMIT = 1.01
ESS_LIMIT = 400.0
E_BFMI_LIMIT = 0.3
# R-hat of chains that went different ways, not just short ones.
APART = 1.05
# Below this share of the prior's width removed, the posterior is mostly the prior.
CONTRACTION_LIMIT = 0.5
# Prior draws that contraction compares the posterior with.
PRIOR_DRAWS = 4000


@dataclass(frozen=True)
class Diagnostics:
    """The state of a fit, as a value.

    Attributes
    ----------
    parameters : tuple of mapping
        Per parameter: name, contraction, informed, and of a sample r_hat, ess_bulk, ess_tail.
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
    def diverged(self) -> bool:
        """Whether chains went different ways, rather than being a little short."""
        return self.divergences > 0 or any(row["r_hat"] > APART for row in self.parameters)

    @property
    def not_informed(self) -> tuple[str, ...]:
        """Parameters whose posterior is mostly the prior."""
        return tuple(row["parameter"] for row in self.parameters if not row["informed"])

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per parameter."""
        return pd.DataFrame(list(self.parameters)).set_index("parameter")

    @cached_property
    def predictive_checks(self) -> pd.DataFrame:
        """One row per posterior predictive check."""
        return pd.DataFrame(list(self.checks)).set_index("check")

    def with_problems(self, more: Sequence[Problem]) -> Diagnostics:
        """The same with further findings."""
        return replace(self, problems=(*self.problems, *more))

    def with_checks(self, checks: Sequence[Mapping[str, Any]]) -> Diagnostics:
        """The same with posterior predictive checks."""
        return replace(self, checks=tuple(checks))

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
        table = self.table.to_html(float_format=brief)
        return f"<p>Diagnostics: <b>{state}</b></p><ul>{items}</ul>{table}"


def diagnose(
    law: Law, posterior: Mapping[str, Array], prior: Mapping[str, Array], stats: xr.Dataset
) -> Diagnostics:
    """Check a sample.

    Parameters
    ----------
    law : Law
    posterior : mapping of str to ndarray, shape (n_chains, n_draws)
        Every parameter in raw units.
    prior : mapping of str to ndarray, shape (n_prior_draws,)
        Draws of the same parameters from their priors.
    stats : xarray.Dataset
        The sampler's, under ArviZ's names.

    Returns
    -------
    Diagnostics
    """
    import arviz_stats

    sample = xr.Dataset({name: (("chain", "draw"), value) for name, value in posterior.items()})
    # A chain that never moved has no R-hat: not a number, which fails the check below.
    with np.errstate(divide="ignore", invalid="ignore"):
        r_hat = arviz_stats.rhat(sample)
        bulk = arviz_stats.ess(sample, method="bulk")
        tail = arviz_stats.ess(sample, method="tail")
    rows = [
        {
            **_information_row(law, name, posterior[name], prior[name]),
            "r_hat": float(r_hat[name]),
            "ess_bulk": float(bulk[name]),
            "ess_tail": float(tail[name]),
        }
        for name in posterior
    ]
    divergences = int(stats["diverging"].sum())
    tree = xr.DataTree.from_dict({"sample_stats": stats})
    energy = float(arviz_stats.bfmi(tree)["energy"].min())
    problems = [*_convergence(rows, divergences, energy), *_information(rows)]
    return Diagnostics(tuple(rows), (), divergences, energy, tuple(problems))


def diagnose_approximation(
    law: Law, posterior: Mapping[str, Array], prior: Mapping[str, Array]
) -> Diagnostics:
    """What can be said of a Laplace approximation: no sampler to check, only information."""
    rows = [_information_row(law, name, posterior[name], prior[name]) for name in posterior]
    warning = Problem(
        "approximate",
        "warning",
        "These are draws from a Laplace approximation (a preview), not from the posterior: "
        "fit without preview before you decide on them.",
    )
    problems = (warning, *_information(rows))
    return Diagnostics(tuple(rows), (), 0, float("nan"), problems, approximate=True)


def support_of(law: Law, name: str) -> Support:
    """Where a parameter lives, as a fit's tables name it."""
    for item in law.curvature:
        if item.symbol == name:
            raw_unit = isinstance(item, Shape) and item.to_raw is not None
            return "positive" if raw_unit else item.prior.support
    # Shares too: a term of a tenth or of a thousandth differs as much as its log does.
    return "positive"


def contraction(law: Law, name: str, posterior: Array, prior: Array) -> float:
    """Share of the prior's width that the data removed: 1 - SD_posterior / SD_prior.

    On the log scale for positive parameters, shares among them; 0 where nothing was learned,
    negative where the posterior is wider.
    """
    forward = FORWARD[support_of(law, name)]
    with np.errstate(divide="ignore", over="ignore"):
        before, after = forward(prior), forward(posterior)
    # A share of exactly 0 or 1 in a far draw says nothing about width.
    before = before[np.isfinite(before)]
    return float(1.0 - np.std(after, ddof=1) / np.std(before, ddof=1))


def _information_row(law: Law, name: str, posterior: Array, prior: Array) -> dict[str, Any]:
    narrowing = contraction(law, name, posterior.ravel(), prior)
    return {
        "parameter": name,
        "contraction": narrowing,
        "informed": narrowing >= CONTRACTION_LIMIT,
    }


def _convergence(
    rows: Sequence[Mapping[str, Any]], divergences: int, energy: float
) -> list[Problem]:
    problems = []

    def fail(code: str, message: str, **details: Any) -> None:
        problems.append(Problem(code, "error", message, details))

    if divergences:
        fail(
            "divergences",
            f"The sampler diverged {divergences} times: parts of the posterior were not reached; "
            "give the fit more runs, tighter priors or a simpler law.",
            count=divergences,
        )
    for code, column, bad, wanted in (
        ("r-hat", "r_hat", _above(R_HAT_LIMIT), f"at most {R_HAT_LIMIT}"),
        ("ess-bulk", "ess_bulk", _below(ESS_LIMIT), f"at least {ESS_LIMIT:.0f}"),
        ("ess-tail", "ess_tail", _below(ESS_LIMIT), f"at least {ESS_LIMIT:.0f}"),
    ):
        faulty = {row["parameter"]: row[column] for row in rows if bad(row[column])}
        if faulty:
            found = ", ".join(f"{name} {value:.4g}" for name, value in faulty.items())
            fail(
                code,
                f"{column} is {found}, wanted {wanted}: the chains do not agree or are too "
                "short; ask for more draws, or look at the priors of these parameters.",
                **faulty,
            )
    if not energy >= E_BFMI_LIMIT:
        fail(
            "energy",
            f"E-BFMI is {energy:.2f}, wanted at least {E_BFMI_LIMIT}: the tails were explored "
            "slowly; ask for more draws or tighter priors.",
            e_bfmi=energy,
        )
    return problems


def _above(limit: float) -> Callable[[float], bool]:
    # A missing value is bad too.
    return lambda value: not value <= limit


def _below(limit: float) -> Callable[[float], bool]:
    return lambda value: not value >= limit


def _information(rows: Sequence[Mapping[str, Any]]) -> list[Problem]:
    names = [row["parameter"] for row in rows if not row["informed"]]
    if not names:
        return []
    return [
        Problem(
            "not-informed",
            "warning",
            f"The data did not inform {', '.join(names)}: what is reported of "
            f"{'it' if len(names) == 1 else 'them'} is mostly the prior.",
            {"parameters": names},
        )
    ]
