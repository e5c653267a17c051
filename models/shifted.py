"""One response against one input: a power law with a floor that starts late.

    y(x) = y0 + a*((x + k)/(1 + k))^-b

Below the scale k more data or parameters help little; well above it the excess over the floor
y0 falls as a power law with exponent b. The bracket is 1 at x = 1, so that the term is its
weight there. For learning curves that begin on a plateau, and for width, where the first
doublings do little. Assumes one change of pace and an error that never rises.

References: Domhan, Springenberg & Hutter (2015), IJCAI (families of learning curves);
Hernandez et al. (2021), arXiv:2102.01293 (data that a model brings along, as a shift).
"""

from bayescale.law import Exponent, Input, Law, Noise, Prior, Response, Shape, Weight


def response(x, y0, a, b, k):
    """Response in the unit of the observations."""
    return y0 + a * ((x + k) / (1 + k)) ** -b


LAW = Law(
    name="shifted",
    version=2,
    function=response,
    summary="one response against one input, a power law with a floor that starts late",
    inputs=(Input("x", "scale", "any scale: examples, tokens, parameters, FLOPs"),),
    response=Response("y", "response", "error, loss or time: positive, better when smaller"),
    parameters=(
        Weight("y0", "response at infinite scale"),
        Weight("a", "what a finite scale costs"),
        Exponent(
            "b",
            "how fast scale helps, well above k",
            Prior(
                "LogNormal",
                mu=-1.204,  # log 0.3
                sigma=0.8,
                why="learning curves of many domains: 90% between 0.08 and 1.1",
                source="Hestness et al. (2017): 0.07 to 0.35; Alabdulmohsin et al. (2022): up to 1",
            ),
        ),
        Shape(
            "k",
            "scale below which more of it helps little",
            Prior(
                "LogNormal",
                mu=-1.0,
                sigma=2.0,
                why="90% between a hundredth and ten times the data's centre",
            ),
            to_raw=lambda curvature, reference: curvature["k"] * reference["x"],
            unit="scale",
        ),
    ),
    noise=Noise(along="x"),
    references=(
        "Domhan, Springenberg & Hutter (2015), Speeding up automatic hyperparameter "
        "optimization of deep neural networks by extrapolation of learning curves, IJCAI",
        "Hernandez et al. (2021), Scaling Laws for Transfer, arXiv:2102.01293",
    ),
)
