"""What is known of a forecast that changes how its numbers are read: a code and a sentence each.

Some hold of a fit, and so of all that is forecast from it; some hold at points only, and say at
which. A user who knows of one acknowledges its code: it still stands in every file, marked, and is
no longer in the way.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bayescale.errors import InputError, Problem, UnconvergedError
from bayescale.forecast.member import Member
from bayescale.law.prior import Array
from bayescale.numbers import format_number, write_point
from bayescale.posterior.fit import Fit
from bayescale.posterior.knowledge.diagnostics import FOLLOWS_LIMIT
from bayescale.posterior.knowledge.information import following, prior_spread
from bayescale.posterior.parameters import unconstrain
from bayescale.runs.relations import ROUNDED, relations

# Every code that a forecast, a plan, next runs or options may carry.
CODES = frozenset(
    (
        *("unconverged", "preview", "lack-of-fit", "checkpoints", "prior-conflict"),
        *("unseparated", "term-not-informed", "reach"),
        *("box-edge", "unpaid-input", "binding", "budget-left", "uncertain-cost"),
        *("spread-alone", "several-laws", "weights-fail"),
    )
)
# What a fit found that its forecasts must say.
_OF_FITS = ("checkpoints", "lack-of-fit", "prior-conflict")
# Largest reach, in decades, of the published runs that benchmarks hide (benchmarks/README.md).
BENCHMARKED = 2.0
# A relation between inputs is left by more than its own scatter, and by more than a tenth.
_LEFT, _SCATTERS = float(np.log(1.1)), 4.0
# Share of the response by which a term must be unsure before it matters that a prior decides it.
_MATTERS = 0.01
_DRAWS, _NAMED = 200, 3

Points = npt.NDArray[np.bool_]


def of_fit(fit: Fit, *, allow_unconverged: bool, several: bool) -> Iterator[Problem]:
    """What must be said of every forecast from a fit.

    Parameters
    ----------
    fit : Fit
    allow_unconverged : bool
    several : bool
        Whether it is one of several, so that it must be named.

    Raises
    ------
    UnconvergedError
        If it cannot be trusted, and that is not allowed.
    """
    who = f"{fit.law.name}: " if several else ""
    if not fit.diagnostics.passed:
        errors = [p.message for p in fit.diagnostics.problems if p.severity == "error"]
        if not allow_unconverged:
            raise UnconvergedError(
                f"This fit did not converge, so its forecast cannot be trusted: {errors[0]} "
                "To look at it all the same, pass allow_unconverged=True (--allow-unconverged)."
            )
        yield warned("unconverged", f"{who}This is from a fit that did not converge.")
    if fit.approximate:
        says = "This is from a preview (Laplace approximation), not a sampled posterior."
        yield warned("preview", who + says)
    for problem in fit.diagnostics.problems:
        if problem.code in _OF_FITS:
            yield replace(problem, message=who + problem.message)


def at_points(
    members: Sequence[Member], inputs: Mapping[str, Array], reach: Array, tested: float | None
) -> tuple[Problem, ...]:
    """What must be said of forecasts at some points.

    Parameters
    ----------
    members : sequence of Member
    inputs : mapping of str to ndarray, shape (n_points,)
        Raw.
    reach : ndarray, shape (n_points,)
        Decades beyond the runs.
    tested : float or None
        Largest reach of hindcasts of these runs; None where there are none.

    Returns
    -------
    tuple of Problem
        ``details["points"]`` are the numbers of the points that it is of.
    """
    found = [*_unseparated(members[0].fit, inputs), *_untested(reach, tested)]
    for member in members:
        found += _not_informed(member, inputs, f"{member.fit.law.name}: " * (len(members) > 1))
    return tuple(_placed(problem, where, inputs) for problem, where in found if where.any())


def noted(code: str, message: str) -> Problem:
    """Make a note."""
    return Problem(code, "note", message)


def warned(code: str, message: str) -> Problem:
    """Make a warning."""
    return Problem(code, "warning", message)


def read_codes(acknowledge: Collection[str] | str) -> frozenset[str]:
    """Codes that a user acknowledges; ``lack_of_fit`` is ``lack-of-fit``.

    Raises
    ------
    InputError
        For what is no code.
    """
    several = [acknowledge] if isinstance(acknowledge, str) else acknowledge
    codes = frozenset(str(code).replace("_", "-") for code in several)
    if unknown := sorted(codes - CODES):
        raise InputError(
            f"There is no note {', '.join(map(repr, unknown))} to acknowledge; the codes are "
            f"{', '.join(sorted(CODES))}."
        )
    return codes


def marked(notes: Iterable[Problem], codes: Collection[str]) -> tuple[Problem, ...]:
    """Each note once, those that are acknowledged marked as such and last."""
    each = {(note.code, note.message): note for note in notes}.values()
    own = [replace(note, acknowledged=note.acknowledged or note.code in codes) for note in each]
    return tuple(sorted(own, key=lambda note: note.acknowledged))


def lines(notes: Iterable[Problem], width: int | None = None) -> list[str]:
    """Notes for a person: a line each, and one for all that were acknowledged.

    Parameters
    ----------
    notes : iterable of Problem
    width : int, optional
        Of lines that are broken; whole if left out.
    """
    every = list(notes)
    said = [f"Caution ({n.code}): {n.message}" for n in every if not n.acknowledged]
    if known := dict.fromkeys(note.code for note in every if note.acknowledged):
        said.append(f"Acknowledged: {', '.join(known)}.")
    return said if width is None else [_wrapped(line, width) for line in said]


def _wrapped(line: str, width: int) -> str:
    options: dict[str, Any] = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.fill(line, width, subsequent_indent="  ", **options)


def as_values(notes: Iterable[Problem]) -> list[dict[str, Any]]:
    """Notes as plain objects, for a program to read."""
    return [
        {
            **{name: getattr(note, name) for name in ("code", "severity", "message")},
            "acknowledged": note.acknowledged,
            **({"points": note.details["points"]} if "points" in note.details else {}),
        }
        for note in notes
    ]


def by_point(notes: Sequence[Problem], count: int) -> tuple[list[str], list[str]]:
    """Sentences and codes of each of so many points, as columns of a table."""
    said, codes = [], []
    for k in range(count):
        own = [note for note in notes if k in note.details.get("points", (k,))]
        known = ["(acknowledged) " * note.acknowledged + note.message for note in own]
        said.append(" ".join(known))
        codes.append(" ".join(dict.fromkeys(note.code for note in own)))
    return said, codes


def _placed(problem: Problem, where: Points, inputs: Mapping[str, Array]) -> Problem:
    """Say at which points, where there are others."""
    own = np.flatnonzero(where).tolist()
    message = problem.message
    if not where.all():
        named = [write_point({name: x[k] for name, x in inputs.items()}) for k in own[:_NAMED]]
        rest = f" and {len(own) - _NAMED} more points" if len(own) > _NAMED else ""
        message = f"At {'; '.join(named)}{rest}: {message}"
    return replace(problem, message=message, details={**problem.details, "points": own})


def _unseparated(fit: Fit, inputs: Mapping[str, Array]) -> Iterator[tuple[Problem, Points]]:
    """Points off a relation that all runs keep: what its inputs do apart, no run shows."""
    symbol = fit.law.response.symbol
    for name, x in fit.inputs.items():
        if np.ptp(x) == 0 and x[0] > 0:
            message = (
                f"{name} is {format_number(x[0])} in every run, and not here: what {name} does to "
                f"{symbol} is what the priors say. Add runs at another {name}."
            )
            with np.errstate(divide="ignore"):
                yield warned("unseparated", message), np.abs(np.log(inputs[name] / x[0])) > _LEFT
    for found in relations(fit.inputs):
        logs = [power * np.log(inputs[name]) for name, power in found.powers.items()]
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = np.log(inputs[found.symbol] / found.constant) - np.sum(logs, axis=0)
        off = np.abs(gap) > max(_LEFT, _SCATTERS * found.residual)
        if off.any():
            others = " and ".join(found.powers)
            nearly = "" if found.residual <= ROUNDED else "nearly "
            factor = float(np.exp(gap[np.abs(gap).argmax()]))
            message = (
                f"{found.symbol} is {nearly}{found.product} in every run, and {factor:.2g} times "
                f"that here: what {found.symbol} and {others} do apart is what the priors say. Add "
                "runs that break the relation."
            )
            yield warned("unseparated", message), off


def _untested(reach: Array, tested: float | None) -> Iterator[tuple[Problem, Points]]:
    far, here = reach > BENCHMARKED, np.zeros(len(reach), dtype=bool)
    if tested is not None:
        here = ~far & (reach > tested)
    own = "" if tested is None else f", and hindcasts of these runs {tested:.1f}"
    most = float(reach.max(initial=0.0))
    yield (
        warned(
            "reach",
            f"{most:.1f} decades beyond the runs: benchmarks on published runs tested up to "
            f"{BENCHMARKED:.1f}{own}, so nothing tells how intervals hold there.",
        ),
        far,
    )
    if here.any():
        most = float(reach[here].max())
        message = (
            f"{most:.1f} decades beyond the runs: hindcasts of these runs tested up to "
            f"{tested:.1f}, benchmarks on published runs up to {BENCHMARKED:.1f}."
        )
        yield noted("reach", message), here


def _not_informed(
    member: Member, inputs: Mapping[str, Array], who: str
) -> Iterator[tuple[Problem, Points]]:
    """Points whose largest term follows the priors, by more than matters."""
    law, priors = member.fit.law, member.fit.priors
    some = member.curve.pick(slice(None, None, max(1, member.curve.n_draws // _DRAWS)))
    if some.n_draws < 3 * len(priors.names):
        return
    with np.errstate(all="ignore"):
        z = unconstrain(priors, some.free)
        terms = some.terms(inputs) if law.is_sum else {"": some(inputs)}
        whole, before = np.sum(list(terms.values()), axis=0), prior_spread(priors)
        shares = {name: (term / whole).mean(axis=0) for name, term in terms.items()}
        for name, term in terms.items():
            largest = np.all([shares[name] >= share for share in shares.values()], axis=0)
            if not largest.any():
                continue
            log = np.log(term) - np.log(term).mean(axis=0)
            together = log.T @ (z - z.mean(axis=0)) / (len(z) - 1)
            variance = log.var(axis=0, ddof=1)
            follows = following(together, variance, before)
            unsure = shares[name] * np.sqrt(variance) > _MATTERS
            where = largest & unsure & (follows >= FOLLOWS_LIMIT)
            if where.any():
                share = float(shares[name][where].max())
                what = f"{name}, {share:.0%} of it," if name else "It"
                start = "the largest term " if name else ""
                message = (
                    f"{who}{law.response.symbol} rests on the priors: {start}{what} would move by "
                    f"{float(follows[where].max()):.1f} of its SDs, were the priors moved by one "
                    "of theirs. See identifiability for runs that would tell it."
                )
                yield warned("term-not-informed", message), where
