"""A whole report: what it says, that it is safe, and that it opens anywhere."""

import inspect
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser import complaints, open_page, requests
from fits import TRUTH, by_hand, dataset, mixed
from made import made, of_same_runs

import bayescale as bs
from bayescale.cli.main import main
from bayescale.errors import InputError, Problem
from bayescale.forecast.assumptions import Assumptions
from bayescale.law.law import Law
from bayescale.law.prior import Prior
from bayescale.law.response import Response
from bayescale.law.symbols import Exponent, Input, Weight
from bayescale.posterior.parameters import Stated
from bayescale.report import writing
from bayescale.report.document import Document, Paragraph, Section, Table, table
from bayescale.report.prior_sensitivity import prior_sensitivity
from bayescale.report.provenance import fit_command
from bayescale.report.report import compose, report
from bayescale.report.results import sort_results, takes
from bayescale.report.writing import as_json, markdown, page

HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    '"><img src=x onerror="window.hacked = 3">',
    "<!--<script>",
    "javascript:window.hacked=4",
    "\u2028window.hacked = 5//",
    "{{ 7 * 7 }}{% raw %}",
)


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(0)
    raw = {
        name: value * np.exp(0.05 * rng.normal(size=400))
        for name, value in TRUTH["chinchilla"].items()
    }
    return by_hand("chinchilla", raw)


def composed(results, targets=None, facts=None, **options):
    return compose(sort_results(results, targets, Assumptions(**options), facts))


def plain(document):
    return markdown(document, "files")


def test_the_answer_holds_the_forecast_and_names_its_intervals(fit):
    point = {"N": "70B", "D": "1.4T"}
    said = " ".join(
        block.text
        for block in composed([fit], point).sections[0].blocks
        if isinstance(block, Paragraph)
    )
    run, mean = fit.extrapolate(point).table, fit.extrapolate(point, kind="mean").table
    assert f"L = {run['median'][0]:.4g} nats/token" in said
    assert f"between {run['lower'][0]:.4g} and {run['upper'][0]:.4g}" in said
    assert f"between {mean['lower'][0]:.4g} and {mean['upper'][0]:.4g}" in said
    assert "equal-tailed 90%" in said
    assert f"{run['reach'][0]:.1f} decades" in said


def test_every_section_is_there(fit):
    found = plain(composed([fit], {"N": "70B", "D": "1.4T"}))
    for title in (
        *("The answer", "What if?", "Behind the numbers: chinchilla", "Checklist", "Provenance"),
        *("Law and priors", "Data, and how they were counted", "Sensitivity"),
        *("Can the computation be trusted?", "Does the law fit the runs?"),
    ):
        assert re.search(rf"^##+ {re.escape(title)}$", found, re.MULTILINE), title


def test_what_was_given_comes_in_any_order_and_each_kind_is_shown(fit):
    forecast = fit.extrapolate({"N": "7B", "D": "1T"})
    whole = bs.average([fit, of_same_runs(made("coupled", seed=7), fit)], weights=[0.5, 0.5])
    found = [plain(composed(items)) for items in ([whole, fit, forecast], [forecast, fit, whole])]
    assert found[0] == found[1]
    assert "Behind the numbers: the average of chinchilla, coupled" in found[0]
    assert "Forecast 1: L" in found[0]


def test_a_backtest_is_told_and_says_how_runs_were_split(power_table):
    runs = bs.read_runs(power_table, "power")
    options = {"draws": 250, "point_estimates": False, "progress": False}
    found = bs.backtest(runs, hold_out=0.25, **options)
    text = plain(composed([found]))
    assert "## How forecasts held before" in text
    for line in found.text.splitlines():
        # Told in the answer, and beside its picture.
        assert text.count(re.sub(r"([_*#~|\[\]])", r"\\\1", line)) == 2


def test_a_target_goes_to_the_fits_that_take_it(fit):
    power = by_hand("power", TRUTH["power"])
    targets = [{"N": "70B", "D": "1.4T"}, {"x": "1B"}, {"N": 1e9, "D": 2e10}]
    one, two = (
        found.forecast for found in sort_results([power, fit], targets, Assumptions()).subjects
    )
    assert list(one.points["x"]) == [1e9]
    assert list(two.points["N"]) == [7e10, 1e9]
    frame = pd.DataFrame({"N": [1e9], "D": [2e10]})
    (only,) = sort_results(fit, frame, Assumptions()).subjects
    assert only.forecast.points["D"][0] == 2e10
    several = {"N": ["1B", 2e9], "D": "20B"}
    (only,) = sort_results(fit, several, Assumptions()).subjects
    assert only.forecast.points.to_numpy().tolist() == [[1e9, 2e10], [2e9, 2e10]]
    with pytest.raises(
        InputError, match=r"No fit of this report takes the target N=1, Q=2: .*N, D"
    ):
        sort_results([fit], {"N": 1, "Q": 2}, Assumptions())
    with pytest.raises(InputError, match=r"must be finite and more than zero"):
        sort_results([fit], {"N": 1, "D": -2}, Assumptions())


