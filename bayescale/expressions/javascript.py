"""Arithmetic as JavaScript, so that a page computes with the very formula that was fitted.

A law prints itself by calling its function on names, and a derived input is a formula that was
typed. Both are Python's arithmetic, read as a tree and written again, every step in brackets.
Only what is listed can come through, so that no text becomes a program by accident.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from bayescale.errors import InputError
from bayescale.expressions import arithmetic
from bayescale.expressions.tree import OPERATORS, Algebra, fold, parse

# numpy's functions of one argument, by JavaScript's name for them.
FUNCTIONS: Mapping[str, str] = {
    **{name: name for name in ("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt")},
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "abs", "sign")},
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "fabs": "abs",
    "absolute": "abs",
}
_READ = {f"Math_{there}": getattr(np, name) for name, there in FUNCTIONS.items()}
_WRITTEN = {name: f"Math.{there}({{}})".format for name, there in FUNCTIONS.items()}


def javascript(formula: str, names: Mapping[str, str]) -> str:
    """Write a formula as a JavaScript expression.

    Parameters
    ----------
    formula : str
        Python's arithmetic: numbers, names, ``+ - * / **``, brackets, and the functions of
        :data:`FUNCTIONS`.
    names : mapping of str to str
        JavaScript of each name in it, e.g. ``{"N": "x[0]"}``.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If it holds anything else; the part is named.
    """
    algebra = Algebra[str](
        number=repr,
        names=names,
        steps={sign: f"({{}} {sign} {{}})".format for sign in OPERATORS.values()},
        signs={"-": "(-{})".format, "+": str},
        function=_WRITTEN.get,
        refuse=lambda part: InputError(f"{part[:60]!r} cannot be evaluated in a browser."),
    )
    return fold(formula, algebra)


def evaluate(script: str, values: Mapping[str, Any]) -> Any:
    """Evaluate what :func:`javascript` wrote, as a browser would.

    Every step stands in brackets of its own, so that no order of operations is taken for
    granted: what relies on one is refused.

    Parameters
    ----------
    script : str
    values : mapping of str to float or ndarray
        By the names that it was written with.

    Raises
    ------
    InputError
        If it is anything else.
    """
    text = script.replace("Math.", "Math_")
    try:
        if bare := next(_without_brackets(text), None):
            raise InputError(f"{bare!r} stands in no brackets.")
        return arithmetic.evaluate(text, values, _READ.get)
    except InputError as fault:
        raise InputError(
            f"{script[:60]!r} is not what is written for a browser: {fault}"
        ) from fault


def _without_brackets(text: str) -> Iterator[str]:
    """Steps that do not stand in brackets of their own."""
    tree, letters = parse(text), text.encode()
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.BinOp | ast.UnaryOp):
            start, end = node.col_offset, node.end_col_offset or 0
            if letters[max(start - 1, 0) : start] + letters[end : end + 1] != b"()":
                yield letters[start:end].decode()
