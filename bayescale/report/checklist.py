"""What a reader should know about a scaling fit, filled in from the runs or marked unknown.

Reference: Li, Kudugunta & Zettlemoyer (2025), (Mis)Fitting: A Survey of Scaling Laws,
arXiv:2502.18969.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap

import numpy as np

from bayescale.errors import InputError
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.judge.backtest import Backtest
from bayescale.law.prior import Array
from bayescale.law.symbols import NOISE_DOF, NOISE_SCALE
from bayescale.numbers import format_number
from bayescale.posterior.fit import Fit
from bayescale.report.document import UNKNOWN, Block, Paragraph, Table, digits
from bayescale.report.results import Results

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
_SYMBOLS = {"embeddings": "N", "compute": "C", "tokens": "D"}
# Standardised residuals beyond this are what heavy tails are for.
_OUTLIER = 4.0


def checklist(results: Results) -> Iterator[Block]:
    """The checklist of every fit."""
    yield Paragraph(
        "What a reader should know about a scaling fit (after the survey (Mis)Fitting, 2025, "
        f"arXiv:2502.18969). What the runs do not tell is marked {UNKNOWN}; bs.report(facts=…) "
        "or --fact fills it in."
    )
    titles = ("question", "answer")
    yield Table("What only those who made the runs can tell", titles, tuple(_told(results)))
    for name, fit in results.fits:
        yield Table(f"What the runs of {name} tell", titles, _counted(fit, results.backtests))


def check_facts(facts: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse a fact that the checklist does not ask for."""
    unknown = [name for name in facts if name not in _TOLD]
    if unknown:
        raise InputError(
            f"The checklist does not ask for {', '.join(unknown)}; it asks for {', '.join(_TOLD)}."
        )
    return facts


def _told(results: Results) -> Iterator[tuple[str, str]]:
    fits = [fit for _, fit in results.fits]
    for name, question in _TOLD.items():
        symbol = _SYMBOLS.get(name, "")
        # Who knows no input of that name is not asked how it was counted.
        if symbol and not any(symbol in fit.law.input_symbols for fit in fits):
            continue
        hints = dict.fromkeys(hint for fit in fits if (hint := _hint(fit, symbol)))
        known = results.facts.get(name, UNKNOWN)
        yield question, known + (f" ({'; '.join(hints)})" if hints else "")


def _hint(fit: Fit, symbol: str) -> str:
    """What the table of runs says of how an input was counted."""
    column = fit.runs.columns.get(symbol, symbol)
    if symbol in fit.derive:
        return f"{symbol} = {fit.derive[symbol]} in every run of {fit.law.name}"
    if symbol in fit.law.input_symbols and column != symbol:
        return f"{symbol} is the column {column!r} in {fit.law.name}"
    return ""


def _counted(fit: Fit, backtests: Sequence[Backtest]) -> tuple[tuple[str, str], ...]:
    route = "approximated (preview)" if fit.approximate else "sampled"
    return (
        ("How many runs?", f"{len(fit.response)} observations"),
        ("Over which range of each input?", "; ".join(starmap(_range, fit.inputs.items()))),
        ("Early checkpoints of a run, in or out?", _checkpoints(fit)),
        ("How noisy is a run, and was any repeated?", _noise(fit)),
        ("Which runs lie far from the law, and what was done?", _outliers(fit)),
        (
            "What was fitted, by which objective?",
            f"{fit.law.response.symbol} = {fit.law.formula}; posterior {route}, Student-t noise on "
            "the log response, priors as listed",
        ),
        ("How were runs split to check the forecast?", _split(backtests)),
        (
            "Can it be done again?",
            f"data digest {fit.runs.digest[:12]}, seed {fit.provenance.get('seed', UNKNOWN)}, law "
            f"version {fit.law.version}; see Provenance",
        ),
    )


def _range(symbol: str, x: Array) -> str:
    low, high = x[x > 0].min(), x.max()
    return (
        f"{symbol} from {format_number(low)} to {format_number(high)} "
        f"({np.log10(high / low):.1f} decades, {len(np.unique(x))} values)"
    )


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
    scale = fit.summary(DEFAULT_MASS).loc["noise_scale"]
    places = np.unique(np.stack(list(fit.inputs.values())), axis=1).shape[1]
    repeated = len(fit.response) - places
    seeds = f"{repeated} rows repeat a place" if repeated else "no place was observed twice"
    return (
        f"{scale['median']:.2%} of the response ({scale['lower']:.2%} to {scale['upper']:.2%}, "
        f"{interval_name(DEFAULT_MASS)}); {seeds}"
    )


def _outliers(fit: Fit) -> str:
    scale, dof = (np.median(fit.curve.free[name]) for name in (NOISE_SCALE, NOISE_DOF))
    residual = np.log(fit.response) - np.median(np.log(fit.curve(fit.inputs)), axis=0)
    far = (np.abs(residual) > _OUTLIER * scale).sum()
    return (
        f"{far} of {len(residual)} lie beyond {_OUTLIER:g} noise scales; they stay in, under "
        f"Student-t noise of {digits(float(dof))} degrees of freedom (median)"
    )


def _split(backtests: Sequence[Backtest]) -> str:
    folds = [
        f"{row.n_train} runs fitted, {row.n_test} hidden ({row.fold})"
        for found in backtests
        for row in found.settings.drop_duplicates("fold").itertuples()
    ]
    return "; ".join(folds) or f"{UNKNOWN}: no backtest was given to this report"
