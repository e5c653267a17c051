"""The demonstration, carried out once on the runs that ship."""

import re
from dataclasses import replace
from html import escape

import pytest

import bayescale as bs
from bayescale import datasets
from bayescale.cli.main import main
from bayescale.errors import InputError
from bayescale.numbers import brief
from bayescale.report import demo


@pytest.fixture(scope="module")
def results():
    return list(demo.studies(seed=1))


@pytest.fixture(scope="module")
def page(results, tmp_path_factory):
    return demo.write_page(results, tmp_path_factory.mktemp("demo") / "new")


def test_the_three_questions_are_answered_without_the_hidden_runs(results):
    assert [list(result.answer.weights.index) for result in results] == [
        ["chinchilla", "coupled", "kaplan"],
        ["posttraining"],
        ["inference", "latency"],
    ]
    for result in results:
        table = datasets.load(result.study.name)
        if "threads" in table:
            table = table[table["threads"] == 1]
        hidden = table["split"] == "test"
        assert {len(fit.response) for fit in result.answer.fits} == {(~hidden).sum()}
        assert len(result.comparison) == hidden.sum() > 0
        assert sorted(result.comparison["measured"]) == sorted(
            table.loc[hidden, result.answer.law.response.symbol]
        )


def test_the_fits_pass_their_checks(results):
    for result in results:
        for fit in result.answer.fits:
            assert fit.diagnostics.passed, (result.study.name, fit)
            assert fit.diagnostics.divergences == 0, (result.study.name, fit)


def test_what_is_said_of_a_forecast_is_counted_from_its_table(results):
    for result in results:
        table = result.comparison
        count = sum(row.lower <= row.measured <= row.upper for row in table.itertuples(index=False))
        assert result.verdict.startswith(f"{count} of {len(table)} hidden runs lie inside")
        assert "equal-tailed 90% interval of one new run" in result.verdict


def test_the_page_needs_nothing_beside_it(page, results):
    text = page.read_text(encoding="utf-8")
    sources = re.findall(r'(?:src|href)="([^"]*)', text)
    images = [source for source in sources if source.startswith("data:image/png;base64,")]
    assert len(images) == 2 * len(results)
    assert all(source.startswith(("data:", "#")) for source in sources)
    for result in results:
        assert result.verdict.replace("'", "&#39;") in text
        assert (page.parent / f"{result.study.name}.png").stat().st_size < 200_000
        saved = bs.load(page.parent / f"{result.study.name}.nc")
        assert saved.text == result.answer.text


def test_the_page_shows_what_was_measured_beside_each_forecast(page, results):
    text = page.read_text(encoding="utf-8")
    for result in results:
        for row in result.comparison.to_dict("records"):
            shown = (row["measured"], row["median"], row["lower"], row["upper"])
            numbers = "".join(f'<td class="number">{brief(value)}</td>' for value in shown)
            inside = "<td>yes</td>" if row["inside"] else '<td class="marked">no</td>'
            assert f'{numbers}<td class="number">{brief(row["reach"])}</td>{inside}' in text


def test_the_full_report_in_it_forecasts_the_furthest_hidden_run(page, results):
    text = page.read_text(encoding="utf-8")
    for result in results:
        again = result.answer.at(result.furthest)
        assert again.table["median"][0] == pytest.approx(
            result.comparison["median"].iloc[-1], rel=0.02
        )
        for line in again.text.splitlines():
            assert escape(line) in text
    for title in ("The answer", "What if?", "Checklist", "Provenance"):
        assert f"<h2>{title}</h2>" in text


def test_text_in_the_page_is_escaped(results, tmp_path):
    study = replace(results[0].study, title="<script>alert(1)</script>")
    page = demo.write_page([replace(results[0], study=study)], tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_the_command_prints_each_verdict(results, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "studies", lambda seed: iter(results))
    assert main(["demo", "-o", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert all(result.verdict in printed for result in results)
    assert (tmp_path / "out" / "index.html").is_file()


def test_a_folder_that_cannot_be_made_is_refused_before_the_work(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    for bad in (tmp_path / "file", tmp_path / "no" / "folder"):
        assert main(["demo", "-o", str(bad)]) == 2
        assert str(bad) in capsys.readouterr().err


def test_missing_tables_are_named(monkeypatch):
    monkeypatch.setattr(datasets, "names", lambda: ("pretraining",))
    with pytest.raises(InputError, match="inference, posttraining are not installed"):
        next(demo.studies(1))
