"""Equal-tailed intervals: their mass, their name, their bounds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bayescale.errors import InputError

Array = npt.NDArray[np.float64]
DEFAULT_MASS = 0.9


def interval_name(mass: float) -> str:
    """How tables call an interval of this mass, e.g. ``equal-tailed 90%``."""
    return f"equal-tailed {100 * mass:g}%"


def check_mass(mass: float) -> float:
    """Refuse a mass that is no probability strictly between 0 and 1."""
    if not 0 < mass < 1:
        raise InputError(f"An interval's mass lies between 0 and 1, e.g. 0.9; it is {mass:g}.")
    return mass


def bounds(draws: Array, mass: float) -> tuple[Array, Array, Array]:
    """Median, lower and upper bound over the first axis, equal-tailed."""
    tail = (1 - check_mass(mass)) / 2
    lower, median, upper = np.quantile(draws, [tail, 0.5, 1 - tail], axis=0)
    return median, lower, upper


def named_bounds(
    draws: Array, mass: float, prefix: str = "", middle: str = "median"
) -> dict[str, Array]:
    """Median and equal-tailed bounds over the first axis, as columns of a table.

    Parameters
    ----------
    draws : ndarray, shape (n_draws, ...)
    mass : float
    prefix : str
        Of the names ``lower`` and ``upper``.
    middle : str, default "median"
        Name of the median.
    """
    return dict(zip((middle, f"{prefix}lower", f"{prefix}upper"), bounds(draws, mass), strict=True))
