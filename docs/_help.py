"""Writes the help of every command into the page of the command line: `python docs/_help.py`.

Between `<!-- help: run -->` and `<!-- end -->` stands what `prunebench run --help` prints, so that the page can be read
in a clone too. `--print` prints the page instead. A test fails where the page differs.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from prunebench.cli import cli

PAGE = Path(__file__).resolve().parent / "cli.md"
WIDTH = 100
_PART = re.compile(r"<!-- help: (.+?) -->\n.*?<!-- end -->", re.DOTALL)


def page(before: str) -> str:
    """The page with its helps made anew."""
    return _PART.sub(
        lambda part: f"<!-- help: {part[1]} -->\n{help_of(part[1].split())}\n<!-- end -->", before
    )


def help_of(verb: list[str]) -> str:
    """What `--help` of a verb prints in a terminal of 100 columns, as a code block."""
    command: click.Command | None = cli
    context = click.Context(cli, info_name="prunebench", **{**cli.context_settings, "terminal_width": WIDTH})
    for word in verb:
        assert isinstance(command, click.Group)
        command = command.get_command(context, word)
        assert command is not None
        context = click.Context(command, info_name=word, parent=context, terminal_width=WIDTH)
    assert command is not None
    lines = command.get_help(context).splitlines()
    return "\n".join(("```text", *(line.rstrip() for line in lines), "```"))


if __name__ == "__main__":
    text = page(PAGE.read_text(encoding="utf-8"))
    if "--print" in sys.argv:
        sys.stdout.buffer.write(text.encode())
    else:
        PAGE.write_text(text, encoding="utf-8")
