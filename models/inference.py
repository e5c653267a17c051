"""Inference time as a floor and three separate terms: size, tokens, compute.

    T(N, D_inf, C) = T0 + xi*N^-phi1 + eta*D_inf^-phi2 + kappa*C^-phi3

T0 is the fixed time of a call (launch, scheduling). The formula is written with negative
powers like the other laws, while time grows with N and D_inf: the exponents here are
real-valued and the data decide. A negative phi means that time grows with that input.

C is the compute of the call. Two readings are in use, keep to one: the work in FLOPs (about
2*N*D_inf; time grows, phi3 near -1) or the resource, in FLOP/s or threads (time falls,
phi3 near 1). With C = 2*N*D_inf exactly the exponents cannot be told apart, the forecasts
can. Assumes that the parts add: memory traffic of the weights (N), traffic of activations
(D_inf) and arithmetic (C) do not overlap in time.

Reference: Pope et al. (2022), Efficiently Scaling Transformer Inference, arXiv:2211.05102.
"""

from bayescale.law import Exponent, Input, Law, Prior, Response, Weight

EXPONENT = Prior(
    "Normal",
    mu=0.0,
    sigma=1.0,
    why="from time proportional to the input (-1) to inversely proportional (+1), either sign",
)


def time(N, D_inf, C, T0, xi, phi1, eta, phi2, kappa, phi3):
    """Time in the unit of the observations."""
    return T0 + xi * N**-phi1 + eta * D_inf**-phi2 + kappa * C**-phi3


LAW = Law(
    name="inference",
    version=2,
    function=time,
    summary="inference time from parameters, tokens and compute, as separate terms",
    inputs=(
        Input("N", "parameters", "size of the model"),
        Input("D_inf", "tokens", "tokens processed by the call, over the whole batch"),
        Input("C", "FLOPs", "work of the call, or the resource that does it (FLOP/s, threads)"),
    ),
    response=Response("T", "time", "wall-clock time of one call"),
    parameters=(
        Weight("T0", "fixed time of a call"),
        Weight("xi", "time that goes with the size of the model"),
        Exponent("phi1", "negative where a larger model takes longer", EXPONENT),
        Weight("eta", "time that goes with the tokens"),
        Exponent("phi2", "negative where more tokens take longer", EXPONENT),
        Weight("kappa", "time that goes with the compute"),
        Exponent("phi3", "negative where more work takes longer", EXPONENT),
    ),
    references=("Pope et al. (2022), Efficiently Scaling Transformer Inference, arXiv:2211.05102",),
)
