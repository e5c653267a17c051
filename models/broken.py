"""One response against one input: a smoothly broken power law with one break.

    y(x) = y0 + a*x^-b * ((1 + (x/k)^(1/s)) / (1 + k^(-1/s)))^(-s*c)

Well below the break k the excess over the floor y0 falls with exponent b, well above it with
b + c. The sharpness s is the width of the change in units of log x: it takes from about
k*exp(-2*s) to k*exp(2*s). The bracket is 1 at x = 1, so that the term is its weight there.
A learning curve that starts near chance bends down (c > 0), one that saturates bends up
(c < 0). Assumes one break; a second one, or one beyond the data, is not foreseen.

Location and sharpness are poorly informed by most curves: their priors keep the break within
a few decades of the data and the change from becoming a kink.

Reference: Caballero et al. (2023), Broken Neural Scaling Laws, arXiv:2210.14891.
"""

import numpy as np

from bayescale.law import Exponent, Input, Law, Noise, Prior, Response, Shape, Weight, ops


def response(x, y0, a, b, c, k, s):
    """Response in the unit of the observations."""
    bend = s * (ops.softplus(np.log(x / k) / s) - ops.softplus(-np.log(k) / s))
    return y0 + a * np.exp(-b * np.log(x) - c * bend)


LAW = Law(
    name="broken",
    version=2,
    function=response,
    summary="one response against one input, a power law with a floor and one smooth break",
    inputs=(Input("x", "scale", "any scale: examples, tokens, parameters, FLOPs"),),
    response=Response("y", "response", "error, loss or time: positive, better when smaller"),
    parameters=(
        Weight("y0", "response at infinite scale"),
        Weight("a", "what a finite scale costs"),
        Exponent(
            "b",
            "how fast scale helps before the break",
            Prior(
                "LogNormal",
                mu=-1.204,  # log 0.3
                sigma=0.8,
                why="learning curves of many domains: 90% between 0.08 and 1.1",
                source="Hestness et al. (2017): 0.07 to 0.35; Alabdulmohsin et al. (2022): up to 1",
            ),
        ),
        Exponent(
            "c",
            "how much faster scale helps after the break",
            Prior(
                "Normal",
                mu=0.0,
                sigma=0.3,
                why="a break either way, usually smaller than the exponent itself",
            ),
        ),
        Shape(
            "k",
            "scale of the break",
            Prior(
                "LogNormal",
                mu=0.0,
                sigma=2.0,
                why="90% within a factor of 27 of the data's centre; further out a break cannot "
                "be told from none",
            ),
            to_raw=lambda curvature, reference: curvature["k"] * reference["x"],
            unit="scale",
        ),
        Shape(
            "s",
            "width of the change in log x",
            Prior(
                "LogNormal",
                mu=0.0,
                sigma=0.4,
                why="90% between 0.5 and 1.9: a kink narrower than the spacing of the runs is "
                "not informed by them and makes sampling hard",
            ),
        ),
    ),
    noise=Noise(along="x"),
    references=(
        "Caballero et al. (2023), Broken Neural Scaling Laws, arXiv:2210.14891",
        "Alabdulmohsin et al. (2022), Revisiting Neural Scaling Laws, arXiv:2209.06640",
    ),
)
