"""Hooks of the site: parts of the README where a page asks for them, the command line's own help, the criteria.

`<!-- readme: Criteria -->` becomes the body of the README's section of that heading, `<!-- help: run -->` what
`prunebench run --help` prints, `<!-- definitions -->` the docstring of every built-in criterion. So nothing is written
twice.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The page with its marks replaced."""
    up = "../" * page.file.src_uri.count("/")
    text = re.sub(r"<!-- readme: (.+?) -->", lambda mark: section(mark[1], up), markdown)
    text = text.replace("<!-- definitions -->", definitions())
    return re.sub(r"<!-- help: (.+?) -->", lambda mark: help_of(mark[1].split()), text)


def section(heading: str, up: str = "") -> str:
    """The body of a section of the README, its links to files made to work on the site.

    Raises:
        ValueError: for a heading that the README does not have.
    """
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise ValueError(f"The README must have a section `{heading}`. Found none.")
    body = re.sub(r"\]\(docs/([^)]+)\)", rf"]({up}\1)", found[1])
    return re.sub(r"\[([^\]]*)\]\((?!https?:|#|\w+\.(?:png|svg)|\.\./)[^)]+\)", r"\1", body)


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
