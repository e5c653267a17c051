"""The demonstration: forecasts of shipped runs that were held out, beside what was measured."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copyfile

import pandas as pd

from bayescale import datasets
from bayescale.errors import InputError
from bayescale.forecast.assumptions import Assumptions
from bayescale.forecast.forecast import Extrapolation
from bayescale.judge.scores import score
from bayescale.plots.beside import hidden_runs
from bayescale.posterior.fit import Fit, fit
from bayescale.report.document import Code, Document, Paragraph, Picture, Section, picture, table
from bayescale.report.report import compose
from bayescale.report.results import sort_results
from bayescale.report.writing import write_html
from bayescale.runs.runs import Runs, read_runs

_LEAD = (
    "Three scaling laws, each fitted to small runs that were measured for bayescale, and asked for "
    "larger ones that it was not shown. Each interval is to hold one new run with the stated "
    "probability, and allows for the law itself being a little wrong beyond the data."
)
_OWN = (
    Paragraph("A table with a row per run is enough; other column names are told with --column."),
    Code(
        'bayescale fit runs.csv --law pretraining --derive "C=6*N*D" -o fit.nc\n'
        "bayescale show fit.nc\n"
        "bayescale extrapolate fit.nc --at N=70B,D=1.4T\n"
        "bayescale report fit.nc -o report.html"
    ),
    Paragraph(
        "The tables and fits of this page lie beside it, to look at and to try: bayescale show "
        "pretraining.nc. What follows here is the full report of the three fits; it answers "
        "what-if in the browser."
    ),
)


@dataclass(frozen=True)
class Study:
    """One shipped table, the rows that are used, and what is asked of them."""

    name: str
    title: str
    question: str
    measured: str
    where: tuple[str, ...] = ()


STUDIES = (
    Study(
        "pretraining",
        "Pre-training",
        "What loss will the largest runs end at?",
        "Small language models, trained from scratch on the sources of Python's standard "
        "library; loss on files held out. The runs of largest compute are hidden from the fit.",
    ),
    Study(
        "posttraining",
        "Post-training",
        "What error will a larger model, or more adaptation data, reach?",
        "The same models, adapted to C headers with more and more examples; error of the next "
        "byte on headers held out. The largest model and the largest set are hidden.",
    ),
    Study(
        "inference",
        "Inference",
        "How long will a call of a larger model take?",
        "Wall-clock time of one forward pass on one thread, by size and number of tokens, with "
        "C the arithmetic of the call. The largest model is hidden from the fit.",
        # C is work here, and a second thread does the same work sooner.
        where=("threads=1",),
    ),
)


@dataclass(frozen=True, eq=False)
class Result:
    """A study carried out.

    Attributes
    ----------
    study : Study
    held_out : Runs
        Those that were hidden.
    fit : Fit
        To the others.
    forecast : Extrapolation
        Of new runs where the hidden ones are.
    seconds : float
        Of the fit, compilation included.
    """

    study: Study
    held_out: Runs
    fit: Fit
    forecast: Extrapolation
    seconds: float

    @property
    def comparison(self) -> pd.DataFrame:
        """One row per hidden run, nearest first: inputs, measured, forecast, inside, reach."""
        table = self.forecast.beside(self.held_out.response)
        table = table.rename(columns={"observed": "measured"})
        return table.sort_values("reach", kind="stable")

    @property
    def verdict(self) -> str:
        """Say in a sentence how the forecast did."""
        table, mass = self.comparison, self.forecast.mass
        error = score(self.forecast, self.held_out.response)["rmsle"]
        return (
            f"{table['inside'].sum()} of {len(table)} hidden runs lie inside their equal-tailed "
            f"{mass:.0%} interval of one new run, up to {table['reach'].max():.1f} decades beyond "
            f"the fitted runs; the median forecast is off by {error:.1%} (root mean "
            "square)."
        )


def studies(seed: int) -> Iterator[Result]:
    """Carry out the studies, one after the other.

    Raises
    ------
    InputError
        If a shipped table is not there.
    """
    missing = {study.name for study in STUDIES} - set(datasets.names())
    if missing:
        raise InputError(f"The shipped runs {', '.join(sorted(missing))} are not installed.")
    for study in STUDIES:
        path = datasets.path(study.name)
        runs, held_out = (
            read_runs(path, study.name, where=(*study.where, f"split={part}"))
            for part in ("train", "test")
        )
        start = time.perf_counter()
        found = fit(runs, seed=seed)
        seconds = time.perf_counter() - start
        forecast = found.extrapolate(held_out.table[list(runs.law.input_symbols)])
        yield Result(study, held_out, found, forecast, seconds)


def write_page(results: Sequence[Result], folder: Path) -> Path:
    """Write pictures, fits, tables, and a page that needs nothing beside it.

    The page shows what was hidden, and then the full report of the fits, which forecasts the
    furthest hidden place of each.

    Parameters
    ----------
    results : sequence of Result
    folder : Path
        Made if it does not exist.

    Returns
    -------
    Path
        Of the page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        name = result.study.name
        result.fit.save(folder / f"{name}.nc")
        copyfile(datasets.path(name), folder / f"{name}.csv")
    furthest = [result.comparison[list(result.fit.inputs)].iloc[[-1]] for result in results]
    whole = compose(sort_results([result.fit for result in results], furthest, Assumptions()))
    shown = (*map(_of_study, results), Section("own", "With your own runs", _OWN), *whole.sections)
    document = Document("Forecasts of runs that were hidden", _LEAD, shown)
    for image in document.blocks(Picture):
        if image.suffix == "png":
            (folder / f"{image.name}.png").write_bytes(image.image)
    return write_html(document, folder / "index.html")


def _of_study(result: Result) -> Section:
    study, forecast, law = result.study, result.forecast, result.fit.law
    drawn = hidden_runs(forecast, result.held_out.response)
    caption = (
        f"Hidden runs: measured and forecast ({law.response.symbol} in {law.response.unit}; "
        f"{forecast.table['interval'].iloc[0]}; reach in decades beyond the fitted runs)"
    )
    blocks = (
        Paragraph(study.measured),
        Code(f"{law.response.symbol} = {law.formula}"),
        Paragraph(result.verdict, strong=True),
        picture(study.name, drawn, "Intervals and measured values of hidden runs.", "png"),
        replace(table(result.comparison, caption, human=law.input_symbols), marked="no"),
        picture(f"{study.name}-runs", forecast.plot(), "Fitted runs and forecasts.", "png"),
        Paragraph(forecast.discrepancy),
    )
    return Section(study.name, f"{study.title}: {study.question}", blocks)
