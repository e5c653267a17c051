"""The pages of the site that are made from code; `make docs` builds the whole, strictly."""

import logging
import re
import sys
from pathlib import Path

import pytest

import bayescale
from bayescale.cli.main import COMMANDS, main

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "docs"))

from pages.api import Entry, Reference, undocumented  # noqa: E402
from pages.commands import command_pages  # noqa: E402
from pages.files import file_pages, with_included  # noqa: E402
from pages.laws import law_pages  # noqa: E402
from pages.markdown import as_read, prose, relinked  # noqa: E402
from pages.notebooks import found_notebooks, notebook_page  # noqa: E402

HOW = (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def made():
    """All made pages but notebooks."""
    return {**file_pages(), **law_pages(), **command_pages(), **Reference().markdown()}


def test_every_law_has_a_page_with_its_symbols_priors_and_references(made):
    names = [path.stem for path in (ROOT / "models").glob("[a-z]*.py")]
    assert names
    for name in names:
        page, law = made[f"laws/{name}.md"], bayescale.law(name)
        assert f"`{law.response.symbol} = {law.formula}`" in page
        for symbol in (*law.input_symbols, *law.parameter_symbols):
            assert f"| `{symbol}` |" in page, (name, symbol)
        for item in law.curvature:
            assert f"`{item.prior}`" in page, (name, item.symbol)
        first = law.references[0].partition(" arXiv")[0] if law.references else "None given."
        assert first in page.partition("## References")[2]


def test_every_command_has_a_page_with_every_argument_of_its_help(made, capsys):
    assert len(COMMANDS) > 5
    for name in (command.name for command in COMMANDS):
        assert main([name, "--help"]) == 0
        page = made[f"commands/{name}.md"]
        for option in set(re.findall(r"(?<![\w-])--[a-z-]+", capsys.readouterr().out)):
            assert option in page, (name, option)


def test_every_public_name_stands_on_a_page_under_the_name_that_users_write(made):
    reference = Reference()
    assert reference.without_page() == []
    for name in bayescale.__all__:
        page = made[reference.page_of(name)]
        assert re.search(rf"heading: bs\.{name}([.(]|$)", page, flags=re.MULTILINE), name


def test_a_public_name_without_a_room_is_found(monkeypatch):
    from bayescale.numbers import format_number

    monkeypatch.setattr(bayescale, "format_number", format_number, raising=False)
    monkeypatch.setattr(bayescale, "__all__", [*bayescale.__all__, "format_number"])
    assert Reference().without_page() == ["format_number"]


def test_what_is_public_has_a_docstring():
    assert Reference().without_docstring() == []


def test_a_missing_docstring_is_found():
    class Plain:
        def told(self):
            """Say so."""

        def silent(self):
            return 1

        def _own(self):
            return 1

    path = f"{__name__}.{Plain.__qualname__}"
    assert list(undocumented(Entry("bs.Plain", Plain))) == [path, f"{path}.silent"]


def test_links_between_made_pages_hold(made):
    notebooks = {f"notebooks/{path.stem}.md" for path in (ROOT / "notebooks").glob("*.ipynb")}
    for page, text in made.items():
        plain = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\((?!https:)([^)#]+)", plain):
            path = (ROOT / "docs" / page).parent.joinpath(target).resolve().relative_to(ROOT)
            known = str(path.relative_to("docs")) in {*made, *notebooks} or (ROOT / path).is_file()
            assert known, (page, target)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[law](models/power.py)", "[law](laws/power.md)"),
        ("![picture](docs/forecast.png)", "![picture](forecast.png)"),
        ("[b](benchmarks/README.md)", "[b](how-it-works.md#benchmarks)"),
        ("[out](https://arxiv.org/abs/1)", "[out](https://arxiv.org/abs/1)"),
        ("[here](#below)", "[here](#below)"),
        ("[lost](no/such.md)", "[lost](no/such.md)"),
        ("```\n[law](models/power.py)\n```", "```\n[law](models/power.py)\n```"),
    ],
)
def test_links_inside_the_project_lead_to_pages(text, expected):
    assert relinked(text, "README.md", "index.md") == expected


def test_links_of_a_file_in_a_folder_start_there():
    text = "[l](../models/power.py) [n](other.ipynb)"
    led = relinked(text, "notebooks/one.ipynb", "notebooks/one.md")
    assert led == "[l](../laws/power.md) [n](other.md)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C = 6*N*D here", r"C = 6\*N\*D here"),
        ("A*N**-alpha", r"A\*N\*\*-alpha"),
        ("`6*N*D` and *stress*", "`6*N*D` and *stress*"),
        ("``6*N*D`` and 6*N", r"``6*N*D`` and 6\*N"),
        ("text\n\n    y = a*x*z\n\n2*x", "text\n\n    y = a*x*z\n\n2\\*x"),
    ],
)
def test_products_are_no_emphasis(text, expected):
    assert prose(text) == expected


