"""Hooks of the site: the command line's own help and the definitions of the criteria, where a page asks for them.

`<!-- help: run -->` becomes what `prunebench run --help` prints, and `<!-- definitions -->` the docstring of every
built-in criterion. So nothing is written twice.
"""

from __future__ import annotations

import re
from typing import Any


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page with its marks replaced."""
    text = markdown.replace("<!-- definitions -->", definitions())
    return re.sub(r"<!-- help: (.+?) -->", lambda mark: help_of(mark[1].split()), text)


def definitions() -> str:
    """A heading and the docstring for each built-in criterion, as mkdocstrings is asked for them."""
    from prunebench.pruners import BUILTIN

    chosen = ("show_root_heading", "show_root_toc_entry", "show_bases", "members")
    options = "    options:\n" + "".join(f"      {option}: false\n" for option in chosen)
    return "\n".join(
        f"### {name}{' †' if cls.released else ''}\n\n::: {cls.__module__}.{cls.__qualname__}\n{options}"
        for name, cls in BUILTIN.items()
    )


def help_of(verb: list[str]) -> str:
    """What `--help` of a verb prints, as a code block."""
    import click

    from prunebench.cli import cli

    command: click.Command | None = cli
    context = click.Context(cli, info_name="prunebench", max_content_width=100)
    for word in verb:
        assert isinstance(command, click.Group)
        command = command.get_command(context, word)
        assert command is not None
        context = click.Context(command, info_name=word, parent=context, max_content_width=100)
    assert command is not None
    return f"```text\n{command.get_help(context)}\n```"
