"""What is installed elsewhere is whole."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from lowest import lowest
from packaging.version import Version

import bayescale

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The package as a user installs it, unpacked into a folder."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    # Built from a copy, for setuptools writes beside what it builds.
    source.mkdir()
    for name in ("bayescale", "models"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([sys.executable, "-m", *build, "-w", folder, source], check=True)
    (built,) = folder.glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_every_folder_of_code_is_listed():
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "bayescale").rglob("__init__.py")
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders | {"bayescale.models"}


def test_the_wheel_holds_laws_runs_templates_and_types(wheel):
    for pattern in ("bayescale/models/pretraining.py", "bayescale/py.typed"):
        assert (wheel / pattern).is_file(), pattern
    for folder, pattern in (("datasets", "*.csv"), ("datasets", "*.md"), ("report", "*.html")):
        kept = {path.name for path in (ROOT / "bayescale" / folder).glob(pattern)}
        assert {path.name for path in (wheel / "bayescale" / folder).glob(pattern)} == kept


def test_the_wheel_works_from_another_folder(wheel, tmp_path):
    code = (
        "import bayescale as bs; print(bs.__file__)\n"
        "from bayescale.cli.main import main; main(['laws'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(wheel)},
        capture_output=True,
        text=True,
        check=True,
    )
    where, *lines = done.stdout.splitlines()
    assert Path(where).is_relative_to(wheel)
    assert [line.split()[0] for line in lines[1:-2]] == sorted(
        path.stem for path in (ROOT / "models").glob("[a-z]*.py")
    )


def test_the_version_is_told_once():
    assert bayescale.__version__ in (ROOT / "CHANGELOG.md").read_text()
    assert PROJECT["project"]["dynamic"] == ["version"]


def test_the_citation_is_of_this_version_and_licence():
    lines = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    told = dict(line.split(": ", 1) for line in lines if re.match(r"[a-z-]+: \S", line))
    assert told["cff-version"] == "1.2.0"
    assert told["type"] == "software"
    assert told["version"] == bayescale.__version__
    assert told["license"] == PROJECT["project"]["license"]
    assert {"message", "title", "abstract"} <= set(told)
    assert "authors:" in lines


def versions(lines):
    """Name and version of each ``name==version``."""
    return {name.lower(): Version(text) for name, text in (line.split("==") for line in lines)}


def test_constraints_pin_what_the_package_asks_for_at_least_as_new():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = versions(line for line in lines if line and not line.startswith("#"))
    asked = versions(lowest())
    assert len(asked) > 30
    assert {name: least for name, least in asked.items() if pinned[name] < least} == {}


def test_every_requirement_says_its_lowest_version():
    requirements = PROJECT["project"]["dependencies"]
    for extra in PROJECT["project"]["optional-dependencies"].values():
        requirements = requirements + extra
    others = [item for item in requirements if not item.startswith("bayescale[")]
    assert all(re.fullmatch(r"[\w-]+(\[\w+\])?>=[\d.]+", item) for item in others)
    assert {re.split(r"[\[>]", item)[0].lower() for item in others} == set(versions(lowest()))


def test_make_tells_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)", makefile, flags=re.MULTILINE)[1].split()
    told = re.findall(r'@echo "make ([a-z-]+) ', makefile)
    assert told == [target for target in targets if target != "help"]
