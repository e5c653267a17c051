"""Seeds of a fit's own, so that draws of unrelated fits have nothing in common."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

import numpy as np

from bayescale.runs.runs import Runs


def own_seed(seed: int, of: Iterable[Runs]) -> int:
    """Seed that follows from another one, from laws and from their data.

    Two fits that draw from one seed are correlated draw by draw, which nobody asked for: of a
    loss and of a latency neither tells the other.

    Parameters
    ----------
    seed : int
    of : iterable of Runs
        Same runs of the same laws, same seed, in whatever units.

    Returns
    -------
    int
        Of 31 bits.
    """
    told = sha256(str(seed).encode())
    for runs in of:
        told.update(runs.law.name.encode())
        for values in (*runs.inputs.values(), runs.response):
            with np.errstate(divide="ignore"):
                told.update((np.round(np.log(values / values.max()), 6) + 0.0).tobytes())
    return int.from_bytes(told.digest()[:4], "little") >> 1
