"""What stands behind the answer: pictures with their tables, data, law, checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bayescale.forecast.mixture import Average
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.judge.backtest import Backtest
from bayescale.law.law import Law
from bayescale.law.prior import Prior
from bayescale.law.symbols import (
    NOISE_DOF,
    NOISE_GAIN,
    NOISE_LENGTH,
    NOISE_LEVEL,
    NOISE_SCALE,
    TOTAL,
)
from bayescale.numbers import format_number
from bayescale.posterior.fit import Fit
from bayescale.posterior.parameters import share_name
from bayescale.report.document import (
    Block,
    Bullets,
    Code,
    Heading,
    Paragraph,
    Section,
    Table,
    table,
)
from bayescale.report.drawing import picture
from bayescale.report.results import Results
from bayescale.report.sensitivity import sensitivity

# Rows of a table behind a picture that a page shows; the picture has them all.
_MOST_ROWS = 12
_MADE_OF = ["term", "median", "lower", "upper", "share_median", "share_lower", "share_upper"]


def evidence(results: Results) -> tuple[Section, ...]:
    """A section per forecaster, then backtests and decisions."""
    sections = []
    for place, name in enumerate(results.names):
        blocks = tuple(_behind(results, place))
        sections.append(Section(f"behind-{place}", f"Behind the numbers: {name}", blocks))
    if results.backtests:
        shown = tuple(b for k, found in enumerate(results.backtests) for b in _backtest(found, k))
        sections.append(Section("backtest", "How forecasts held before", shown))
    return tuple(sections)


def _behind(results: Results, place: int) -> Iterator[Block]:
    forecaster = results.forecasters[place]
    if results.usable(forecaster):
        yield from _forecast(results, place)
    if isinstance(forecaster, Average):
        yield from _laws(forecaster, results, place)
        return
    yield from _made_of(forecaster, place)
    yield from _law(forecaster, place)
    yield from _data(forecaster)
    yield from _diagnostics(forecaster)
    yield from _checks(forecaster, place)
    if place in results.forecasts:
        points = results.forecasts[place].points
        moved = sensitivity(
            forecaster,
            points,
            discrepancy=results.discrepancy,
            allow_unconverged=results.allow_unconverged,
        )
        yield Heading("Sensitivity")
        yield Paragraph(
            "The same forecasts under other assumptions: the law taken to hold beyond the data, "
            "and priors that count half or twice (by importance weights; draws is how many carry "
            "the weight, and no number is given where they are too few)."
        )
        caption = f"Sensitivity of {forecaster.law.name}: {moved.attrs['interval']}"
        yield table(moved, caption, human=forecaster.law.input_symbols)


def _forecast(results: Results, place: int) -> Iterator[Block]:
    from bayescale.plots.forecasts import forecast, forecast_table

    forecaster = results.forecasters[place]
    points = results.forecasts[place].points if place in results.forecasts else None
    options: dict[str, Any] = {
        "discrepancy": results.discrepancy,
        "seed": results.seed,
        "allow_unconverged": results.allow_unconverged,
    }
    name = results.names[place]
    caption = (
        f"Forecast by {name}: median and {interval_name(DEFAULT_MASS)} and 50% of the law's curve "
        "and of one new run; the region beyond the runs is shaded."
    )
    yield picture(f"forecast-{place}", forecast(forecaster, points, **options), caption)
    drawn = forecast_table(forecaster, points, points=_MOST_ROWS, **options)
    symbols = [item for item in drawn if item in _symbols(forecaster)]
    yield table(drawn, f"Forecast by {name}, as drawn", human=symbols, folded=True)


def _laws(average: Average, results: Results, place: int) -> Iterator[Block]:
    yield table(average.table, "Weight of each law", names={"hindcast_log_score": "score"})
    if place in results.forecasts:
        from bayescale.plots.backtests import laws

        first = results.forecasts[place].points.iloc[[0]]
        figure = laws(
            average,
            first,
            discrepancy=results.discrepancy,
            seed=results.seed,
            allow_unconverged=results.allow_unconverged,
        )
        yield picture(f"laws-{place}", figure, "Weight and forecast of each law.")


def _symbols(forecaster: Fit | Average) -> tuple[str, ...]:
    first = forecaster.fits[0] if isinstance(forecaster, Average) else forecaster
    return first.law.input_symbols


def _made_of(fit: Fit, place: int) -> Iterator[Block]:
    from bayescale.plots.composition import composition, composition_table

    caption = (
        f"What {fit.law.response.symbol} is made of by {fit.law.name}: floor and terms, stacked; "
        f"bars are {interval_name(DEFAULT_MASS)} of the law's curve."
    )
    yield picture(f"composition-{place}", composition(fit), caption)
    drawn = composition_table(fit, points=_MOST_ROWS)[[*fit.law.input_symbols, *_MADE_OF]]
    caption = f"Terms of {fit.law.name}, as drawn"
    yield table(drawn, caption, human=fit.law.input_symbols, folded=True)


def _law(fit: Fit, place: int) -> Iterator[Block]:
    law = fit.law
    yield Heading("Law and priors")
    yield Paragraph(f"{law.name}, version {law.version}: {law.summary}.")
    yield Code(f"{law.response.symbol} = {law.formula}")
    if law.references:
        yield Bullets(law.references)
    summary = fit.summary(DEFAULT_MASS)
    shown = summary.drop(columns=["sd", "interval"]).reset_index()
    shown["informed"] = ["yes" if value else "no" for value in shown["informed"]]
    interval = interval_name(DEFAULT_MASS)
    yield table(shown, f"Parameters of {law.name}: median and {interval}, raw units")
    yield _priors(fit)
    constraints = summary.attrs["soft_constraints"]
    if constraints:
        yield Paragraph("Believed of what follows from the parameters, as soft constraints:")
        yield Bullets(tuple(constraints))
    if fit.provenance.get("priors"):
        from bayescale.plots.parameters import prior_posterior

        shown_ones = [item.symbol for item in law.curvature] or None
        caption = f"Exponents and shapes of {law.name}: prior and posterior."
        yield picture(f"priors-{place}", prior_posterior(fit, shown_ones), caption)


def _priors(fit: Fit) -> Table:
    """Priors as the fit used them, with the law's reasons where they are the law's."""
    law = fit.law
    own = _defaults(law)
    used = json.loads(fit.provenance.get("priors", "{}")) or {k: str(v) for k, v in own.items()}
    rows = []
    for name, text in used.items():
        prior = own.get(name)
        if prior is not None and str(prior) == text:
            why = prior.why + (f" ({prior.source})" if prior.source else "")
        else:
            why = "given for this fit in the place of the law's"
        rows.append((name, text, why))
    return Table(f"Priors of {law.name}", ("parameter", "prior", "why"), tuple(rows), folded=True)


def _defaults(law: Law) -> dict[str, Prior]:
    found = {TOTAL: law.total, NOISE_SCALE: law.noise.scale, NOISE_DOF: law.noise.dof}
    found |= {share_name(weight.symbol): weight.share for weight in law.weights[1:]}
    found |= {item.symbol: item.prior for item in law.curvature}
    found |= {NOISE_LEVEL: law.noise.level, NOISE_GAIN: law.noise.gain}
    along = law.noise.curve_length if law.noise.along else law.noise.run_length
    return found | {NOISE_LENGTH: along}


def _data(fit: Fit) -> Iterator[Block]:
    law, attrs = fit.law, fit.provenance
    columns = json.loads(attrs.get("columns", "{}"))
    yield Heading("Data, and how they were counted")
    source = attrs.get("source", "an unknown source")
    grouped = "" if fit.groups is None else f" in {len(set(fit.groups))} training runs"
    yield Paragraph(f"{len(fit.response)} observations{grouped} from {source}.")
    described = [(item.symbol, item.meaning, item.unit) for item in law.inputs]
    described.append((law.response.symbol, law.response.meaning, law.response.unit))
    rows = [
        (
            *words,
            fit.derive.get(words[0]) or columns.get(words[0], words[0]),
            format_number(values.min()),
            format_number(values.max()),
        )
        for words, values in zip(described, (*fit.inputs.values(), fit.response), strict=True)
    ]
    titles = ("symbol", "meaning", "unit", "from", "smallest", "largest")
    yield Table(f"Data of {law.name}", titles, tuple(rows), frozenset({4, 5}))
    warnings = json.loads(attrs.get("warnings", "[]"))
    if warnings:
        yield Paragraph("What was found in them when they were read:")
        yield Bullets(tuple(warnings))


def _diagnostics(fit: Fit) -> Iterator[Block]:
    found = fit.diagnostics
    yield Heading("Can the computation be trusted?")
    if found.approximate:
        yield Paragraph("This is a preview by a Laplace approximation: no sampler to check.")
    elif "r_hat" not in found.table:
        yield Paragraph("This fit holds draws without a record of its sampler.")
    else:
        rows = found.table
        word = "agree" if found.passed else "do not pass every check"
        yield Paragraph(
            f"The chains {word}: R-hat up to {rows['r_hat'].max():.3f} (1.01 or less is wanted), "
            f"at least {min(rows['ess_bulk'].min(), rows['ess_tail'].min()):.0f} effective draws "
            f"(400 are wanted), {found.divergences} divergences (none is wanted), E-BFMI "
            f"{found.e_bfmi:.2f} (0.3 or more is wanted)."
        )
        yield table(rows, f"Diagnostics of {fit.law.name}", folded=True)
    if found.not_informed:
        names = ", ".join(found.not_informed)
        yield Paragraph(f"What the data did not inform, and is mostly the prior: {names}.")
    else:
        yield Paragraph("The data informed every parameter.")
    elsewhere = ("not-informed", "lack-of-fit")
    messages = tuple(
        f"{problem.severity}: {problem.message}"
        for problem in found.problems
        if problem.code not in elsewhere
    )
    if messages:
        yield Bullets(messages)


def _checks(fit: Fit, place: int) -> Iterator[Block]:
    yield Heading("Does the law fit the runs?")
    found = fit.diagnostics
    missed = [problem for problem in found.problems if problem.code == "lack-of-fit"]
    if not found.checks:
        yield Paragraph("The runs are too few to see a lack of fit, or it was not looked for.")
    elif missed:
        yield Bullets(tuple(problem.message for problem in missed))
    else:
        yield Paragraph("No pattern is left in the residuals that noise alone would not give.")
    if found.checks:
        caption = (
            f"Checks of the residuals of {fit.law.name}: observed, what noise alone gives "
            "(equal-tailed 90%), and the two-sided p value"
        )
        yield table(found.predictive_checks, caption, folded=True)
    from bayescale.plots.residuals import residuals

    caption = f"Residuals of {fit.law.name} against every input."
    yield picture(f"residuals-{place}", residuals(fit), caption)


def _backtest(found: Backtest, number: int) -> Iterator[Block]:
    from bayescale.plots.backtests import calibration, calibration_table

    yield Paragraph(
        "The largest runs were hidden, the rest was fitted, and the forecasts were set beside what "
        "had been observed."
    )
    yield Bullets(tuple(found.text.splitlines()))
    caption = "Forecasts of hidden runs, and what they were."
    yield picture(f"backtest-{number}", found.plot(), caption)
    caption = "How often intervals held, against what they promised."
    yield picture(f"calibration-{number}", calibration(found), caption)
    yield table(calibration_table(found), "Coverage, as drawn", folded=True)
    scores = found.table.reset_index().drop(columns=["notes"], errors="ignore")
    yield table(scores, "Scores of the forecasts of hidden runs", folded=True)
    yield table(found.by_reach, "Scores by decades beyond the fitted runs", folded=True)
