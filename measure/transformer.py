"""A plain byte-level transformer in JAX: pre-norm, learned positions, GELU."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from measure.size import CONTEXT, VOCABULARY, Size

Parameters = dict[str, Any]


def initialise(size: Size, seed: int, context: int = CONTEXT) -> Parameters:
    """Random weights: normal, scaled by one over the root of the fan-in."""
    d, layers = size.width, size.layers
    shapes = {
        "attention_in": (layers, d, 3 * d),
        "attention_out": (layers, d, d),
        "feed_in": (layers, d, 4 * d),
        "feed_out": (layers, 4 * d, d),
        "token": (VOCABULARY, d),
        "position": (context, d),
        "output": (d, VOCABULARY),
    }
    keys = jax.random.split(jax.random.key(seed), len(shapes))
    scales = {"token": 0.5, "position": 0.1} | {
        # Residual branches start small, the deeper the smaller.
        "attention_out": (d * 2 * layers) ** -0.5,
        "feed_out": (4 * d * 2 * layers) ** -0.5,
    }
    weights: Parameters = {
        name: jax.random.normal(key, shape) * scales.get(name, shape[-2] ** -0.5)
        for key, (name, shape) in zip(keys, shapes.items(), strict=True)
    }
    norms = {"norm_attention": (layers, d), "norm_feed": (layers, d), "norm_last": (d,)}
    return weights | {name: jnp.ones(shape) for name, shape in norms.items()}


def _norm(x: jax.Array, gain: jax.Array) -> jax.Array:
    return x * gain * jax.lax.rsqrt(jnp.mean(x**2, axis=-1, keepdims=True) + 1e-6)


def _attention(x: jax.Array, matrix: jax.Array, heads: int) -> jax.Array:
    batch, length, width = x.shape
    q, k, v = jnp.moveaxis((x @ matrix).reshape(batch, length, 3, heads, width // heads), 2, 0)
    logits = jnp.einsum("bqhd,bkhd->bhqk", q, k) * (width // heads) ** -0.5
    past = jnp.tril(jnp.ones((length, length), dtype=bool))
    weights = jax.nn.softmax(jnp.where(past, logits, -1e9), axis=-1)
    return jnp.einsum("bhqk,bkhd->bqhd", weights, v).reshape(batch, length, width)


def logits(parameters: Parameters, text: jax.Array, heads: int) -> jax.Array:
    """Logits of each byte given those before it.

    Parameters
    ----------
    parameters : dict
    text : array of uint8, shape (batch, length)
        Shifted by one inside: the first byte is predicted from a zero byte.
    heads : int

    Returns
    -------
    array, shape (batch, length, 256)
    """
    before = jnp.pad(text[:, :-1], ((0, 0), (1, 0)))
    x = parameters["token"][before] + parameters["position"][: text.shape[1]]
    for layer in range(parameters["feed_in"].shape[0]):
        normed = _norm(x, parameters["norm_attention"][layer])
        mixed = _attention(normed, parameters["attention_in"][layer], heads)
        x = x + mixed @ parameters["attention_out"][layer]
        normed = _norm(x, parameters["norm_feed"][layer])
        x = x + jax.nn.gelu(normed @ parameters["feed_in"][layer]) @ parameters["feed_out"][layer]
    return _norm(x, parameters["norm_last"]) @ parameters["output"]


def losses(parameters: Parameters, text: jax.Array, heads: int) -> tuple[jax.Array, jax.Array]:
    """Cross-entropy in nats and whether the likeliest byte is wrong, shape (batch, length)."""
    guess = logits(parameters, text, heads)
    picked = jnp.take_along_axis(guess, text[..., None].astype(jnp.int32), axis=-1)[..., 0]
    return jax.nn.logsumexp(guess, axis=-1) - picked, jnp.argmax(guess, axis=-1) != text
