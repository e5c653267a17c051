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
from bayescale.forecast.answer import Answer
from bayescale.forecast.assumptions import Assumptions
from bayescale.front_door import forecast
from bayescale.judge.scores import score
from bayescale.plots.beside import hidden_runs
from bayescale.report.document import Code, Document, Paragraph, Picture, Section, picture, table
from bayescale.report.report import compose
from bayescale.report.results import sort_results
from bayescale.report.writing import write_html
from bayescale.runs.conditions import rows_where
from bayescale.runs.runs import Runs, read_runs
from bayescale.runs.table import read_table

_LEAD = (
    "Three questions, each answered from small runs that were measured for bayescale, and asked of "
    "larger ones that no law was shown. Each interval is to hold one new run with the stated "
    "probability, and allows for the laws themselves being a little wrong beyond the data."
)
_OWN = (
    Paragraph("A table with a row per run is enough; other column names are told with --column."),
    Code(
        "bayescale forecast runs.csv --at N=70B,D=1.4T -o answer.nc\n"
        "bayescale show answer.nc\n"
        "bayescale plan answer.nc --budget 1e24\n"
        "bayescale report answer.nc -o report.html"
    ),
    Paragraph(
        "The tables and answers of this page lie beside it, to look at and to try: bayescale show "
        "pretraining.nc. What follows here is the full report of the three answers; it answers "
        "what-if in the browser."
    ),
)


@dataclass(frozen=True)
class Study:
    """One shipped table, the rows that are used, and what is asked of them."""

    name: str
    title: str
    question: str
    asked: tuple[str, ...]
    measured: str
    where: tuple[str, ...] = ()


STUDIES = (
    Study(
        "pretraining",
        "Pre-training",
        "What loss will the largest runs end at?",
        ("N", "D"),
        "Small language models, trained from scratch on the sources of Python's standard "
        "library; loss on files held out. The runs of largest compute are hidden from the fit.",
    ),
    Study(
        "posttraining",
        "Post-training",
        "What error will a larger model, or more adaptation data, reach?",
        ("N", "D_test"),
        "The same models, adapted to C headers with more and more examples; error of the next "
        "byte on headers held out. The largest model and the largest set are hidden.",
    ),
    Study(
        "inference",
        "Inference",
        "How long will a call of a larger model take?",
        ("N", "D_inf", "C"),
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
    answer : Answer
        By the others, of new runs where the hidden ones are.
    seconds : float
        That it took, compilation included.
    """

    study: Study
    held_out: Runs
    answer: Answer
    seconds: float

    @property
    def comparison(self) -> pd.DataFrame:
        """One row per hidden run, nearest first: inputs, measured, forecast, inside, reach."""
        table = self.answer.forecast.beside(self.held_out.response)
        table = table.rename(columns={"observed": "measured"})
        return table.sort_values("reach", kind="stable")

    @property
    def furthest(self) -> pd.DataFrame:
        """Where the hidden run lies that is furthest beyond the others."""
        return self.comparison[list(self.answer.law.input_symbols)].iloc[[-1]]

    @property
    def verdict(self) -> str:
        """Say in a sentence how the forecast did."""
        table, mass = self.comparison, self.answer.asked.mass
        error = score(self.answer.forecast, self.held_out.response)["rmsle"]
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
        hidden = read_table(path).frame
        for condition in (*study.where, "split=test"):
            hidden = hidden[rows_where(hidden, condition)]
        start = time.perf_counter()
        answer = forecast(
            path,
            hidden[list(study.asked)],
            where=(*study.where, "split=train"),
            seed=seed,
        )
        seconds = time.perf_counter() - start
        held_out = read_runs(path, answer.law, where=(*study.where, "split=test"))
        yield Result(study, held_out, answer, seconds)


def write_page(results: Sequence[Result], folder: Path) -> Path:
    """Write pictures, answers, tables, and a page that needs nothing beside it.

    The page shows what was hidden, and then the full report of the answers.

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
        result.answer.save(folder / f"{name}.nc")
        copyfile(datasets.path(name), folder / f"{name}.csv")
    furthest = [result.answer.at(result.furthest) for result in results]
    whole = compose(sort_results(furthest, None, Assumptions()))
    shown = (*map(_of_study, results), Section("own", "With your own runs", _OWN), *whole.sections)
    document = Document("Forecasts of runs that were hidden", _LEAD, shown)
    for image in document.blocks(Picture):
        if image.suffix == "png":
            (folder / f"{image.name}.png").write_bytes(image.image)
    return write_html(document, folder / "index.html")


def _of_study(result: Result) -> Section:
    study, found, law = result.study, result.answer.forecast, result.answer.law
    drawn = hidden_runs(found, result.held_out.response)
    caption = (
        f"Hidden runs: measured and forecast ({law.response.symbol} in {law.response.unit}; "
        f"{found.table['interval'].iloc[0]}; reach in decades beyond the fitted runs)"
    )
    blocks = (
        Paragraph(study.measured),
        Code("\n".join(f"{law.response.symbol} = {fit.law.formula}" for fit in result.answer.fits)),
        Paragraph(result.verdict, strong=True),
        picture(study.name, drawn, "Intervals and measured values of hidden runs.", "png"),
        replace(table(result.comparison, caption, human=law.input_symbols), marked="no"),
        picture(f"{study.name}-runs", found.plot(), "Fitted runs and forecasts.", "png"),
        Paragraph(found.discrepancy),
    )
    return Section(study.name, f"{study.title}: {study.question}", blocks)
