"""Every notebook runs from scratch, in an empty folder, and was committed with its outputs."""

import os
import re
from pathlib import Path
from types import SimpleNamespace

import nbclient
import nbformat
import pytest

from notebooks import METADATA, read, run

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Seconds of processor time of a notebook's kernel: what it takes where nothing else runs, or more.
LIMIT = 60
LARGEST = 1_000_000

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# Of the libraries that run a kernel, in this process; a notebook's own are caught in its outputs.
not_ours = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


def outputs(notebook):
    return [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]


def told(notebook):
    """Everything that the outputs say in letters."""
    found = []
    for output in outputs(notebook):
        found.append(output.get("text", ""))
        found += [x for kind, x in output.get("data", {}).items() if kind.startswith("text/")]
    return "\n".join(found)


def complaints(notebook):
    """What went to standard error: warnings first of all."""
    return [o.text for o in outputs(notebook) if o.output_type == "stream" and o.name == "stderr"]


def processor_time():
    """Seconds that kernels which have ended took."""
    spent = os.times()
    return spent.children_user + spent.children_system


@pytest.fixture(autouse=True)
def kernel_without_a_home(tmp_path_factory, monkeypatch):
    """Nobody's own start-up files or settings take part."""
    home = str(tmp_path_factory.mktemp("home"))
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, home)


def test_there_are_five():
    assert [path.stem for path in NOTEBOOKS] == [
        "budget_decision",
        "extrapolation_report",
        "inference_time",
        "quickstart",
        "your_own_law",
    ]


@not_ours
@each_notebook
def test_it_runs_from_scratch_in_time_and_without_a_warning(path, tmp_path):
    before = processor_time()
    done = run(read(path), tmp_path)
    assert 1 < processor_time() - before < LIMIT
    assert not complaints(done)
    assert "assert " in done.cells[-1].source


@each_notebook
def test_it_is_committed_with_its_outputs(path):
    assert path.stat().st_size < LARGEST
    notebook = read(path)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    # Executed once, from top to bottom.
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not complaints(notebook)
    shown = {kind for output in outputs(notebook) for kind in output.get("data", {})}
    assert {"text/html", "image/png"} <= shown
    assert "equal-tailed 90%" in told(notebook)


@each_notebook
def test_it_holds_nothing_of_the_machine_that_ran_it(path):
    notebook = read(path)
    assert notebook.metadata == METADATA
    assert not any(cell.metadata for cell in notebook.cells)
    for private in (r"/(home|root|tmp|usr|opt|work|Users)/", r"[A-Z]:\\", r"\b0x[0-9a-f]{6,}"):
        assert not re.search(private, told(notebook)), private


@each_notebook
def test_it_uses_the_public_interface_only(path):
    source = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "code")
    assert set(re.findall(r"(?:import|from) bayescale.*", source)) <= {
        "import bayescale as bs",
        "from bayescale import Exponent, Input, Law, Prior, Response, Weight",
    }
    assert not re.search(r"\bbs\._|\.\_[a-z]", source)


@not_ours
def test_a_claim_that_fails_and_a_warning_are_noticed(tmp_path):
    cells = ["import warnings\nwarnings.warn('listen')", "assert 1 + 1 == 3"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="AssertionError"):
        run(notebook, tmp_path)
    assert "listen" in complaints(notebook)[0]


def test_a_notebook_shows_how_far_sampling_is_and_cleans_up(monkeypatch):
    import IPython.display

    from bayescale.posterior import sampling

    seen = []
    handle = SimpleNamespace(update=lambda html: seen.append(html.data))
    monkeypatch.setattr(IPython.display, "display", lambda html, display_id: handle)
    monkeypatch.setattr(sampling, "_REFRESH", 0.0)
    chains = [SimpleNamespace(finished_draws=n, divergences=d) for n, d in ((900, 0), (400, 2))]

    def stopped():
        with sampling._notebook_bar(4000) as update:
            update(chains)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert "1,300 of 4,000 draws, 2 divergences" in seen[0]
    assert seen[1:] == [""]
