"""What a design costs, in FLOPs and in money: training, and serving over the lifetime.

Training takes about 6 FLOPs per parameter and token, 2 forwards and 4 backwards; serving about
2 per parameter and token. Attention over long contexts, activation recomputation, experts that
are not active and failed runs are not counted: give formulas of your own where they matter.

References: Kaplan et al. (2020), arXiv:2001.08361, section 2.1; Hoffmann et al. (2022),
arXiv:2203.15556 (6 N D); Sardana et al. (2024), arXiv:2401.00448 (training and serving together).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from bayescale.errors import InputError
from bayescale.expressions.arithmetic import Formula
from bayescale.law.prior import Array, Prior
from bayescale.numbers import format_number, parse_number

TOKENS = "tokens"
Unit = Literal["FLOPs", "$"]
_HOUR = 3600.0


@dataclass(frozen=True)
class Budget:
    """An amount that may be spent: FLOPs, or money.

    Attributes
    ----------
    amount : float
        Positive.
    unit : {"FLOPs", "$"}
    """

    amount: float
    unit: Unit = "FLOPs"

    def __post_init__(self) -> None:
        if not (np.isfinite(self.amount) and self.amount > 0):
            raise InputError(f"A budget must be positive and finite; it is {self.amount:g}.")

    def __str__(self) -> str:
        return write_amount(self.amount, self.unit)


def read_budget(budget: float | str | Budget) -> Budget:
    """Read a budget: a number is FLOPs, ``"$2M"`` is money.

    Raises
    ------
    InputError
        If it is neither, or not positive.
    """
    if isinstance(budget, Budget):
        return budget
    if isinstance(budget, str) and budget.strip().startswith("$"):
        return Budget(parse_number(budget.strip()[1:]), "$")
    if isinstance(budget, str):
        return Budget(parse_number(budget.strip().removesuffix("FLOPs")))
    return Budget(_number("budget", budget))


def write_amount(amount: float, unit: Unit) -> str:
    """Write an amount with its unit, as :func:`read_budget` reads it."""
    written = format_number(amount)
    return f"${written}" if unit == "$" else f"{written} FLOPs"


@dataclass(frozen=True, eq=False)
class Cost:
    """What a design costs.

    Parameters
    ----------
    train : str, default "6*N*D"
        Training FLOPs, a formula of the law's inputs.
    serve : str, default "2*N*tokens"
        Serving FLOPs over the lifetime, a formula of the law's inputs and ``tokens``.
    tokens_served : float, str, Prior or ndarray of shape (n,), default 0
        Tokens served over the lifetime: a number (``"3T"``), or a distribution of the demand
        from which every scenario draws one; draws of one's own go with the scenarios one to one
        where there are as many, and are resampled where not.
    price_per_hour : float or str, optional
        Dollars per accelerator-hour.
    peak_flops : float or str, optional
        FLOP/s of one accelerator at its peak, e.g. ``"989T"``.
    utilisation : float, optional
        Share of the peak that is reached in training, between 0 and 1.
    serving_utilisation : float, optional
        The same in serving, usually less; as in training if left out.

    Raises
    ------
    InputError
        For a formula that is not arithmetic, and numbers out of range.
    """

    train: str = "6*N*D"
    serve: str = "2*N*tokens"
    tokens_served: Any = 0.0
    price_per_hour: Any = None
    peak_flops: Any = None
    utilisation: Any = None
    serving_utilisation: Any = None

    def __post_init__(self) -> None:
        _ = self._formulas
        object.__setattr__(self, "tokens_served", _demand(self.tokens_served))
        for name in ("price_per_hour", "peak_flops", "utilisation", "serving_utilisation"):
            given = getattr(self, name)
            if given is None:
                continue
            value = _number(name, given)
            share = name.endswith("utilisation")
            if not 0 < value <= (1.0 if share else np.inf):
                span = "more than 0 and at most 1" if share else "positive"
                raise InputError(f"{name} must be {span}; it is {given!r}.")
            object.__setattr__(self, name, value)

    @cached_property
    def _formulas(self) -> tuple[Formula, Formula]:
        """Of training and of serving, read once: a search evaluates them at every step."""
        return Formula(self.train), Formula(self.serve)

    @property
    def serves(self) -> bool:
        """Whether any tokens are served at all."""
        return not (isinstance(self.tokens_served, float) and self.tokens_served == 0)

    @property
    def uncertain(self) -> bool:
        """Whether the demand is a distribution."""
        return not isinstance(self.tokens_served, float)

    @property
    def names(self) -> tuple[str, ...]:
        """Inputs that the cost depends on, in order of appearance."""
        train, serve = self._formulas
        used = [*train.names, *(serve.names if self.serves else ())]
        return tuple(dict.fromkeys(name for name in used if name != TOKENS))

    def check(self, inputs: Iterable[str], law: str) -> None:
        """Refuse a formula that names what is no input of a law.

        Raises
        ------
        InputError
        """
        known = tuple(inputs)
        parts = [("train", self.train), *([("serve", self.serve)] if self.serves else [])]
        for part, text in parts:
            allowed = (*known, TOKENS) if part == "serve" else known
            strange = [name for name in Formula(text).names if name not in allowed]
            if strange:
                raise InputError(
                    f"The cost {part}={text!r} names {', '.join(strange)}, which is no input of "
                    f"{law!r}; write it with {', '.join(allowed)}: Cost({part}=...), --{part}."
                )

    def demand(self, size: int, seed: int = 0) -> Array:
        """Tokens served over the lifetime, one number for each of so many scenarios, (size,)."""
        given = self.tokens_served
        rng = np.random.default_rng([seed, 0x5E])
        if isinstance(given, Prior):
            return given.draw(rng, size)
        if isinstance(given, float):
            return np.full(size, given)
        return np.array(given if len(given) == size else rng.choice(given, size))

    def training_flops(self, inputs: Mapping[str, Any]) -> Array:
        """FLOPs of training.

        Parameters
        ----------
        inputs : mapping of str to float, str or ndarray
            Raw inputs that broadcast with each other.

        Returns
        -------
        ndarray
            In the shape of the inputs.
        """
        return np.asarray(self._formulas[0].evaluate(_values(inputs)))

    def serving_flops(self, inputs: Mapping[str, Any], demand: Any = None) -> Array:
        """FLOPs of serving over the lifetime; the arguments as in :meth:`flops`."""
        if not self.serves and demand is None:
            return np.zeros(())
        if demand is None and self.uncertain:
            raise InputError("The tokens served are uncertain: say of which demand the cost is.")
        tokens = self.tokens_served if demand is None else demand
        return np.asarray(self._formulas[1].evaluate(_values(inputs) | {TOKENS: tokens}))

    def flops(self, inputs: Mapping[str, Any], demand: Any = None) -> Array:
        """FLOPs of training and serving.

        Parameters
        ----------
        inputs : mapping of str to float, str or ndarray
            Raw inputs that broadcast with each other, e.g. of shape (n_designs,).
        demand : float or ndarray, optional
            Tokens served, e.g. of shape (n_draws, 1); ``tokens_served`` if left out.

        Returns
        -------
        ndarray
            In the shape that they broadcast to.
        """
        return self.training_flops(inputs) + self.serving_flops(inputs, demand)

    def money(self, inputs: Mapping[str, Any], demand: Any = None) -> Array:
        """Dollars for training and serving; the arguments as in :meth:`flops`.

        FLOPs over (peak FLOP/s times utilisation times 3600) are accelerator-hours, each at
        the price per hour.

        Raises
        ------
        InputError
            If price, peak or utilisation was not given; it names which.
        """
        trained = self.dollars_per_flop() * self.training_flops(inputs)
        return np.asarray(
            trained + self.dollars_per_flop(serving=True) * self.serving_flops(inputs, demand)
        )

    def dollars_per_flop(self, *, serving: bool = False) -> float:
        """Price of one FLOP in training, or in serving.

        Raises
        ------
        InputError
            If price, peak or utilisation was not given; it names which.
        """
        needed = ("price_per_hour", "peak_flops", "utilisation")
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise InputError(
                "A cost in money takes price_per_hour, peak_flops and utilisation; "
                f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing."
            )
        share = (self.serving_utilisation if serving else None) or self.utilisation
        return float(self.price_per_hour / (self.peak_flops * share * _HOUR))


def _values(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: parse_number(value) if isinstance(value, str) else value
        for name, value in inputs.items()
    }


def _number(name: str, value: Any) -> float:
    try:
        return parse_number(value)
    except (InputError, TypeError, ValueError) as fault:
        raise InputError(f"{name} must be a number such as 1e24, 3T or 0.4, not {value!r}.") from (
            fault
        )


def _demand(given: Any) -> float | Prior | Array:
    if isinstance(given, Prior):
        if given.support == "real":
            raise InputError(
                f"tokens_served cannot be {given}, which may be negative; use LogNormal or Gamma."
            )
        return given
    one = isinstance(given, str) or np.ndim(given) == 0
    found = np.array(_number("tokens_served", given) if one else given, dtype=float)
    if found.ndim > 1 or not found.size or not (np.isfinite(found) & (found >= 0)).all():
        raise InputError(
            "tokens_served must be finite and not negative, a number or a flat list; "
            f"it is {given!r}."
        )
    if found.ndim == 0:
        return float(found)
    found.flags.writeable = False
    return found
