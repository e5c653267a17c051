"""Pre-training loss from model size and data that interact, above a floor.

    L(N, D) = E + K*((N^(-alpha/c) + q*D^(-r*alpha/c))/(1 + q))^c

Size and data limit each other: with data without end the second part falls as N^-alpha, with
a model without end as D^-(r*alpha), and c says what happens between. c = 1 is the sum of
Hoffmann et al.; c above 1 adds a positive interaction (large models profit more from data);
towards 0 only the scarcer of the two counts. c = r*alpha and E = 0 is the law of Kaplan et al.
Where additive laws are wrong, it is mostly here that they are.

The exponents are tied by their ratio r, because they are published close to each other, and
a few runs say little about each alone. Minimised under C = 6*N*D the best model size grows as
C^a with a = r/(1 + r).

References: Kaplan et al. (2020), arXiv:2001.08361; Hoffmann et al. (2022), arXiv:2203.15556;
Gadre et al. (2024), arXiv:2403.08540 (equal exponents).
"""

from bayescale.law import Exponent, Input, Law, Prior, Response, Shape, Weight


def loss(N, D, E, K, q, alpha, r, c):
    """Loss in nats per token."""
    return E + K * ((N ** (-alpha / c) + q * D ** (-r * alpha / c)) / (1 + q)) ** c


def _raw_ratio(curvature, reference):
    """The ratio at N = D = 1, from that at the reference run."""
    fall = curvature["alpha"] / curvature["c"]
    at_reference = reference["D"] ** (curvature["r"] * fall) / reference["N"] ** fall
    return curvature["q"] * at_reference


LAW = Law(
    name="coupled",
    version=2,
    function=loss,
    summary="pre-training loss from parameters and tokens that interact, above a floor",
    inputs=(
        Input("N", "parameters", "size of the model; state whether embeddings count"),
        Input("D", "tokens", "training tokens, each seen once"),
    ),
    response=Response("L", "nats/token", "held-out loss at the end of training"),
    parameters=(
        Weight("E", "entropy of text: loss at infinite scale"),
        Weight("K", "what finite model and data lose together"),
        Shape(
            "q",
            "part of the bracket held by data over that held by size; prior at the reference run",
            Prior(
                "LogNormal",
                mu=0.0,
                sigma=1.1,
                why="both count, as runs are chosen: 90% between a sixth and six times",
            ),
            to_raw=_raw_ratio,
        ),
        Exponent(
            "alpha",
            "how fast a larger model helps, given data without end",
            Prior(
                "LogNormal",
                mu=-1.05,  # log 0.35
                sigma=0.3,
                why="published values lie between 0.2 and 0.5; 90% between 0.21 and 0.57",
                source="Hoffmann et al. (2022): 0.34; Besiroglu et al. (2024): 0.348",
            ),
        ),
        Shape(
            "r",
            "exponent of data over exponent of size",
            Prior(
                "LogNormal",
                mu=0.0,
                sigma=0.1,
                why="size and data are found to be worth scaling alike; 90% between 0.85 and 1.18",
                source="Hoffmann et al. (2022): 0.82; Besiroglu et al. (2024): 1.05; "
                "Gadre et al. (2024) set 1",
            ),
        ),
        Shape(
            "c",
            "interaction: 1 where size and data add, above 1 where each needs the other",
            Prior(
                "LogNormal",
                mu=-0.223,  # log 0.8
                sigma=0.4,
                why="the additive law or one nearer to the scarcer input; 90% between 0.4 and 1.5",
                source="own fits to published losses: 0.4 to 1.1",
            ),
        ),
    ),
    references=(
        "Kaplan et al. (2020), Scaling Laws for Neural Language Models, arXiv:2001.08361",
        "Hoffmann et al. (2022), Training Compute-Optimal Large Language Models, arXiv:2203.15556",
        "Gadre et al. (2024), Language models scale reliably with over-training, arXiv:2403.08540",
    ),
)
