"""How wrong a law may be beyond the data.

A law is only right about the further change up to a share ``tau`` of it:

    log y(x) = log f(x) + tau * z * (log f(x) - log f(origin)),   z ~ Normal(0, 1)

``origin`` is the observed run that the forecast starts from. At observed runs the discrepancy
is zero, far out it grows with what the law says is still to come. One ``tau`` and one ``z``
per draw, so that the curves of all points bend together. The noise of new runs may be larger
than that of the observed ones too. Both priors are learned from public runs that were held
out, see benchmarks/README.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bayescale.errors import InputError
from bayescale.forecast.parts import Parts
from bayescale.forecast.predictive import Predictive, paired_normal
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.prior import Array, Prior

NONE = "No discrepancy: the law is taken to hold beyond the data."
# Spread of a stated share, on the log scale: nobody knows it better than hindcasts tell.
_STATED_SPREAD = 0.3
# Decades beyond the data over which the noise of new runs comes to its full factor.
ONSET = 0.03


def widen(
    parts: Parts, reach: Array, discrepancy: Discrepancy | None, rng: np.random.Generator
) -> tuple[Predictive, str]:
    """Allow for the law being wrong beyond the data.

    Parameters
    ----------
    parts : Parts
    reach : ndarray, shape (n_points,)
        Decades beyond the observed runs.
    discrepancy : Discrepancy or None
        None takes the law to hold.
    rng : numpy.random.Generator

    Returns
    -------
    predictive : Predictive
    sentence : str
        What was allowed for, with numbers.
    """
    if discrepancy is None:
        return Predictive(parts.location, parts.scale, parts.dof), NONE
    size = len(parts.location)
    tau = discrepancy.change.draw(rng, size)
    shift = tau[:, None] * paired_normal(rng, size, 1) * parts.change
    onset = -np.expm1(-reach / ONSET)
    factor = np.exp(np.log(discrepancy.noise.draw(rng, size))[:, None] * onset)
    low, middle, high = np.quantile(tau, [0.05, 0.5, 0.95])
    sentence = (
        f"Discrepancy: beyond the data the law's further change is taken to be right to "
        f"± {middle:.0%} of it (one SD; equal-tailed 90% of that SD: {low:.0%} to {high:.0%}; "
        f"{discrepancy.basis})."
    )
    return Predictive(parts.location + shift, parts.scale * factor, parts.dof), sentence


def resolve(learned: Discrepancy, asked: bool | float | Discrepancy) -> Discrepancy | None:
    """Discrepancy of a forecast as the user asked for it.

    Parameters
    ----------
    learned : Discrepancy
        The law's, or the average's.
    asked : bool, float or Discrepancy
        The learned one, none, the typical share of the further change that the law gets
        wrong, or one of the user's own.

    Returns
    -------
    Discrepancy or None
        None takes the law to hold.

    Raises
    ------
    InputError
        If a share does not lie between 0 and 1.
    """
    if isinstance(asked, Discrepancy):
        return asked
    if isinstance(asked, bool | np.bool_):
        return learned if asked else None
    if not 0 < asked < 1:
        raise InputError(
            f"A discrepancy is the share of the further change that the law gets wrong, between 0 "
            f"and 1, e.g. 0.2; it is {asked!r}. To leave it out, pass False (--no-discrepancy)."
        )
    change = Prior(
        "LogNormal", mu=float(np.log(asked)), sigma=_STATED_SPREAD, why="stated by the user"
    )
    return replace(learned, change=change, basis="as stated")
