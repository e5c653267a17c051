"""An answer in three sentences: the number, how such numbers held, what to doubt first."""

from __future__ import annotations

from collections.abc import Iterator

from bayescale.forecast.answer import Answer
from bayescale.forecast.doubts import held
from bayescale.forecast.scenarios import MEANINGS
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.numbers import write_point

# Points that are told one by one, and folds of the backtest.
MOST_POINTS = 8
_MOST_FOLDS = 3
_SHARES = {"50%": "half", "33%": "third", "25%": "quarter", "20%": "fifth"}


def answer_sentences(answer: Answer) -> str:
    """The number with interval, kind, mass and reach; how such held; what to doubt first.

    A line each, and a line per point where there are several. Where laws part ways that is said
    too, whatever is to be doubted first.
    """
    return "\n".join([*_numbers(answer), _held(answer), *_doubts(answer)])


def _numbers(answer: Answer) -> Iterator[str]:
    table, response = answer.table, answer.law.response
    for row in table.head(MOST_POINTS).to_dict("records"):
        at = write_point({symbol: row[symbol] for symbol in answer.law.input_symbols})
        of = f"{interval_name(answer.asked.mass)} of {MEANINGS[answer.asked.kind]}"
        told = f"{response.symbol} = {_digits(row['median'])} {response.unit}".rstrip()
        yield (
            f"{told} ({_digits(row['lower'])} to {_digits(row['upper'])}, {of}) at {at}, "
            f"{_reach(row['reach'])}."
        )
    if len(table) > MOST_POINTS:
        yield f"And {len(table) - MOST_POINTS} points more, in the table."


def _reach(decades: float) -> str:
    return f"{decades:.1f} decades beyond the runs" if decades > 0 else "within the runs"


def _held(answer: Answer) -> str:
    folds = held(answer)
    if not folds:
        runs = len(answer.fits[0].response)
        return f"No run was hidden to see how such intervals hold: there are {runs}."
    kinds = answer.asked.kind == "run" and answer.asked.mass == DEFAULT_MASS
    such = "such intervals" if kinds else f"{DEFAULT_MASS:.0%} intervals of {MEANINGS['run']}"
    told = [f"{_fold(part.fold)}: {part.inside} of {part.hidden}" for part in folds[:_MOST_FOLDS]]
    more = f" ({len(folds) - _MOST_FOLDS} more)" if len(folds) > _MOST_FOLDS else ""
    return f"Hiding {'; '.join(told)} inside {such}{more}."


def _fold(name: str) -> str:
    """``the largest third`` in the place of ``the largest 33%``."""
    start, _, share = name.rpartition(" ")
    return f"{start} {_SHARES[share]}" if share in _SHARES else name


def _doubts(answer: Answer) -> Iterator[str]:
    if not answer.notes:
        yield "Nothing speaks against it."
        return
    first, *others = answer.notes
    yield f"Doubt first: {first}"
    yield from (str(note) for note in others if note.code == "laws-part")


def _digits(value: float) -> str:
    return f"{value:.4g}"
