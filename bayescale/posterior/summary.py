"""Draws to tables of a person's numbers: parameters and marginal returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from bayescale.intervals import bounds, interval_name
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.law.symbols import share_name
from bayescale.posterior.predictor import Curve


def parameter_table(
    law: Law, posterior: Mapping[str, Array], informed: Mapping[str, bool], mass: float
) -> pd.DataFrame:
    """One row per parameter: median, interval, SD, unit, whether the data informed it.

    Parameters
    ----------
    law : Law
    posterior : mapping of str to ndarray, shape (n_draws,)
        Raw units.
    informed : mapping of str to bool
    mass : float
        Of the equal-tailed intervals.

    Returns
    -------
    pandas.DataFrame
        Indexed by parameter.
    """
    described = {item.symbol: item.meaning for item in law.parameters} | _MEANINGS
    described |= {share_name(item.symbol): f"share of M: {item.meaning}" for item in law.weights}
    rows = []
    for name, draws in posterior.items():
        median, lower, upper = bounds(draws, mass)
        rows.append(
            {
                "parameter": name,
                "median": float(median),
                "lower": float(lower),
                "upper": float(upper),
                "sd": float(draws.std(ddof=1)),
                "interval": interval_name(mass),
                "unit": _unit(law, name),
                "informed": informed[name],
                "meaning": described.get(name, ""),
            }
        )
    return pd.DataFrame(rows).set_index("parameter")


_MEANINGS = {
    "M": "response at the reference run (geometric mean of the inputs)",
    "noise_scale": "scale of the noise of one run, relative to the response",
    "noise_gain": "share by which a run's further gain differs from the law's",
    "noise_level": "spread of the training runs' own levels, relative to the response",
    "noise_length": "how far along a run its errors stay alike, in natural-log units",
    "noise_dof": "tails of the noise: small is heavy, above 30 is nearly normal",
    "noise_trend": "change of the log of the noise per e-fold of size, the mean log of the inputs",
    "slope_error": "share of its local slopes by which the law errs (one SD)",
    "slope_beyond": "the same further beyond the data, of which no run tells",
}


def _unit(law: Law, name: str) -> str:
    weights = {weight.symbol for weight in law.weights}
    if name in weights or name == "M":
        # A weight has the response's unit where every input is 1 in its own unit.
        return law.response.unit
    units = {item.symbol: getattr(item, "unit", "") for item in law.curvature}
    return units.get(name, "")


def returns_table(curve: Curve, at: pd.DataFrame, mass: float) -> pd.DataFrame:
    """Marginal returns and elasticities of the law's curve.

    Parameters
    ----------
    curve : Curve
    at : pandas.DataFrame, shape (n_points, n_inputs)
        Raw inputs.
    mass : float
        Of the equal-tailed intervals.

    Returns
    -------
    pandas.DataFrame
        A row per point and input: ``derivative`` (median of the partial derivative, response
        per unit of the input) and ``elasticity`` (percent of the response per percent of the
        input), each with ``_lower`` and ``_upper``.
    """
    inputs: dict[str, Any] = {
        name: at[name].to_numpy(dtype=float) for name in curve.law.input_symbols
    }
    level = curve(inputs)
    rows = []
    for symbol in curve.law.input_symbols:
        slope = curve.derivative(inputs, symbol)
        slopes = bounds(slope, mass)
        elasticities = bounds(slope * inputs[symbol] / level, mass)
        for k in range(len(at)):
            row: dict[str, Any] = {"point": k, **{n: inputs[n][k] for n in inputs}, "input": symbol}
            for name, found in (("derivative", slopes), ("elasticity", elasticities)):
                for part, value in zip(("", "_lower", "_upper"), found, strict=True):
                    row[name + part] = float(value[k])
            rows.append(row | {"interval": interval_name(mass)})
    return pd.DataFrame(rows).set_index(["point", "input"]).sort_index(kind="stable")