def test_figures_quoted_in_the_explanation_are_those_of_the_benchmarks():
    benchmarks = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    quoted = re.findall(r"(?<![\w.])(?:\d?\.\d\d)(?!\d)", HOW.partition("was tested")[2])
    assert len(quoted) >= 12
    assert [figure for figure in quoted if figure not in benchmarks] == []


def test_the_explanation_holds_the_tables_of_the_benchmarks():
    page = with_included(HOW, "how-it-works.md")
    benchmarks = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    rows = [line for line in benchmarks.splitlines() if line.startswith("| ")]
    assert rows
    assert all(row in page for row in rows)
    # One heading of the first level, and the section that the text points to.
    assert re.findall(r"^# .*", page, flags=re.MULTILINE) == ["# How it works"]
    for anchor in re.findall(r"\]\(#([\w-]+)\)", HOW):
        headings = re.findall(r"^#+ (.*)", page, flags=re.MULTILINE)
        assert anchor in [heading.lower().replace(" ", "-") for heading in headings]


def test_parameters_that_share_a_line_keep_their_own_defaults():
    text = "Fit.\n\nParameters\n----------\nseed, draws : int\n    Of it.\n\n    More.\nlaw : Law\n"
    read = as_read(text)
    assert "seed : int\n    Of it.\n\n    More.\ndraws : int\n    Of it.\n" in read
    assert read.endswith("law : Law\n")
    typed = 'train : str, default "6*N*D"\n    As 6*N*D.'
    assert as_read(typed) == typed.replace("As 6*N*D", r"As 6\*N\*D")
    assert as_read("See :class:`bayescale.Fit`.") == "See `bayescale.Fit`."


def test_listed_notebooks_come_first_and_missing_ones_are_told(tmp_path, caplog):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.ipynb").touch()
    assert found_notebooks(tmp_path, ["c", "lost"]) == (["c", "a", "b"], ["lost"])
    pytest.importorskip("mkdocs", reason="needs the extra docs")
    import hooks

    with caplog.at_level(logging.WARNING):
        assert hooks._notebooks(tmp_path / "none", ["lost"]) == {}
    assert "notebooks/lost.ipynb is listed" in caplog.text


def test_a_notebook_is_shown_as_it_was_committed(tmp_path):
    pytest.importorskip("nbconvert", reason="needs the extra docs")
    from nbformat import v4, write

    said = v4.new_output("stream", name="stdout", text="\x1b[31mfitted\x1b[0m\n")
    drawn = v4.new_output("display_data", data={"image/png": "aGVsbG8="})
    cells = [
        v4.new_markdown_cell("# First steps\n\nThen [the next](next.ipynb)."),
        v4.new_code_cell("raise SystemExit", outputs=[said, drawn]),
    ]
    path = tmp_path / "first.ipynb"
    write(v4.new_notebook(cells=cells), path)
    page, pictures = notebook_page(path)
    assert page.lstrip().startswith("# First steps")
    assert "[the next](next.md)" in page
    assert "    fitted\n" in page
    assert "\x1b" not in page
    ((name, data),) = pictures.items()
    assert data == b"hello"
    assert name.removeprefix("notebooks/") in page
