"""The pictures: a file per result, each picture with the table behind it.

A picture ``name(result, …)`` returns a figure, and ``name_table(result, …)`` the DataFrame whose
numbers it draws, unless the result holds that table itself. Import them from their module:

- ``forecast``: ``forecast`` of a fit or ensemble along a line, ``extrapolation`` (also its
  ``.plot()``); ``hidden``: ``hidden_runs`` beside their forecast; ``ensemble``: ``laws`` beside
  each other;
- ``composition``, ``returns``, ``isoflops``: of the law's curve;
- ``parameters``: ``prior_posterior``; ``pairs``: ``pairs``;
- ``residuals``: ``residuals``; ``sampler``: ``ranks``, ``energy``;
- ``backtest``: ``bands`` (also its ``.plot()``), ``calibration``;
- ``plan``: ``designs`` (also its ``.plot()``), ``frontier``, ``regret``;
- ``next_runs``: ``candidates`` (also its ``.plot()``), ``costs``.

Figures are matplotlib's, not registered with pyplot, and no global setting changes.

>>> from bayescale.plots.composition import composition, composition_table
"""
