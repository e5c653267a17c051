"""The demonstration: forecasts of shipped runs that were held out, beside what was measured."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING, Any

from bayescale import datasets
from bayescale.errors import InputError
from bayescale.law.prior import Array
from bayescale.plots.axes import BLACK, ORANGE, SMALL, label_of, log_axis, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from bayescale.forecast.forecast import Extrapolation
    from bayescale.posterior.fit import Fit
    from bayescale.runs.runs import Runs


_FORECAST, _MEASURED = ORANGE, BLACK


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
    runs, held_out : Runs
        Those that were fitted, and those that were hidden.
    fit : Fit
    forecast : Extrapolation
        Of new runs where the hidden ones are.
    scores : pandas.Series
        Of the forecast against what was measured.
    seconds : float
        Of the fit, compilation included.
    """

    study: Study
    runs: Runs
    held_out: Runs
    fit: Fit
    forecast: Extrapolation
    scores: pd.Series
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
        return (
            f"{table['inside'].sum()} of {len(table)} hidden runs lie inside their equal-tailed "
            f"{mass:.0%} interval of one new run, up to {table['reach'].max():.1f} decades beyond "
            f"the fitted runs; the median forecast is off by {self.scores['rmsle']:.1%} (root mean "
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
        yield _carry_out(study, seed)


def _carry_out(study: Study, seed: int) -> Result:
    from bayescale.judge.scores import score
    from bayescale.posterior.fit import fit
    from bayescale.runs.runs import read_runs

    def part(name: str) -> Runs:
        where = (*study.where, f"split={name}")
        return read_runs(datasets.path(study.name), study.name, where=where)

    runs, held_out = part("train"), part("test")
    start = time.perf_counter()
    found = fit(runs, seed=seed)
    seconds = time.perf_counter() - start
    forecast = found.extrapolate(held_out.table[list(runs.law.input_symbols)])
    scores = score(forecast, held_out.response)
    return Result(study, runs, held_out, found, forecast, scores, seconds)


def picture(result: Result) -> Figure:
    """Draw each hidden place as its interval, with what was measured there."""
    law, table = result.fit.law, result.comparison
    table[["inner_low", "inner_high"]] = result.forecast.interval(0.5)
    places = table.drop_duplicates(list(law.input_symbols)).sort_values("median")
    rows = {tuple(place): row for row, place in enumerate(_places(places, law.input_symbols))}
    figure = new_figure(7.2, 1.3 + 0.25 * len(rows))
    axes = figure.add_subplot()
    mass = f"{result.forecast.mass:.0%}"
    bars = (("lower", "upper", 1.5, f"equal-tailed {mass} of one new run"),)
    for low, high, width, label in (*bars, ("inner_low", "inner_high", 5.0, "equal-tailed 50%")):
        axes.hlines(range(len(rows)), places[low], places[high], _FORECAST, lw=width, label=label)
    axes.plot(places["median"], range(len(rows)), "|", ms=9, color="white", mew=1.5)
    at = [rows[tuple(place)] for place in _places(table, law.input_symbols)]
    axes.plot(table["measured"], at, "o", ms=5, color=_MEASURED, label="hidden run, measured")
    axes.set_yticks(range(len(rows)), _labels(places, law.input_symbols), fontsize=SMALL)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    log_axis(axes, "x")
    axes.set_xlabel(label_of(law, law.response.symbol))
    axes.grid(axis="x", color="0.92", zorder=-1)
    figure.legend(frameon=False, fontsize=SMALL, ncols=3, loc="outside upper left")
    return figure


def _places(table: pd.DataFrame, symbols: Sequence[str]) -> Array:
    return table[list(symbols)].to_numpy(dtype=float)


def _labels(places: pd.DataFrame, symbols: Sequence[str]) -> list[str]:
    """Name each place by the inputs that differ between places."""
    from bayescale.numbers import format_number

    telling = [name for name in symbols if places[name].nunique() > 1] or list(symbols)
    return [
        ", ".join(f"{name} {format_number(row[name])}" for name in telling)
        for _, row in places.iterrows()
    ]


def write_page(results: Sequence[Result], folder: Path) -> Path:
    """Write pictures, fits, tables, a page that needs nothing beside it, and a full report.

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
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from bayescale import __version__
    from bayescale.numbers import format_number

    folder.mkdir(parents=True, exist_ok=True)
    shown = []
    for result in results:
        name = result.study.name
        images = {name: _png(picture(result)), f"{name}-runs": _png(result.forecast.plot())}
        for file, image in images.items():
            (folder / f"{file}.png").write_bytes(image)
        result.fit.save(folder / f"{name}.nc")
        copyfile(datasets.path(name), folder / f"{name}.csv")
        shown.append((result, *(b64encode(image).decode() for image in images.values())))
    # Jinja's own guess by suffix would leave other templates unescaped.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    _write_report(results, folder)
    environment.filters |= {"human": format_number, "digits": lambda value: f"{value:.4g}"}
    page = folder / "index.html"
    values: dict[str, Any] = {"shown": shown, "version": __version__}
    page.write_text(environment.get_template("demo.html").render(values), encoding="utf-8")
    return page


def _write_report(results: Sequence[Result], folder: Path) -> None:
    """The same fits as a full report, which forecasts the furthest hidden place of each."""
    from bayescale.report.report import report

    fits = [result.fit for result in results]
    furthest = [
        result.comparison[list(result.fit.law.input_symbols)].iloc[[-1]] for result in results
    ]
    title = "Runs that were hidden: the full report"
    report(fits, folder / "report.html", title, targets=furthest)


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    return buffer.getvalue()
