"""What the runs taught: prior against posterior, and how parameters go together."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.errors import InputError
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.law.prior import Array, Prior
from bayescale.law.symbols import SHARE, TOTAL, Exponent
from bayescale.numbers import format_number
from bayescale.plots.axes import (
    BLUE,
    LABEL,
    SMALL,
    caption,
    log_axis,
    new_figure,
    plain,
    tint,
)
from bayescale.posterior.fit import Fit
from bayescale.posterior.knowledge.diagnostics import support_of
from bayescale.posterior.parameters import Priors, share_name, to_raw

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PRIOR_DRAWS = 20_000
_BINS = 160
_SMALL_SHARE = 0.1
# More parameters than these have cells too small to read.
_MOST = 6
_POINTS = 600
_WRITTEN = re.compile(r"(?P<name>\w+)\((?P<inside>.*)\)")


def posterior_draws(fit: Fit) -> dict[str, Array]:
    """Every parameter that tables name, in raw units, chains one after the other."""
    return {str(name): x.to_numpy().ravel() for name, x in fit.draws["posterior"].items()}


def prior_draws(fit: Fit, size: int = _PRIOR_DRAWS, seed: int = 0) -> dict[str, Array]:
    """The same parameters drawn from the priors that the fit was made with.

    Soft constraints on derived quantities are left out.

    Raises
    ------
    InputError
        If the fit does not say which priors it was made with.
    """
    stated = json.loads(fit.provenance.get("priors", "{}"))
    if not stated:
        raise InputError("This fit does not hold its priors; fit again to see them.")
    priors = Priors(tuple((name, _read(text)) for name, text in stated.items()))
    free = priors.draw(np.random.default_rng(seed), size)
    with np.errstate(over="ignore", under="ignore"):
        return to_raw(fit.law, priors, free, fit.curve.reference, fit.curve.unit)


def _read(text: str) -> Prior:
    """The inverse of a prior's text."""
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise InputError(f"This fit holds a prior that cannot be read: {text!r}; fit again.")
    pairs = (pair.split("=") for pair in match["inside"].split(", "))
    numbers: dict[str, Any] = {name: float(value) for name, value in pairs}
    return Prior(match["name"], why="as the fit was made with", **numbers)


def telling(fit: Fit) -> list[str]:
    """Parameters that have a prior of their own, weights as their shares."""
    weights = {item.symbol for item in fit.law.weights}
    return [name for name in posterior_draws(fit) if name not in weights]


def _chosen(fit: Fit, parameters: Sequence[str] | None, default: Sequence[str]) -> list[str]:
    known = list(posterior_draws(fit))
    names = list(parameters if parameters is not None else default)
    if unknown := [name for name in names if name not in known]:
        raise InputError(
            f"The fit has no parameter {', '.join(map(repr, unknown))}; choose from "
            f"{', '.join(known)}."
        )
    return names


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
    import pandas as pd

    before, after = prior_draws(fit), posterior_draws(fit)
    parts = []
    for name in _chosen(fit, parameters, telling(fit)):
        log = _by_log(fit, name, after[name])
        prior, posterior = (np.log(x) if log else x for x in (before[name], after[name]))
        prior = prior[np.isfinite(prior)]
        ends = [*np.quantile(prior, [0.05, 0.95]), *np.quantile(posterior, [0.001, 0.999])]
        edges = np.linspace(min(ends), max(ends), _BINS + 1)
        grid = (edges[1:] + edges[:-1]) / 2
        values = np.exp(grid) if log else grid
        columns = {"prior": _density(prior, edges), "posterior": _density(posterior, edges)}
        parts.append(pd.DataFrame({"parameter": name, "value": values, "log": log, **columns}))
    return pd.concat(parts, ignore_index=True)


