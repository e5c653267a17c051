"""The pictures of a report. Each takes results and returns a figure with a table behind it.

For a picture ``name(result, …)`` there is ``name_table(result, …)``: the DataFrame whose numbers
are drawn. Figures are matplotlib's, not registered with pyplot, and no global setting changes.
"""

from bayescale.plots.backtests import (
    bands,
    bands_table,
    calibration,
    calibration_table,
    laws,
    laws_table,
)
from bayescale.plots.composition import composition, composition_table
from bayescale.plots.decisions import (
    candidates,
    candidates_table,
    frontier,
    frontier_table,
    regret,
    regret_table,
)
from bayescale.plots.forecasts import forecast, forecast_table
from bayescale.plots.isoflops import isoflops, isoflops_table
from bayescale.plots.marginal import returns, returns_table
from bayescale.plots.parameters import (
    pairs,
    pairs_table,
    prior_posterior,
    prior_posterior_table,
)
from bayescale.plots.residuals import residuals, residuals_table
from bayescale.plots.sampler import energy, energy_table, ranks, ranks_table

__all__ = [
    "bands",
    "bands_table",
    "calibration",
    "calibration_table",
    "candidates",
    "candidates_table",
    "composition",
    "composition_table",
    "energy",
    "energy_table",
    "forecast",
    "forecast_table",
    "frontier",
    "frontier_table",
    "isoflops",
    "isoflops_table",
    "laws",
    "laws_table",
    "pairs",
    "pairs_table",
    "prior_posterior",
    "prior_posterior_table",
    "ranks",
    "ranks_table",
    "regret",
    "regret_table",
    "residuals",
    "residuals_table",
    "returns",
    "returns_table",
]
