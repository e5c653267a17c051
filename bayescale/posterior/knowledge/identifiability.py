"""Which parameters the runs inform, why not the others, and what would help.

Contraction says how much of the prior's width the runs removed, shift how far they moved its
middle. Neither sees a ridge, along which the prior of one parameter decides another that looks
narrow: what would move by half of its SD or more, were the priors moved by one of theirs, follows
them and is not informed. Power-scaling says how far a parameter's posterior moves when the prior,
or the likelihood, counts a little more: a parameter that moves with the prior and not with the
likelihood is the prior's.

Reference: Kallioinen, Paananen, Bürkner & Vehtari (2024), doi:10.1007/s11222-023-10366-5.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.errors import Problem
from bayescale.law.law import Law
from bayescale.law.symbols import share_name
from bayescale.posterior.data import ModelData
from bayescale.posterior.knowledge.diagnostics import (
    CONTRACTION_LIMIT,
    FOLLOWS_LIMIT,
    Diagnostics,
    information_problems,
)
from bayescale.posterior.knowledge.information import Knowledge, before_fit, expected_contraction
from bayescale.posterior.knowledge.remedy import Remedy, best_remedy, causes
from bayescale.runs.runs import Runs

# Sensitivity from which a posterior moves with what is scaled, as ArviZ has it.
SENSITIVE = 0.05


def expected_table(runs: Runs) -> pd.DataFrame:
    """What a fit of runs is expected to learn; see :func:`bayescale.identifiability`."""
    law, data = runs.law, ModelData.from_runs(runs)
    contraction = expected_contraction(law, data)
    rows = [
        {
            "parameter": name,
            "contraction": value,
            "informed": value >= CONTRACTION_LIMIT,
            "diagnosis": "will be informed" if value >= CONTRACTION_LIMIT else "mostly the prior",
            "cause": _cause(law, runs.problems, name, value >= CONTRACTION_LIMIT),
        }
        for name, value in contraction.items()
    ]
    return _table(rows, remedy_for(before_fit(law, data), contraction))


def learned_table(
    known: Knowledge, diagnostics: Diagnostics, draws: xr.DataTree, problems: tuple[Problem, ...]
) -> pd.DataFrame:
    """What a fit learned; see :func:`bayescale.identifiability`."""
    moves, rows = _power_scaling(draws), []
    for row in diagnostics.parameters:
        name, informed = row["parameter"], row["informed"]
        told = {
            "informed": informed,
            "diagnosis": _diagnosis(informed, **moves[name]),
            "cause": _cause(known.law, problems, name, informed),
        }
        measured = {key: row[key] for key in ("contraction", "shift", "follows") if key in row}
        rows.append({"parameter": name, **measured, **moves[name], **told})
    return _table(rows, remedy_for(known, _poor(diagnostics)))


def _poor(diagnostics: Diagnostics) -> dict[str, float]:
    """Contraction of what was not informed."""
    rows = diagnostics.parameters
    return {row["parameter"]: float(row["contraction"]) for row in rows if not row["informed"]}


def remedy_for(known: Knowledge, contraction: Mapping[str, float]) -> Remedy | None:
    """What would help where the runs inform least; None if the law's parameters are informed.

    Exponents and shapes come first, since shares follow once these are known; a share is next
    where no run would tell the exponent, because its term is nearly nought.
    """
    law = known.law
    shares = [share_name(weight.symbol) for weight in law.weights]
    remedies = []
    for names in ([item.symbol for item in law.curvature], shares):
        poor = [name for name in names if contraction.get(name, 1.0) < CONTRACTION_LIMIT]
        for name in sorted(poor, key=contraction.__getitem__):
            remedy = best_remedy(known, name)
            if remedy is not None and remedy.helps:
                return remedy
            remedies.append(remedy)
    return remedies[0] if remedies else None


def with_ridges(diagnostics: Diagnostics, known: Knowledge) -> Diagnostics:
    """Count as informed only what does not follow the priors, along ridges too."""
    follows, rows = known.follows(), []
    for row in diagnostics.parameters:
        whole, others = follows[row["parameter"]]
        informed = row["informed"] and others < FOLLOWS_LIMIT
        rows.append({**row, "follows": whole, "informed": informed})
    told = information_problems(rows)
    codes = {"not-informed", "prior-conflict"}
    kept = [problem for problem in diagnostics.problems if problem.code not in codes]
    return replace(diagnostics, parameters=tuple(rows), problems=(*kept, *told))


def with_remedy(
    diagnostics: Diagnostics, known: Knowledge, problems: tuple[Problem, ...]
) -> Diagnostics:
    """Add to the warning of what was not informed its cause and the remedy."""
    remedy = remedy_for(known, _poor(diagnostics))
    if remedy is None:
        return diagnostics
    cause = _cause(known.law, problems, remedy.parameter, informed=False)
    told = f" ({cause})" if cause else ""

    def explained(problem: Problem) -> Problem:
        if problem.code != "not-informed":
            return problem
        message = f"{problem.message.removesuffix('.')}{told}. {remedy}"
        return replace(problem, message=message, details={**problem.details, **_details(remedy)})

    return replace(diagnostics, problems=tuple(map(explained, diagnostics.problems)))


def _details(remedy: Remedy) -> dict[str, Any]:
    places = {name: x.tolist() for name, x in remedy.places.items()}
    return {"remedy": {"places": places, "runs": remedy.runs, "remaining": remedy.remaining}}


def _power_scaling(draws: xr.DataTree) -> dict[str, dict[str, float]]:
    names = [str(name) for name in draws["posterior"].data_vars]
    missing = dict.fromkeys(("prior", "likelihood"), np.nan)
    if "log_prior" not in draws:
        return dict.fromkeys(names, missing)
    from arviz_stats import psense

    with warnings.catch_warnings():
        # Weights so near to one are never far from reliable; a chain that stood still says nothing.
        warnings.filterwarnings("ignore", message="Estimated shape parameter of Pareto")
        both = {group: psense(draws, group=group) for group in missing}
    return {name: {group: float(x[name]) for group, x in both.items()} for name in names}


def _diagnosis(informed: bool, prior: float, likelihood: float) -> str:
    if not informed:
        weak = likelihood < SENSITIVE <= prior
        return "the prior alone decides it" if weak else "mostly the prior"
    if prior >= SENSITIVE and likelihood >= SENSITIVE:
        return "informed; its prior still counts"
    return "informed"


def _cause(law: Law, problems: tuple[Problem, ...], name: str, informed: bool) -> str:
    """The first half of each finding: what is so in the table."""
    if informed:
        return ""
    return "; ".join(p.message.split(":")[0].rstrip(".") for p in causes(law, problems, name))


def _table(rows: list[dict[str, Any]], remedy: Remedy | None) -> pd.DataFrame:
    table = pd.DataFrame(rows).set_index("parameter")
    table.attrs["remedy"] = "" if remedy is None else str(remedy)
    return table
