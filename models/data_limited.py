"""Pre-training loss where tokens are seen more than once: Muennighoff et al., with overfitting.

    L(N, D, U) = E + A*N^-alpha + B*D_eff^-beta + G*(N/U)^q*(D/U)^p
    D_eff = U*(1 + R*(1 - exp(-(D/U - 1)/R)))

U are unique tokens, D all tokens trained on, D/U epochs. Each further epoch is worth less than
the one before; R is the number of epochs after which most of their worth is gone, and D_eff
approaches (1 + R)*U however long one trains. For one epoch D_eff = D.

The published law stops there (and lets parameters in excess of what U supports decay alike), so
that its loss never rises. Observed loss does rise when a large model sees few tokens many times;
the last term, not in the paper, is that overfitting. It grows with parameters per unique token
and with epochs, and is small where both are.

D and U are divided by one reference value, because the law compares them.

Reference: Muennighoff et al. (2023), arXiv:2305.16264.
"""

import numpy as np

from bayescale.law import Exponent, Input, Law, Prior, Response, Shape, Weight

EXPONENT = Prior(
    "LogNormal",
    mu=-1.05,  # log 0.35
    sigma=0.15,
    why="published values lie between 0.28 and 0.37; wider, repeated data let one term become "
    "a second floor; 90% between 0.27 and 0.45",
    source="Muennighoff et al. (2023): 0.353; Hoffmann et al. (2022): 0.34, 0.28",
)


def loss(N, D, U, E, A, alpha, B, beta, R, G, q, p):
    """Loss in nats per token."""
    effective = U * (1 + R * (1 - np.exp((1 - D / U) / R)))
    return E + A * N**-alpha + B * effective**-beta + G * (N / U) ** q * (D / U) ** p


LAW = Law(
    name="data_limited",
    version=2,
    function=loss,
    summary="pre-training loss with repeated data: worth of epochs, and overfitting",
    inputs=(
        Input("N", "parameters", "size of the model; state whether embeddings count"),
        Input("D", "tokens", "all tokens trained on; repetitions count", reference="tokens"),
        Input("U", "tokens", "unique tokens, at most D", reference="tokens", at_most="D"),
    ),
    response=Response("L", "nats/token", "held-out loss at the end of training"),
    parameters=(
        Weight("E", "entropy of text: loss at infinite scale"),
        Weight("A", "what a finite model loses"),
        Exponent("alpha", "how fast a larger model helps", EXPONENT),
        Weight("B", "what finite data lose"),
        Exponent("beta", "how fast more effective data help", EXPONENT),
        Shape(
            "R",
            "epochs after which repeating has lost most of its worth",
            Prior(
                "LogNormal",
                mu=2.708,  # log 15
                sigma=0.5,
                why="one published value; 90% between 6.6 and 34",
                source="Muennighoff et al. (2023): 15.39",
            ),
        ),
        Weight(
            "G",
            "what overfitting costs",
            Prior(
                "Normal",
                mu=-4.5,
                sigma=0.5,
                why="about a percent of the floor where runs are typical, far more at many "
                "epochs: 90% between 0.5% and 2.5%",
                source="own fit to the runs of Muennighoff et al.",
            ),
        ),
        Shape(
            "q",
            "power of parameters per unique token in overfitting",
            Prior(
                "LogNormal",
                mu=-0.288,  # log 0.75
                sigma=0.15,
                why="90% between 0.59 and 0.96",
                source="own fit to the runs of Muennighoff et al.",
            ),
        ),
        Shape(
            "p",
            "power of epochs in overfitting",
            Prior(
                "LogNormal",
                mu=-1.609,  # log 0.2
                sigma=0.3,
                why="90% between 0.12 and 0.33",
                source="own fit to the runs of Muennighoff et al.",
            ),
        ),
    ),
    references=(
        "Muennighoff et al. (2023), Scaling Data-Constrained Language Models, arXiv:2305.16264",
    ),
)
