"""What was fitted, fitted again to some of its runs: hindcasts of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bayescale.judge.hold_out import Fold, Mask
from bayescale.posterior.draw import Route
from bayescale.posterior.fit import Fit, fit
from bayescale.runs.runs import Runs

# Machine code takes seconds more to make than it saves in fewer fits, of a second or two each.
MANY_FITS = 10


@dataclass(frozen=True, eq=False)
class Refittable:
    """Runs, and how they are fitted: their law with its priors and beliefs.

    Attributes
    ----------
    runs : Runs
        The whole table.
    refit : callable
        Of runs and the options of :func:`bayescale.fit`.
    """

    runs: Runs
    refit: Callable[..., Fit] = fit

    @classmethod
    def of(cls, given: Fit | Runs) -> Refittable:
        """A fit with the priors and beliefs that it was made with, runs with the law's own."""
        return cls(given.runs, given.refit) if isinstance(given, Fit) else cls(given)

    def fit(self, rows: Mask, **options: Any) -> Fit:
        """Fit some rows, to be scored: compiled once for many, not tried again for trifles."""
        quick = {"progress": False, "route": "compiled", "strict": False, "preview": False}
        return self.refit(self.runs.select(rows), **(quick | options))


def route(fits: int) -> Route:
    """The sooner route for so many fits of one law, see :mod:`bayescale.posterior.density`."""
    return "compiled" if fits >= MANY_FITS else "direct"


def hidden_points(table: Runs, cut: Fold) -> Any:
    """Places of the hidden runs as a DataFrame, with the names of their training runs."""
    columns = dict.fromkeys((*table.law.input_symbols, *([table.run] if table.run else [])))
    return table.table.loc[cut.test, list(columns)].reset_index(drop=True)
