"""How a forecast moves when some runs are left out, or another law is taken.

A forecast that hangs on the smallest runs, on one family of models or on the choice of the law is
less sure than its interval says. Each change is a fit of its own on the compiled route.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bayescale.errors import InputError
from bayescale.forecast.forecast import check_kind, extrapolate
from bayescale.forecast.scenarios import Kind
from bayescale.intervals import DEFAULT_MASS, check_mass
from bayescale.judge.hindcast import Refittable
from bayescale.judge.hold_out import SMALLEST_TRAIN, Mask, size
from bayescale.posterior.fit import Fit
from bayescale.runs.points import read_points
from bayescale.runs.runs import Runs

AS_GIVEN = "all runs"


@dataclass(frozen=True, eq=False)
class _Change:
    """What is fitted in place of the runs as they are."""

    name: str
    of: Refittable
    rows: Mask


def sensitivity(
    of: Fit | Runs,
    at: Any,
    *,
    family: str | None = None,
    laws: Sequence[Any] = (),
    smallest: float = 1 / 3,
    kind: Kind = "mean",
    mass: float = DEFAULT_MASS,
    seed: int = 1,
    draws: int = 1000,
) -> pd.DataFrame:
    """Forecast again without the smallest runs, without each family, and by other laws.

    Parameters
    ----------
    of : Fit or Runs
        Runs are fitted first; a fit is fitted again with its own priors and beliefs.
    at : mapping or pandas.DataFrame
        Points of new runs, as :func:`bayescale.extrapolate` takes them.
    family : str, optional
        Column of the runs whose values are left out one at a time.
    laws : sequence of str, path or Law
        Other laws for the same runs; the runs' own is passed over.
    smallest : float, default 1/3
        Share of the runs, the smallest, that is left out; 0 leaves that change out.
    kind : {"mean", "run"}
        Of the law's curve, or of one new run.
    mass : float, default 0.9
        Of the equal-tailed intervals.
    seed, draws : int
        Of every fit, four chains each.

    Returns
    -------
    pandas.DataFrame
        A row per change and point: inputs, ``change``, ``law``, ``runs`` (number fitted),
        ``median``, ``lower``, ``upper``, ``interval`` (kind and mass), ``converged``, ``shift``
        (of the median, in widths of the interval of all runs), ``width`` (over that interval's)
        and ``inside`` (whether the new median lies in it); all runs come first.
        ``attrs["text"]`` says in a sentence how far the forecast moves.

    Raises
    ------
    InputError
        For an unknown column, a family without which fewer than three runs are left, a share
        that is not between 0 and 1, or a change that leaves nothing to compare.
    """
    check_kind(kind)
    check_mass(mass)
    whole = Refittable.of(of)
    changes = [*_changes(whole, family, laws, smallest)]
    if not changes:
        raise InputError("There is nothing to change: give family=, laws= or smallest= above 0.")

    options: dict[str, Any] = {"kind": kind, "mass": mass}
    size: dict[str, Any] = {"seed": seed, "chains": 4, "draws": draws}
    base = of if isinstance(of, Fit) else whole.fit(_all(whole), **size)
    points = read_points(at, base.law, derive=base.derive)
    tables = [_forecast(base, points, AS_GIVEN, options)]
    for change in changes:
        found = change.of.fit(change.rows, **size)
        tables.append(_forecast(found, points, change.name, options))
    return _compared(tables)


def _all(whole: Refittable) -> Mask:
    return np.ones(len(whole.runs), dtype=bool)


def _changes(
    whole: Refittable, family: str | None, laws: Sequence[Any], smallest: float
) -> Iterator[_Change]:
    runs = whole.runs
    if not 0 <= smallest < 1:
        raise InputError(f"A share of runs to leave out lies between 0 and 1, not {smallest:g}.")
    if smallest:
        order = np.argsort(size(runs.inputs), kind="stable")
        kept = _all(whole)
        kept[order[: round(smallest * len(runs))]] = False
        yield _without(whole, kept, f"the smallest {smallest:.0%}")
    if family is not None:
        if family not in runs.table:
            raise InputError(
                f"The runs have no column {family!r} that names families; there are "
                f"{', '.join(map(str, runs.table.columns))}."
            )
        labels = runs.table[family].astype(str).to_numpy()
        for label in dict.fromkeys(labels):
            yield _without(whole, labels != label, f"{family} = {label}")
    for law in laws:
        other = runs.for_law(law)
        if other.law.name != runs.law.name:
            yield _Change(f"law {other.law.name}", Refittable(other), _all(whole))


def _without(whole: Refittable, kept: Mask, left_out: str) -> _Change:
    if kept.sum() < SMALLEST_TRAIN:
        spare = len(kept) - SMALLEST_TRAIN
        instead = f"leave out fewer, e.g. smallest={spare / len(kept):.2g}" if spare else "add runs"
        raise InputError(
            f"Without {left_out} there are {kept.sum()} of {len(kept)} runs left; at least "
            f"{SMALLEST_TRAIN} are needed: {instead}."
        )
    return _Change(f"without {left_out}", whole, kept)


def _forecast(
    found: Fit, points: pd.DataFrame, change: str, options: dict[str, Any]
) -> pd.DataFrame:
    table = extrapolate(found, points, allow_unconverged=True, **options).table
    return points.assign(
        change=change,
        law=found.law.name,
        runs=len(found.response),
        **{name: table[name] for name in ("median", "lower", "upper", "interval")},
        converged=found.diagnostics.passed,
    )


def _compared(tables: list[pd.DataFrame]) -> pd.DataFrame:
    base = tables[0]
    width = base["upper"] - base["lower"]
    for table in tables:
        table["shift"] = (table["median"] - base["median"]) / width
        table["width"] = (table["upper"] - table["lower"]) / width
        table["inside"] = table["median"].between(base["lower"], base["upper"])
    found = pd.concat(tables, ignore_index=True)
    found.attrs["text"] = _sentence(found, len(base))
    return found


def _sentence(found: pd.DataFrame, n_points: int) -> str:
    moved = found.iloc[n_points:]
    worst = n_points + int(moved["shift"].abs().to_numpy().argmax())
    row, before = found.iloc[worst], found.iloc[worst % n_points]
    changes = moved["change"].nunique()
    return (
        f"Over {_counted(changes, 'change')} at {_counted(n_points, 'point')}, the median moves by "
        f"up to {abs(row['shift']):.2f} widths of its own interval ({before['interval']}; "
        f"{row['change']}: {before['median']:.4g} to {row['median']:.4g}), and leaves that "
        f"interval {int((~moved['inside']).sum())} of {_counted(len(moved), 'time')}."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
