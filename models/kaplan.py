"""Pre-training loss from model size and data in one bracket: Kaplan et al.

    L(N, D) = K*((N^(-alpha/beta) + q*D^-1)/(1 + q))^beta

The published form is ((Nc/N)^(alpha/beta) + Dc/D)^beta. Here K is the loss at N = D = 1, so
that the law is linear in its one weight, and q is what data count beside size in the bracket.
With data without end the loss falls as N^-alpha, with a model without end as D^-beta. A small
model gains less from more data than a large one does: size and data interact.

Assumes no floor: loss goes to zero with scale, which the first decades of scale do not
contradict and later ones do. The law `coupled` has a floor and leaves the strength of the
interaction open; this one is here because it is published and used.

Reference: Kaplan et al. (2020), arXiv:2001.08361, equation 1.5.
"""

from bayescale.law import Exponent, Input, Law, Prior, Response, Shape, Weight

EXPONENT = Prior(
    "LogNormal",
    mu=-2.303,  # log 0.1
    sigma=0.5,
    why="without a floor exponents are small: 90% between 0.04 and 0.23",
    source="Kaplan et al. (2020): 0.076 and 0.103",
)


def loss(N, D, K, q, alpha, beta):
    """Loss in nats per token."""
    return K * ((N ** (-alpha / beta) + q / D) / (1 + q)) ** beta


def _raw_ratio(curvature, reference):
    """The ratio at N = D = 1, from that at the reference run."""
    fall = curvature["alpha"] / curvature["beta"]
    return curvature["q"] * reference["D"] / reference["N"] ** fall


LAW = Law(
    name="kaplan",
    version=2,
    function=loss,
    summary="pre-training loss, size and data in one bracket, no floor (Kaplan et al. 2020)",
    inputs=(
        Input("N", "parameters", "size of the model; Kaplan et al. leave embeddings out"),
        Input("D", "tokens", "training tokens, each seen once"),
    ),
    response=Response("L", "nats/token", "held-out loss at the end of training"),
    parameters=(
        Weight("K", "the whole loss"),
        Shape(
            "q",
            "part of the bracket held by data over that held by size; prior at the reference run",
            Prior(
                "LogNormal",
                mu=0.0,
                sigma=1.8,
                why="either size or data may limit: 90% between a twentieth and twenty times",
            ),
            to_raw=_raw_ratio,
        ),
        Exponent("alpha", "how fast a larger model helps, given data without end", EXPONENT),
        Exponent("beta", "how fast more data help, given a model without end", EXPONENT),
    ),
    references=("Kaplan et al. (2020), Scaling Laws for Neural Language Models, arXiv:2001.08361",),
)
