"""Risk measures: from draws of a response, where more is worse, to one number.

    mean            E[y]
    median          Q(0.5)
    quantile(q)     Q(q), the value at risk
    cvar(q)         E[y | y beyond Q(q)] = Q(q) + E[max(y - Q(q), 0)] / (1 - q), expected shortfall
    tail_distance(q)    |Q(q) - E[y]| + |E[y] - Q(1 - q)|, the spread alone
    exceedance(limit)   P(y > limit)
    entropic(lambda)    log(E[exp(lambda * y)]) / lambda

``Q`` is the quantile function of the draws. The noise of a new run has heavy tails on the log
scale, so its mean is infinite: only what stays finite there (median, quantile, exceedance) may
be asked of new runs, and everything of the law's curve.

References: Rockafellar & Uryasev (2000), doi:10.21314/JOR.2000.038 (cvar); Föllmer & Schied
(2002), doi:10.1007/s007800200072 (entropic).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

from bayescale.decision.measures import MEASURES, counted
from bayescale.errors import ComputationError, InputError
from bayescale.law.prior import Array
from bayescale.numbers import format_number, parse_number

# A tail of fewer draws than this says too little of itself.
TAIL_DRAWS = 100
RISKS = tuple(
    f"{name}({kind.argument})" if kind.argument else name for name, kind in MEASURES.items()
)


@dataclass(frozen=True)
class Risk:
    """A risk measure.

    Parameters
    ----------
    name : str
        One of :data:`RISKS`, without its argument.
    argument : float, optional
        ``q`` between 0 and 1, ``limit`` in the response's unit, ``lambda`` in one over that.

    Raises
    ------
    InputError
        For an unknown name, or an argument that is missing or out of range.
    """

    name: str
    argument: float | None = None

    def __post_init__(self) -> None:
        if self.name not in MEASURES:
            raise InputError(f"There is no risk {self.name!r}; choose from {', '.join(RISKS)}.")
        kind = MEASURES[self.name]
        if not kind.argument:
            if self.argument is not None:
                raise InputError(f"The risk {self.name} takes no argument.")
            return
        if self.argument is None:
            object.__setattr__(self, "argument", kind.default)
        fraction = kind.argument == "q"
        if not (0 < self._value < (1 if fraction else math.inf)):
            span = "between 0 and 1, e.g. 0.9" if fraction else "a positive number"
            given = "missing" if self.argument is None else f"{self.argument:g}"
            raise InputError(f"The risk {self.name}({kind.argument}) takes {span}; it is {given}.")

    @property
    def _value(self) -> float:
        return math.nan if self.argument is None else self.argument

    @property
    def text(self) -> str:
        """How the risk is written, e.g. ``cvar(0.9)``; :func:`resolve` reads it back."""
        return self.name if self.argument is None else f"{self.name}({self.argument:.10g})"

    @property
    def minimum_draws(self) -> int:
        """Draws that it takes: a hundred in the tail that decides, one for what has no tail."""
        tail = MEASURES[self.name].tail
        return 1 if tail is None else math.ceil(TAIL_DRAWS / tail(self._value) - 1e-9)

    def check(self, n_draws: int, kind: str = "mean") -> None:
        """Refuse what the draws cannot support.

        Parameters
        ----------
        n_draws : int
        kind : {"mean", "run"}
            Whether they are of the law's curve or of a new run.

        Raises
        ------
        InputError
            For the mean or a tail average of a new run, which is infinite.
        ComputationError
            If there are too few draws; it says how many it would take.
        """
        if kind == "run" and not MEASURES[self.name].bounded:
            may = ", ".join(name for name, known in MEASURES.items() if known.bounded)
            raise InputError(
                f"The {self.name} of a new run is infinite, because its noise has heavy tails; ask "
                f"it of the law's curve (kind='mean'), or use one of {may}."
            )
        if n_draws < self.minimum_draws:
            raise ComputationError(
                f"{self.text} takes at least {self.minimum_draws} draws ({TAIL_DRAWS} in its "
                f"tail); there are {n_draws}. Sample more, or take a milder risk."
            )

    def __call__(self, draws: Array) -> Array:
        """Risk of each design.

        Parameters
        ----------
        draws : ndarray, shape (n_draws, n_designs)
            Of a response, in its unit.

        Returns
        -------
        ndarray, shape (n_designs,)
            In the response's unit; a probability for ``exceedance``.

        Raises
        ------
        ComputationError
            If there are too few draws.
        """
        self.check(len(draws))
        rests_on = counted(draws, self._value) if self.name == "entropic" else len(draws)
        if rests_on < min(TAIL_DRAWS, len(draws)) - 1e-9:
            needed = math.ceil(len(draws) * TAIL_DRAWS / rests_on)
            raise ComputationError(
                f"{self.text} rests on about {rests_on:.0f} of {len(draws)} draws; it would take "
                f"about {format_number(needed)} draws, or a smaller lambda."
            )
        return self.rank(draws)

    def rank(self, draws: Array) -> Array:
        """The same without any refusal, to tell good designs from bad ones in a search."""
        return np.asarray(MEASURES[self.name].measure(draws, self._value)[0])

    def weighted(self, draws: Array, weights: Array) -> Array:
        """Risk of each design under weighted draws, of each of several outcomes.

        Parameters
        ----------
        draws : ndarray, shape (n_draws, n_designs)
        weights : ndarray, shape (n_outcomes, n_draws)
            Each row sums to 1.

        Returns
        -------
        ndarray, shape (n_outcomes, n_designs)
        """
        if self.name == "mean":
            return np.asarray(weights @ draws)
        # As often as its weight says, each draw stands in an even sample of the same size.
        places = (np.arange(len(draws)) + 0.5) / len(draws)
        each = [np.searchsorted(np.cumsum(row), places).clip(max=len(draws) - 1) for row in weights]
        return np.array([self(draws[rows]) for rows in each])

    def error(self, draws: Array) -> Array:
        """Monte Carlo standard error of the risk, as if the draws were independent.

        From the influence of each draw on the risk: its SD over the root of their number.

        Parameters
        ----------
        draws : ndarray, shape (n_draws, n_designs)

        Returns
        -------
        ndarray, shape (n_designs,)
        """
        influence = MEASURES[self.name].measure(draws, self._value)[1]
        return np.asarray(influence.std(axis=0) / math.sqrt(len(draws)))

    def __str__(self) -> str:
        return self.text


_WRITTEN = re.compile(r"\s*(\w+)\s*(?:\(\s*(?:\w+\s*=\s*)?([^()]*?)\s*\))?\s*")


def resolve(risk: str | Risk) -> Risk:
    """Read a risk as it is written.

    Parameters
    ----------
    risk : str or Risk
        For example ``"mean"``, ``"cvar(0.9)"``, ``"exceedance(2.1)"``.

    Returns
    -------
    Risk

    Raises
    ------
    InputError
        For an unknown name, listing those that there are, or an argument out of range.
    """
    if isinstance(risk, Risk):
        return risk
    match = _WRITTEN.fullmatch(risk) if isinstance(risk, str) else None
    if match is None:
        raise InputError(f"There is no risk {risk!r}; choose from {', '.join(RISKS)}.")
    return Risk(match[1], parse_number(match[2]) if match[2] else None)
