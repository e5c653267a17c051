"""The lowest versions that pyproject.toml allows, one a line, as constraints for pip."""

import re
import tomllib
from itertools import chain
from pathlib import Path

PROJECT = Path(__file__).parent.parent / "pyproject.toml"


def lowest():
    """Each direct dependency, those of extras too, at its lower bound: ``numpy==2``."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    # Constraints have no extras; what this package asks of itself has no bound.
    return [re.sub(r"\[.*\]", "", item).replace(">=", "==") for item in asked if ">=" in item]


if __name__ == "__main__":
    print("\n".join(lowest()))
