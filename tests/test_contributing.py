"""What CONTRIBUTING.md tells a newcomer to do is done, as it is written."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

import bayescale as bs
from bayescale import catalogue, datasets
from bayescale.cli.main import main
from bayescale.law import ops

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
ADD_A_LAW = PAGE.partition("\n## Add a law in ten minutes\n")[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def blocks(language, text=ADD_A_LAW):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A folder with what the steps use of a clone, and the law's file of the first step."""
    (tmp_path / "bayescale" / "datasets").mkdir(parents=True)
    shutil.copy(datasets.path("posttraining"), tmp_path / "bayescale" / "datasets")
    (code,) = blocks("python")
    (tmp_path / "my.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_law_is_added_as_written(clone, capsys):
    commands = [line for block in blocks("sh") for line in block.splitlines()]
    ours = [shlex.split(line)[1:] for line in commands if line.startswith("bayescale ")]
    assert [arguments[0] for arguments in ours] == ["laws", "fit", "extrapolate"]
    for arguments in ours:
        assert main(arguments) == 0, (arguments, capsys.readouterr().err)
    assert "equal-tailed 90%" in capsys.readouterr().out
    law = bs.law("my.py")
    assert bs.check(law).passed
    assert law.name not in catalogue.names()
    assert bs.load("fit.nc", law).diagnostics.passed


def test_a_law_that_breaks_what_the_page_asks_is_told(clone, capsys):
    """The check that the page leads to must catch a prior without a reason."""
    path = clone / "my.py"
    path.write_text(re.sub(r'why="[^"]*"', 'why=""', path.read_text()))
    assert main(["laws", "my.py", "--check"]) == 1
    assert "reason" in capsys.readouterr().out


def test_all_that_the_page_names_is_there():
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", PAGE, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", MAKEFILE, flags=re.MULTILINE), target
    named = re.findall(r"[\w./-]+/[\w.-]+\.(?:py|json|csv)|\.ci/run|constraints\.txt", PAGE)
    named += re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).is_file()] == []
    asked = re.search(r"`bayescale.law.ops` \((.*?)\)", PAGE, flags=re.DOTALL)
    functions = re.findall(r"`(\w+)`", asked[1])
    assert len(functions) == 4
    assert all(callable(getattr(ops, name)) for name in functions)
