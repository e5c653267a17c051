"""The pictures: a file per result, each picture with the table behind it.

A picture ``name(result, …)`` returns a figure, and ``name_table(result, …)`` the DataFrame whose
numbers it draws, unless the result holds that table itself. Import them from their module:

- ``forecast``: ``forecast`` of a fit or ensemble along a line, ``extrapolation`` (also its
  ``.plot()``); ``beside``: ``hidden_runs`` beside their forecast, ``laws`` beside each other;
- ``curve``: ``composition`` and ``returns`` of the law's curve; ``isoflops``: at equal cost;
- ``parameters``: ``prior_posterior``, ``pairs``;
- ``residuals``: ``residuals``; ``sampler``: ``ranks``, ``energy``;
- ``backtest``: ``bands`` (also its ``.plot()``), ``calibration``;
- ``plan``: ``designs`` (also its ``.plot()``), ``frontier``, ``regret``;
- ``next_runs``: ``candidates`` (also its ``.plot()``), ``costs``.

Figures are matplotlib's, not registered with pyplot, and no global setting changes.

>>> from bayescale.plots.curve import composition, composition_table
"""
