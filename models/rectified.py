"""Error after fine-tuning with a pre-power phase: the rectified law of Lin et al.

    E(D_test) = E0 + nu*(1 + D_t)/(D_t + D_test^theta)

The published form is E0 + B/(D_t + D_test^theta). Its numerator is written so that nu is the
reducible error at the reference run. While D_test^theta is small beside D_t the curve hardly
falls: what the model learned in pre-training is still worth more than the examples. After that
it falls as D_test^-theta. D_t is that earlier knowledge, in units of the reference run's
D_test^theta, so 1 means that the bend lies where the runs are.

One model and one task at a time. Zero examples are legal and give E0 + nu*(1 + D_t)/D_t; the
first few hundred examples often teach the form of the answer instead, a step this law does
not have, so a zero-shot row is best left out where it stands far above the rest.

Reference: Lin et al. (2024), arXiv:2402.02314.
"""

from bayescale.law import (
    Exponent,
    Input,
    Law,
    Prior,
    Response,
    Shape,
    Weight,
)


def error(D_test, E0, nu, theta, D_t):
    """Error in the unit of the observations."""
    return E0 + nu * (1 + D_t) / (D_t + D_test**theta)


LAW = Law(
    name="rectified",
    version=2,
    function=error,
    summary="fine-tuning error with a pre-power phase before the power law (Lin et al. 2024)",
    inputs=(
        Input("D_test", "examples", "examples or tokens adapted to; zero-shot is 0", zero=True),
    ),
    response=Response("E", "error", "error rate or loss on held-out examples"),
    parameters=(
        Weight("E0", "error after adaptation without end"),
        Weight(
            "nu",
            "what adaptation buys down, at the reference run",
            Prior(
                "Normal",
                mu=3.0,
                sigma=0.5,
                why="one model on one task is far from its floor, which such runs cannot tell from "
                "a steeper exponent: 90% between 9 and 46 times it",
            ),
        ),
        Exponent(
            "theta",
            "how fast more examples help, once past the bend",
            Prior(
                "LogNormal",
                mu=-0.916,  # log 0.4
                sigma=0.4,
                why="steeper than plain power laws fitted over the bend: 90% between 0.2 and 0.77",
                source="Lin et al. (2024): most between 0.2 and 1",
            ),
        ),
        Shape(
            "D_t",
            "worth of pre-training in units of the reference run's D_test^theta: 1 at the bend",
            Prior(
                "LogNormal",
                mu=1.099,  # log 3
                sigma=0.7,
                why="the bend lies among the runs or beyond: 90% between 0.9 and 9.5",
            ),
            to_raw=lambda curvature, reference: (
                curvature["D_t"] * reference["D_test"] ** curvature["theta"]
            ),
        ),
    ),
    references=(
        "Lin et al. (2024), Selecting Large Language Model to Fine-tune via Rectified Scaling "
        "Law, arXiv:2402.02314",
    ),
)
