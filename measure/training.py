"""AdamW with warm-up and a cosine schedule that ends with the run; evaluation."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from measure.size import Size
from measure.text import Bytes
from measure.transformer import Parameters, losses

WARM_UP = 0.05
WEIGHT_DECAY = 0.01
BETAS = (0.9, 0.98)
CLIP = 1.0
CHUNK = 64
# Neighbouring bytes are alike: the standard error is over blocks of this many segments.
BLOCK = 16


@partial(jax.jit, static_argnames=("heads",), donate_argnames=("state",))
def _steps(state: Any, batches: jax.Array, rates: jax.Array, heads: int) -> Any:
    """Some steps of AdamW; ``batches`` has shape (steps, batch, length)."""

    def objective(parameters: Parameters, batch: jax.Array) -> jax.Array:
        return losses(parameters, batch, heads)[0].mean()

    def step(state: Any, item: Any) -> Any:
        parameters, first, second, count = state
        batch, rate = item
        gradient = jax.grad(objective)(parameters, batch)
        norm = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(gradient)))
        gradient = jax.tree.map(lambda g: g * jnp.minimum(1.0, CLIP / norm), gradient)
        count = count + 1
        first = jax.tree.map(lambda m, g: BETAS[0] * m + (1 - BETAS[0]) * g, first, gradient)
        second = jax.tree.map(lambda v, g: BETAS[1] * v + (1 - BETAS[1]) * g**2, second, gradient)

        def update(p: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
            scaled = m / (1 - BETAS[0] ** count)
            scaled = scaled / (jnp.sqrt(v / (1 - BETAS[1] ** count)) + 1e-8)
            return p - rate * (scaled + (WEIGHT_DECAY * p if p.ndim > 1 else 0.0))

        return (jax.tree.map(update, parameters, first, second), first, second, count), None

    return jax.lax.scan(step, state, (batches, rates))[0]


def schedule(steps: int, peak: float) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Learning rate of each step: linear warm-up, then cosine to zero at the last one."""
    warm = max(1, round(WARM_UP * steps))
    done = np.arange(steps)
    cosine = 0.5 * (1 + np.cos(np.pi * np.clip((done - warm) / max(1, steps - warm), 0, 1)))
    return (peak * np.where(done < warm, (done + 1) / warm, cosine)).astype(np.float32)


def train(
    parameters: Parameters, size: Size, text: Bytes, epochs: int, batch: int, peak: float, seed: int
) -> Parameters:
    """Train on segments of text, each seen once per epoch in a new order.

    Parameters
    ----------
    parameters : dict
    size : Size
    text : ndarray of uint8, shape (segments, length)
    epochs, batch : int
        ``batch`` segments a step.
    peak : float
        Highest learning rate.
    seed : int
        Of the order.

    Returns
    -------
    dict
        Trained parameters.
    """
    rng = np.random.default_rng(seed)
    per_epoch = len(text) // batch
    order = np.concatenate(
        [rng.permutation(len(text))[: per_epoch * batch] for _ in range(epochs)]
    ).reshape(-1, batch)
    rates = schedule(len(order), peak)
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    # A copy, because the buffers of the state are given away.
    state = (jax.tree.map(jnp.array, parameters), zeros, jax.tree.map(jnp.array, zeros), 0)
    for start in range(0, len(order), CHUNK):
        part = slice(start, start + CHUNK)
        state = _steps(state, jnp.asarray(text[order[part]]), rates[part], size.heads)
    trained: Parameters = state[0]
    return trained


@partial(jax.jit, static_argnames=("heads",))
def _evaluate(parameters: Parameters, text: jax.Array, heads: int) -> tuple[jax.Array, jax.Array]:
    loss, wrong = losses(parameters, text, heads)
    return loss.mean(axis=1), wrong.mean(axis=1)


def evaluate(parameters: Parameters, size: Size, text: Bytes) -> dict[str, float]:
    """Held-out loss (nats per byte) and error rate of the next byte, with standard errors."""
    found = [
        _evaluate(parameters, jnp.asarray(text[start : start + BLOCK]), size.heads)
        for start in range(0, len(text) - BLOCK + 1, BLOCK)
    ]
    blocks = np.array([[float(loss.mean()), float(wrong.mean())] for loss, wrong in found])
    mean = blocks.mean(axis=0)
    error = blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks))
    return {
        "loss": float(mean[0]),
        "loss_se": float(error[0]),
        "error": float(mean[1]),
        "error_se": float(error[1]),
    }
