"""Tables of observed runs: read, validated, frozen."""

from bayescale.runs.points import read_points
from bayescale.runs.runs import Runs, read_runs

__all__ = ["Runs", "read_points", "read_runs"]
