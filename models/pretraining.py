"""Pre-training loss from model size, data and compute.

    L(N, D, C) = L0 + alpha*N^-beta1 + gamma*D^-beta2 + delta*C^-beta3

L0 is the loss that no scale buys down (the entropy of text, as this family of models sees
it); the three terms are what is lost to a finite model, finite data and finite compute.
Assumes that the terms add (no interaction) and that each is one power law over the whole
range, observed and extrapolated.

Say how N counts embeddings and how C counts attention (Kaplan et al. and Hoffmann et al.
differ), and keep to it. Where C = 6*N*D exactly, as for single-epoch runs, the C term
cannot be told from the others: its weight and exponent stay what the priors say, which the
diagnostics name; forecasts remain usable. Runs of several epochs, with D the unique tokens,
separate the three.

References: Kaplan et al. (2020), arXiv:2001.08361; Hoffmann et al. (2022), arXiv:2203.15556.
"""

from bayescale.law import Exponent, Input, Law, Prior, Response, Weight

PUBLISHED = Prior(
    "LogNormal",
    mu=-1.204,  # log 0.3
    sigma=0.3,
    why="exponents published for losses with a floor lie between 0.2 and 0.45; a wider prior "
    "lets a term with no information of its own become a second floor",
    source="Hoffmann et al. (2022): 0.34, 0.28; Besiroglu et al. (2024), arXiv:2404.10102: "
    "0.348, 0.366; Muennighoff et al. (2023), arXiv:2305.16264: 0.353",
)


def loss(N, D, C, L0, alpha, beta1, gamma, beta2, delta, beta3):
    """Loss in nats per token."""
    return L0 + alpha * N**-beta1 + gamma * D**-beta2 + delta * C**-beta3


LAW = Law(
    name="pretraining",
    version=2,
    function=loss,
    summary="pre-training loss from parameters, tokens and training compute",
    inputs=(
        Input("N", "parameters", "size of the model; state whether embeddings count"),
        Input("D", "tokens", "unique training tokens"),
        Input("C", "FLOPs", "all training compute; epochs count"),
    ),
    response=Response("L", "nats/token", "held-out loss at the end of training"),
    parameters=(
        Weight("L0", "loss at infinite scale"),
        Weight("alpha", "what a finite model loses"),
        Exponent("beta1", "how fast a larger model helps", PUBLISHED),
        Weight("gamma", "what finite data lose"),
        Exponent("beta2", "how fast more data help", PUBLISHED),
        Weight("delta", "what finite compute loses"),
        Exponent("beta3", "how fast more compute helps", PUBLISHED),
    ),
    references=(
        "Kaplan et al. (2020), Scaling Laws for Neural Language Models, arXiv:2001.08361",
        "Hoffmann et al. (2022), Training Compute-Optimal Large Language Models, arXiv:2203.15556",
    ),
)
