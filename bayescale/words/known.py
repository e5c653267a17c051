"""Numbers with what the count of scenarios lets them say: twice their Monte Carlo error."""

from __future__ import annotations

import math

# Within so many scenarios of none or all, a share is a bound (95%, the rule of three).
_THREE = 3.0


def told(value: float, error: float) -> bool:
    """Whether a number is told from nothing: more than twice its Monte Carlo standard error."""
    return abs(value) > 2 * error


def margin(value: float, error: float) -> str:
    """Write a number to the digits that its error leaves: ``0.0028 (± 0.0004)``, two errors.

    Examples
    --------
    >>> margin(0.00279, 0.00021), margin(2.5, 0.0)
    ('0.0028 (± 0.00042)', '2.5')
    """
    return f"{value:.2g} (± {2 * error:.2g})" if error > 0 else f"{value:.2g}"


def chance(probability: float, error: float, count: int) -> str:
    """Write a probability that was counted over scenarios, with twice its standard error.

    Examples
    --------
    >>> chance(0.731, 0.007, 4000), chance(1.0, 0.0, 4000), chance(0.0, 0.0, 4000)
    ('73.1% (± 1.4%)', 'more than 99.92%', 'less than 0.08%')
    """
    bound = min(_THREE / count, 0.5)
    digits = max(0, math.ceil(-math.log10(100 * bound)))
    # Rounded away from certainty.
    bound = math.ceil(bound * 10 ** (digits + 2) - 1e-9) / 10 ** (digits + 2)
    if probability >= 1 - bound:
        return f"more than {1 - bound:.{digits}%}"
    if probability <= bound:
        return f"less than {bound:.{digits}%}"
    return f"{probability:.1%} (± {2 * error:.1%})"
