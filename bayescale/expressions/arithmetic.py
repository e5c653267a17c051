"""Formulas that a user types, such as ``6*N*D``: parsed and evaluated by us, never by Python.

Only numbers, names, ``+ - * / **``, brackets and the functions log, exp and sqrt are known.
Everything is done in floating point, so no formula can take long.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.errors import InputError

MAX_LENGTH, MAX_DEPTH = 500, 100
_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_SIGNS: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {"log": np.log, "exp": np.exp, "sqrt": np.sqrt}
_Evaluator = Callable[[Mapping[str, Any]], Any]
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
        _ = self._evaluator  # a bad formula is refused when it is made

    @cached_property
    def _evaluator(self) -> _Evaluator:
        return _compile(_parse(self.text), self.text.strip(), MAX_DEPTH)

    def __str__(self) -> str:
        return self.text

    @property
    def names(self) -> tuple[str, ...]:
        """The names it needs, in order of appearance."""
        nodes = list(ast.walk(_parse(self.text)))
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
        with np.errstate(all="ignore"):
            return self._evaluator(values)

    def renamed(self, names: Mapping[str, str]) -> Formula:
        """Return the same formula under other names; those not listed stay."""
        if not set(self.names) & set(names):
            return self
        return Formula(ast.unparse(_Rename(names).visit(_parse(self.text))))


class _Rename(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Call(self, node: ast.Call) -> ast.Call:
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)


def _parse(text: str) -> ast.expr:
    shown = text if len(text) <= 60 else text[:59] + "…"
    if len(text) > MAX_LENGTH:
        raise InputError(f"The formula {shown!r} is longer than {MAX_LENGTH} characters.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python comments on odd but legal spelling
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as fault:
        raise InputError(f"The formula {shown!r} is not arithmetic. {_ALLOWED}") from fault


def _compile(node: ast.expr, text: str, depth: int) -> _Evaluator:
    """Turn a tree into a function of the named values; refuse all that is not on the list."""
    if depth == 0:
        raise InputError(f"The formula {text!r} has more than {MAX_DEPTH} steps; shorten it.")
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return _constant(number, text)
        case ast.Name(id=name):
            return lambda values: np.asarray(values[name], dtype=float)[()]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            combine = _OPERATORS[type(op)]
            first, second = _compile(left, text, depth - 1), _compile(right, text, depth - 1)
            return lambda values: combine(first(values), second(values))
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _SIGNS:
            return _applied(_SIGNS[type(sign)], _compile(operand, text, depth - 1))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in _FUNCTIONS:
            return _applied(_FUNCTIONS[name], _compile(argument, text, depth - 1))
        case ast.BinOp(op=ast.BitXor()):
            raise InputError(f"The formula {text!r}: write ** for a power, not ^.")
    part = ast.get_source_segment(text, node) or text
    raise InputError(f"The formula {text!r} may not contain {part!r}. {_ALLOWED}")


def _constant(number: float, text: str) -> _Evaluator:
    try:
        value = np.float64(number)
    except OverflowError as fault:
        raise InputError(f"The formula {text!r} has a number that is too large.") from fault
    return lambda values: value


def _applied(function: Callable[[Any], Any], inner: _Evaluator) -> _Evaluator:
    return lambda values: function(inner(values))