def test_what_follows_from_others_need_not_be_named():
    derived = made("pretraining", derive={"C": "6*N*D"})
    assert takes(derived, {"N": 1, "D": 1})
    assert takes(derived, {"N": 1, "D": 1, "C": 6})
    assert not takes(derived, {"N": 1, "C": 1})
    assert not takes(derived, {"N": 1, "D": 1, "x": 1})


def test_two_fits_of_one_law_are_told_apart(fit):
    other = made("chinchilla")
    other = replace(other, runs=replace(other.runs, source="theirs.csv"))
    names = [found.name for found in sort_results([fit, other], None, Assumptions()).subjects]
    assert len(set(names)) == 2
    assert "theirs.csv" in names[1]


def test_a_fit_that_did_not_converge_is_reported_and_not_forecast_from(tmp_path):
    fault = Problem("r-hat", "error", "r_hat is 1.4 of alpha.")
    bad = by_hand("power", TRUTH["power"] | {"a": np.linspace(2.9, 3.1, 100)}, problems=[fault])
    found = plain(composed([bad], {"x": "1B"}))
    assert "r\\_hat is 1.4 of alpha." in found
    assert "nothing is forecast from it" in found
    assert "There is no what-if for power: it did not converge." in found
    assert "median)" not in found.split("## What if?")[0]
    allowed = plain(composed([bad], {"x": "1B"}, allow_unconverged=True))
    assert "from a fit that did not converge" in allowed
    assert "y = " in allowed


def test_a_reach_beyond_a_decade_is_warned_of(fit):
    near, far = ({"N": n, "D": "1T"} for n in ("20B", "900B"))
    assert "decades beyond the runs. No interval knows" not in plain(composed([fit], near))
    assert "decades beyond the runs. No interval knows" in plain(composed([fit], far))


def test_the_checklist_is_filled_in_or_says_unknown(fit):
    found = plain(composed([fit]))
    question = re.escape("Does the number of parameters count embeddings?")
    assert re.search(rf"\| {question} \| unknown \|", found)
    known = plain(composed([fit], facts={"embeddings": "no"}))
    assert re.search(rf"\| {question} \| no \|", known)
    assert "30 observations" in found
    derived = plain(composed([made("pretraining", derive={"C": "6*N*D"})]))
    assert "C = 6\\*N\\*D in every run of pretraining" in derived
    with pytest.raises(InputError, match="does not ask for colour; it asks for embeddings"):
        report([fit], "never.html", facts={"colour": "blue"})


def test_the_command_to_fit_again_does_it(fit_file, runs_file, tmp_path, monkeypatch):
    saved = bs.load(fit_file)
    words = fit_command(saved).split()
    assert words[:3] == ["bayescale", "fit", "runs.csv"]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs.csv").write_bytes(runs_file.read_bytes())
    assert main([*words[1:], "--where", "split=train"]) == 0
    again = bs.load("power.nc")
    np.testing.assert_array_equal(again.draws["free"]["b"], saved.draws["free"]["b"])


def test_where_no_command_fits_again_the_reason_stands_there(fit):
    of_frame = replace(fit, runs=replace(fit.runs, source="DataFrame"), stated=Stated())
    said = "No command fits this again (its runs were given as a DataFrame)"
    assert said in plain(composed([of_frame]))
    sure = Prior("LogNormal", mu=0.0, sigma=0.1, why="a test")
    stated = replace(fit, runs=replace(fit.runs, source="a.csv"), stated=Stated({"M": sure}))
    assert "its priors or beliefs were stated in Python" in plain(composed([stated]))
    told = plain(composed([replace(stated, stated=Stated())]))
    assert "bayescale fit a.csv --law chinchilla" in told


def test_what_a_plan_asked_is_reported_with_it(fit):
    other = of_same_runs(made("coupled"), fit)
    average = mixed((fit, other), [0.6, 0.4])
    decided = bs.plan(average, budget=1e22)
    found = sort_results(decided, {"N": 1e10, "D": 2e11}, Assumptions(), {})
    assert [subject.forecaster for subject in found.subjects] == [fit, other, average]
    assert found.subjects[-1].plans == (decided,)
    told = plain(compose(found))
    # Intervals are never without what they are of.
    for caption in ("The design", "The plan under other assumptions", "Plans by budget (FLOPs)"):
        assert f"{caption}; equal-tailed 90% of the law's curve" in told


