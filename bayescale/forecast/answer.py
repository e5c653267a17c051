"""The answer to a question: a number with its interval, how such held, and what to doubt."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.delegates import later
from bayescale.errors import InputError, Problem
from bayescale.forecast.continuation import split_names
from bayescale.forecast.doubts import doubts, verdict
from bayescale.forecast.forecast import Extrapolation, extrapolate
from bayescale.forecast.mixture import Ensemble
from bayescale.forecast.parting import parted
from bayescale.forecast.scenarios import Kind
from bayescale.intervals import DEFAULT_MASS
from bayescale.law.law import Law
from bayescale.numbers import brief, format_number
from bayescale.posterior import store
from bayescale.runs.points import read_points
from bayescale.runs.runs import Runs
from bayescale.runs.storage import frame_to_dataset

# Columns of a plain prompt.
_PROMPT = 80


@dataclass(frozen=True)
class Asked:
    """How a forecast was asked for; the fields as in :func:`bayescale.forecast`."""

    kind: Kind = "run"
    mass: float = DEFAULT_MASS


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Answer(Ensemble):
    """An ensemble of laws, and what it forecasts at the points that were asked for.

    Whatever takes an ensemble takes it: plans, next runs, options and reports.

    Attributes
    ----------
    fits, weights, hindcasts, backtest
        As of :class:`bayescale.Ensemble`.
    target : pandas.DataFrame
        The points that were asked for, as :func:`target_of` reads them.
    asked : Asked
    left_out : tuple of str
        Inputs that the table has and these laws do not take; points may name them.
    told : tuple of Problem
        What reading the table and fitting had to say.
    """

    target: pd.DataFrame
    asked: Asked = Asked()
    left_out: tuple[str, ...] = ()
    told: tuple[Problem, ...] = ()

    @property
    def law(self) -> Law:
        """The first law; all have its inputs and its response."""
        return self.fits[0].law

    @cached_property
    def forecast(self) -> Extrapolation:
        """What is forecast at the points that were asked for."""
        return extrapolate(self, self.target, **vars(self.asked))

    @cached_property
    def table(self) -> pd.DataFrame:
        """Inputs, median, lower, upper, reach; what the interval is of, and the notes."""
        symbols = list(self.law.input_symbols)
        shown = [*symbols, "median", "lower", "upper", "reach", "interval"]
        return self.forecast.table[shown].assign(notes=" ".join(map(str, self.notes)))

    @property
    def draws(self) -> xr.DataArray:
        """Responses, dims (draw, point): in each draw one law is true at every point."""
        return self.forecast.draws

    @cached_property
    def parted(self) -> pd.DataFrame | None:
        """What each law says at the points where they part ways; None where they agree."""
        return parted(self, self.target, **vars(self.asked))

    @cached_property
    def notes(self) -> tuple[Problem, ...]:
        """What speaks against the number, the gravest first."""
        return doubts(self, self.forecast, self.told, self.parted)

    @cached_property
    def verdict(self) -> str:
        """One of :data:`bayescale.forecast.doubts.VERDICTS`, which says what each means."""
        return verdict(self, self.notes)

    @cached_property
    def text(self) -> str:
        """The answer in three sentences, a line each."""
        return str(later("answer_sentences")(self))

    def at(self, at: Mapping[str, Any] | pd.DataFrame) -> Answer:
        """The answer at other points, by the same laws and asked for in the same way.

        Parameters
        ----------
        at : mapping or pandas.DataFrame
            As of :func:`bayescale.forecast`.
        """
        target = target_of(self.fits[0].runs, at, self.left_out)
        return replace(self, target=target)

    def extrapolate(self, at: Any, **options: Any) -> Extrapolation:
        """Forecast at new scales; the options are those of :func:`bayescale.extrapolate`."""
        return extrapolate(self, known(self.fits[0].runs, at, self.left_out), **options)

    def probability(self, below: Any) -> pd.Series:
        """Probability that the response lies below a limit, one per point."""
        return self.forecast.probability(below)

    def plot(self, against: str | None = None) -> Any:
        """Observed runs and forecast against one input, see :meth:`Extrapolation.plot`."""
        return self.forecast.plot(against)

    def report(self, path: str | Path, title: str | None = None, **options: Any) -> Path:
        """Write one file that opens without Python; options as of :func:`bayescale.report`."""
        found: Path = later("report")(self, path, title, **options)
        return found

    def save(self, path: str | Path) -> Path:
        """Write netCDF, whole or not at all; :func:`bayescale.load` reads it."""
        return store.write(self.tree, path, "an answer")

    @property
    def tree(self) -> xr.DataTree:
        """All of it as groups and attributes of plain numbers and text, as it is saved."""
        tree = super().tree
        about = {
            "asked": vars(self.asked),
            "left_out": list(self.left_out),
            "told": [vars(note) for note in self.told],
        }
        tree["target"] = xr.DataTree(frame_to_dataset(self.target, **about))
        tree.attrs["bayescale_kind"] = "answer"
        return tree

    def __repr__(self) -> str:
        fitted = partial(textwrap.fill, width=_PROMPT, subsequent_indent="  ")
        return "\n".join(map(fitted, self.text.splitlines()))

    def _repr_html_(self) -> str:
        human: Any = dict.fromkeys(self.law.input_symbols, format_number)
        lines = "".join(f"<p>{escape(line)}</p>" for line in self.text.splitlines())
        table = self.table.drop(columns=["interval", "notes"])
        laws = self.laws.to_html(float_format="{:.3f}".format)
        return lines + table.to_html(float_format=brief, formatters=human) + laws


def answered(
    whole: Ensemble,
    target: pd.DataFrame,
    asked: Asked,
    left_out: Sequence[str] = (),
    told: Sequence[Problem] = (),
) -> Answer:
    """What an ensemble answers; arguments as the fields of an :class:`Answer`."""
    same: dict[str, Any] = {field.name: getattr(whole, field.name) for field in fields(Ensemble)}
    same |= {"left_out": tuple(left_out), "told": tuple(told)}
    return Answer(**same, target=target, asked=asked)


def target_of(
    runs: Runs, at: Mapping[str, Any] | pd.DataFrame, left_out: Sequence[str] = ()
) -> pd.DataFrame:
    """Read the points of an answer.

    Parameters
    ----------
    runs : Runs
    at : mapping or pandas.DataFrame
        As of :func:`bayescale.extrapolate`; columns of the table may stand for their symbols.
    left_out : sequence of str
        Names that are left out.

    Returns
    -------
    pandas.DataFrame, shape (n_points, n_inputs)
        Raw inputs, and where points go on from training runs a column with their names.

    Raises
    ------
    InputError
        As :func:`bayescale.extrapolate`.
    """
    named, names = split_names(runs, runs.groups, known(runs, at, left_out))
    points = read_points(named, runs.law, runs.derive)
    if names is not None:
        points[runs.run or "run"] = np.broadcast_to(np.asarray(names, object), len(points))
    return points


def known(runs: Runs, at: Any, left_out: Sequence[str]) -> Any:
    """Points by the symbols of the laws: columns' own names understood, others left out.

    Raises
    ------
    InputError
        If they are neither a mapping nor a DataFrame.
    """
    if not isinstance(at, Mapping | pd.DataFrame):
        raise InputError(f"Points are a mapping such as {{'N': '70B'}} or a DataFrame, not {at!r}.")
    symbols = {name: symbol for symbol, name in runs.columns.items() if symbol not in at}
    if isinstance(at, pd.DataFrame):
        return at.drop(columns=list(left_out), errors="ignore").rename(columns=symbols)
    return {symbols.get(name, name): x for name, x in at.items() if name not in left_out}


def about_of(about: Mapping[str, Any]) -> dict[str, Any]:
    """What a file says of an answer beside its points, as fields of :class:`Answer`.

    Raises
    ------
    KeyError or TypeError
        If it is not what :attr:`Answer.tree` writes.
    """
    return {
        "asked": Asked(**about["asked"]),
        "left_out": tuple(about["left_out"]),
        "told": tuple(Problem(**note) for note in about["told"]),
    }
