"""What the runs taught of each parameter, and how parameters go together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayescale.errors import InputError
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.law.prior import Array
from bayescale.law.symbols import SHARE, TOTAL, Exponent, share_name
from bayescale.numbers import format_number
from bayescale.plots.axes import log_axis
from bayescale.plots.colours import BLACK, BLUE, DASHED, tint
from bayescale.plots.figure import LABEL, SMALL, finished, named_panels, panels
from bayescale.plots.tables import by_name
from bayescale.posterior.draw import prior_draws
from bayescale.posterior.fit import Fit
from bayescale.posterior.knowledge.diagnostics import support_of

_PRIOR_DRAWS = 20_000
_BINS = 160
_SMALL_SHARE = 0.1
# More parameters than these have cells too small to read.
_MOST = 6
_POINTS = 600


def prior_posterior_table(fit: Fit, parameters: Sequence[str] | None = None) -> pd.DataFrame:
    """Densities of prior and posterior of each parameter.

    Parameters
    ----------
    fit : Fit
    parameters : sequence of str, optional
        As :meth:`bayescale.Fit.summary` names them; all but the raw weights, which are shown
        by their shares, if left out.

    Returns
    -------
    pandas.DataFrame
        ``parameter``, ``value``, ``prior`` and ``posterior``: smoothed densities of the value,
        of its natural log where ``log`` is true; over the prior's central 90% and all of the
        posterior that matters.

    Raises
    ------
    InputError
        For an unknown parameter, or a fit that does not hold its priors.
    """
    before, after = prior_draws(fit.law, fit.priors, fit.data, _PRIOR_DRAWS), _posterior(fit)
    names = _telling(fit) if parameters is None else check_parameters(parameters, after.columns)
    parts = []
    for name in names:
        log = _by_log(fit, name, after[name].median())
        prior, posterior = (np.log(x) if log else x for x in (before[name], after[name].to_numpy()))
        prior = prior[np.isfinite(prior)]
        ends = [*np.quantile(prior, [0.05, 0.95]), *np.quantile(posterior, [0.001, 0.999])]
        edges = np.linspace(min(ends), max(ends), _BINS + 1)
        grid = (edges[1:] + edges[:-1]) / 2
        columns = {"parameter": name, "value": np.exp(grid) if log else grid, "log": log}
        columns |= {"prior": _density(prior, edges), "posterior": _density(posterior, edges)}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def _by_log(fit: Fit, name: str, median: float) -> bool:
    """Whether a parameter reads best on a log axis: what has a unit, noise, small shares."""
    exponents = {item.symbol for item in fit.law.curvature if isinstance(item, Exponent)}
    if name in exponents or support_of(fit.law, name) != "positive":
        return False
    return not name.startswith(f"{SHARE}[") or median < _SMALL_SHARE


def _density(draws: Array, edges: Array) -> Array:
    """Histogram smoothed by Silverman's width, or by a bin where that is wider."""
    step = edges[1] - edges[0]
    low, high = np.quantile(draws, [0.25, 0.75])
    width = 0.9 * min(draws.std(), (high - low) / 1.34) * len(draws) ** -0.2
    # Draws beyond the ends count near them.
    more = int(np.ceil(4 * width / step)) + 1
    wider = edges[0] + step * np.arange(-more, len(edges) + more)
    counts = np.histogram(draws, wider)[0] / (len(draws) * step)
    # numpy alone: importing scipy's filter takes longer than all of a report's densities.
    kernel = np.exp(-0.5 * np.square(np.arange(-more, more + 1) / max(width / step, 0.5)))
    smooth = np.convolve(counts, kernel / kernel.sum(), mode="same")
    return np.asarray(smooth[more:-more])


def prior_posterior(fit: Fit, parameters: Sequence[str] | None = None) -> Figure:
    """Draw prior and posterior of each parameter, each scaled to its own height.

    Parameters and errors as in :func:`prior_posterior_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = prior_posterior_table(fit, parameters)
    parts = by_name(table, "parameter")
    figure, several = named_panels(parts, 4, (2.2, 1.35), above=0.7)
    uninformed = set(fit.diagnostics.not_informed)
    for name, axes in several.items():
        x, part = parts[name]["value"], parts[name][["prior", "posterior"]]
        heights = part / part.max()
        axes.fill_between(x, heights["posterior"], color=tint(BLUE, 0.45), lw=0)
        axes.plot(x, heights["posterior"], color=BLUE, lw=1.2, label="posterior")
        axes.plot(x, heights["prior"], color="0.3", lw=1.2, ls=DASHED, label="prior")
        axes.margins(x=0)
        axes.set(ylim=(0, 1.08), yticks=[])
        if parts[name]["log"].iloc[0]:
            log_axis(axes, "x", wanted=4)
        else:
            axes.locator_params(axis="x", nbins=4)
        note = " (not informed)" if name in uninformed else ""
        axes.set_title(name + note, fontsize=LABEL, color="0.45" if note else "black")
        axes.spines["left"].set_visible(False)
    text = "Densities, each scaled to its own height; of the logarithm on log axes."
    if any(name.startswith(f"{SHARE}[") for name in parts):
        text += f" share[…]: part of a term in {TOTAL}, the response at the reference run."
    return finished(figure, text, columns=2)


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
    draws = _posterior(fit)
    names = _default(fit) if parameters is None else check_parameters(parameters, draws.columns)
    whole = draws[list(dict.fromkeys(names))]
    if whole.shape[1] < 2:
        raise InputError(
            f"Pairs take at least two parameters; there is {', '.join(map(str, whole)) or 'none'}."
        )
    if parameters is None:
        ties = whole.rank().corr().abs().to_numpy() - np.eye(whole.shape[1])
        whole = whole.iloc[:, np.sort(np.argsort(-ties.max(axis=0), kind="stable")[:_MOST])]
    some = np.linspace(0, len(whole) - 1, min(_POINTS, len(whole))).astype(int)
    table = whole.iloc[some].reset_index(drop=True)
    table.attrs = {"rank_correlation": whole.rank().corr()}
    return table


def _default(fit: Fit) -> list[str]:
    weights = fit.law.weights
    # With two terms the second share is the rest of the first.
    rest = {share_name(weights[0].symbol)} if len(weights) == 2 else set()
    return [name for name in _telling(fit) if not (name.startswith("noise") or name in rest)]


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
    return finished(figure, text)


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


def _posterior(fit: Fit) -> pd.DataFrame:
    """Draws of every parameter that tables name, in raw units, chains one after the other."""
    return fit.draws["posterior"].to_dataset().to_dataframe()


def _telling(fit: Fit) -> list[str]:
    """Parameters that have a prior of their own, weights as their shares."""
    weights = {item.symbol for item in fit.law.weights}
    return [str(name) for name in _posterior(fit) if name not in weights]


def check_parameters(wanted: Iterable[str], known: pd.Index) -> list[str]:
    """Refuse parameters that a fit does not have.

    Raises
    ------
    InputError
        With those there are.
    """
    names = list(wanted)
    if unknown := [name for name in names if name not in known]:
        raise InputError(
            f"The fit has no parameter {', '.join(map(repr, unknown))}; choose from "
            f"{', '.join(known)}."
        )
    return names
