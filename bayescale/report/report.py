"""One file that a colleague opens without Python."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from bayescale.errors import InputError
from bayescale.report.answer import answer
from bayescale.report.checklist import check_facts, checklist
from bayescale.report.deciding import budgets_of, deciding
from bayescale.report.document import Block, Document, Interactive, Paragraph, Section
from bayescale.report.evidence import evidence
from bayescale.report.provenance import provenance
from bayescale.report.results import Results, sort_results
from bayescale.report.whatif import Allowed, what_if
from bayescale.report.writing import write_html, write_markdown

Format = Literal["html", "md"]
_WRITERS = {"html": write_html, "md": write_markdown}


def report(
    results: Any,
    path: str | Path,
    title: str | None = None,
    *,
    format: Format = "html",
    targets: Any = None,
    discrepancy: Allowed = True,
    seed: int = 0,
    allow_unconverged: bool = False,
    facts: Mapping[str, str] | None = None,
    command: str = "",
) -> Path:
    """Write a report that needs nothing beside it.

    Parameters
    ----------
    results : result or sequence of results
        Fits, averages, forecasts, backtests, plans, options and next runs, in any order.
    path : str or Path
        Of the file.
    title : str, optional
    format : {"html", "md"}
        A page whose sliders evaluate the posterior draws in the browser, or Markdown with the
        pictures in a folder beside it, named after the file.
    targets : mapping, pandas.DataFrame or list of these, optional
        Points to forecast; every fit forecasts those that name its inputs.
    discrepancy : bool, float or Discrepancy, default True
    seed : int, default 0
    allow_unconverged : bool, default False
        As for :func:`bayescale.extrapolate`. A fit that did not converge is reported either
        way, and without this nothing is forecast from it.
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
    if format not in _WRITERS:
        raise InputError(f"A report's format is {' or '.join(_WRITERS)}, not {format!r}.")
    sorted_results = sort_results(
        results,
        targets,
        discrepancy=discrepancy,
        seed=seed,
        allow_unconverged=allow_unconverged,
        facts=check_facts(facts or {}),
    )
    document = compose(sorted_results, title, command)
    return _WRITERS[format](document, Path(path))


def compose(results: Results, title: str | None = None, command: str = "") -> Document:
    """A report as values, before it is written in any format."""
    names = ", ".join(results.names)
    sections = (
        answer(results),
        *_what_ifs(results),
        *deciding(results),
        *evidence(results),
        checklist(results),
        provenance(results, command),
    )
    shown = tuple(section for section in sections if section.blocks)
    lead = "Forecasts from Bayesian scaling laws" + (f": {names}." if names else ".")
    return Document(title or "Scaling report", lead, shown)


def _what_ifs(results: Results) -> tuple[Section, ...]:
    blocks: list[Block] = []
    for place, forecaster in enumerate(results.forecasters):
        name = results.names[place]
        if not results.usable(forecaster):
            blocks.append(Paragraph(f"There is no what-if for {name}: it did not converge."))
            continue
        start = _start(results, place)
        try:
            made = what_if(
                forecaster, start, discrepancy=results.discrepancy, seed=results.seed, title=name
            )
        except InputError as fault:
            # A law may use a function that browsers lack; the rest of the report stands.
            blocks.append(Paragraph(f"There is no what-if for {name}: {fault}"))
        else:
            blocks.append(Interactive(made))
            blocks += map(budgets_of, results.plans_of(place))
    return (Section("what-if", "What if?", tuple(blocks)),) if blocks else ()


def _start(results: Results, place: int) -> dict[str, float] | None:
    """What a what-if shows first: the first target, else a plan's design."""
    if place in results.forecasts:
        first = results.forecasts[place].points.iloc[0]
        return {str(name): float(value) for name, value in first.items()}
    plans = results.plans_of(place)
    if not plans:
        return None
    symbols = plans[0].task.scenarios.law.input_symbols
    return {symbol: float(plans[0].choice[symbol]) for symbol in symbols}
