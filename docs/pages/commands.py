"""The command-line reference, from the commands' own parsers."""

from __future__ import annotations

import argparse
import re

from bayescale.cli.main import COMMANDS
from pages.markdown import code, prose, table

INDEX = "commands/index.md"
_WIDTH = 80


def command_pages() -> dict[str, str]:
    """Markdown by path: the list of commands, and one page each."""
    rows = [(f"[bayescale {it.name}]({it.name}.md)", it.says) for it in COMMANDS]
    index = (
        "# Command line\n\n"
        "Each command prints tables for people, and JSON with `--json` where a program may read "
        "it. The exit code is 0 on success, 1 if a computation failed, 2 if the input is at "
        "fault, 130 if it was interrupted; errors are one line on standard error.\n\n"
        + table(("command", "what it does"), rows)
        + "\n"
    )
    parsers = argparse.ArgumentParser("bayescale").add_subparsers()
    pages = {f"commands/{it.name}.md": _page(it.add_to(parsers)) for it in COMMANDS}
    return {INDEX: index} | pages


def _page(command: argparse.ArgumentParser) -> str:
    # argparse has no public way to ask a parser what it holds.
    formatter = argparse.HelpFormatter(command.prog, width=_WIDTH)
    formatter.add_usage(command.usage, command._actions, command._mutually_exclusive_groups)
    usage = formatter.format_help().removeprefix("usage: ").rstrip()
    arguments = [action for action in command._actions if not action.option_strings]
    options = [action for action in command._actions if action.option_strings]
    parts = [f"# {command.prog}", command.description or "", _block("text", usage)]
    if command.epilog:
        parts += ["## Examples", _block("sh", _dedented(command.epilog))]
    for heading, actions in (("Arguments", arguments), ("Options", options)):
        if actions:
            rows = [(_spelled(a), _said(formatter, a)) for a in actions]
            parts += [f"## {heading}", table((heading.lower()[:-1], "what it does"), rows)]
    return "\n\n".join(parts) + "\n"


def _spelled(action: argparse.Action) -> str:
    """How an argument is written: its names, and what follows them."""
    value = action.metavar or (
        f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest.upper()
    )
    if not action.option_strings:
        return code(str(value))
    if action.nargs == 0:
        return ", ".join(map(code, action.option_strings))
    return ", ".join(code(f"{name} {value}") for name in action.option_strings)


def _said(formatter: argparse.HelpFormatter, action: argparse.Action) -> str:
    said = formatter._expand_help(action) if action.help else ""
    if not said and action.default is not None:
        said = f"default: {action.default}"
    required = " **(required)**" if action.required and action.option_strings else ""
    return prose(said) + required


def _block(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def _dedented(epilog: str) -> str:
    return re.sub(r"^  ", "", epilog.removeprefix("example:\n"), flags=re.MULTILINE)
