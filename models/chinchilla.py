"""Pre-training loss from model size and data: approach 3 of Hoffmann et al.

    L(N, D) = E + A*N^-alpha + B*D^-beta

E is the entropy of text; the two terms are what is lost to a finite model and to finite
data. Assumes single-epoch training with a learning-rate schedule that ends at each run's D,
and terms that add. Minimised under C = 6*N*D it gives the compute-optimal model size
N* proportional to C^a with a = beta/(alpha + beta).

References: Hoffmann et al. (2022), arXiv:2203.15556; Besiroglu et al. (2024), arXiv:2404.10102.
"""

from bayescale.law import Exponent, Input, Law, Prior, Response, Weight

EXPONENT = Prior(
    "LogNormal",
    mu=-1.05,  # log 0.35
    sigma=0.5,
    why="published values lie between 0.2 and 0.5; 90% between 0.15 and 0.8",
    source="Hoffmann et al. (2022): 0.34, 0.28; Besiroglu et al. (2024): 0.348, 0.366",
)


def loss(N, D, E, A, alpha, B, beta):
    """Loss in nats per token."""
    return E + A * N**-alpha + B * D**-beta


LAW = Law(
    name="chinchilla",
    version=2,
    function=loss,
    summary="pre-training loss from parameters and tokens (Hoffmann et al. 2022)",
    inputs=(
        Input("N", "parameters", "size of the model; state whether embeddings count"),
        Input("D", "tokens", "training tokens, each seen once"),
    ),
    response=Response("L", "nats/token", "held-out loss at the end of training"),
    parameters=(
        Weight("E", "entropy of text: loss at infinite scale"),
        Weight("A", "what a finite model loses"),
        Exponent("alpha", "how fast a larger model helps", EXPONENT),
        Weight("B", "what finite data lose"),
        Exponent("beta", "how fast more data help", EXPONENT),
    ),
    references=(
        "Hoffmann et al. (2022), Training Compute-Optimal Large Language Models, arXiv:2203.15556",
        "Besiroglu et al. (2024), Chinchilla Scaling: A replication attempt, arXiv:2404.10102",
    ),
)
