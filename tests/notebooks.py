"""Run notebooks from scratch; as a program, write them again with their outputs.

python tests/notebooks.py notebooks/*.ipynb
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbclient
import nbformat

# Seconds for one cell, by the clock, where the machine is busy with something else too.
PATIENCE = 300
# What of a notebook's metadata stays: not the versions of who ran it.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def read(path):
    return nbformat.read(path, as_version=4)


def run(notebook, folder):
    """Run in a folder, in a kernel of its own; raises at the first cell that fails."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    client = nbclient.NotebookClient(
        notebook,
        timeout=PATIENCE,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    return client.execute()


def write_again(path):
    """Run a notebook in an empty folder and write it with its outputs."""
    with TemporaryDirectory() as folder:
        notebook = run(read(path), folder)
    notebook.metadata = nbformat.from_dict(METADATA)
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number:02d}", {}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not is_bare(output)]
    nbformat.write(notebook, path)


def is_bare(output):
    """Whether an output shows nothing any more, such as a progress bar that has gone."""
    return output.output_type == "display_data" and not output.data.get("text/html", "?")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write_again(Path(name))
