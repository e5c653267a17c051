"""What a command is: its name, what it says of itself, its options, and what carries it out.

argparse and not a larger library, because half of what a command may take is what others
take to import.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from bayescale.errors import InputError

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130

# Adds itself to a parser, or to a group of one.
Option = Callable[[Any], object]


@dataclass(frozen=True)
class Command:
    """One command, made of what its file holds.

    Parameters
    ----------
    name : str
    text : str or None
        The file's docstring: what it does, in a line, and examples to type.
    options : tuple of Option
        In the order of its help.
    run : callable
        Carries it out, given what was typed; returns an exit code, None for 0.
    """

    name: str
    text: str | None
    options: tuple[Option, ...]
    run: Callable[[argparse.Namespace], int | None]

    @property
    def says(self) -> str:
        """What it does, in a line."""
        return (self.text or "").partition("\n")[0]

    def add_to(self, commands: Any) -> argparse.ArgumentParser:
        """Add its parser to those of other commands."""
        made: argparse.ArgumentParser = commands.add_parser(
            self.name,
            help=self.says[:1].lower() + self.says[1:].rstrip("."),
            description=self.says,
            epilog=(self.text or "").partition("\n\n")[2].rstrip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for add in self.options:
            add(made)
        made.set_defaults(command=self)
        return made


def picked(source: object, names: str) -> dict[str, Any]:
    """Attributes by name, from names with blanks between: of what was typed, or of a result."""
    return {name: getattr(source, name) for name in names.split()}


class Parser(argparse.ArgumentParser):
    """Reports bad arguments like every other bad input."""

    def error(self, message: str) -> NoReturn:
        """Raise it, to be said in one line."""
        raise InputError(f"{message}; see '{self.prog} --help'.")


def option(names: str, metavar: str | None, says: str, **settings: Any) -> Option:
    """One argument or option, whose help ends in its default.

    Parameters
    ----------
    names : str
        All its spellings: ``"-o --output"``; one without a dash is an argument.
    metavar : str or None
        What stands for its value; its name or its choices if None.
    says : str
        Its help.
    **settings
        Further ones of ``add_argument``; the type is that of the default, unless it is given.
    """
    default = settings.get("default")
    if default not in (None, []):
        settings = {"type": type(default)} | settings
        says += "" if "(default: " in says else " (default: %(default)s)"
    return lambda to: to.add_argument(*names.split(), metavar=metavar, help=says, **settings)


def file(names: str, says: str, metavar: str = "FILE", **settings: Any) -> Option:
    """Return an option that names a file."""
    return option(names, metavar, says, type=Path, **settings)


def repeated(name: str, metavar: str, says: str, **settings: Any) -> Option:
    """Return an option that may be given several times, as a list."""
    says += " (may be repeated)"
    return option(name, metavar, says, action="append", default=[], **settings)


def switch(name: str, says: str) -> Option:
    """Return an option without a value, that turns something on."""
    return lambda parser: parser.add_argument(name, help=says, action="store_true")


def unless(name: str, what: str, says: str) -> Option:
    """Return an option without a value, that turns something off."""
    return lambda parser: parser.add_argument(name, help=says, dest=what, action="store_false")


def either(*options: Option, required: bool = False) -> Option:
    """Return options of which one may be given at most."""

    def add(parser: argparse.ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group(required=required)
        for one in options:
            one(group)

    return add
