"""One file that a colleague opens without Python."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from bayescale.errors import InputError
from bayescale.forecast.answer import Answer
from bayescale.forecast.assumptions import Assumptions
from bayescale.posterior.fit import Fit
from bayescale.report.answer import answer
from bayescale.report.checklist import check_facts, checklist
from bayescale.report.deciding import budgets_of, deciding
from bayescale.report.document import Block, Document, Paragraph, Section
from bayescale.report.evidence import behind, held_before
from bayescale.report.provenance import provenance
from bayescale.report.results import Results, Subject, sort_results
from bayescale.report.whatif import what_if
from bayescale.report.writing import write_html, write_markdown

Format = Literal["html", "md"]
_WRITERS = {"html": write_html, "md": write_markdown}


def report(
    results: Any,
    path: str | Path,
    title: str | None = None,
    *,
    format: Format | None = None,
    targets: Any = None,
    seed: int | None = None,
    allow_unconverged: bool = False,
    acknowledge: Collection[str] = (),
    facts: Mapping[str, str] | None = None,
    command: str = "",
) -> Path:
    """Write a report that needs nothing beside it.

    Parameters
    ----------
    results : result or sequence of results
        Fits, averages, answers, forecasts, backtests, plans, options and next runs, in any order.
    path : str or Path
        Of the file.
    title : str, optional
    format : {"html", "md"}, optional
        A page whose sliders evaluate the posterior draws in the browser, or Markdown with the
        pictures in a folder beside it, named after the file; Markdown if left out for a file
        that ends in ``.md``.
    targets : mapping, pandas.DataFrame or list of these, optional
        Points to forecast; every fit forecasts those that name its inputs.
    seed : int, optional
    allow_unconverged : bool, default False
        As for :func:`bayescale.extrapolate`. A fit that did not converge is reported either
        way, and without this nothing is forecast from it.
    acknowledge : collection of str, optional
        Codes of notes that the user knows of; they are listed, and not said as cautions.
    facts : mapping of str to str, optional
        Answers to what the checklist asks and no table of runs tells: ``embeddings``,
        ``compute``, ``schedule``, ``tuning``, ``tokens``, ``evaluation``, ``selection``.
    command : str, optional
        What was typed to write the report; it is told under provenance.

    Returns
    -------
    Path
        Of the file; it is written whole or not at all.

    Raises
    ------
    InputError
        For what is no result, a target that no fit takes, a fact that is not asked for, or a
        file that cannot be written.
    """
    path = Path(path)
    wanted = format or ("md" if path.suffix == ".md" else "html")
    if wanted not in _WRITERS:
        raise InputError(f"A report's format is {' or '.join(_WRITERS)}, not {wanted!r}.")
    assumed = Assumptions(seed, allow_unconverged, acknowledge)
    found = sort_results(results, targets, assumed, check_facts(facts or {}))
    return _WRITERS[wanted](compose(found, title, command), path)


def compose(results: Results, title: str | None = None, command: str = "") -> Document:
    """A report as values, before it is written in any format."""
    told: list[tuple[str, str, Iterable[Block]]] = [
        ("answer", "The answer", answer(results)),
        ("what-if", "What if?", _what_ifs(results)),
        ("decision", "The decision", deciding(results.decisions)),
        *(
            (f"behind-{s.place}", f"Behind the numbers: {s.name}", behind(s, results.assumed))
            for s in results.subjects
        ),
        ("backtest", "How forecasts held before", held_before(results.backtests)),
        ("checklist", "Checklist", checklist(results)),
        ("provenance", "Provenance", provenance(results, command)),
    ]
    sections = (Section(anchor, name, tuple(blocks)) for anchor, name, blocks in told)
    names = ", ".join(subject.name for subject in results.subjects)
    return Document(
        title or "Scaling report",
        "Forecasts from Bayesian scaling laws" + (f": {names}." if names else "."),
        tuple(section for section in sections if section.blocks),
    )


def _what_ifs(results: Results) -> Iterator[Block]:
    # An answer's laws are moved together.
    parts = {fit for s in results.subjects for fit in _laws_of_answer(s)}
    for subject in results.subjects:
        if subject.forecaster in parts:
            continue
        none = f"There is no what-if for {subject.name}: "
        if not subject.usable:
            yield Paragraph(none + "it did not converge.")
            continue
        try:
            made = what_if(subject.forecaster, results.assumed, _start(subject), subject.name)
        except InputError as fault:
            # A law may use a function that browsers lack; the rest of the report stands.
            yield Paragraph(f"{none}{fault}")
        else:
            yield made
            yield from map(budgets_of, subject.plans)


def _laws_of_answer(subject: Subject) -> tuple[Fit, ...]:
    return subject.forecaster.fits if isinstance(subject.forecaster, Answer) else ()


def _start(subject: Subject) -> dict[Any, float] | None:
    """What a what-if shows first: the first target, else a plan's design."""
    if subject.forecast:
        return subject.forecast.points.iloc[0].to_dict()
    for plan in subject.plans:
        return plan.choice[list(plan.task.scenarios.law.input_symbols)].astype(float).to_dict()
    return None
