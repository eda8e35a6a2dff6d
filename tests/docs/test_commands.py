"""Every command in README and documentation is one that the command line understands."""

import contextlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from prunebench.cli import VERBS, cli
from prunebench.pruners import BUILTIN

HERE = Path(__file__).parent


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem.strip("_") + "_of_docs", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


pages = load(HERE / "blocks.py")


def parse(
    command: click.Command, name: str, arguments: list[str], parent: click.Context | None = None
) -> None:
    """Parse as click does before it calls anything."""
    context = command.make_context(name, list(arguments), parent=parent)
    if isinstance(command, click.Group):
        rest = (
            [*context._protected_args, *context.args] if hasattr(context, "_protected_args") else context.args
        )
        if rest:
            found, sub, left = command.resolve_command(context, list(rest))
            assert sub is not None
            parse(sub, found or "", left, context)


CASES = [
    pytest.param(arguments, id=f"{page.name}: {' '.join(arguments)}"[:100])
    for page in pages.PAGES
    for arguments in pages.verbs(page)
]


def test_there_are_commands_to_parse():
    assert len(CASES) > 30
    assert {arguments.values[0][0] for arguments in CASES} <= set(VERBS) | {"--version", "--help"}


@pytest.mark.parametrize("arguments", CASES)
def test_a_command_is_understood(arguments):
    with contextlib.suppress(click.exceptions.Exit):  # `--version` and `--help` end there
        parse(cli, "prunebench", arguments)


@pytest.mark.parametrize("page", pages.PAGES, ids=lambda page: f"{page.parent.name}-{page.stem}")
def test_commands_within_lines_are_understood(page):
    for arguments in pages.inline(page):
        with contextlib.suppress(click.MissingParameter):  # a verb that is named without its arguments
            parse(cli, "prunebench", arguments)


@pytest.mark.parametrize("verb", VERBS)
def test_an_example_of_the_help_is_understood(verb):
    command = cli.get_command(click.Context(cli), verb)
    texts = [command.epilog or ""]
    if isinstance(command, click.Group):
        texts += [
            command.get_command(click.Context(command), sub).epilog or ""
            for sub in command.list_commands(None)
        ]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(texts))
    examples = re.findall(r"^\s+prunebench (.+)$", joined, re.MULTILINE)
    assert examples
    for line in examples:
        parse(cli, "prunebench", shlex.split(line))


@pytest.mark.parametrize("arguments", [["rum"], ["run", "--sett", "a=b"], ["check", "x"]])
def test_a_wrong_command_is_not(arguments):
    with pytest.raises(click.UsageError):
        parse(cli, "prunebench", arguments)


def test_verbs_that_are_documented_exist_and_all_are_documented():
    text = "".join(page.read_text(encoding="utf-8") for page in pages.PAGES)
    assert set(re.findall(r"<!-- help: (\w+)", text)) == set(VERBS)


def test_the_page_of_the_command_line_shows_the_help_that_is_printed():
    """In a process of its own: click remembers the names of the option for help that the first context had."""
    page = (pages.ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    words = [sys.executable, str(pages.ROOT / "docs" / "_help.py"), "--print"]
    narrow = {**os.environ, "COLUMNS": "60"}  # the page has one width, whatever the terminal
    made = subprocess.run(words, env=narrow, check=True, capture_output=True, timeout=60).stdout.decode()
    assert made == page, "run `python docs/_help.py`"
    assert page.count("\nUsage: prunebench ") == page.count("<!-- help: ") == page.count("<!-- end -->")


def test_parts_that_pages_ask_for_are_made():
    hook = load(pages.ROOT / "docs" / "_page_parts.py")
    made = hook.on_page_markdown("<!-- definitions -->\nin a clone\n<!-- end -->\nafter")
    assert all(f"### {name}" in made for name in BUILTIN)
    assert "in a clone" not in made
    assert made.endswith("\nafter")
    used = "".join(page.read_text(encoding="utf-8") for page in (pages.ROOT / "docs").rglob("*.md"))
    assert "<!-- definitions -->" in used
    assert "<!-- readme:" not in used


def test_links_between_pages_lead_somewhere():
    for page in (pages.ROOT / "docs").rglob("*.md"):
        for target in re.findall(r"\]\(((?!https?:|#)[^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
