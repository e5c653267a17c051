"""The first section of a report: what was found, and what changes how it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from bayescale.forecast.answer import Answer
from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.forecast import Extrapolation
from bayescale.forecast.notes import lines
from bayescale.intervals import DEFAULT_MASS, bounds, interval_name
from bayescale.law.law import Law
from bayescale.law.prior import Array
from bayescale.numbers import write_point
from bayescale.plots.axes import label_of
from bayescale.posterior.fit import Fit
from bayescale.report.document import Block, Bullets, Heading, Paragraph, digits, table
from bayescale.report.results import Results, Subject

# Decades beyond the data from where a reader is warned.
FAR = 1.0


def answer(results: Results) -> Iterator[Block]:
    """What was found, in words and numbers."""
    for found in results.decisions:
        yield from (Paragraph(line, strong=True) for line in found.text.splitlines() if line)
    for subject in results.subjects:
        if isinstance(subject.forecaster, Answer):
            yield from (
                Paragraph(line, strong=True) for line in subject.forecaster.text.split("\n")
            )
        if subject.forecast:
            yield from _of_targets(subject, subject.forecast, results.assumed)
    for number, given in enumerate(results.given, 1):
        yield from _as_given(given, number)
    for backtest in results.backtests:
        yield from map(Paragraph, backtest.text.splitlines())
    if not (results.decisions or results.forecasts or results.given or results.backtests):
        yield from (Paragraph(_at_reference(fit, name)) for name, fit in results.fits)
        yield Paragraph("No target was stated: the what-if below forecasts any.")
    if warnings := tuple(dict.fromkeys(_warnings(results))):
        yield Heading("Before you rely on these numbers")
        yield Bullets(warnings)


def _of_targets(subject: Subject, forecast: Extrapolation, assumed: Assumptions) -> Iterator[Block]:
    name, law, points = subject.name, forecast.law, forecast.points
    run = forecast.table
    mean = subject.forecaster.extrapolate(points, kind="mean", **assumed.options).table
    interval = interval_name(forecast.mass)
    rows = (frame.to_dict("records") for frame in (points, run, mean))
    for point, own, curve in zip(*rows, strict=True):
        yield Paragraph(
            f"At {write_point(point, ' = ')}: {law.response.symbol} = {digits(own['median'])} "
            f"{law.response.unit} (median). One new run ends {_between(own)}, the law's curve lies "
            f"{_between(curve)} ({interval} each); {own['reach']:.1f} decades beyond the runs, by "
            f"{name}.",
            # An answer has said its number.
            strong=not isinstance(subject.forecaster, Answer),
        )
    kinds = {"one new run: ": run, "the law's curve: ": mean}
    shown = [frame[["median", "lower", "upper"]].add_prefix(kind) for kind, frame in kinds.items()]
    both = points.join(shown).assign(reach=run["reach"])
    yield table(both, _caption(law, name, interval), human=law.input_symbols, folded=True)


def _caption(law: Law, name: str, interval: str) -> str:
    return f"{label_of(law)} by {name}; {interval}; reach in decades beyond the runs"


def _between(row: Mapping[str, float]) -> str:
    return f"between {digits(row['lower'])} and {digits(row['upper'])}"


def _as_given(given: Extrapolation, number: int) -> Iterator[Block]:
    caption = _caption(given.law, given.law.name, given.table["interval"].iloc[0])
    yield table(given.table, f"Forecast {number}: {caption}", human=given.law.input_symbols)
    yield Paragraph(given.discrepancy)


def _at_reference(fit: Fit, name: str) -> str:
    law, reference = fit.law, fit.curve.reference

    def told(draws: Array, unit: str = "") -> str:
        middle, low, high = map(digits, map(float, bounds(draws, DEFAULT_MASS)))
        return f"{middle}{unit} ({low} to {high})"

    at = fit.curve({symbol: np.array([value]) for symbol, value in reference.items()})[:, 0]
    said = f"{law.response.symbol} is {told(at, f' {law.response.unit}')}"
    for first in law.weights[:1]:
        own = fit.draws["posterior"][first.symbol].to_numpy().ravel()
        said += f", of {first.symbol} ({first.meaning}) {told(own)}"
    return (
        f"{name}: in the middle of the runs ({write_point(reference, ' = ')}) {said}; "
        f"{interval_name(DEFAULT_MASS)} each."
    )


def _warnings(results: Results) -> Iterator[str]:
    for subject in results.subjects:
        if isinstance(subject.forecaster, Answer):
            yield from map(str, subject.forecaster.notes)
    for name, fit in results.fits:
        for problem in fit.diagnostics.problems:
            if problem.severity != "note":
                yield f"{name}: {problem.message}"
        if not (results.assumed.allow_unconverged or fit.diagnostics.passed):
            yield (
                f"{name}: this fit did not converge, so nothing is forecast from it; fit "
                "it again as the messages say."
            )
    for subject in results.subjects:
        run = subject.forecast
        # An answer has said how far its own hidden runs reached.
        if run and run.reach.max() > FAR and not isinstance(subject.forecaster, Answer):
            yield (
                f"{subject.name}: the furthest target lies {run.reach.max():.1f} "
                "decades beyond the runs. No interval knows of what never happened at the "
                "scales seen; hide your largest runs (bayescale backtest) to see how they held."
            )
    for found in (*(run for _, run in results.forecasts), *results.given):
        yield from (f"{found.law.name}: {line}" for line in lines(found.notes))
