"""Laws that are no sums of powers, as a user might write them; each keeps the contract."""

import numpy as np

from bayescale.law import Exponent, Input, Law, Prior, Response, Shape, Weight, ops

POWER = Prior("LogNormal", mu=-1.0, sigma=0.3, why="a test")
PLACE = Prior("LogNormal", mu=0.0, sigma=1.0, why="a test")
N = Input("N", "parameters", "size of the model")
D = Input("D", "tokens", "training tokens")
X = Input("x", "steps", "a scale")
LOSS = Response("L", "nats", "a loss")


def scale_of(symbol, name="x"):
    """A shape that is a scale of an input."""
    return Shape(symbol, "a place", PLACE, lambda bent, reference: bent[symbol] * reference[name])


def law_of(function, parameters, inputs=(X,), name="made", response=LOSS):
    return Law(
        name=name,
        version=1,
        function=function,
        summary="made for a test",
        inputs=tuple(inputs),
        response=response,
        parameters=tuple(parameters),
    )


def _roof(N, D, T0, a, p, b, q):
    return T0 + ops.smooth_max(a * N**p, b * D**q, 0.05)


def _penalty(N, h, E, A, alpha, P, h0):
    return E + A * N**-alpha + P * np.log(h / h0) ** 2


def _kaplan(N, D, A, aN, B, aD):
    return ((A * N**-aN) ** (1 / aD) + (B * D**-aD) ** (1 / aD)) ** aD


def _norm(N, D, A, a, B, b, p):
    return ((A * N**-a) ** p + (B * D**-b) ** p) ** (1 / p)


def _levels(x, low, high, k, s):
    return low + (high - low) * ops.sigmoid(s * (np.log(x) - np.log(k)))


ROOF = law_of(
    _roof,
    [
        Weight("T0", "overhead"),
        Weight("a", "memory traffic"),
        Exponent("p", "power of size", POWER),
        Weight("b", "arithmetic"),
        Exponent("q", "power of tokens", POWER),
    ],
    (N, D),
    "roof",
)
PENALTY = law_of(
    _penalty,
    [
        Weight("E", "floor"),
        Weight("A", "what a finite model loses"),
        Exponent("alpha", "how fast", POWER),
        Weight("P", "what a wrong rate costs"),
        scale_of("h0", "h"),
    ],
    (N, Input("h", "1/step", "learning rate")),
    "penalty",
)
SMALL = Prior("LogNormal", mu=-2.3, sigma=0.3, why="a test")
KAPLAN = law_of(
    _kaplan,
    [
        Weight("A", "loss of a finite model"),
        Exponent("aN", "power of size", SMALL),
        Weight("B", "loss of finite data"),
        Exponent("aD", "power of data", SMALL),
    ],
    (N, D),
    "kaplan_as_published",
)
NORM = law_of(
    _norm,
    [
        Weight("A", "loss of a finite model"),
        Exponent("a", "power of size", POWER),
        Weight("B", "loss of finite data"),
        Exponent("b", "power of data", POWER),
        Shape("p", "how sharply the larger wins", Prior("LogNormal", mu=1.0, sigma=0.5, why="a")),
    ],
    (N, D),
    "norm",
)
LEVELS = law_of(
    _levels,
    [
        Shape("low", "level at first", Prior("LogNormal", mu=0.0, sigma=0.3, why="in the unit")),
        Shape("high", "level at last", Prior("LogNormal", mu=1.0, sigma=0.3, why="in the unit")),
        scale_of("k"),
        Shape("s", "steepness", Prior("LogNormal", mu=0.0, sigma=0.3, why="a test")),
    ],
    name="levels",
)
EXAMPLES = (ROOF, PENALTY, KAPLAN, NORM, LEVELS)
