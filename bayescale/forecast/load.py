"""Fits, ensembles and answers from their files: what a file is, it says itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from bayescale import catalogue
from bayescale.errors import FitFileError
from bayescale.forecast.answer import about_of, answered
from bayescale.forecast.mixture import Ensemble
from bayescale.law.law import Law
from bayescale.posterior import store
from bayescale.posterior.fit import Fit
from bayescale.runs.storage import frame_from_dataset

# Columns of a backtest that are read again.
_READ = ("fold", "inside", "reach")

Laws = Law | str | Path | Sequence[Law | str | Path]


def load(path: str | Path, law: Laws | None = None) -> Fit | Ensemble:
    """Read a fit, an ensemble or an answer that was saved.

    Nothing that a file holds is executed, and nothing is sampled.

    Parameters
    ----------
    path : str or Path
    law : Law, str or Path, or sequence of these, optional
        Laws of the user's own, which no file carries. Laws of the catalogue are found by name.

    Returns
    -------
    Fit, Ensemble or Answer
        What was saved.

    Raises
    ------
    FitFileError
        If the file is nothing that bayescale wrote, is damaged, was written in another format, or
        belongs to another law or another version of it.
    """
    tree = store.read(path)
    kind = str(tree.attrs.get("bayescale_kind", "fit"))
    if kind == "fit":
        return _fit(tree, path, law)
    if kind not in ("ensemble", "answer"):
        raise FitFileError(
            f"{str(path)!r} holds {kind!r}, which this bayescale does not know; update it."
        )
    if "weights" not in tree.attrs or "fit_0" not in tree:
        raise store.changed(path, ["weights", "fit_0"])
    own = law if law is None or _several(law) else [law]
    fits: list[Fit] = []
    while (name := f"fit_{len(fits)}") in tree:
        fits.append(_fit(tree.children[name].copy(), path, own))
    try:
        weights = pd.Series(json.loads(tree.attrs["weights"]), dtype=float, name="weight")
        weights = weights.rename_axis("law")
        tables = {name: _table(tree, name) for name in ("hindcasts", "backtest")}
        target = frame_from_dataset(tree["target"].to_dataset()) if kind == "answer" else None
        asked = None if target is None else about_of(target[1])
    except (ValueError, KeyError, TypeError) as fault:
        raise FitFileError(
            f"{str(path)!r} holds weights or tables that cannot be read; forecast again."
        ) from fault
    if list(weights.index) != [fit.law.name for fit in fits]:
        raise store.changed(path, [f"fits of {', '.join(map(str, weights.index))}"])
    inputs = fits[0].law.input_symbols
    needed = {"backtest": (*_READ, *inputs), "target": inputs}
    found = tables | ({} if target is None else {"target": target[0]})
    for name, columns in needed.items():
        lacking = [column for column in columns if column not in found.get(name, columns)]
        if lacking and not (name == "backtest" and found[name].empty):
            raise store.changed(path, [f"{column} of the {name}" for column in lacking])
    whole = Ensemble(tuple(fits), weights, **tables)
    return whole if target is None or asked is None else answered(whole, target[0], **asked)


def _several(law: Laws) -> bool:
    return isinstance(law, Sequence) and not isinstance(law, str)


def _fit(tree: xr.DataTree, path: str | Path, law: Any) -> Fit:
    """One fit, by the law that is given; of several laws by the one of its name, if it is there."""
    if law is not None and _several(law):
        own = {found.name: found for found in map(catalogue.resolve, law)}
        law = own.get(str(tree.attrs.get("law")))
    return Fit(*store.parts_of(tree, path, law))


def _table(tree: xr.DataTree, name: str) -> pd.DataFrame:
    return frame_from_dataset(tree[name].to_dataset())[0] if name in tree else pd.DataFrame()
