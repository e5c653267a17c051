"""How the sampler did, for those who ask: ranks of each chain, and energy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bayescale.errors import InputError
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.plots.axes import (
    BLUE,
    LABEL,
    ORANGE,
    SERIES,
    SMALL,
    caption,
    new_figure,
    plain,
    tint,
)
from bayescale.posterior.fit import Fit
from bayescale.posterior.knowledge.diagnostics import E_BFMI_LIMIT

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

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
    import pandas as pd
    from scipy.stats import hypergeom

    _check_sampled(fit)
    table = fit.diagnostics.table
    names = list(parameters or table["r_hat"].sort_values(ascending=False).index[:_SHOWN])
    if unknown := [name for name in names if name not in table.index]:
        raise InputError(
            f"The fit has no parameter {', '.join(map(repr, unknown))}; choose from "
            f"{', '.join(table.index)}."
        )
    chains, length = fit.draws["posterior"][names[0]].shape
    size, expected, tail = chains * length, length / _BINS, (1 - DEFAULT_MASS) / 2
    low, high = np.asarray(hypergeom.ppf([tail, 1 - tail], size, size // _BINS, length)) / expected
    rows = []
    for name in names:
        order = np.argsort(fit.draws["posterior"][name].to_numpy().ravel(), kind="stable")
        place = np.empty(size, dtype=int)
        place[order] = np.arange(size) * _BINS // size
        for chain, own in enumerate(place.reshape(chains, length)):
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
    names = list(dict.fromkeys(table["parameter"]))
    columns = min(2, len(names))
    rows = -(-len(names) // columns)
    figure = new_figure(max(3.4, 3.0 * columns), 0.9 + 1.6 * rows)
    panels = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    edges = np.linspace(0, 100, _BINS + 1)
    for axes, name in zip(panels, names, strict=False):
        part = table[table["parameter"] == name]
        low, high = part["lower"].iloc[0], part["upper"].iloc[0]
        axes.axhspan(low, high, color="0.92", lw=0, zorder=-2)
        for (chain, own), colour in zip(part.groupby("chain"), SERIES * 9, strict=False):
            axes.stairs(
                own["ratio"], edges, baseline=None, color=colour, lw=1.1, label=f"chain {chain}"
            )
        axes.set_title(name, fontsize=LABEL)
        axes.set_xlim(0, 100)
        axes.set_ylim(0, max(2.0, 1.05 * table["ratio"].max()))
        plain(axes)
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    figure.supylabel("draws / expected", fontsize=LABEL)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=4, frameon=False, fontsize=SMALL)
    text = (
        "Across: rank among all draws (%). Level where chains agree; grey: "
        f"{interval_name(DEFAULT_MASS)} for independent draws."
    )
    caption(figure, text)
    return figure


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
    import pandas as pd

    _check_sampled(fit)
    values = fit.draws["sample_stats"]["energy"].to_numpy()
    marginal = (values - values.mean()).ravel()
    transition = np.diff(values, axis=1).ravel()
    most = float(np.quantile(np.abs(np.concatenate([marginal, transition])), 0.999))
    edges = np.linspace(-most, most, 41)
    found = {
        name: np.histogram(each, edges)[0] / len(each)
        for name, each in (("marginal", marginal), ("transition", transition))
    }
    return pd.DataFrame({"energy": (edges[1:] + edges[:-1]) / 2, **found})


def energy(fit: Fit) -> Figure:
    """Draw the energy of the draws beside its changes: alike where the tails were explored.

    Parameters and errors as in :func:`energy_table`, whose numbers it draws.

    Returns
    -------
    matplotlib.figure.Figure
    """
    table = energy_table(fit)
    figure = new_figure(4.6, 3.0)
    axes = figure.add_subplot()
    x = table["energy"]
    axes.fill_between(x, 100 * table["marginal"], color=tint(BLUE, 0.4), lw=0, label="energy")
    axes.plot(x, 100 * table["transition"], color=ORANGE, lw=1.8, label="change to the next draw")
    axes.set_xlabel("energy about its mean (nats)")
    axes.set_ylabel("draws (%)")
    axes.set_ylim(0)
    plain(axes)
    axes.legend(frameon=False, fontsize=SMALL)
    found = fit.diagnostics.e_bfmi
    caption(figure, f"Smallest E-BFMI of a chain: {found:.2f} (wanted at least {E_BFMI_LIMIT}).")
    return figure