def test_a_file_that_ends_in_md_is_markdown(fit, tmp_path):
    assert report(fit, tmp_path / "said.md").read_text(encoding="utf-8").startswith("# ")
    assert "<html" in report(fit, tmp_path / "said.html").read_text(encoding="utf-8")


def test_sensitivity_weighs_the_prior_as_it_says(fit):
    n = 4000
    rng = np.random.default_rng(1)
    a = 3.0 * np.exp(0.1 * rng.normal(size=n))
    one = by_hand("power", TRUTH["power"] | {"a": a, "y0": 1e-9})
    # A prior of log a with the width of the posterior: twice its power halves the variance
    # that prior and likelihood share, (1/s^2 + 1/s^2)^-1.
    log_prior = -0.5 * ((np.log(a) - np.log(3.0)) / 0.1) ** 2
    one.draws["log_prior"] = dataset({"a": log_prior})
    x = one.inputs["x"].max()
    found = prior_sensitivity(one, {"x": x}, Assumptions(discrepancy=False)).set_index("assumption")
    width = np.log(found["upper"] / found["lower"])
    assert width["the law holds"] == width["as reported"]
    assert width["priors count twice"] / width["as reported"] == pytest.approx(2**-0.5, rel=0.06)
    assert width["priors count half"] / width["as reported"] == pytest.approx(2**0.5, rel=0.1)
    # Where almost no draw carries the weight, no number is given.
    one.draws["log_prior"] = dataset({"a": 40 * log_prior})
    none = prior_sensitivity(one, {"x": x}, Assumptions()).set_index("assumption")
    assert none["draws"]["priors count half"] < 200
    assert np.isnan(none["median"]["priors count half"])


def hostile_fit():
    """A fit with a hostile string wherever its maker could write one."""
    words = iter(HOSTILE * 9)
    prior = Prior("LogNormal", mu=-1.0, sigma=0.3, why=next(words), source=next(words))
    law = Law(
        name=next(words),
        version=1,
        function=lambda x, c, a, b: c + a * x**-b,
        inputs=(Input("x", next(words), next(words)),),
        response=Response("y", next(words), next(words)),
        parameters=(
            Weight("c", next(words)),
            Weight("a", next(words)),
            Exponent("b", next(words), prior),
        ),
        summary=next(words),
        references=HOSTILE,
    )
    warned = [Problem("bad", "warning", word, {"check": word}) for word in HOSTILE]
    warned += [Problem("lack-of-fit", "warning", word, {"check": word}) for word in HOSTILE]
    raw = {"c": np.full(200, 0.1), "a": np.full(200, 3.0), "b": np.linspace(0.3, 0.4, 200)}
    fit = by_hand(law, raw, problems=warned)
    problems = tuple(Problem("bad", "warning", word, {"check": word}) for word in HOSTILE)
    names = {"x": next(words), "y": next(words)}
    runs = replace(fit.runs, source=next(words), columns=names, problems=problems)
    versions = json.dumps({next(words): next(words)})
    fit.draws.attrs |= {"route": next(words), "seed": next(words), "versions": versions}
    prior = Prior("LogNormal", mu=0.0, sigma=1.0, why=next(words), source=next(words))
    return replace(fit, runs=runs, stated=Stated(fit.stated.priors | {"c": prior}))


def test_hostile_words_run_nothing(browser, tmp_path):
    fit = hostile_fit()
    for number, word in enumerate(HOSTILE):
        path = report(
            [fit, fit.extrapolate({"x": 1e9})],
            tmp_path / f"{number}.html",
            title=word,
            targets={"x": 1e8},
            facts={"schedule": word},
            command=word,
        )
        open_page(browser, path)
        assert browser.execute_script("return window.hacked") is None
        assert browser.title.strip() == word.replace("\u2028", " ").strip() or browser.title
        assert browser.execute_script("return document.images.length") >= 2
        median = browser.execute_script(
            "return document.querySelector('[data-answer=median]').dataset.value"
        )
        assert float(median) > 0
        assert complaints(browser) == []
        assert requests(browser) == []
        assert browser.execute_script("return document.scripts.length") == 2


def test_the_policy_of_the_page_stops_what_would_get_through(browser, tmp_path):
    """The second line of defence: a script that does get into the page is not run."""
    text = page(Document("T", "", (Section("a", "A", (Paragraph("HERE"),)),)))
    path = tmp_path / "page.html"
    path.write_text(text.replace("HERE", "<script>window.hacked = 1</script>"))
    open_page(browser, path)
    assert browser.execute_script("return window.hacked") is None
    assert any("Content Security Policy" in line for line in complaints(browser))


def test_json_in_a_script_cannot_end_it():
    value = {word: list(HOSTILE) for word in HOSTILE}
    text = as_json(value)
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == value


