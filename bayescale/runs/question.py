"""Which question a table poses, by its columns and the target, and the laws that answer it.

A question is a response from some inputs, and its laws stand on one shelf of the catalogue. Where
a table has the inputs of several, the target says which are meant; an input that follows from the
others, or that never changes, adds nothing that runs could tell, and the question without it is
answered.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from bayescale import catalogue
from bayescale.catalogue import Shelf
from bayescale.errors import InputError, Problem, RunsError, Severity
from bayescale.expressions.arithmetic import Formula
from bayescale.law.law import Law
from bayescale.runs.mapping import likely_names, symbols_of
from bayescale.runs.runs import Runs, read_runs
from bayescale.runs.table import Table, read_table
from bayescale.runs.wording import listed, nearest, short

# What a table says of an input that teaches nothing beside the others.
_IDLE = ("product-input", "near-product", "fixed-ratio", "constant-input")


@dataclass(frozen=True, eq=False)
class Question:
    """What a table asks, and the laws that answer it.

    Attributes
    ----------
    shelf : Shelf
    runs : Runs
        The table as read for the shelf's first law.
    left_out : tuple of str
        Inputs of longer questions, which the table has and these laws do not take.
    notes : tuple of Problem
        Why they were left out.
    """

    shelf: Shelf
    runs: Runs
    left_out: tuple[str, ...]
    notes: tuple[Problem, ...]

    @property
    def tables(self) -> tuple[Runs, ...]:
        """The runs for each law."""
        return (self.runs, *(self.runs.for_law(law) for law in self.shelf.laws[1:]))


@dataclass(frozen=True, eq=False)
class _Asked:
    """How a table is read, and the names that a target gives."""

    source: str | Path | pd.DataFrame
    table: Table
    options: Mapping[str, Any]
    names: frozenset[str]

    @property
    def symbols(self) -> set[str]:
        """Symbols that the table has, by name, mapped or derived."""
        return {*self.table.frame, *self.options["columns"], *self.options["derive"]}

    @property
    def given(self) -> set[str]:
        """Symbols that the target gives, or that are derived from those."""
        found = set(self.names)
        for symbol, text in self.options["derive"].items():
            if set(Formula(text).names) <= found:
                found.add(symbol)
        return found

    def read(self, shelf: Shelf) -> Runs:
        return read_runs(self.source, shelf.laws[0], **self.options)


def find_question(
    source: str | Path | pd.DataFrame,
    names: Collection[str],
    laws: Sequence[str | Path | Law] | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    derive: Mapping[str, str] | None = None,
    run: str | None = None,
    where: str | Sequence[str] = (),
) -> Question:
    """Read a table for the question that it poses.

    Parameters
    ----------
    source : path or pandas.DataFrame
    names : collection of str
        Symbols that the target gives.
    laws : sequence of str, path or Law, optional
        Laws of one question; all that answer it if left out.
    columns, derive, run, where
        As of :func:`bayescale.read_runs`.

    Returns
    -------
    Question

    Raises
    ------
    InputError
        If the columns pose no question, or several; or laws answer different ones.
    RunsError
        With every problem of the table, if any is an error.
    """
    read = {"columns": dict(columns or {}), "derive": dict(derive or {}), "run": run}
    asked = _Asked(source, read_table(source), read | {"where": where}, frozenset(names))
    if laws is not None:
        shelf = _one_shelf([catalogue.resolve(law) for law in laws])
        return Question(shelf, asked.read(shelf), (), ())
    there = [shelf for shelf in catalogue.shelves() if shelf.needs <= asked.symbols]
    if not there:
        raise InputError(_unanswered(asked.table))
    posed = [shelf for shelf in there if set(shelf.inputs) <= asked.given] or there
    _refuse_several({shelf.response: shelf for shelf in posed}.values(), asked.table)
    read_for: dict[Shelf, Runs] = {}
    notes: list[Problem] = []
    for shelf in posed:
        shorter = [other for other in posed if set(other.inputs) < set(shelf.inputs)]
        if not shorter:
            read_for[shelf] = asked.read(shelf)
            continue
        found, idle = _read_longer(asked, shelf, set(shelf.inputs).difference(shorter[0].inputs))
        notes += idle
        if found is not None:
            read_for[shelf] = found
    longest = [one for one in read_for if not any(one.needs < other.needs for other in read_for)]
    _refuse_several(longest, asked.table)
    (chosen,) = longest
    longer = [shelf for shelf in there if chosen.needs < shelf.needs]
    notes += [note for s in longer if s not in posed for note in _unasked(asked, chosen, s)]
    left_out = dict.fromkeys(n for shelf in longer for n in shelf.inputs if n not in chosen.inputs)
    return Question(chosen, read_for[chosen], tuple(left_out), tuple(notes))


def _one_shelf(laws: Sequence[Law]) -> Shelf:
    if not laws:
        raise InputError("No law is given; leave laws= out for all that answer the question.")
    several = catalogue.shelves(laws)
    if len(several) > 1:
        told = "; ".join(f"{listed(law.name for law in s.laws)}: {s}" for s in several)
        raise InputError(
            f"Laws that forecast together answer one question; these answer {len(several)} "
            f"({told}). Give those of one of them."
        )
    return several[0]


def _read_longer(
    asked: _Asked, shelf: Shelf, extra: Collection[str]
) -> tuple[Runs | None, list[Problem]]:
    """Read for a question of more inputs; without runs where those teach nothing, and why."""
    try:
        found = asked.read(shelf)
    except RunsError as fault:
        why = str(fault.problems[0]).rstrip(".")
        return None, [_note("left-out", f"{listed(extra)} is left out: {why}.", extra)]
    idle = [
        problem
        for problem in found.problems
        if problem.code in _IDLE and problem.details["symbol"] in extra
    ]
    if not idle:
        return found, []
    says = idle[0].message.partition(":")[0]
    return None, [_note("left-out", f"{says}, which adds nothing; it is left out.", extra)]


def _unasked(asked: _Asked, chosen: Shelf, longer: Shelf) -> list[Problem]:
    """Say which inputs that vary by themselves the target does not give."""
    extra = [name for name in longer.inputs if name not in chosen.inputs]
    found, _ = _read_longer(asked, longer, extra)
    if found is None:
        return []
    message = (
        f"{listed(extra)} varies among the runs and the target does not give it, so it is left "
        f"out: --law {longer.laws[0].name} takes it."
    )
    return [_note("left-out", message, extra, "warning")]


def _note(
    code: str, message: str, symbols: Collection[str], severity: Severity = "note"
) -> Problem:
    return Problem(code, severity, message, {"symbols": list(symbols)})


def _refuse_several(posed: Collection[Shelf], table: Table) -> None:
    if len(posed) < 2:
        return
    told = "; or ".join(f"{shelf} ({_by_laws(shelf)})" for shelf in posed)
    raise InputError(
        f"{table.source} poses {len(posed)} questions that the target does not tell apart; "
        f"say which by its laws: {told}."
    )


def _by_laws(shelf: Shelf) -> str:
    return " ".join(f"--law {law.name}" for law in shelf.laws)


def _unanswered(table: Table) -> str:
    """What was found, what each question needs, and a call that would work."""
    needed = "; ".join(map(str, catalogue.shelves()))
    mapped = max((_mapped(s, table) for s in catalogue.shelves()), key=len) or _curve(table)
    use = "name the columns that stand for them, columns= (--column SYMBOL=COLUMN)"
    if mapped:
        typed = " ".join(f"--column {symbol}={short_name}" for symbol, short_name in mapped.items())
        use = f"if these are they, columns={mapped} ({typed})"
    return (
        f"{table.source} has columns {listed(map(short, table.frame))}, which pose no question "
        f"that a law answers ({needed}); {use}."
    )


def _mapped(shelf: Shelf, table: Table) -> dict[str, str]:
    """The nearest column to each symbol; empty where one has none."""
    free, found = list(map(str, table.frame)), dict[str, str]()
    for symbol, item in symbols_of(shelf.laws[0]).items():
        near = symbol if symbol in free else nearest(likely_names(symbol, item), free)
        if near is None:
            return {}
        free.remove(near)
        found[symbol] = near
    return {symbol: name for symbol, name in found.items() if symbol != name}


def _curve(table: Table) -> dict[str, str]:
    """The first column of numbers against the last, as one curve."""
    numbers = [str(name) for name, kind in table.frame.dtypes.items() if is_numeric_dtype(kind)]
    return {"x": numbers[0], "y": numbers[-1]} if len(numbers) > 1 else {}
