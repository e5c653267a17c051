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
from bayescale.law.symbols import NOISE_TREND, NUISANCE, Shape
from bayescale.numbers import brief
from bayescale.posterior.parameters import FORWARD

R_HAT_LIMIT = 1.01
ESS_LIMIT = 400.0
E_BFMI_LIMIT = 0.3
# R-hat of chains that went different ways, not just short ones.
APART = 1.05
# What is left to a user where longer and stricter attempts failed too.
_REMEDY = (
    "add runs, take a law with fewer parameters, or state what is known of its parameters as "
    "bs.fit(runs, priors=...)"
)
# More divergences than these say that a whole part of the posterior was not reached.
FEW_DIVERGENCES = 20
# Below this share of the prior's width removed, the posterior is mostly the prior...
CONTRACTION_LIMIT = 0.5
# ...unless its middle left that of the prior by so many of the prior's SDs.
SHIFT_LIMIT = 2.0
# A posterior that moves by so many of its SDs where the priors move by one of theirs follows them.
FOLLOWS_LIMIT = 0.5
# From so many of its SDs a posterior's middle is where the prior did not expect it.
CONFLICT_LIMIT = 3.0
# Prior draws that contraction compares the posterior with.
PRIOR_DRAWS = 4000


@dataclass(frozen=True)
class Diagnostics:
    """The state of a fit, as a value.

    Attributes
    ----------
    parameters : tuple of mapping
        Per parameter: name, contraction, shift (of the middle, in the prior's SDs), follows (how
        far it moves with the priors), informed, and of a sample r_hat, ess_bulk, ess_tail.
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
    def near(self) -> bool:
        """Whether chains went the same way with next to no divergences: longer ones may pass."""
        few = self.divergences <= FEW_DIVERGENCES
        return few and all(row["r_hat"] <= APART for row in self.parameters)

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
    problems = [*_convergence(rows, divergences, energy), *information_problems(rows)]
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
    problems = (warning, *information_problems(rows))
    return Diagnostics(tuple(rows), (), 0, float("nan"), problems, approximate=True)


def support_of(law: Law, name: str) -> Support:
    """Where a parameter lives, as a fit's tables name it."""
    for item in law.curvature:
        if item.symbol == name:
            raw_unit = isinstance(item, Shape) and item.to_raw is not None
            return "positive" if raw_unit else item.prior.support
    if name == NOISE_TREND:
        return "real"
    # Shares too: a term of a tenth or of a thousandth differs as much as its log does.
    return "positive"


def contraction(law: Law, name: str, posterior: Array, prior: Array) -> float:
    """Share of the prior's width that the data removed: 1 - SD_posterior / SD_prior.

    On the log scale for positive parameters, shares among them; 0 where nothing was learned,
    negative where the posterior is wider.
    """
    before, after = _on_scale(law, name, prior), _on_scale(law, name, posterior)
    return float(1.0 - np.std(after, ddof=1) / np.std(before, ddof=1))


def shift(law: Law, name: str, posterior: Array, prior: Array) -> float:
    """By how many of the prior's SDs the posterior's median left the prior's."""
    before, after = _on_scale(law, name, prior), _on_scale(law, name, posterior)
    return float((np.median(after) - np.median(before)) / np.std(before, ddof=1))


def _on_scale(law: Law, name: str, draws: Array) -> Array:
    with np.errstate(divide="ignore", over="ignore"):
        found = FORWARD[support_of(law, name)](draws)
    # A share of exactly 0 or 1 in a far draw says nothing about width.
    return np.asarray(found[np.isfinite(found)])


def _information_row(law: Law, name: str, posterior: Array, prior: Array) -> dict[str, Any]:
    narrowing = contraction(law, name, posterior.ravel(), prior)
    moved = shift(law, name, posterior.ravel(), prior)
    return {
        "parameter": name,
        "contraction": narrowing,
        "shift": moved,
        "informed": narrowing >= CONTRACTION_LIMIT or abs(moved) >= SHIFT_LIMIT,
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
            f"{_REMEDY}.",
            count=divergences,
        )
    for code, word, bad, wanted, limit in (
        ("r-hat", "R-hat", _above(R_HAT_LIMIT), "at most", R_HAT_LIMIT),
        ("ess-bulk", "bulk ESS", _below(ESS_LIMIT), "at least", ESS_LIMIT),
        ("ess-tail", "tail ESS", _below(ESS_LIMIT), "at least", ESS_LIMIT),
    ):
        column = code.replace("-", "_")
        faulty = {row["parameter"]: row[column] for row in rows if bad(row[column])}
        if faulty:
            found = ", ".join(f"{name} {_beside(x, limit)}" for name, x in faulty.items())
            fail(
                code,
                f"{word} is {found}, wanted {wanted} {limit:g}: the chains do not agree or are "
                f"too short; {_REMEDY}.",
                **faulty,
            )
    if not energy >= E_BFMI_LIMIT:
        fail(
            "energy",
            f"E-BFMI is {_beside(energy, E_BFMI_LIMIT)}, wanted at least {E_BFMI_LIMIT}: the tails "
            f"were explored slowly; {_REMEDY}.",
            e_bfmi=energy,
        )
    return problems


def _beside(value: float, limit: float) -> str:
    """A value with as many digits as tell it from the limit that it missed, four at least.

    Examples
    --------
    >>> _beside(1.01243, 1.01), _beside(1.0100004, 1.01), _beside(399.97, 400.0)
    ('1.0124', '1.0100004', '399.97')
    """
    digits = range(5 if 1 < value < 10 else 4, 17)
    texts = (f"{value:.{count}g}" for count in digits)
    return next((text for text in texts if float(text) != limit), str(value))


def _above(limit: float) -> Callable[[float], bool]:
    # A missing value is bad too.
    return lambda value: not value <= limit


def _below(limit: float) -> Callable[[float], bool]:
    return lambda value: not value >= limit


def information_problems(rows: Sequence[Mapping[str, Any]]) -> list[Problem]:
    """What the data did not inform, and what they moved to where its prior did not expect it."""
    found = []
    # What is no part of the law's curve is not reported for itself.
    own = [row for row in rows if row["parameter"] not in NUISANCE]
    names = [row["parameter"] for row in own if not row["informed"]]
    if names:
        message = (
            f"The data did not inform {', '.join(names)}: what is reported of "
            f"{'it' if len(names) == 1 else 'them'} is mostly the prior."
        )
        found.append(Problem("not-informed", "warning", message, {"parameters": names}))
    far = {row["parameter"]: row["shift"] for row in own if abs(row["shift"]) >= CONFLICT_LIMIT}
    if far:
        told = ", ".join(f"{name} by {abs(shift):.1f}" for name, shift in far.items())
        message = (
            f"Prior and data disagree: the data put {told} of the prior's SDs away from its "
            "middle; see whether columns, units and law are the right ones, or state what you "
            "believe as a prior (priors=)."
        )
        found.append(Problem("prior-conflict", "warning", message, {"shifts": far}))
    return found
