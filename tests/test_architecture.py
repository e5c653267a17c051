"""ARCHITECTURE.md says what the code is: rooms, the way back, where PyMC is, files and links."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

import bayescale
from bayescale import delegates

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {item["type"]: item for item in PROJECT["tool"]["importlinter"]["contracts"]}
SAMPLERS = {"pymc", "pytensor", "nutpie", "numba"}


def section(heading):
    """What stands under a heading of the second level."""
    return PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def in_code(text):
    return re.findall(r"`([^`\s]+)`", text)


def rooms():
    """Rooms of the page's table, in order; a folder's name ends in /."""
    return re.findall(r"^\| `(\w+/?)` \|", section("The rooms, in order"), flags=re.MULTILINE)


def imported_by(path):
    """Packages that a file imports at any depth."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (item.name.partition(".")[0] for item in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def test_the_rooms_are_those_of_the_import_contract_in_order():
    layers = [layer.removeprefix("bayescale.") for layer in CONTRACTS["layers"]["layers"]]
    assert [name.rstrip("/") for name in rooms()] == layers[::-1]


def test_circles_inside_rooms_are_looked_for_in_all_of_them():
    assert "bayescale.**" in CONTRACTS["acyclic_siblings"]["ancestors"]


def test_the_rooms_are_all_that_there_is():
    package = Path(bayescale.__file__).parent
    modules = {path.stem for path in package.glob("*.py")} - {"__init__"}
    folders = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert sorted(rooms()) == sorted(modules | folders | {"models/"})


def test_pymc_is_where_the_page_says():
    paragraph = PAGE.partition("**Where PyMC is.**")[2].partition("\n\n")[0]
    told = {name for name in in_code(paragraph) if name.endswith(".py")}
    package = ROOT / "bayescale"
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if SAMPLERS & set(imported_by(path))
    }
    assert found == told


def test_what_goes_back_is_named_in_the_one_list():
    named = {
        node.args[0].value
        for path in (ROOT / "bayescale").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "later"
    }
    assert named == set(delegates._LATER)
    assert all(callable(delegates.later(name)) for name in named)


@pytest.mark.parametrize(
    "name", sorted({name for name in in_code(PAGE) if re.search(r"\.(py|html)$|/$", name)})
)
def test_files_that_the_page_names_are_there(name):
    assert (ROOT / name).exists() or (ROOT / "bayescale" / name).exists()


def test_links_lead_to_headings():
    for path, heading in re.findall(r"\]\(([\w.]+)#([\w-]+)\)", PAGE):
        headings = re.findall(r"^#+ (.*)", (ROOT / path).read_text(), flags=re.MULTILINE)
        assert heading in [text.lower().replace(" ", "-") for text in headings]
