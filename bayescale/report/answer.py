"""The first section of a report: what was found, and what changes how it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.law.symbols import TOTAL
from bayescale.numbers import format_number
from bayescale.posterior.fit import Fit
from bayescale.report.document import Block, Bullets, Heading, Paragraph, Section, digits, table
from bayescale.report.results import Forecast, Results

if TYPE_CHECKING:
    from bayescale.forecast.forecast import Extrapolation

# Decades beyond the data from where a reader is warned.
FAR = 1.0


def answer(results: Results) -> Section:
    """What was found, in words and numbers."""
    blocks: list[Block] = []
    for found in results.decisions:
        blocks += [Paragraph(line, strong=True) for line in str(found.text).splitlines() if line]
    for place, forecast in results.forecasts.items():
        blocks += _of_targets(results.names[place], forecast)
    for number, given in enumerate(results.given, 1):
        blocks += _as_given(given, number)
    for backtest in results.backtests:
        blocks += [Paragraph(line) for line in backtest.text.splitlines()]
    if not blocks:
        blocks = [Paragraph(_at_reference(fit, name)) for name, fit in results.named_fits]
        blocks.append(Paragraph("No target was stated: the what-if below forecasts any."))
    warnings = tuple(dict.fromkeys(_warnings(results)))
    if warnings:
        blocks += [Heading("Before you rely on these numbers"), Bullets(warnings)]
    return Section("answer", "The answer", tuple(blocks))


def place_of(row: Mapping[str, float]) -> str:
    """A point as it is typed: ``N = 70B, D = 1.4T``."""
    return ", ".join(f"{name} = {format_number(value)}" for name, value in row.items())


def _of_targets(name: str, forecast: Forecast) -> list[Block]:
    law = forecast.run.law
    symbols = list(law.input_symbols)
    sentences = []
    run, mean = forecast.run.table, forecast.mean.table
    for k in range(len(run)):
        own, curve = (table_.loc[k].to_dict() for table_ in (run, mean))
        place = place_of({symbol: float(own[symbol]) for symbol in symbols})
        sentences.append(
            f"At {place}: {law.response.symbol} = {digits(own['median'])} {law.response.unit} "
            f"(median). One new run ends between {digits(own['lower'])} and "
            f"{digits(own['upper'])}, the law's curve lies between {digits(curve['lower'])} and "
            f"{digits(curve['upper'])} ({interval_name(forecast.run.mass)} each); "
            f"{own['reach']:.1f} decades beyond the runs, by {name}."
        )
    both = run.drop(columns=["median", "lower", "upper", "reach"])
    for kind, frame in (("one new run", run), ("the law's curve", mean)):
        for part in ("median", "lower", "upper"):
            both[f"{kind}: {part}"] = frame[part]
    both["reach"] = run["reach"]
    title = (
        f"{law.response.symbol} ({law.response.unit}) by {name}; "
        f"{interval_name(forecast.run.mass)}; reach in decades beyond the runs"
    )
    shown = table(both, title, human=symbols, folded=True)
    return [*(Paragraph(text, strong=True) for text in sentences), shown]


def _as_given(given: Extrapolation, number: int) -> list[Block]:
    law = given.law
    title = (
        f"Forecast {number}: {law.response.symbol} ({law.response.unit}) by {law.name}; "
        f"{given.table['interval'].iloc[0]}; reach in decades beyond the runs"
    )
    return [table(given.table, title, human=law.input_symbols), Paragraph(given.discrepancy)]


def _at_reference(fit: Fit, name: str) -> str:
    law = fit.law
    summary = fit.summary(DEFAULT_MASS)
    interval = interval_name(DEFAULT_MASS)
    first = law.weights[0]
    total, base = (summary.loc[name].to_dict() for name in (TOTAL, first.symbol))
    return (
        f"{name}: in the middle of the runs ({place_of(fit.curve.reference)}) "
        f"{law.response.symbol} is {digits(total['median'])} {law.response.unit} "
        f"({digits(total['lower'])} to {digits(total['upper'])}), of {first.symbol} "
        f"({first.meaning}) {digits(base['median'])} ({digits(base['lower'])} to "
        f"{digits(base['upper'])}); {interval} each."
    )


def _warnings(results: Results) -> Iterator[str]:
    for name, fit in results.named_fits:
        for problem in fit.diagnostics.problems:
            if problem.severity != "note":
                yield f"{name}: {problem.message}"
        if not results.usable(fit):
            yield (
                f"{name}: this fit did not converge, so nothing is forecast from it; fit "
                "it again as the messages say."
            )
    for place, forecast in results.forecasts.items():
        far = forecast.run.reach.max()
        if far > FAR:
            yield (
                f"{results.names[place]}: the furthest target lies {far:.1f} "
                "decades beyond the runs. No interval knows of what never happened at the "
                "scales seen; hide your largest runs (bayescale backtest) to see how they held."
            )
    for found in (*(f.run for f in results.forecasts.values()), *results.given):
        yield from (f"{found.law.name}: {note}." for note in found.notes)
