"""What verbs print."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from prunebench.cli.stacked import column_widths, stacked
from prunebench.eval.errors import one_line
from prunebench.eval.text.plain import plain, plain_lines

if TYPE_CHECKING:
    from rich.console import Console


def say(text: object = "", *, err: bool = False, nl: bool = True) -> None:
    """Print a text in which nothing acts on the terminal, whoever gave the names in it.

    Args:
        text: of one or more lines.
        err: to standard error.
        nl: end the line.
    """
    click.echo(plain_lines(str(text)), err=err, nl=nl)


def say_sentence(text: object) -> None:
    """Print a sentence that may quote anything to standard error, in one line; cut last: signs are written out."""
    click.echo(one_line(plain(one_line(str(text)))), err=True)


def print_json(value: object) -> None:
    """A value as indented JSON."""
    click.echo(json.dumps(value, indent=1, sort_keys=True))


def console(*, stderr: bool = False) -> Console:
    """Standard output or error: as wide as `COLUMNS` or the terminal, or 110 columns where there is neither."""
    from rich.console import Console

    class Piped(Console):
        def on_broken_pipe(self) -> None:  # rich would leave with the code of a failure
            raise BrokenPipeError

    known = (sys.stderr if stderr else sys.stdout).isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return Piped(stderr=stderr, highlight=False, markup=False, width=None if known else 110)


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, names: bool = False) -> None:
    """Columns under headings, or a few lines per row if the terminal is too narrow for the longest words.

    Args:
        headings: of the columns.
        rows: as many cells each.
        names: the first column holds names that are typed, and is never broken.
    """
    from rich import box
    from rich.table import Table

    shown = console()
    titles, cells = [*map(plain, headings)], [[*map(plain_lines, row)] for row in rows]
    widths = column_widths(titles, cells, shown.width, names=names)
    if widths is None:
        click.echo(stacked(titles, cells, shown.width))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for place, (heading, width) in enumerate(zip(titles, widths, strict=True)):
        table.add_column(heading, overflow="fold", no_wrap=names and place == 0, width=width)
    for row in cells:
        table.add_row(*row)
    shown.print(table)


NOTES = 10  # that are printed


def print_notes(notes: Sequence[tuple[str, str]]) -> None:
    """What became of some files, on standard error: a line each of the first, and how many more there are."""
    for name, said in notes[:NOTES]:
        say(f"Note: `{name}`: {said}.", err=True)
    if len(notes) > NOTES:
        say(f"Note: and {len(notes) - NOTES} more.", err=True)


def duration(seconds: float) -> str:
    """Seconds for people: `35 s`, `4 min 10 s`, `2 h 05 min`, `3 d 4 h`."""
    whole = max(0, round(seconds))
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if minutes < 1:
        return f"{whole} s"
    if hours < 1:
        return f"{minutes} min {whole % 60:02d} s"
    if days < 1:
        return f"{hours} h {minutes % 60:02d} min"
    return f"{days} d {hours % 24} h"
