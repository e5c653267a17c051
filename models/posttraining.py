"""Error after post-training from model size and the amount of data adapted to or tested on.

    E(N, D_test) = E0 + mu*N^-theta1 + nu*D_test^-theta2

D_test is the number of examples (or tokens; keep to one) that the trained model was adapted
to, or, in few-shot evaluation, was shown at test time. It is not the size of the set that
measures the error: that only sets the noise. E may be an error rate or a loss.

Assumes that the two terms add, one family of models and one task. Zero examples have no
place in this law. With one model only, N does not vary and mu is a second floor; the
diagnostics then name mu and theta1 as not informed.

References: Hernandez et al. (2021), arXiv:2102.01293; Zhang et al. (2024), arXiv:2402.17193.
"""

from bayescale.law import Exponent, Input, Law, Prior, Response, Weight

EXPONENT = Prior(
    "LogNormal",
    mu=-1.609,  # log 0.2
    sigma=0.5,
    why="fine-tuning exponents are small: 90% between 0.09 and 0.45",
    source="Hernandez et al. (2021): 0.18 and 0.38; Zhang et al. (2024): mostly 0.02 to 0.3",
)


def error(N, D_test, E0, mu, theta1, nu, theta2):
    """Error in the unit of the observations."""
    return E0 + mu * N**-theta1 + nu * D_test**-theta2


LAW = Law(
    name="posttraining",
    version=2,
    function=error,
    summary="error after post-training from parameters and adaptation data",
    inputs=(
        Input("N", "parameters", "size of the model; state whether embeddings count"),
        Input("D_test", "examples", "examples or tokens adapted to, or shown at test time"),
    ),
    response=Response("E", "error", "error rate or loss on held-out examples"),
    parameters=(
        Weight("E0", "error at infinite scale"),
        Weight("mu", "what a finite model errs"),
        Exponent("theta1", "how fast a larger model helps", EXPONENT),
        Weight("nu", "what finite adaptation data err"),
        Exponent("theta2", "how fast more adaptation data help", EXPONENT),
    ),
    references=(
        "Hernandez et al. (2021), Scaling Laws for Transfer, arXiv:2102.01293",
        "Zhang et al. (2024), When Scaling Meets LLM Finetuning, arXiv:2402.17193",
    ),
)
