"""Draws from a density by nutpie, and what to try when the first attempt does not mix."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import nutpie
import xarray as xr

from bayescale.errors import ComputationError
from bayescale.law.prior import Array
from bayescale.posterior.data import ModelData
from bayescale.posterior.density import Density


@dataclass(frozen=True)
class Attempt:
    """Settings of one attempt.

    Attributes
    ----------
    tune : int
        Tuning steps per chain.
    target_accept : float
        Wanted acceptance.
    thin : int
        One of so many draws is kept, so that a longer attempt is not a larger fit.
    """

    tune: int
    target_accept: float
    thin: int = 1

    def __str__(self) -> str:
        kept = f", one draw of {self.thin} kept" if self.thin > 1 else ""
        return f"{self.tune} tuning steps at acceptance {self.target_accept:g}{kept}"


class OutOfPatienceError(Exception):
    """Sampling was given up, since it took too long."""


# Each longer and stricter than the one before; later ones are tried only where one fails.
ATTEMPTS = (Attempt(400, 0.95), Attempt(600, 0.98, 4), Attempt(1000, 0.995, 8))
# Where fits are only scored.
SCORED_ATTEMPTS = (Attempt(400, 0.95), Attempt(800, 0.99, 2))
# No attempt is begun or goes on when a fit has sampled for so many seconds, but for the first.
PATIENCE = 300.0

_STATS = {
    "diverging": "diverging",
    "energy": "energy",
    "logp": "lp",
    "n_steps": "n_steps",
    "step_size": "step_size",
    "depth": "tree_depth",
}

# Seconds between two states of a notebook's progress bar.
_REFRESH = 0.2


@dataclass(frozen=True)
class Sample:
    """What the sampler returned.

    Attributes
    ----------
    z : ndarray, shape (n_chains, n_draws, n_free)
        Draws on the parameters' own scale.
    u : ndarray, shape (n_chains, n_draws, n_free)
        The same draws in the sampler's coordinates; a further attempt may start from them.
    stats : xarray.Dataset
        Per draw, under ArviZ's names.
    seconds : float
        Sampling alone, compilation left out.
    """

    z: Array
    u: Array
    stats: xr.Dataset
    seconds: float


def sample(
    density: Density,
    data: ModelData,
    attempt: Attempt,
    *,
    chains: int,
    draws: int,
    seed: int,
    progress: bool,
    starts: Array | None = None,
    patience: float | None = None,
) -> Sample:
    """Draw from the posterior with low-rank adaptation of the mass matrix.

    Parameters
    ----------
    density : Density
    data : ModelData
    attempt : Attempt
    chains, draws : int
        What is kept.
    seed : int
    progress : bool
        Show a progress bar where there is a terminal or a notebook.
    starts : ndarray, shape (n_starts, n_free), optional
        Where chains start, one of them each, in the sampler's coordinates; dispersed if left out.
    patience : float, optional
        Seconds after which sampling is given up; never if left out.

    Returns
    -------
    Sample

    Raises
    ------
    OutOfPatienceError
        If it would have taken longer.
    KeyboardInterrupt
        If the user interrupts it; nutpie itself would return what it has so far.
    ComputationError
        If the density is finite nowhere that a chain may start.
    """
    target = density.with_data(data, starts)
    every = draws * attempt.thin
    with _progress_bar(chains * (every + attempt.tune), shown=progress) as callback:
        start = time.perf_counter()
        sampler = nutpie.sample(
            target.model,
            draws=every,
            tune=attempt.tune,
            chains=chains,
            # A Python density holds the interpreter: chains side by side would only wait.
            cores=1 if density.route == "direct" else None,
            seed=seed,
            target_accept=attempt.target_accept,
            adaptation="low_rank",
            save_warmup=False,
            progress_bar=False,
            progress_callback=callback,
            store_unconstrained=density.route == "compiled",
            blocking=False,
        )
        tree = _result(sampler, patience)
        seconds = time.perf_counter() - start
    stats = tree["sample_stats"].to_dataset()
    u = stats["unconstrained_draw"] if density.route == "compiled" else tree["posterior"]["u"]
    kept = slice(attempt.thin - 1, None, attempt.thin)
    thinned = stats[list(_STATS)].rename(_STATS).drop_attrs().isel(draw=kept)
    # A divergence counts, whether its draw is kept or not.
    diverging = stats["diverging"].to_numpy().reshape(chains, draws, attempt.thin).any(-1)
    thinned["diverging"] = thinned["diverging"].copy(data=diverging)
    thinned = thinned.assign_coords(draw=np.arange(draws))
    found = u.to_numpy()[:, kept]
    return Sample(target.coordinates.z(found), found, thinned, seconds)


def _result(sampler: Any, patience: float | None) -> Any:
    """What a sampler in the background returns.

    Whatever ends the waiting, an interrupt above all, ends the sampler too.
    """
    try:
        return sampler.wait(timeout=patience)
    except TimeoutError:
        sampler.cancel()
        raise OutOfPatienceError from None
    except RuntimeError as fault:
        raise ComputationError(
            f"The sampler stopped ({str(fault).splitlines()[0]}): the posterior of these runs is "
            "finite nowhere near its priors; look at the table's units and for inputs that are "
            "all equal, or state narrower priors."
        ) from fault
    except BaseException:
        sampler.cancel()
        raise


@contextmanager
def _progress_bar(total: int, *, shown: bool) -> Iterator[Callable[[Any], None] | None]:
    """A progress bar over all chains; silent where nobody would see it."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if console.is_jupyter:
        with _notebook_bar(total) as callback:
            yield callback
        return
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("sampling"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} draws, {task.fields[divergences]} divergences"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("sampling", total=total, divergences=0)

        def update(chains: Any) -> None:
            done, divergences = _state(chains)
            bar.update(task, completed=done, divergences=divergences)

        yield update


@contextmanager
def _notebook_bar(total: int) -> Iterator[Callable[[Any], None]]:
    """A bar in HTML that goes when sampling ends; rich would need ipywidgets for it."""
    import IPython.display

    notebook: Any = IPython.display
    handle = notebook.display(notebook.HTML(""), display_id=True)
    shown_at = 0.0

    def update(chains: Any) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if now - shown_at < _REFRESH:
            return
        shown_at = now
        done, divergences = _state(chains)
        text = f"sampling: {done:,} of {total:,} draws, {divergences} divergences"
        handle.update(notebook.HTML(f"<progress value={done} max={total}></progress> {text}"))

    try:
        yield update
    finally:
        handle.update(notebook.HTML(""))


def _state(chains: Any) -> tuple[int, int]:
    """Draws and divergences so far, over all chains."""
    return (
        sum(chain.finished_draws for chain in chains),
        sum(chain.divergences for chain in chains),
    )
