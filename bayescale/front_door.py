"""From a table and a target to an answer: every law of the question, weighed and tested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from bayescale.errors import InputError, Problem, UnconvergedError
from bayescale.forecast.answer import Answer, Asked, answered, target_of
from bayescale.forecast.forecast import check_kind
from bayescale.forecast.mixture import Ensemble
from bayescale.forecast.scenarios import Kind
from bayescale.intervals import DEFAULT_MASS, check_mass
from bayescale.judge.weights import average
from bayescale.law.law import Law
from bayescale.law.prior import Prior
from bayescale.law.symbols import NUISANCE, TOTAL, share_name
from bayescale.posterior.fit import Fit, fit
from bayescale.runs.question import Question, find_question
from bayescale.runs.runs import Runs


def forecast(
    source: str | Path | pd.DataFrame,
    at: Mapping[str, Any] | pd.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    derive: Mapping[str, str] | None = None,
    run: str | None = None,
    where: str | Sequence[str] = (),
    laws: str | Path | Law | Sequence[str | Path | Law] | None = None,
    priors: Mapping[str, Prior] | None = None,
    discrepancy: bool = True,
    kind: Kind = "run",
    mass: float = DEFAULT_MASS,
    seed: int = 1,
    progress: bool = True,
) -> Answer:
    """Forecast from a table: the laws of its question, weighed and tested on its larger runs.

    The columns and the target say what is asked: loss ``L`` from ``N`` and ``D``, error ``E``
    from ``N`` and ``D_test``, time ``T`` from ``N``, ``D_inf`` and ``C``, or any ``y`` from any
    ``x``. Every law that answers it is fitted; hindcasts weigh them, and say how such intervals
    have held on runs that were hidden.

    Parameters
    ----------
    source : path or pandas.DataFrame
        A row per run; files and cells as of :func:`bayescale.read_runs`.
    at : mapping or pandas.DataFrame
        Where to forecast: raw inputs, numbers or human numbers such as ``"70B"``.
    columns, derive, run, where
        As of :func:`bayescale.read_runs`.
    laws : str, path, Law, or sequence of these, optional
        Laws of one question, by name, by file or themselves; all that answer the question if left
        out. One law alone is tested like several, and weighed against nothing.
    priors : mapping of str to Prior, optional
        In the place of the laws' own, by symbol; each for all laws that have the symbol.
    discrepancy : bool, default True
        Let the laws' slopes err where the runs do not say otherwise.
    kind : {"run", "mean"}
        Of one new observed run, or of the laws' curve.
    mass : float, default 0.9
        Of the equal-tailed intervals.
    seed : int, default 1
        Same seed, same draws.
    progress : bool, default True
        Say which law is fitted where there is a terminal or a notebook.

    Returns
    -------
    Answer
        It prints as three sentences: the number with its interval, how such intervals held on
        these runs, and what to doubt first. Plans, next runs and reports take it.

    Raises
    ------
    InputError
        If the columns pose no question or several, laws answer different ones, no law takes a
        prior, or the target lacks an input.
    RunsError
        With every problem of the table, if any is an error.
    UnconvergedError
        If no law's fit passed its checks.
    """
    check_kind(kind)
    check_mass(mass)
    several = [laws] if isinstance(laws, str | Path | Law) else laws
    symbols = {name: symbol for symbol, name in (columns or {}).items()}
    question = find_question(
        source,
        {symbols.get(str(name), str(name)) for name in _named(at)},
        several,
        columns=columns,
        derive=derive,
        run=run,
        where=where,
    )
    own = _priors_of(question, priors or {})
    # Refused before anything is fitted for them.
    target = target_of(question.runs, at, question.left_out)
    fits, told = _converged(_fitted(question.tables, own, discrepancy, seed, progress))
    with _saying("weighing the laws on hidden runs", progress):
        whole, more = _weighed(fits, seed)
    asked, notes = Asked(kind, mass), [*question.notes, *told, *more]
    return answered(whole, target, asked, question.left_out, notes)


def _named(at: Any) -> list[str]:
    if isinstance(at, Mapping | pd.DataFrame):
        return [str(name) for name in at]
    raise InputError(f"Points are a mapping such as {{'N': '70B'}} or a DataFrame, not {at!r}.")


def _priors_of(question: Question, priors: Mapping[str, Prior]) -> list[dict[str, Prior]]:
    """What each law is given of the stated priors."""
    taken = [_parameters(law) for law in question.shelf.laws]
    if strange := set(priors).difference(*taken):
        every = dict.fromkeys(name for names in taken for name in names)
        raise InputError(
            f"No law of {question.shelf} has a parameter {sorted(strange)[0]!r} to set a prior on; "
            f"choose from {', '.join(every)}."
        )
    return [{name: priors[name] for name in names if name in priors} for names in taken]


def _parameters(law: Law) -> tuple[str, ...]:
    shares = (share_name(weight.symbol) for weight in law.weights[1:])
    total = (TOTAL,) if law.weights else ()
    return (*law.parameter_symbols, *total, *shares, *NUISANCE)


def _fitted(
    tables: Sequence[Runs],
    priors: Sequence[Mapping[str, Prior]],
    discrepancy: bool,
    seed: int,
    progress: bool,
) -> list[Fit]:
    fits = []
    for number, (runs, own) in enumerate(zip(tables, priors, strict=True), 1):
        with _saying(f"fitting {runs.law.name} ({number} of {len(tables)})", progress):
            options: dict[str, Any] = {"priors": own, "discrepancy": discrepancy, "seed": seed}
            fits.append(fit(runs, **options, progress=False))
    return fits


def _converged(fits: Sequence[Fit]) -> tuple[list[Fit], list[Problem]]:
    """The fits that passed their checks, and what is said of the others.

    Raises
    ------
    UnconvergedError
        If none did.
    """
    passed = [found for found in fits if found.diagnostics.passed]
    if not passed:
        first = fits[0]
        why = next(p.message for p in first.diagnostics.problems if p.severity == "error")
        raise UnconvergedError(
            f"No law's fit of these {len(first.response)} runs passed its checks. "
            f"{first.law.name!r}: {why} To look at it: "
            f"bayescale fit {first.runs.source} --law {first.law.name} --draws 4000."
        )
    told = []
    for found in fits:
        if not found.diagnostics.passed:
            name = found.law.name
            message = f"The fit of {name!r} did not converge, so it is left out of the average."
            told.append(Problem("law-left-out", "warning", message, {"law": name}))
    return passed, told


def _weighed(fits: Sequence[Fit], seed: int) -> tuple[Ensemble, list[Problem]]:
    """Weigh by hindcasts; where there are too few runs for any, equally."""
    told = []
    if len(fits) == 1:
        message = f"{fits[0].law.name!r} alone answers: there was no other law to weigh it against."
        told.append(Problem("one-law", "note", message))
    whole = average(fits, seed=seed)
    if len(fits) > 1 and whole.hindcasts.empty:
        message = "The laws have equal weights: the runs are too few to learn them from."
        told.append(Problem("equal-weights", "note", message))
    return whole, told


@contextmanager
def _saying(what: str, shown: bool) -> Iterator[None]:
    """Say what is being done on a terminal or in a notebook, and for how long."""
    if not shown:
        yield
        return
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal or console.is_jupyter:
        yield
        return
    with console.status(f"{what} ..."):
        yield