def _by_log(fit: Fit, name: str, posterior: Array) -> bool:
    """Whether a parameter reads best on a log axis: what has a unit, noise, small shares."""
    exponents = {item.symbol for item in fit.law.curvature if isinstance(item, Exponent)}
    if name in exponents or support_of(fit.law, name) != "positive":
        return False
    return not name.startswith(f"{SHARE}[") or bool(np.median(posterior) < _SMALL_SHARE)


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
    names = list(dict.fromkeys(table["parameter"]))
    columns = min(4, len(names))
    rows = -(-len(names) // columns)
    figure = new_figure(max(3.4, 2.2 * columns), 0.7 + 1.35 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    uninformed = set(fit.diagnostics.not_informed)
    for axes, name in zip(panels, names, strict=False):
        part = table[table["parameter"] == name]
        x = part["value"]
        height = part["posterior"] / part["posterior"].max()
        axes.fill_between(x, height, color=tint(BLUE, 0.45), lw=0)
        axes.plot(x, height, color=BLUE, lw=1.2, label="posterior")
        style = {"color": "0.3", "lw": 1.2, "ls": (0, (4, 2)), "label": "prior"}
        axes.plot(x, part["prior"] / part["prior"].max(), **style)
        axes.margins(x=0)
        axes.set_ylim(0, 1.08)
        axes.set_yticks([])
        if part["log"].iloc[0]:
            log_axis(axes, "x", 4)
        else:
            axes.locator_params(axis="x", nbins=4)
        note = " (not informed)" if name in uninformed else ""
        axes.set_title(name + note, fontsize=LABEL, color="0.45" if note else "black")
        plain(axes)
        axes.spines["left"].set_visible(False)
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2, frameon=False, fontsize=SMALL)
    text = "Densities, each scaled to its own height; of the logarithm on log axes."
    if any(name.startswith(f"{SHARE}[") for name in names):
        text += f" share[…]: part of a term in {TOTAL}, the response at the reference run."
    caption(figure, text)
    return figure


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
    import pandas as pd

    draws = posterior_draws(fit)
    first = share_name(fit.law.weights[0].symbol)
    own = [name for name in telling(fit) if not name.startswith("noise")]
    # With two terms the second share is the rest of the first.
    two = len(fit.law.weights) == 2
    default = [name for name in own if not (two and name == first)]
    names = _chosen(fit, parameters, default)
    if len(set(names)) < 2:
        raise InputError(
            f"Pairs take at least two parameters; there is {', '.join(names) or 'none'}."
        )
    whole = pd.DataFrame({name: draws[name] for name in dict.fromkeys(names)})
    if parameters is None:
        whole = whole[_most_tied(whole)]
    some = np.linspace(0, len(whole) - 1, min(_POINTS, len(whole))).astype(int)
    table = whole.iloc[some].reset_index(drop=True)
    table.attrs = {"rank_correlation": whole.rank().corr()}
    return table


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
    summary = fit.summary(mass)
    names, n = [str(name) for name in table], len(table.columns)
    figure = new_figure(max(4.2, 1.25 * n), max(4.2, 1.25 * n) + 0.3)
    axes = figure.add_subplot()
    # One pair of axes with a cell of width 1 for each pair: forty panels would take a second.
    place = {name: _cell(table[name]) for name in names}
    for row, second in enumerate(names):
        for column, first in enumerate(names[:row]):
            x, y = column + place[first], n - 1 - row + place[second]
            axes.plot(x, y, ".", ms=2, mew=0, alpha=0.45, color=BLUE, rasterized=True)
            rho = table.attrs["rank_correlation"].loc[first, second]
            grey = tint("#000000", 0.35 + 0.65 * abs(rho))
            at: dict[str, Any] = {"ha": "center", "va": "center", "color": grey}
            axes.text(row + 0.5, n - 0.5 - column, f"{rho:+.2f}", fontsize=LABEL, **at)
        _name_cell(axes, row, n, second, summary.loc[second])
    for k in range(n + 1):
        axes.plot([k, k], [0, n], color="0.85", lw=0.8)
        axes.plot([0, n], [k, k], color="0.85", lw=0.8)
    axes.set(xlim=(0, n), ylim=(0, n), xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(False)
    note = f"Diagonal: median and {interval_name(mass)}. Right: Spearman's rank correlation."
    caption(figure, note + " Weights and other wide positive parameters are drawn by their logs.")
    return figure


def _cell(values: pd.Series) -> Array:
    """Draws put between 0 and 1; by their logs where they spread over more than a factor of 5."""
    x = values.to_numpy(dtype=float)
    if (x > 0).all() and np.quantile(x, 0.95) > 5 * np.quantile(x, 0.05):
        x = np.log(x)
    low, high = np.quantile(x, [0.002, 0.998])
    width = (high - low) or 1.0
    return np.asarray(np.clip(0.06 + 0.88 * (x - low) / width, 0.02, 0.98))


def _name_cell(axes: Axes, row: int, n: int, name: str, numbers: Any) -> None:
    middle, edges = numbers["median"], (numbers["lower"], numbers["upper"])
    text = f"{format_number(middle)}\n[{', '.join(format_number(edge) for edge in edges)}]"
    at: dict[str, Any] = {"ha": "center", "color": "black"}
    axes.text(row + 0.5, n - 0.42 - row, name, va="bottom", fontsize=LABEL, weight="bold", **at)
    axes.text(row + 0.5, n - 0.5 - row, text, va="top", fontsize=SMALL - 1.5, **at)
