"""What the runs taught: prior against posterior of each parameter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bayescale.law.prior import Array
from bayescale.law.symbols import SHARE, TOTAL, Exponent
from bayescale.plots.axes import log_axis
from bayescale.plots.colours import BLUE, DASHED, tint
from bayescale.plots.figure import LABEL, captioned, legend_above, named_panels
from bayescale.plots.tables import by_name, check_parameters, posterior_draws, telling
from bayescale.posterior.draw import prior_draws
from bayescale.posterior.fit import Fit
from bayescale.posterior.knowledge.diagnostics import support_of

_PRIOR_DRAWS = 20_000
_BINS = 160
_SMALL_SHARE = 0.1


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
    before, after = prior_draws(fit.law, fit.priors, fit.data, _PRIOR_DRAWS), posterior_draws(fit)
    names = telling(fit) if parameters is None else check_parameters(parameters, list(after))
    parts = []
    for name in names:
        log = _by_log(fit, name, after[name])
        prior, posterior = (np.log(x) if log else x for x in (before[name], after[name]))
        prior = prior[np.isfinite(prior)]
        ends = [*np.quantile(prior, [0.05, 0.95]), *np.quantile(posterior, [0.001, 0.999])]
        edges = np.linspace(min(ends), max(ends), _BINS + 1)
        grid = (edges[1:] + edges[:-1]) / 2
        columns = {"parameter": name, "value": np.exp(grid) if log else grid, "log": log}
        columns |= {"prior": _density(prior, edges), "posterior": _density(posterior, edges)}
        parts.append(pd.DataFrame(columns))
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
            log_axis(axes, "x", 4)
        else:
            axes.locator_params(axis="x", nbins=4)
        note = " (not informed)" if name in uninformed else ""
        axes.set_title(name + note, fontsize=LABEL, color="0.45" if note else "black")
        axes.spines["left"].set_visible(False)
    legend_above(figure)
    text = "Densities, each scaled to its own height; of the logarithm on log axes."
    if any(name.startswith(f"{SHARE}[") for name in parts):
        text += f" share[…]: part of a term in {TOTAL}, the response at the reference run."
    return captioned(figure, text)
