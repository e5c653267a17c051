"""Fits made by hand for pictures, and what a figure shows."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import xarray as xr
from fits import TRUTH, by_hand

from bayescale.posterior.parameters import Stated


def cloud(law, n=400, spread=0.03, seed=0, **options):
    """A fit whose posterior is the known truth with relative spread; with its priors stated."""
    rng = np.random.default_rng(seed)
    raw = {k: v * np.exp(spread * rng.standard_normal(n)) for k, v in TRUTH[law].items()}
    return with_priors(by_hand(law, raw, **options))


def with_priors(fit):
    law = fit.law
    tree = fit.draws.copy()
    shares = fit.draws["free"]
    ratios = {w.symbol: np.exp(shares[f"share[{w.symbol}]"]) for w in law.weights[1:]}
    total = 1 + sum(ratios.values())
    first = law.weights[0].symbol
    parts = {f"share[{first}]": 1 / total} | {
        f"share[{name}]": ratio / total for name, ratio in ratios.items()
    }
    tree["posterior"] = xr.DataTree(tree["posterior"].to_dataset().assign(parts))
    rows = tuple(
        {"parameter": str(name), "contraction": 0.9, "informed": True, "r_hat": 1.0}
        for name in tree["posterior"]
    )
    return replace(
        fit,
        draws=tree,
        stated=Stated({"M": law.total}, discrepancy=fit.stated.discrepancy),
        diagnostics=replace(fit.diagnostics, parameters=rows),
    )


def chained(fit, draws, energy):
    """A fit with chains of one parameter, (n_chains, n_draws), and their energy."""
    posterior = xr.Dataset({name: (("chain", "draw"), x) for name, x in draws.items()})
    stats = xr.Dataset({"energy": (("chain", "draw"), energy)})
    tree = xr.DataTree.from_dict(
        {"posterior": posterior, "sample_stats": stats, "free": fit.draws["free"].to_dataset()}
    )
    tree.attrs = fit.draws.attrs
    rows = tuple(
        {"parameter": name, "informed": True, "r_hat": 1.0 + k} for k, name in enumerate(draws)
    )
    return replace(fit, draws=tree, diagnostics=replace(fit.diagnostics, parameters=rows))


def lines(axes):
    """Data of each line by its label."""
    return {line.get_label(): np.asarray(line.get_xydata()) for line in axes.lines}


def filled(axes):
    """Lower and upper edge of each filled band: arrays x, lower, upper."""
    found = []
    for band in axes.collections:
        if type(band).__name__ != "FillBetweenPolyCollection":
            continue
        corners = band.get_paths()[0].vertices
        # First corner, then along the lower edge, then back along the upper.
        n = (len(corners) - 3) // 2
        one, other = corners[1 : n + 1], corners[n + 2 : 2 * n + 2][::-1]
        found.append((one[:, 0], *np.sort([one[:, 1], other[:, 1]], axis=0)))
    return found


def overlaps(figure):
    """Pairs of tick labels of one axis that touch, and texts that leave the figure."""
    figure.draw_without_rendering()
    faults = []
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            shown = [
                (tick.label1.get_text(), tick.label1.get_window_extent())
                for tick in axis.get_major_ticks()
                if tick.label1.get_visible()
                and tick.label1.get_text()
                and low <= tick.get_loc() <= high
            ]
            for (a, one), (b, other) in pairwise(shown):
                if one.overlaps(other):
                    faults.append((a, b))
        texts = [axes.xaxis.label, axes.yaxis.label, axes.title, *axes.texts]
        texts += [text for legend in figure.legends for text in legend.get_texts()]
        for text in texts:
            box = text.get_window_extent()
            whole = figure.bbox
            if text.get_text() and not (
                box.x0 >= whole.x0 - 1
                and box.x1 <= whole.x1 + 1
                and box.y0 >= whole.y0 - 1
                and box.y1 <= whole.y1 + 1
            ):
                faults.append((text.get_text(), "outside"))
    return faults
