"""Arithmetic as JavaScript, so that a page computes with the very formula that was fitted.

A law prints itself by calling its function on names, and a
derived input is a formula that was typed. Both are Python's arithmetic, read here as a tree
and written again, every step in brackets. Only what is listed can come through, so that no
text becomes a program by accident.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from bayescale.errors import InputError

# numpy's functions of one argument, by JavaScript's name for them.
FUNCTIONS: Mapping[str, str] = {
    **{name: name for name in ("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt")},
    **{name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "abs", "sign")},
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "fabs": "abs",
    "absolute": "abs",
}
_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Pow: "**",
}


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
    try:
        return _write(ast.parse(formula.strip(), mode="eval").body, names)
    except (SyntaxError, RecursionError, ValueError) as fault:
        raise InputError(
            f"The formula {formula[:60]!r} cannot be evaluated in a browser."
        ) from fault


def _write(node: ast.expr, names: Mapping[str, str]) -> str:
    match node:
        case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
            return repr(float(number))
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return f"({_write(left, names)} {_OPERATORS[type(op)]} {_write(right, names)})"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"(-{_write(operand, names)})"
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _write(operand, names)
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            return f"Math.{FUNCTIONS[name]}({_write(argument, names)})"
    raise InputError(f"{ast.unparse(node)[:60]!r} cannot be evaluated in a browser.")
