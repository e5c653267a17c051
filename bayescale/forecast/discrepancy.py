"""How wrong a law may be beyond the data.

A law is only right about the further change up to a share ``tau`` of it:

    log y(x) = log f(x) + tau * z * (log f(x) - log f(origin)),   z ~ Normal(0, 1)

``origin`` is the observed run that the forecast starts from. At observed runs the discrepancy
is zero, far out it grows with what the law says is still to come. One ``tau`` and one ``z``
per scenario, so that the curves of all points bend together. The noise of new runs may be larger
than that of the observed ones too. Both priors are learned from public runs that were held
out, see benchmarks/README.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bayescale.errors import InputError
from bayescale.forecast.predictive import paired_normal
from bayescale.law.discrepancy import Discrepancy
from bayescale.law.prior import Array, Prior

NONE = "No discrepancy: the law is taken to hold beyond the data."
# Spread of a stated share, on the log scale: nobody knows it better than hindcasts tell.
_STATED_SPREAD = 0.3
# Decades beyond the data over which the noise of new runs comes to its full factor.
ONSET = 0.03


@dataclass(frozen=True, eq=False)
class Errors:
    """How wrong the law is in each scenario.

    Attributes
    ----------
    shift : ndarray, shape (n_draws,)
        Share of the law's further change by which it errs: ``tau * z``.
    log_noise : ndarray, shape (n_draws,)
        Log of the factor on the noise of new runs beyond the data.
    text : str
        What is allowed for, with numbers.
    """

    shift: Array
    log_noise: Array
    text: str


def draw_errors(allowed: Discrepancy | None, size: int, rng: np.random.Generator) -> Errors:
    """Draw how wrong the law is in so many scenarios; None takes the law to hold."""
    if allowed is None:
        return Errors(np.zeros(size), np.zeros(size), NONE)
    tau = allowed.change.draw(rng, size)
    shift = tau * paired_normal(rng, size, 1)[:, 0]
    log_noise = np.log(allowed.noise.draw(rng, size))
    low, middle, high = np.quantile(tau, [0.05, 0.5, 0.95])
    text = (
        f"Discrepancy: beyond the data the law's further change is taken to be right to "
        f"± {middle:.0%} of it (one SD; equal-tailed 90% of that SD: {low:.0%} to {high:.0%}; "
        f"{allowed.basis})."
    )
    return Errors(shift, log_noise, text)


def onset(reach: Array) -> Array:
    """Share of the full factor on the noise of new runs, by decades beyond the data."""
    return np.asarray(-np.expm1(-reach / ONSET))


def resolve(learned: Discrepancy, asked: bool | float | Discrepancy) -> Discrepancy | None:
    """Discrepancy of a forecast as the user asked for it.

    Parameters
    ----------
    learned : Discrepancy
        The law's, or the ensemble's.
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
