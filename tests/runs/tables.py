"""Sound tables that each test spoils in one way."""

import numpy as np
import pandas as pd


def sound(rows=24, seed=0):
    """Runs of L(N, D) whose N and D vary independently over two decades."""
    rng = np.random.default_rng(seed)
    n, d = 10 ** rng.uniform(8, 10, rows), 10 ** rng.uniform(9, 11, rows)
    loss = 1.8 + 480 * n**-0.35 + 2000 * d**-0.37
    return pd.DataFrame({"N": n, "D": d, "L": loss})
