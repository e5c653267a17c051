"""Draws from a density by nutpie, and what to try when the first attempt does not mix."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import nutpie
import xarray as xr

from bayescale.law.prior import Array
from bayescale.posterior.data import ModelData
from bayescale.posterior.density import Density


@dataclass(frozen=True)
class Attempt:
    """Settings of one attempt: tuning steps per chain and wanted acceptance."""

    tune: int
    target_accept: float

    def __str__(self) -> str:
        return f"{self.tune} tuning steps at acceptance {self.target_accept:g}"


# Each stricter than the one before; later ones are tried only where one fails its checks.
ATTEMPTS = (Attempt(400, 0.9), Attempt(1500, 0.98), Attempt(3000, 0.995))
# Where fits are only scored: careful at once, since a second attempt costs more.
SCORED_ATTEMPTS = (Attempt(500, 0.95), Attempt(1500, 0.99))

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
        Draws on the sampler's scale.
    stats : xarray.Dataset
        Per draw, under ArviZ's names.
    seconds : float
        Sampling alone, compilation left out.
    """

    z: Array
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
) -> Sample:
    """Draw from the posterior with low-rank adaptation of the mass matrix.

    Parameters
    ----------
    density : Density
    data : ModelData
    attempt : Attempt
    chains, draws : int
    seed : int
    progress : bool
        Show a progress bar where there is a terminal or a notebook.

    Returns
    -------
    Sample
    """
    model = density.with_data(data)
    total = chains * (draws + attempt.tune)
    with _progress_bar(total, shown=progress) as callback:
        start = time.perf_counter()
        tree = nutpie.sample(
            model,
            draws=draws,
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
        )
        seconds = time.perf_counter() - start
    stats = tree["sample_stats"].to_dataset()
    z = stats["unconstrained_draw"] if density.route == "compiled" else tree["posterior"]["z"]
    kept = stats[list(_STATS)].rename(_STATS)
    return Sample(z.to_numpy(), kept.drop_attrs(), seconds)


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
