"""The command line: arguments in, calls out."""

from bayescale.cli.main import main

__all__ = ["main"]
