"""Python's arithmetic, read once as a tree; computed or written in as many ways as asked."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bayescale.errors import InputError

MAX_DEPTH = 100
# Operators by how they are written; a sign has one operand.
OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}
SIGNS: Mapping[type[ast.unaryop], str] = {ast.UAdd: "+", ast.USub: "-"}


@dataclass(frozen=True)
class Algebra[T]:
    """What numbers, names and steps of arithmetic become; what is not in it is refused.

    Parameters
    ----------
    number : callable
        Of a float.
    names : mapping of str to T
    steps, signs : mapping of str to callable
        Of two values, and of one, by operator.
    function : callable
        Finds a function of one value by its name, or nothing.
    refuse : callable
        Turns the part that may not be there into the exception to raise.
    """

    number: Callable[[float], T]
    names: Mapping[str, T]
    steps: Mapping[str, Callable[[T, T], T]]
    signs: Mapping[str, Callable[[T], T]]
    function: Callable[[str], Callable[[T], T] | None]
    refuse: Callable[[str], InputError]


@lru_cache(maxsize=256)
def parse(text: str) -> ast.expr | None:
    """Read text as one Python expression; nothing if it is none. Not to be changed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python comments on odd but legal spelling
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def fold[T](text: str, into: Algebra[T]) -> T:
    """Build a value from a formula, from its numbers and names upwards.

    Parameters
    ----------
    text : str
    into : Algebra

    Raises
    ------
    InputError
        What ``into.refuse`` makes of the first part that is not arithmetic; or for a number that
        is too large, or more than a hundred steps within each other.
    """
    text = text.strip()
    tree = parse(text)
    if tree is None:
        raise into.refuse(text)
    return _fold(tree, text, into, MAX_DEPTH)


def _fold[T](node: ast.expr, text: str, into: Algebra[T], depth: int) -> T:
    if depth == 0:
        raise InputError(f"The formula {text!r} has more than {MAX_DEPTH} steps; shorten it.")

    def inner(part: ast.expr) -> T:
        return _fold(part, text, into, depth - 1)

    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return into.number(_float(number, text))
        case ast.Name(id=name) if name in into.names:
            return into.names[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return into.steps[OPERATORS[type(op)]](inner(left), inner(right))
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in SIGNS:
            return into.signs[SIGNS[type(sign)]](inner(operand))
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]):
            if (function := into.function(name)) is not None:
                return function(inner(argument))
    raise into.refuse(ast.get_source_segment(text, node) or text)


def _float(number: float, text: str) -> float:
    try:
        return float(number)
    except OverflowError as fault:
        raise InputError(f"The formula {text!r} has a number that is too large.") from fault
