"""Functions for laws, the same on PyTensor, numpy, xarray, complex numbers and text.

A law's derivatives are taken by complex steps and by PyTensor, and its formula is printed and
evaluated in a browser. ``np.maximum``, ``abs`` and ``if`` do not survive that; these do, because
they are ordinary arithmetic without a branch. They are smooth, and nowhere infinite.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Keeps the derivative of a square root finite at 0.
_TINY = 1e-300


def softplus(t: Any) -> Any:
    """log(1 + exp(t)): 0 far below t = 0 and t far above, without overflow.

    ``w*softplus(t/w)`` is a hinge whose corner is rounded over a width of about w.
    """
    size = (t * t + _TINY) ** 0.5  # |t|
    return 0.5 * (t + size) + np.log1p(np.exp(-size))


def sigmoid(t: Any) -> Any:
    """1/(1 + exp(-t)): from 0 far below t = 0 to 1 far above, without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * t)


def smooth_max(a: Any, b: Any, corner: Any = 0.1) -> Any:
    """Larger of two positive numbers, with a rounded corner where they are equal.

    Parameters
    ----------
    a, b : anything with arithmetic
        Not negative, of one unit; a maximum of three is a maximum of two of them and the third.
    corner : anything with arithmetic, default 0.1
        Share by which the value is too large where both are equal, from 0 (``np.maximum``) to 1
        (their sum).

    Returns
    -------
    anything with arithmetic
        Homogeneous of degree one in a and b, as a law is in its weights, and a where b is 0.

    Notes
    -----
    The larger root m of (m - a)*(m - b) = corner^2*a*b.
    """
    apart = (a - b) ** 2 + 4.0 * corner**2 * a * b
    return 0.5 * (a + b + (apart + _TINY) ** 0.5)


def smooth_min(a: Any, b: Any, corner: Any = 0.1) -> Any:
    """Smaller of two positive numbers; with the same corner, a*b is this times the larger one."""
    return a * b / smooth_max(a, b, corner)
