"""What speaks against a forecast of an ensemble, and the verdict on it.

The runs themselves have tested such forecasts: the backtest hid the larger ones. How often
intervals held there, how far it reached, whether laws agree at the target and what the forecast
notes of itself are weighed here into findings, the gravest first, and one word.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import lgamma

import numpy as np
import pandas as pd

from bayescale.errors import Problem, Severity
from bayescale.forecast.forecast import Extrapolation
from bayescale.forecast.mixture import Ensemble
from bayescale.forecast.parting import parting_sentence
from bayescale.intervals import DEFAULT_MASS

# What is said of a forecast in a word, the gravest first, and what each means.
VERDICTS: Mapping[str, str] = {
    "unsound": "an error stands against it: do not use it before that is mended",
    "missed": "on these runs such intervals held hidden runs less often than they promise",
    "untested": "too few runs to hide some and see whether such intervals hold",
    "doubtful": "such intervals held on these runs, and a warning changes how this one is read",
    "beyond": "such intervals held on these runs, and it reaches further than any hidden run did",
    "held": "such intervals held on these runs, as far beyond the fitted ones as it reaches",
}
_ORDER: tuple[Severity, ...] = ("error", "warning", "note")
# Fewer hits than this happen by chance less often than once in twenty backtests.
_CHANCE = 0.05


@dataclass(frozen=True)
class Held:
    """How intervals held in one fold of a backtest, or in all.

    Attributes
    ----------
    fold : str
        What was hidden.
    inside, hidden : int
    """

    fold: str
    inside: int
    hidden: int


def held(ensemble: Ensemble) -> tuple[Held, ...]:
    """How the backtest's intervals held, a value per fold; empty without a backtest."""
    if not len(ensemble.backtest):
        return ()
    folds = ensemble.backtest.groupby("fold", sort=False)["inside"]
    return tuple(Held(str(name), int(part.sum()), len(part)) for name, part in folds)


def missed(ensemble: Ensemble) -> bool:
    """Whether intervals held hidden runs less often than chance explains.

    Runs that several folds hid, or that lie at one place, err alike: they count once.
    """
    found = ensemble.backtest
    if not len(found):
        return False
    each = found.groupby(list(ensemble.fits[0].law.input_symbols))["inside"].mean()
    return at_most(int(each.sum() + 1e-9), len(each), DEFAULT_MASS) < _CHANCE


def at_most(hits: int, trials: int, chance: float) -> float:
    """Probability of at most so many hits in independent trials (binomial)."""
    # Not scipy's, which takes longer to import than an answer from a file may take.
    counts = np.arange(hits + 1)
    ways = [lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) for k in counts]
    logs = ways + counts * np.log(chance) + (trials - counts) * np.log1p(-chance)
    return float(np.exp(logs).sum())


def doubts(
    ensemble: Ensemble, found: Extrapolation, told: Sequence[Problem], apart: pd.DataFrame | None
) -> tuple[Problem, ...]:
    """All that speaks against a forecast, the gravest first.

    Parameters
    ----------
    ensemble : Ensemble
    found : Extrapolation
        Its forecast.
    told : sequence of Problem
        What reading the table and fitting had to say.
    apart : pandas.DataFrame or None
        As :func:`bayescale.forecast.parting.parted` returns.
    """
    notes = [*_of_backtest(ensemble), *found.notes, *told]
    if apart is not None:
        notes.append(Problem("laws-part", "warning", parting_sentence(apart)))
    return tuple(sorted(notes, key=lambda note: _ORDER.index(note.severity)))


def verdict(ensemble: Ensemble, notes: Sequence[Problem]) -> str:
    """One of :data:`VERDICTS`."""
    severities = {note.severity for note in notes if not note.acknowledged}
    if "error" in severities:
        return "unsound"
    if not len(ensemble.backtest):
        return "untested"
    if any(note.code == "intervals-missed" for note in notes):
        return "missed"
    if "warning" in severities:
        return "doubtful"
    return "beyond" if any(note.code == "reach" for note in notes) else "held"


def _of_backtest(ensemble: Ensemble) -> list[Problem]:
    folds = held(ensemble)
    if not folds:
        message = (
            f"The {len(ensemble.fits[0].response)} runs are too few to hide some: nothing tested "
            "these intervals, and more runs would."
        )
        return [Problem("untested", "warning", message)]
    if not missed(ensemble):
        return []
    inside, hidden = sum(part.inside for part in folds), sum(part.hidden for part in folds)
    message = (
        f"Hidden runs lay inside 90% intervals less often than chance explains ({inside} of "
        f"{hidden}): expect this one to be too narrow."
    )
    return [Problem("intervals-missed", "warning", message)]
