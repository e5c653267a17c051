"""Inference time as a floor and one product of size, tokens and compute.

    T(N, D_inf, C) = T0 + kappa*N^a*D_inf^b*C^-c

T0 is the fixed time of a call; beyond it, time is proportional to a power of each input, as
where one resource (arithmetic, or memory traffic) sets the pace over the whole range. C is
read as in the law `inference`; with C = 2*N*D_inf exactly a, b and c are not separable, and
forecasts along that relation are unaffected.

Reference: Pope et al. (2022), Efficiently Scaling Transformer Inference, arXiv:2211.05102.
"""

from bayescale.law import Exponent, Input, Law, Prior, Response, Weight


def _exponent(mean: float, why: str) -> Prior:
    return Prior("Normal", mu=mean, sigma=0.7, why=why)


def time(N, D_inf, C, T0, kappa, a, b, c):
    """Time in the unit of the observations."""
    return T0 + kappa * N**a * D_inf**b * C**-c


LAW = Law(
    name="latency",
    version=2,
    function=time,
    summary="inference time from parameters, tokens and compute, as one product",
    inputs=(
        Input("N", "parameters", "size of the model"),
        Input("D_inf", "tokens", "tokens processed by the call, over the whole batch"),
        Input("C", "FLOPs", "work of the call, or the resource that does it (FLOP/s, threads)"),
    ),
    response=Response("T", "time", "wall-clock time of one call"),
    parameters=(
        Weight("T0", "fixed time of a call"),
        Weight("kappa", "time beyond the floor"),
        Exponent("a", "power of the model's size", _exponent(0.5, "between 0 and 1, either sign")),
        Exponent("b", "power of the tokens", _exponent(0.5, "between 0 and 1, either sign")),
        Exponent("c", "power of the compute", _exponent(0.0, "work (-1) or resource (+1)")),
    ),
    references=("Pope et al. (2022), Efficiently Scaling Transformer Inference, arXiv:2211.05102",),
)
