"""Numbers as people type and read them: ``70B``, ``1.4T``, ``5.9e23``, ``1,000``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from bayescale.errors import InputError

_SUFFIXES = {"K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12}
_WRITTEN = (("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3))
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<mantissa>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?|[0-9]+\.?[0-9]*|\.[0-9]+)"
    r"(?P<exponent>[eE][+-]?[0-9]{1,4})?\s*(?P<suffix>[kKmMbBgGtT]?)"
)


def parse_number(value: str | float) -> float:
    """Read a number as a person types it.

    Parameters
    ----------
    value : str or float
        Digits with an optional exponent (``5.9e23``), thousands separated by commas
        (``1,000``) and one of the suffixes K, M, B or G, T in either case (``1.4T``). A
        number is returned as it is.

    Returns
    -------
    float
        Finite.

    Raises
    ------
    InputError
        If it is no such number, or not finite.

    Examples
    --------
    >>> parse_number("1.4T")
    1400000000000.0
    """
    if isinstance(value, bool):
        raise InputError(f"{value} is not a number.")
    number = _from_text(value) if isinstance(value, str) else float(value)
    if not math.isfinite(number):
        raise InputError(f"{value!r} is not a finite number.")
    return number


def _from_text(text: str) -> float:
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        shown = text if len(text) <= 40 else text[:39] + "…"
        raise InputError(f"{shown!r} is not a number; write it as 70000000000, 7e10 or 70B.")
    plain = match["sign"] + match["mantissa"].replace(",", "") + (match["exponent"] or "")
    return float(plain) * _SUFFIXES.get(match["suffix"].upper(), 1.0)


def format_number(value: float, digits: int = 3) -> str:
    """Write a number for a person to read; :func:`parse_number` reads it back.

    Parameters
    ----------
    value : float
    digits : int, default 3
        Significant digits, at least 3; trailing zeros are dropped.

    Returns
    -------
    str
        With K, M, B or T between a thousand and a quadrillion, with an exponent beyond.

    Examples
    --------
    >>> format_number(7e10), format_number(5.9e23), format_number(0.0125)
    ('70B', '5.9e23', '0.0125')
    """
    # Rounding first: 999.96e9 is 1T, not 1000B.
    rounded = float(f"{value:.{digits - 1}e}")
    if 1e3 <= abs(rounded) < 1e15:
        suffix, unit = next(pair for pair in _WRITTEN if abs(rounded) >= pair[1])
        return f"{rounded / unit:.{digits}g}{suffix}"
    return re.sub(r"e([+-])0*", lambda m: "e-" if m[1] == "-" else "e", f"{rounded:.{digits}g}")


def write_point(point: Mapping[Any, float], between: str = "=") -> str:
    """Write a point as a person does, each value after its name.

    Examples
    --------
    >>> write_point({"N": 7e9, "D": 1.4e11}), write_point({"N": 7e9}, " = ")
    ('N=7B, D=140B', 'N = 7B')
    """
    return ", ".join(f"{name}{between}{format_number(value)}" for name, value in point.items())


def brief(value: float) -> str:
    """Write a number of a table with four significant digits, from ten thousand as 64.8K.

    Examples
    --------
    >>> brief(0.0123456), brief(64846.7), brief(float("nan"))
    ('0.01235', '64.85K', 'nan')
    """
    large = 1e4 <= abs(value) < float("inf")
    return format_number(value, 4) if large else f"{value:.4g}"
