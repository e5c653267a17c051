"""How parameters go together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayescale.errors import InputError
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.law.prior import Array
from bayescale.law.symbols import share_name
from bayescale.numbers import format_number
from bayescale.plots.colours import BLACK, BLUE, tint
from bayescale.plots.figure import LABEL, SMALL, captioned, panels
from bayescale.plots.tables import check_parameters, posterior_draws, telling
from bayescale.posterior.fit import Fit

# More parameters than these have cells too small to read.
_MOST = 6
_POINTS = 600


def pairs_table(fit: Fit, parameters: Sequence[str] | None = None) -> pd.DataFrame:
    """Draws of several parameters, evenly thinned.

    Parameters
    ----------
    fit : Fit
    parameters : sequence of str, optional
        At least two; if left out, those with a prior of their own, without the noise, and of
        these the six of strongest rank correlation with any other.

    Returns
    -------
    pandas.DataFrame, shape (n_draws, n_parameters)
        ``attrs["rank_correlation"]``: Spearman's, from all draws.

    Raises
    ------
    InputError
        For an unknown parameter, or fewer than two.
    """
    draws = posterior_draws(fit)
    given = _default(fit) if parameters is None else check_parameters(parameters, list(draws))
    names = list(dict.fromkeys(given))
    if len(names) < 2:
        raise InputError(
            f"Pairs take at least two parameters; there is {', '.join(names) or 'none'}."
        )
    whole = pd.DataFrame({name: draws[name] for name in names})
    if parameters is None:
        whole = whole[_most_tied(whole)]
    some = np.linspace(0, len(whole) - 1, min(_POINTS, len(whole))).astype(int)
    table = whole.iloc[some].reset_index(drop=True)
    table.attrs = {"rank_correlation": whole.rank().corr()}
    return table


def _default(fit: Fit) -> list[str]:
    weights = fit.law.weights
    # With two terms the second share is the rest of the first.
    rest = {share_name(weights[0].symbol)} if len(weights) == 2 else set()
    return [name for name in telling(fit) if not (name.startswith("noise") or name in rest)]


def _most_tied(draws: pd.DataFrame) -> list[str]:
    ties = draws.rank().corr().abs().to_numpy() - np.eye(draws.shape[1])
    strongest = np.sort(np.argsort(-ties.max(axis=0), kind="stable")[:_MOST])
    return [draws.columns[k] for k in strongest]


def pairs(fit: Fit, parameters: Sequence[str] | None = None, mass: float = DEFAULT_MASS) -> Figure:
    """Draw each pair of parameters: draws below, rank correlations above, intervals between.

    Parameters and errors as in :func:`pairs_table`, whose draws it shows; ``mass`` is that of
    the equal-tailed intervals.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = pairs_table(fit, parameters)
    names, summary, n = [str(name) for name in table], fit.summary(mass), len(table.columns)
    side = max(4.2, 1.25 * n)
    # One pair of axes with a cell of width 1 for each pair: forty panels would take a second.
    figure, (axes,) = panels(width=side, height=side + 0.3)
    place = {name: _cell(table[name]) for name in names}
    for row, second in enumerate(names):
        for column, first in enumerate(names[:row]):
            x, y = column + place[first], n - 1 - row + place[second]
            axes.plot(x, y, ".", ms=2, mew=0, alpha=0.45, color=BLUE, rasterized=True)
            rho = table.attrs["rank_correlation"].loc[first, second]
            at: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": LABEL}
            colour = tint(BLACK, 0.35 + 0.65 * abs(rho))
            axes.text(row + 0.5, n - 0.5 - column, f"{rho:+.2f}", color=colour, **at)
        _name_cell(axes, row + 0.5, n - 0.5 - row, second, summary.T[second])
    for k in range(n + 1):
        axes.plot([k, k], [0, n], color="0.85", lw=0.8)
        axes.plot([0, n], [k, k], color="0.85", lw=0.8)
    axes.set(xlim=(0, n), ylim=(0, n), xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(False)
    text = f"Diagonal: median and {interval_name(mass)}. Right: Spearman's rank correlation. "
    text += "Weights and other wide positive parameters are drawn by their logs."
    return captioned(figure, text)


def _cell(values: pd.Series) -> Array:
    """Draws put between 0 and 1; by their logs where they spread over more than a factor of 5."""
    x = values.to_numpy(dtype=float)
    if (x > 0).all() and np.quantile(x, 0.95) > 5 * np.quantile(x, 0.05):
        x = np.log(x)
    low, high = np.quantile(x, [0.002, 0.998])
    width = (high - low) or 1.0
    return np.asarray(np.clip(0.06 + 0.88 * (x - low) / width, 0.02, 0.98))


def _name_cell(axes: Axes, x: float, y: float, name: str, numbers: pd.Series) -> None:
    middle, low, high = (format_number(numbers[end]) for end in ("median", "lower", "upper"))
    axes.text(x, y + 0.08, name, ha="center", va="bottom", fontsize=LABEL, weight="bold")
    text = f"{middle}\n[{low}, {high}]"
    axes.text(x, y, text, ha="center", va="top", fontsize=SMALL - 1.5)
