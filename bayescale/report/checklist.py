"""What a reader should know about a scaling fit, filled in from the runs or marked unknown.

Reference: Li, Kudugunta & Zettlemoyer (2025), (Mis)Fitting: A Survey of Scaling Laws,
arXiv:2502.18969.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from bayescale.errors import InputError
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.numbers import format_number
from bayescale.posterior.fit import Fit
from bayescale.report.document import Block, Paragraph, Section, Table, digits
from bayescale.report.results import Results

UNKNOWN = "unknown"
# What no table of runs tells: only who trained the models can.
_TOLD = {
    "embeddings": "Does the number of parameters count embeddings?",
    "compute": "How is compute counted (attention, recomputation, failed restarts)?",
    "schedule": "Did the learning-rate schedule end at each run's tokens?",
    "tuning": "Was the learning rate (batch size, width to depth) tuned at each scale?",
    "tokens": "What is a token (tokenizer, repeated data), and is it the same in every run?",
    "evaluation": "What is the response measured on, and is it the same set for every run?",
    "selection": "Were runs left out, and by which rule?",
}
FACTS = tuple(_TOLD)
_SYMBOLS = {"embeddings": "N", "compute": "C", "tokens": "D"}
# Standardised residuals beyond this are what heavy tails are for.
_OUTLIER = 4.0


def checklist(results: Results) -> Section:
    """The checklist of every fit."""
    blocks: list[Block] = [
        Paragraph(
            "What a reader should know about a scaling fit (after the survey (Mis)Fitting, 2025, "
            f"arXiv:2502.18969). What the runs do not tell is marked {UNKNOWN}; bs.report(facts=…) "
            "or --fact fills it in."
        )
    ]
    titles = ("question", "answer")
    told = tuple(_told(results))
    blocks.append(Table("What only those who made the runs can tell", titles, told))
    for name, fit in results.named_fits:
        rows = tuple(_counted(fit, results))
        blocks.append(Table(f"What the runs of {name} tell", titles, rows))
    return Section("checklist", "Checklist", tuple(blocks))


def check_facts(facts: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse a fact that the checklist does not ask for."""
    unknown = [name for name in facts if name not in _TOLD]
    if unknown:
        raise InputError(
            f"The checklist does not ask for {', '.join(unknown)}; it asks for {', '.join(_TOLD)}."
        )
    return facts


def _told(results: Results) -> Iterator[tuple[str, str]]:
    for name, question in _TOLD.items():
        symbol = _SYMBOLS.get(name, "")
        # Who knows no input of that name is not asked how it was counted.
        if symbol and not any(symbol in fit.law.input_symbols for fit in results.fits):
            continue
        hints = dict.fromkeys(hint for fit in results.fits if (hint := _hint(fit, symbol)))
        known = results.facts.get(name, UNKNOWN)
        yield question, known + (f" ({'; '.join(hints)})" if hints else "")


def _hint(fit: Fit, symbol: str) -> str:
    """What the table of runs says of how an input was counted."""
    columns = json.loads(fit.provenance.get("columns", "{}"))
    if symbol in fit.derive:
        return f"{symbol} = {fit.derive[symbol]} in every run of {fit.law.name}"
    if symbol in fit.law.input_symbols and columns.get(symbol, symbol) != symbol:
        return f"{symbol} is the column {columns[symbol]!r} in {fit.law.name}"
    return ""


def _counted(fit: Fit, results: Results) -> Iterator[tuple[str, str]]:
    questions: dict[str, Callable[[Fit], str]] = {
        "How many runs?": lambda fit: f"{len(fit.response)} observations",
        "Over which range of each input?": _ranges,
        "Early checkpoints of a run, in or out?": _checkpoints,
        "How noisy is a run, and was any repeated?": _noise,
        "Which runs lie far from the law, and what was done?": _outliers,
        "What was fitted, by which objective?": _objective,
    }
    for question, answer in questions.items():
        yield question, answer(fit)
    yield "How were runs split to check the forecast?", _split(results)
    yield (
        "Can it be done again?",
        f"data digest {str(fit.provenance.get('digest', UNKNOWN))[:12]}, seed "
        f"{fit.provenance.get('seed', UNKNOWN)}, law version {fit.law.version}; see Provenance",
    )


def _ranges(fit: Fit) -> str:
    told = []
    for symbol, x in fit.inputs.items():
        positive = x[x > 0]
        low, high = positive.min(), positive.max()
        distinct = len(np.unique(x))
        told.append(
            f"{symbol} from {format_number(low)} to {format_number(high)} "
            f"({np.log10(high / low):.1f} decades, {distinct} values)"
        )
    return "; ".join(told)


def _checkpoints(fit: Fit) -> str:
    groups = fit.groups
    if groups is None:
        return f"{UNKNOWN}: no column named the training run of a row; each counts as its own"
    counts = np.unique(groups, return_counts=True)[1]
    if len(counts) == 1:
        return f"{counts[0]} points of one curve, whose errors are taken to be alike"
    return (
        f"{len(counts)} training runs with {counts.min()} to {counts.max()} rows each, whose "
        "errors are taken to be alike within a run"
    )


def _noise(fit: Fit) -> str:
    summary = fit.summary(DEFAULT_MASS)
    scale = summary.loc["noise_scale"]
    places = np.unique(np.stack(list(fit.inputs.values())), axis=1).shape[1]
    repeated = len(fit.response) - places
    seeds = f"{repeated} rows repeat a place" if repeated else "no place was observed twice"
    return (
        f"{scale['median']:.2%} of the response ({scale['lower']:.2%} to {scale['upper']:.2%}, "
        f"{interval_name(DEFAULT_MASS)}); {seeds}"
    )


def _outliers(fit: Fit) -> str:
    free: Mapping[str, Any] = fit.curve.free
    residual = np.log(fit.response) - np.median(np.log(fit.curve(fit.inputs)), axis=0)
    far = int((np.abs(residual) > _OUTLIER * np.median(free["noise_scale"])).sum())
    dof = np.median(free["noise_dof"])
    return (
        f"{far} of {len(residual)} lie beyond {_OUTLIER:g} noise scales; they stay in, under "
        f"Student-t noise of {digits(float(dof))} degrees of freedom (median)"
    )


def _objective(fit: Fit) -> str:
    how = "approximated (preview)" if fit.approximate else "sampled"
    return (
        f"{fit.law.response.symbol} = {fit.law.formula}; posterior {how}, Student-t noise on the "
        "log response, priors as listed"
    )


def _split(results: Results) -> str:
    if not results.backtests:
        return f"{UNKNOWN}: no backtest was given to this report"
    folds = [
        f"{row.n_train} runs fitted, {row.n_test} hidden ({row.fold})"
        for found in results.backtests
        for row in found.settings.drop_duplicates("fold").itertuples()
    ]
    return "; ".join(folds)
