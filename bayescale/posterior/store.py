"""Fits on disk: netCDF, written whole or not at all, read without running anything."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayescale import catalogue
from bayescale.errors import FitFileError
from bayescale.files import whole_file
from bayescale.law.law import Law
from bayescale.posterior.knowledge.diagnostics import Diagnostics
from bayescale.posterior.parameters import Stated
from bayescale.runs.runs import Runs
from bayescale.runs.storage import from_dataset, to_dataset

# Rises when what is written changes so that it cannot be read in the older way.
FORMAT = 3
_NEEDED = ("posterior", "free", "runs")
_FACTS = ("law", "law_version", "formula", "diagnostics", "stated")


def tree_of(
    draws: xr.DataTree, runs: Runs, stated: Stated, diagnostics: Diagnostics
) -> xr.DataTree:
    """A fit as groups and attributes of plain numbers and text."""
    tree = draws.copy()
    tree["runs"] = xr.DataTree(to_dataset(runs))
    tree.attrs |= {"diagnostics": diagnostics.to_json(), "stated": stated.to_json()}
    return tree


def parts_of(
    tree: xr.DataTree, path: str | Path, law: Law | str | Path | None = None
) -> tuple[Runs, Stated, xr.DataTree, Diagnostics]:
    """The inverse of :func:`tree_of`; arguments and errors as of :func:`bayescale.load`."""
    lacking = [name for name in _NEEDED if name not in tree]
    lacking += [name for name in _FACTS if name not in tree.attrs]
    if lacking:
        raise changed(path, lacking)
    attrs = tree.attrs
    found = catalogue.resolve(law) if law is not None else _by_name(str(attrs["law"]), path)
    wanted = (attrs["law"], int(attrs["law_version"]), attrs["formula"])
    given = (found.name, found.version, found.formula)
    if wanted != given:
        raise FitFileError(
            f"{str(path)!r} was fitted with law {wanted[0]!r} version {wanted[1]} "
            f"({wanted[2]}); the law at hand is {given[0]!r} version {given[1]} ({given[2]}); "
            "fit again, or give the law that it was fitted with."
        )
    try:
        diagnostics = Diagnostics.from_json(attrs.pop("diagnostics"))
        stated = Stated.from_json(attrs.pop("stated"))
        runs = from_dataset(tree["runs"].to_dataset(), found)
    except (ValueError, KeyError, TypeError) as fault:
        raise FitFileError(
            f"{str(path)!r} holds runs, priors or diagnostics that cannot be read; fit again."
        ) from fault
    if stated.discrepancy and "slopes" not in tree:
        raise changed(path, ["slopes"])
    del tree["runs"]
    return runs, stated, tree, diagnostics


def write(tree: xr.DataTree, path: str | Path, what: str) -> Path:
    """Write a tree: to a temporary file beside the target, to disk, then in its place.

    Parameters
    ----------
    tree : xarray.DataTree
    path : str or Path
    what : str
        Named where it cannot be written, e.g. ``"a fit"``.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written.
    """
    target = Path(path)
    tree.attrs |= {"bayescale_format": FORMAT}
    with whole_file(target, what) as draft:
        tree.to_netcdf(draft, engine="h5netcdf")
    return target


def changed(path: str | Path, lacking: Sequence[str]) -> FitFileError:
    """What is said of a file that lacks something that was written into it."""
    return FitFileError(
        f"{str(path)!r} lacks what bayescale wrote into it ({', '.join(lacking)}): something "
        "else has changed it; fit again."
    )


def _by_name(name: str, path: str | Path) -> Law:
    if name not in catalogue.names():
        raise FitFileError(
            f"{str(path)!r} was fitted with a law of your own, {name!r}, which no file carries; "
            "give it with law=, or --law on the command line."
        )
    return catalogue.resolve(name)


def read(path: str | Path) -> xr.DataTree:
    """Read the tree of a file that :func:`write` wrote.

    Raises
    ------
    FitFileError
        If the file is not there, cannot be read, or was written in another format.
    """
    if not Path(path).is_file():
        raise FitFileError(f"There is no file {str(path)!r}.")
    try:
        tree = _tree(path)
    # Whatever a damaged HDF5 file makes of h5py and xarray.
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError) as fault:
        raise FitFileError(
            f"{str(path)!r} is not a readable fit (netCDF by bayescale): {_first_line(fault)}"
        ) from fault
    if "bayescale_format" not in tree.attrs:
        raise FitFileError(f"{str(path)!r} is a netCDF file, but no fit that bayescale wrote.")
    written = int(tree.attrs["bayescale_format"])
    if written != FORMAT:
        advice = "update bayescale to read it" if written > FORMAT else "fit again"
        raise FitFileError(
            f"{str(path)!r} was written by {'a newer' if written > FORMAT else 'an older'} "
            f"bayescale, in format {written} instead of {FORMAT}; {advice}."
        )
    return tree


def _tree(path: str | Path) -> xr.DataTree:
    """A file that :func:`write` wrote, as ``xarray.open_datatree`` reads it.

    Through h5py itself: xarray's own way through h5netcdf takes six times as long, a quarter
    of what a forecast from the shell may take. A test holds the two identical.
    """
    import h5py

    with h5py.File(path) as file:
        found = dict(_groups(file))
        tree = xr.DataTree.from_dict({name: variables for name, (variables, _) in found.items()})
        for name, (_, attrs) in found.items():
            tree[name].attrs = attrs
    return tree


def _groups(group: Any) -> Iterator[tuple[str, tuple[xr.Dataset, dict[str, Any]]]]:
    """Variables and attributes of an HDF5 group and of those in it, by path."""
    import h5py

    attrs = {
        name: value if isinstance(value, str) else np.asarray(value).item()
        for name, value in group.attrs.items()
        if not name.startswith("_")
    }
    yield group.name, (xr.Dataset(dict(_variables(group))), attrs)
    for item in group.values():
        if isinstance(item, h5py.Group):
            yield from _groups(item)


def _variables(group: Any) -> Iterator[tuple[str, tuple[list[str], Any]]]:
    """Name, dimensions and values of each variable of an HDF5 group."""
    import h5py

    items = {name: item for name, item in group.items() if isinstance(item, h5py.Dataset)}
    # Where a dimension lies in the file tells its name faster than HDF5 finds the path to it.
    names = {_address(item): name for name, item in items.items()}
    for name, item in items.items():
        scale = item.attrs.get("CLASS") == b"DIMENSION_SCALE"
        if scale and b"not a netCDF variable" in item.attrs.get("NAME", b""):
            continue
        dims = [name] if scale else [names[_address(axis[0])] for axis in item.dims]
        text = h5py.check_string_dtype(item.dtype) is not None
        values = item.asstr()[()] if text else item[()]
        # netCDF has no booleans; xarray writes them as small numbers and says so.
        yield name, (dims, values.astype(bool) if item.attrs.get("dtype") == "bool" else values)


def _address(item: Any) -> int:
    import h5py

    return int(h5py.h5o.get_info(item.id).addr)


def _first_line(fault: Exception) -> str:
    return (str(fault).splitlines() or [type(fault).__name__])[0]
