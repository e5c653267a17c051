"""Prior distributions as values: PyMC's names, a reason for each. No PyMC here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bayescale.errors import LawError

Support = Literal["real", "positive", "unit"]
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Distribution:
    parameters: tuple[str, ...]
    support: Support
    draw: Callable[..., Array]
    log_density: Callable[..., Any]  # up to a constant; takes complex numbers


# The distributions a prior may name: PyMC's names and parameters, numpy's generators.
DISTRIBUTIONS: Mapping[str, _Distribution] = MappingProxyType(
    {
        "Normal": _Distribution(
            ("mu", "sigma"),
            "real",
            lambda rng, size, mu, sigma: rng.normal(mu, sigma, size),
            lambda x, mu, sigma: -0.5 * ((x - mu) / sigma) ** 2,
        ),
        "LogNormal": _Distribution(
            ("mu", "sigma"),
            "positive",
            lambda rng, size, mu, sigma: rng.lognormal(mu, sigma, size),
            lambda x, mu, sigma: -0.5 * ((np.log(x) - mu) / sigma) ** 2 - np.log(x),
        ),
        "HalfNormal": _Distribution(
            ("sigma",),
            "positive",
            lambda rng, size, sigma: np.abs(rng.normal(0, sigma, size)),
            lambda x, sigma: -0.5 * (x / sigma) ** 2,
        ),
        "Exponential": _Distribution(
            ("lam",),
            "positive",
            lambda rng, size, lam: rng.exponential(1 / lam, size),
            lambda x, lam: -lam * x,
        ),
        "Gamma": _Distribution(
            ("alpha", "beta"),
            "positive",
            lambda rng, size, alpha, beta: rng.gamma(alpha, 1 / beta, size),
            lambda x, alpha, beta: (alpha - 1) * np.log(x) - beta * x,
        ),
        "InverseGamma": _Distribution(
            ("alpha", "beta"),
            "positive",
            lambda rng, size, alpha, beta: beta / rng.gamma(alpha, 1.0, size),
            lambda x, alpha, beta: -(alpha + 1) * np.log(x) - beta / x,
        ),
        "Beta": _Distribution(
            ("alpha", "beta"),
            "unit",
            lambda rng, size, alpha, beta: rng.beta(alpha, beta, size),
            lambda x, alpha, beta: (alpha - 1) * np.log(x) + (beta - 1) * np.log1p(-x),
        ),
    }
)
_ANY_SIGN = frozenset({"mu"})


@dataclass(frozen=True, init=False)
class Prior:
    """A prior distribution by PyMC's name, with the reason for it.

    Parameters
    ----------
    distribution : str
        One of :data:`DISTRIBUTIONS`: Normal, LogNormal, HalfNormal, Exponential, Gamma,
        InverseGamma, Beta.
    why : str
        The rationale, in a sentence.
    source : str, optional
        Where the numbers come from.
    **parameters : float
        The distribution's parameters under PyMC's names, e.g. ``mu=-1.2, sigma=0.3``.

    Raises
    ------
    LawError
        For an unknown distribution, a missing, superfluous or non-finite parameter, or one
        that must be positive and is not.
    """

    distribution: str
    parameters: Mapping[str, float]
    why: str
    source: str

    def __init__(
        self, distribution: str, *, why: str, source: str = "", **parameters: float
    ) -> None:
        known = DISTRIBUTIONS.get(distribution)
        if known is None:
            raise LawError(
                f"A prior cannot be {distribution!r}; choose one of {', '.join(DISTRIBUTIONS)}."
            )
        if set(parameters) != set(known.parameters):
            raise LawError(
                f"Prior {distribution} takes {', '.join(known.parameters)}; "
                f"it was given {', '.join(parameters) or 'nothing'}."
            )
        for name, value in parameters.items():
            if not np.isfinite(value) or (name not in _ANY_SIGN and value <= 0):
                kind = "finite" if name in _ANY_SIGN else "positive and finite"
                raise LawError(f"Prior {distribution}: {name} = {value} must be {kind}.")
        object.__setattr__(self, "distribution", distribution)
        object.__setattr__(
            self,
            "parameters",
            MappingProxyType({name: float(parameters[name]) for name in known.parameters}),
        )
        object.__setattr__(self, "why", why)
        object.__setattr__(self, "source", source)

    def __hash__(self) -> int:
        return hash((self.distribution, tuple(self.parameters.items()), self.why, self.source))

    def __reduce__(self) -> Any:
        # A read-only mapping does not pickle, and benchmarks send priors to other processes.
        return Prior.from_values, (self.to_values(),)

    def to_values(self) -> dict[str, Any]:
        """The prior as plain values, for JSON."""
        texts = {"distribution": self.distribution, "why": self.why, "source": self.source}
        return texts | {"parameters": dict(self.parameters)}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Prior:
        """The inverse of :meth:`to_values`."""
        texts = {name: values[name] for name in ("distribution", "why", "source")}
        return cls(**texts, **values["parameters"])

    @property
    def support(self) -> Support:
        """Where the distribution lives: the real line, above 0, or between 0 and 1."""
        return DISTRIBUTIONS[self.distribution].support

    def draw(self, rng: np.random.Generator, size: int | tuple[int, ...]) -> Array:
        """Draw from the prior; an array of the given size, in the parameter's own unit."""
        return DISTRIBUTIONS[self.distribution].draw(rng, size, **self.parameters)

    def log_density(self, value: Any) -> Any:
        """Log density up to a constant, for real or complex values in the parameter's unit."""
        return DISTRIBUTIONS[self.distribution].log_density(value, **self.parameters)

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value:.4g}" for name, value in self.parameters.items())
        return f"{self.distribution}({inside})"
