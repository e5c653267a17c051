"""The benchmarks' checkers are tested where what they check is tested."""

import sys

from fits import BENCHMARKS

sys.path.append(str(BENCHMARKS))
