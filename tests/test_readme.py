"""Every example of the README is run."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bayescale import datasets
from bayescale.cli.main import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where `make demo` was run."""
    demo = tmp_path / "bayescale-demo"
    demo.mkdir()
    (demo / "pretraining.csv").write_bytes(datasets.path("pretraining").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_lines_of_python_run(folder):
    (code,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "equal-tailed 90%" in done.stdout


def test_the_lines_of_shell_run(folder, capsys):
    make, commands = blocks("sh")
    for line in commands.splitlines():
        program, *arguments = shlex.split(line)
        assert program == "bayescale"
        assert main(arguments) == 0, (line, capsys.readouterr().err)
    targets = re.findall(r"^make (\w+)", make, flags=re.MULTILINE)
    assert targets == ["demo", "test"]
    assert all(f"\n{target}:" in (ROOT / "Makefile").read_text() for target in targets)


def test_what_the_readme_points_to_is_there():
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert targets
    assert all((ROOT / target).is_file() for target in targets)
    assert (ROOT / "docs" / "forecast.png").stat().st_size < 200_000
