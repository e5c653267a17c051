"""Every exception that a user of bayescale meets, and the shape of its findings.

Each carries one clear sentence: what is wrong, where, and what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Problem:
    """One finding, as data: about a table of runs, a fit, or what is forecast from it.

    Attributes
    ----------
    code : str
        Stable, machine-readable name, e.g. ``"missing-column"``.
    severity : {"error", "warning", "note"}
        An error stops the work; a warning changes how a number is read.
    message : str
        One sentence for a person: what, where, what to do.
    details : mapping
        The same as values: row, column, parameter, ...
    acknowledged : bool
        Whether the user said that it is known.
    """

    code: str
    severity: Severity
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    acknowledged: bool = False

    def __str__(self) -> str:
        return self.message


class BayescaleError(Exception):
    """Base of all exceptions that bayescale raises on purpose."""


class InputError(BayescaleError, ValueError):
    """What the user gave cannot be used: a bad argument, file or name."""


class LawError(InputError):
    """A law that breaks the contract, found when the law is made."""


class RunsError(InputError):
    """A table of runs that cannot be fitted; it lists all problems at once.

    Parameters
    ----------
    problems : sequence of Problem
        At least one, in the order of the table's columns.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class FitFileError(InputError):
    """A file that is not a readable bayescale fit, or belongs to another law."""


class ComputationError(BayescaleError, RuntimeError):
    """The input was fine and the computation failed."""


class UnconvergedError(ComputationError):
    """A fit whose sampler did not converge was asked for a forecast."""
