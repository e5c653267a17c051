"""One response against one input: a power law with a floor.

    y(x) = y0 + a*x^-b

The plainest scaling law, for a learning curve or any single scale. Assumes one power over
the whole range and an error that never rises. Rows of distinct x are points of one curve, whose
errors are alike; rows that repeat an x are runs of their own.

References: Hestness et al. (2017), arXiv:1712.00409; Alabdulmohsin et al. (2022),
arXiv:2209.06640.
"""

from bayescale.law import Exponent, Input, Law, Noise, Prior, Response, Weight


def response(x, y0, a, b):
    """Response in the unit of the observations."""
    return y0 + a * x**-b


LAW = Law(
    name="power",
    version=2,
    function=response,
    summary="one response against one input, a power law with a floor",
    inputs=(Input("x", "scale", "any scale: examples, tokens, parameters, FLOPs"),),
    response=Response("y", "response", "error, loss or time: positive, better when smaller"),
    parameters=(
        Weight("y0", "response at infinite scale"),
        Weight("a", "what a finite scale costs"),
        Exponent(
            "b",
            "how fast scale helps",
            Prior(
                "LogNormal",
                mu=-1.204,  # log 0.3
                sigma=0.8,
                why="learning curves of many domains: 90% between 0.08 and 1.1",
                source="Hestness et al. (2017): 0.07 to 0.35; Alabdulmohsin et al. (2022): up to 1",
            ),
        ),
    ),
    noise=Noise(along="x"),
    references=(
        "Hestness et al. (2017), Deep Learning Scaling is Predictable, arXiv:1712.00409",
        "Alabdulmohsin et al. (2022), Revisiting Neural Scaling Laws, arXiv:2209.06640",
    ),
)
