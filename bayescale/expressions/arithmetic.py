"""Formulas that a user types, such as ``6*N*D``: parsed and evaluated by us, never by Python.

Only numbers, names, ``+ - * / **``, brackets and the functions log, exp and sqrt are known.
Everything is done in floating point, so no formula can take long.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.errors import InputError
from bayescale.expressions.text import Text
from bayescale.expressions.tree import Algebra, fold, parse

MAX_LENGTH = 500
STEPS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}
_SIGNS: Mapping[str, Callable[[Any], Any]] = {"-": operator.neg, "+": operator.pos}
_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt}
_ALLOWED = "Use numbers, names, + - * / ** and brackets, log, exp and sqrt."


@dataclass(frozen=True)
class Formula:
    """Arithmetic over named values.

    Parameters
    ----------
    text : str
        For example ``"6*N*D"``; at most 500 characters.

    Raises
    ------
    InputError
        If it is anything but the arithmetic above; the offending part is shown.
    """

    text: str

    def __post_init__(self) -> None:
        if len(self.text) > MAX_LENGTH:
            raise InputError(
                f"The formula {_shown(self.text)} is longer than {MAX_LENGTH} characters."
            )
        # A bad formula is refused when it is made.
        self.evaluate(dict.fromkeys(self.names, 1.0))

    def __str__(self) -> str:
        return self.text

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names it needs, in order of appearance."""
        tree = parse(self.text)
        nodes = list(ast.walk(tree)) if tree else []
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        found = [node for node in nodes if isinstance(node, ast.Name) and id(node) not in called]
        found.sort(key=lambda node: (node.lineno, node.col_offset))
        return tuple(dict.fromkeys(node.id for node in found))

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Evaluate it; float64 in the shape that the values broadcast to.

        Parameters
        ----------
        values : mapping of str to float or ndarray
            One for each of :attr:`names`. What is undefined (log of a negative number, a
            division by zero) comes out as NaN or infinite.
        """
        return evaluate(self.text, {name: values[name] for name in self.names}, _FUNCTIONS.get)

    def renamed(self, names: Mapping[str, str]) -> Formula:
        """Return the same formula under other names; those not listed stay."""
        if not set(self.names) & set(names):
            return self
        written = Algebra[Text](
            number=Text.of,
            names={name: Text(names.get(name, name)) for name in self.names},
            steps=STEPS,
            signs=_SIGNS,
            function=lambda name: lambda inner: Text(f"{name}({inner})"),
            refuse=InputError,
        )
        return Formula(str(fold(self.text, written)))


def evaluate(
    text: str,
    values: Mapping[str, Any],
    function: Callable[[str], Callable[[Any], Any] | None],
) -> Any:
    """Evaluate arithmetic on named values, all in floating point.

    Parameters
    ----------
    text : str
    values : mapping of str to float or ndarray
    function : callable
        Finds a function of one value by the name that it has in the text, or nothing.

    Raises
    ------
    InputError
        For a name without a value, and for anything but arithmetic and such functions.
    """

    def refuse(part: str) -> InputError:
        if "^" in part:
            return InputError(f"The formula {text!r}: write ** for a power, not ^.")
        if part == text.strip():
            return InputError(f"The formula {_shown(text)} is not arithmetic. {_ALLOWED}")
        return InputError(f"The formula {text!r} may not contain {part!r}. {_ALLOWED}")

    numbers = {name: np.asarray(value, dtype=float)[()] for name, value in values.items()}
    with np.errstate(all="ignore"):
        return fold(text, Algebra[Any](np.float64, numbers, STEPS, _SIGNS, function, refuse))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
