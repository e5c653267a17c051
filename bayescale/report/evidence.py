"""What stands behind the answer: pictures with their tables, law, data, checks, backtests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.doubts import held
from bayescale.intervals import DEFAULT_MASS, interval_name
from bayescale.judge.backtest import Backtest
from bayescale.law.prior import Prior
from bayescale.plots.backtest import calibration, calibration_table
from bayescale.plots.beside import laws
from bayescale.plots.curve import composition, composition_table
from bayescale.plots.forecast import forecast, forecast_table
from bayescale.plots.parameters import prior_posterior
from bayescale.plots.residuals import residuals
from bayescale.plots.tables import fits_of
from bayescale.posterior.fit import Fit
from bayescale.report.document import Block, Code, Heading, Paragraph, bullets, picture, table
from bayescale.report.prior_sensitivity import prior_sensitivity
from bayescale.report.results import Subject

# Rows of a table behind a picture that a page shows; the picture has them all.
_MOST_ROWS = 12
_INTERVAL = interval_name(DEFAULT_MASS)
_MADE_OF = ["term", "median", "lower", "upper", "share_median", "share_lower", "share_upper"]


def behind(subject: Subject, assumed: Assumptions) -> Iterator[Block]:
    """What stands behind the numbers of one forecaster."""
    forecaster = subject.forecaster
    points = subject.forecast.points if subject.forecast else None
    if subject.usable:
        yield from _forecast(subject, points, assumed)
    if isinstance(forecaster, Fit):
        if forecaster.law.is_sum:
            yield from _made_of(forecaster, subject.place)
        yield from _law(forecaster, subject.place)
        yield from _data(forecaster)
        yield from _diagnostics(forecaster)
        yield from _checks(forecaster, subject.place)
        if points is not None:
            yield from _sensitivity(forecaster, points, assumed)
        return
    weights = forecaster.laws.rename(columns={"hindcast_log_score": "score"})
    yield table(weights, "Weight of each law")
    if points is not None:
        figure = laws(forecaster, points.iloc[[0]], **assumed.options)
        yield picture(f"laws-{subject.place}", figure, "Weight and forecast of each law.")
    if folds := held(forecaster):
        yield Heading("How such intervals held on hidden runs")
        yield from bullets(
            [f"Hiding {part.fold}: {part.inside} of {part.hidden} inside." for part in folds]
        )
        caption = "Hidden runs, forecast from the others by laws weighed without them; "
        inputs = fits_of(forecaster)[0].law.input_symbols
        caption += f"{_INTERVAL} of one new run"
        yield table(forecaster.backtest, caption, human=inputs, folded=True)


def _forecast(subject: Subject, points: Any, assumed: Assumptions) -> Iterator[Block]:
    name, forecaster = subject.name, subject.forecaster
    caption = (
        f"Forecast by {name}: median and {_INTERVAL} and 50% of the law's curve "
        "and of one new run; the region beyond the runs is shaded."
    )
    drawn = forecast(forecaster, points, **assumed.options)
    yield picture(f"forecast-{subject.place}", drawn, caption)
    shown = forecast_table(forecaster, points, points=_MOST_ROWS, **assumed.options)
    inputs = fits_of(forecaster)[0].law.input_symbols
    drawn_of = "as drawn; of the law's curve (mean_) and one new run (run_)"
    caption = f"Forecast by {name}, {drawn_of}: {_INTERVAL}, 50% (inner_)"
    yield table(shown, caption, human=inputs, folded=True)


def _made_of(fit: Fit, place: int) -> Iterator[Block]:
    law = fit.law
    caption = (
        f"What {law.response.symbol} is made of by {law.name}: floor and terms, stacked; "
        f"bars are {_INTERVAL} of the law's curve."
    )
    yield picture(f"composition-{place}", composition(fit), caption)
    drawn = composition_table(fit, points=_MOST_ROWS)[[*law.input_symbols, *_MADE_OF]]
    caption = f"Terms of {law.name}, as drawn; {_INTERVAL} of the law's curve"
    yield table(drawn, caption, human=law.input_symbols, folded=True)


def _law(fit: Fit, place: int) -> Iterator[Block]:
    law, summary = fit.law, fit.summary(DEFAULT_MASS)
    yield Heading("Law and priors")
    yield Paragraph(f"{law.name}, version {law.version}: {law.summary}.")
    yield Code(f"{law.response.symbol} = {law.formula}")
    yield from bullets(law.references)
    caption = f"Parameters of {law.name}: median and {_INTERVAL}, raw units"
    yield table(summary.drop(columns="sd"), caption)
    rows = [(name, str(prior), _why(fit, name, prior)) for name, prior in fit.priors.free]
    priors = pd.DataFrame(rows, columns=["parameter", "prior", "why"])
    yield table(priors, f"Priors of {law.name}", folded=True)
    if constraints := summary.attrs["soft_constraints"]:
        yield Paragraph("Believed of what follows from the parameters, as soft constraints:")
        yield from bullets(constraints)
    drawn = prior_posterior(fit, [item.symbol for item in law.curvature] or None)
    caption = f"Exponents and shapes of {law.name}: prior and posterior."
    yield picture(f"priors-{place}", drawn, caption)


def _why(fit: Fit, name: str, prior: Prior) -> str:
    if name in fit.stated.priors:
        return "given for this fit in the place of the law's"
    return prior.why + (f" ({prior.source})" if prior.source else "")


def _data(fit: Fit) -> Iterator[Block]:
    law, runs = fit.law, fit.runs
    yield Heading("Data, and how they were counted")
    grouped = "" if fit.groups is None else f" in {len(set(fit.groups))} training runs"
    yield Paragraph(f"{len(runs)} observations{grouped} from {runs.source}.")
    meanings = [*(item.meaning for item in law.inputs), law.response.meaning]
    told = runs.summary.assign(meaning=meanings)
    shown = table(told[["meaning", "unit", "from", "smallest", "largest"]], f"Data of {law.name}")
    yield replace(shown, numeric=frozenset({4, 5}))
    if runs.problems:
        yield Paragraph("What was found in them when they were read:")
        yield from bullets(list(map(str, runs.problems)))


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
    told = [problem for problem in found.problems if problem.code not in elsewhere]
    yield from bullets([f"{problem.severity}: {problem.message}" for problem in told])


def _checks(fit: Fit, place: int) -> Iterator[Block]:
    yield Heading("Does the law fit the runs?")
    found, name = fit.diagnostics, fit.law.name
    missed = [problem.message for problem in found.problems if problem.code == "lack-of-fit"]
    if not found.checks:
        yield Paragraph("The runs are too few to see a lack of fit, or it was not looked for.")
    elif not missed:
        yield Paragraph("No pattern is left in the residuals that noise alone would not give.")
    else:
        yield from bullets(missed)
    if found.checks:
        caption = (
            f"Checks of the residuals of {name}: observed, what noise alone gives "
            "(equal-tailed 90%), and the p value"
        )
        yield table(found.predictive_checks, caption, folded=True)
    caption = f"Residuals of {name} against every input."
    yield picture(f"residuals-{place}", residuals(fit), caption)


def _sensitivity(fit: Fit, points: Any, assumed: Assumptions) -> Iterator[Block]:
    yield Heading("Sensitivity")
    yield Paragraph(
        "The same forecasts under other assumptions: the law taken to hold beyond the data, "
        "and priors that count half or twice (by importance weights; draws is how many carry "
        "the weight, and no number is given where they are too few)."
    )
    caption = f"Sensitivity of {fit.law.name}: {_INTERVAL} of the law's curve"
    yield table(prior_sensitivity(fit, points, assumed), caption, human=fit.law.input_symbols)


def held_before(backtests: Sequence[Backtest]) -> Iterator[Block]:
    """How forecasts of hidden runs held, where there was a backtest."""
    for number, found in enumerate(backtests):
        yield Paragraph(
            "The largest runs were hidden, the rest was fitted, and the forecasts were set beside "
            "what had been observed."
        )
        yield from bullets(found.text.splitlines())
        caption = "Forecasts of hidden runs, and what they were."
        yield picture(f"backtest-{number}", found.plot(), caption)
        caption = "How often intervals held, against what they promised."
        yield picture(f"calibration-{number}", calibration(found), caption)
        yield table(calibration_table(found), "Coverage, as drawn", folded=True)
        scores = found.table.reset_index()
        yield table(scores, "Scores of the forecasts of hidden runs", folded=True)
        yield table(found.by_reach, "Scores by decades beyond the fitted runs", folded=True)