def test_hostile_words_in_markdown_are_words(tmp_path):
    text = report([hostile_fit()], tmp_path / "r.md", format="md", title=HOSTILE[0]).read_text()
    body = "\n".join(line for line in text.splitlines() if not line.startswith("    "))
    assert "<" not in body
    for line in body.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) > 2
    rows = [line for line in body.splitlines() if "(SHA-256)" in line]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows)


def test_a_page_opens_at_desk_and_on_a_phone_and_fits(browser, fit, tmp_path):
    power = by_hand("power", {k: np.full(4000, v) for k, v in TRUTH["power"].items()})
    fits = [fit, power, made("pretraining", n_draws=4000, derive={"C": "6*N*D"})]
    path = report(fits, tmp_path / "three.html", targets={"N": "70B", "D": "1.4T"})
    assert path.stat().st_size < 6e6
    for width in (1280, 390):
        open_page(browser, path, width)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert complaints(browser) == []
        assert requests(browser) == []
        unlabelled = browser.execute_script(
            "return [...document.querySelectorAll('input')].filter("
            "(i) => !i.labels.length && !i.getAttribute('aria-label')).length"
        )
        assert unlabelled == 0
        text = browser.execute_script("return document.body.innerText")
        assert "undefined" not in text
        assert "NaN" not in text


def test_markdown_has_its_pictures_beside_it(fit, tmp_path):
    path = report([fit], tmp_path / "note.md", format="md", targets={"N": "70B", "D": "1.4T"})
    pictures = re.findall(r"!\[.*\]\((.*)\)", path.read_text())
    assert len(pictures) >= 2
    assert all((tmp_path / name).read_bytes().startswith(b"<?xml") for name in pictures)


def test_a_report_is_written_whole_or_not_at_all(fit, tmp_path, monkeypatch):
    target = tmp_path / "r.html"
    target.write_text("old")
    monkeypatch.setattr(writing, "page", lambda document: "\ud800")
    with pytest.raises(UnicodeEncodeError):
        report([fit], target)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(InputError, match="Cannot write a report to"):
        report([fit], tmp_path / "no" / "r.html")


@pytest.mark.parametrize(
    ("results", "options", "says"),
    [
        ([], {}, "at least one result"),
        ([3], {}, "it was given a int"),
        (None, {"format": "pdf"}, "format is html or md"),
        (None, {"targets": "70B"}, "Targets are mappings"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(fit, tmp_path, results, options, says):
    with pytest.raises(InputError, match=says):
        report([fit] if results is None else results, tmp_path / "r.html", **options)


def test_a_table_is_written_for_people():
    frame = pd.DataFrame({"N": [7e10], "p": [0.123456], "ok": [True], "none": [np.nan]})
    found = table(frame, "T", human=["N"])
    assert found == Table(
        "T", ("N", "p", "ok", "none"), (("70B", "0.1235", "yes", "–"),), frozenset({0, 1, 3})
    )


def test_the_command_writes_a_page_and_loads_no_sampler(fit_file, tmp_path):
    words = [
        "report",
        fit_file,
        "--at",
        "x=1M",
        "-o",
        tmp_path / "r.html",
        "--fact",
        "schedule=yes",
    ]
    code = (
        f"from bayescale.cli.main import main\nassert main({list(map(str, words))!r}) == 0\n"
        "import sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert "Written to" in done.stdout
    assert not set(done.stderr.split()) & {"pymc", "pytensor", "nutpie", "arviz", "arviz_stats"}
    assert "At x = 1M: y = " in (tmp_path / "r.html").read_text()


def test_the_command_reads_a_law_of_ones_own(tmp_path, capsys):
    law = tmp_path / "mine.py"
    text = Path(inspect.getfile(bs.law("power").function)).read_text()
    law.write_text(text.replace('name="power"', 'name="mine"'))
    raw = {name: np.full(100, value) for name, value in TRUTH["power"].items()}
    # Each place twice: a file of rows that err alone.
    at = {"x": np.repeat(np.geomspace(1e3, 1e7, 15), 2)}
    mine = by_hand(bs.law(law), raw, inputs=at).save(tmp_path / "mine.nc")
    shipped = by_hand("power", raw, inputs=at).save(tmp_path / "power.nc")
    words = ["report", str(mine), str(shipped), "-o", str(tmp_path / "r.html"), "--at", "x=1B"]
    assert main(words) == 2
    assert "a law of your own, 'mine'" in capsys.readouterr().err
    assert main([*words, "--law", str(law)]) == 0
    found = (tmp_path / "r.html").read_text()
    assert "by mine." in found
    assert "by power." in found


def test_the_room_does_not_hide_the_function(fit_file, tmp_path):
    code = (
        "import measure, bayescale as bs\n"
        f"bs.report(bs.load({str(fit_file)!r}), {str(tmp_path / 'r.html')!r})"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert (tmp_path / "r.html").is_file()
