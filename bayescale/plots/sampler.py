"""How the sampler did, for those who ask: ranks of each chain, and energy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bayescale.errors import InputError
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.plots.colours import BLUE, ORANGE, SERIES, tint
from bayescale.plots.figure import LABEL, finished, legend, named_panels, panels
from bayescale.plots.parameters import check_parameters
from bayescale.plots.tables import by_name
from bayescale.posterior.fit import Fit
from bayescale.posterior.knowledge.diagnostics import E_BFMI_LIMIT

_BINS = 20
_SHOWN = 4


def _check_sampled(fit: Fit) -> None:
    if fit.approximate or "sample_stats" not in fit.draws:
        raise InputError(
            "A preview has no sampler whose ranks and energy could be shown; fit without preview."
        )


def ranks_table(fit: Fit, parameters: Sequence[str] | None = None) -> pd.DataFrame:
    """How often each chain's draws fall into each twentieth of all draws, by rank.

    Parameters
    ----------
    fit : Fit
    parameters : sequence of str, optional
        The four of largest R-hat if left out.

    Returns
    -------
    pandas.DataFrame
        ``parameter``, ``chain``, ``bin`` (from 0), ``ratio`` of the count to what chains that
        agree have on average; ``lower`` and ``upper``: equal-tailed 90% of that ratio for
        independent draws. Draws that follow each other closely may leave it more often.

    Raises
    ------
    InputError
        For a preview, or an unknown parameter.

    References
    ----------
    Vehtari et al. (2021), doi:10.1214/20-BA1221.
    """
    from scipy.stats import hypergeom

    _check_sampled(fit)
    r_hat = fit.diagnostics.table["r_hat"].sort_values(ascending=False)
    names = check_parameters(parameters or r_hat.index[:_SHOWN], r_hat.index)
    chains, length = fit.draws["posterior"][names[0]].shape
    size, expected, tail = chains * length, length / _BINS, (1 - DEFAULT_MASS) / 2
    low, high = hypergeom.ppf(np.array([tail, 1 - tail]), size, size // _BINS, length) / expected
    rows = []
    for name in names:
        ranked = fit.draws["posterior"][name].to_numpy().ravel().argsort(kind="stable").argsort()
        for chain, own in enumerate((ranked * _BINS // size).reshape(chains, length)):
            ratios = np.bincount(own, minlength=_BINS) / expected
            rows += [(name, chain, k, ratio, low, high) for k, ratio in enumerate(ratios)]
    columns = ["parameter", "chain", "bin", "ratio", "lower", "upper"]
    return pd.DataFrame(rows, columns=columns)


def ranks(fit: Fit, parameters: Sequence[str] | None = None) -> Figure:
    """Draw the ranks of each chain's draws: level where the chains agree.

    Parameters and errors as in :func:`ranks_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = ranks_table(fit, parameters)
    parts = by_name(table, "parameter")
    figure, several = named_panels(parts, 2, (3.0, 1.6), above=0.9, sharex=True, sharey=True)
    edges = np.linspace(0, 100, _BINS + 1)
    for name, axes in several.items():
        axes.axhspan(*parts[name][["lower", "upper"]].iloc[0], color="0.92", lw=0, zorder=-2)
        for (chain, own), colour in zip(parts[name].groupby("chain"), SERIES * 9, strict=False):
            label = f"chain {chain}"
            axes.stairs(own["ratio"], edges, baseline=None, color=colour, lw=1.1, label=label)
        axes.set_title(name, fontsize=LABEL)
        axes.set(xlim=(0, 100), ylim=(0, max(2.0, 1.05 * table["ratio"].max())))
    figure.supylabel("draws / expected", fontsize=LABEL)
    grey = f"{interval_name(DEFAULT_MASS)} for independent draws"
    text = f"Across: rank among all draws (%). Level where chains agree; grey: {grey}."
    return finished(figure, text, columns=4)


def energy_table(fit: Fit) -> pd.DataFrame:
    """Energy of the draws, and its change from each draw to the next, as histograms.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    pandas.DataFrame
        ``energy`` (middle of each class, about the mean), ``marginal`` and ``transition``:
        share of the draws in the class.

    Raises
    ------
    InputError
        For a preview.

    References
    ----------
    Betancourt (2016), arXiv:1604.00695.
    """
    _check_sampled(fit)
    values = fit.draws["sample_stats"]["energy"].to_numpy()
    marginal = (values - values.mean()).ravel()
    transition = np.diff(values, axis=1).ravel()
    most = float(np.quantile(np.abs(np.concatenate([marginal, transition])), 0.999))
    edges = np.linspace(-most, most, 41)
    table = pd.DataFrame({"energy": (edges[1:] + edges[:-1]) / 2})
    for name, each in (("marginal", marginal), ("transition", transition)):
        table[name] = np.histogram(each, edges)[0] / len(each)
    return table


def energy(fit: Fit) -> Figure:
    """Draw the energy of the draws beside its changes: alike where the tails were explored.

    Parameters and errors as in :func:`energy_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = energy_table(fit)
    figure, (axes,) = panels(width=4.6, height=3.0)
    x = table["energy"]
    axes.fill_between(x, 100 * table["marginal"], color=tint(BLUE, 0.4), lw=0, label="energy")
    axes.plot(x, 100 * table["transition"], color=ORANGE, lw=1.8, label="change to the next draw")
    axes.set(xlabel="energy about its mean (nats)", ylabel="draws (%)", ylim=(0, None))
    legend(axes)
    found, wanted = f"{fit.diagnostics.e_bfmi:.2f}", f"(wanted at least {E_BFMI_LIMIT})"
    return finished(figure, f"Smallest E-BFMI of a chain: {found} {wanted}.")
