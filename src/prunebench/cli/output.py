"""What verbs print."""

from __future__ import annotations

import contextlib
import os
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TextIO

import click

from prunebench.cli.stacked import GAPS, TIGHT, column_widths, stacked, without
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


def console(*, stderr: bool = False) -> Console:
    """Standard output or error: as wide as `COLUMNS` or the terminal, or 110 columns where there is neither."""
    from rich.console import Console

    class Piped(Console):
        def on_broken_pipe(self) -> None:  # rich would leave with the code of a failure
            raise BrokenPipeError

    return Piped(stderr=stderr, highlight=False, markup=False, width=_width(stderr=stderr))


def _width(*, stderr: bool) -> int:
    """Columns of the output; 0 in `COLUMNS` says nothing."""
    stream = sys.stderr if stderr else sys.stdout
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    if stream.isatty():
        with contextlib.suppress(OSError, ValueError):
            return os.get_terminal_size(stream.fileno()).columns or PLAIN_WIDTH
    return PLAIN_WIDTH


PLAIN_WIDTH = 110  # in a pipe


def say_text(text: str, *, indent: str = "", hanging: str = "", err: bool = False) -> None:
    """Print sentences, wrapped between words where they are wider than the terminal; in a pipe they stay one line.

    Args:
        text: of one line.
        indent, hanging: before the first line and before the others.
        err: to standard error.
    """
    shown = plain_lines(text)
    if is_known_width(sys.stderr if err else sys.stdout):
        width = console(stderr=err).width
        shown = textwrap.fill(
            shown,
            width,
            initial_indent=indent,
            subsequent_indent=hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )
    else:
        shown = indent + shown
    click.echo(shown, err=err)


def is_known_width(stream: TextIO) -> bool:
    """Whether there is a terminal or `COLUMNS`, so that lines have a width."""
    given = os.environ.get("COLUMNS", "")
    return stream.isatty() or (given.isdecimal() and int(given) > 0)


def print_table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    names: bool = False,
    optional: Sequence[str] = (),
) -> None:
    """Columns under headings, or a few lines per row if the terminal is too narrow for the longest words.

    Args:
        headings: of the columns.
        rows: as many cells each.
        names: the first column holds names that are typed, and is never broken.
        optional: headings of columns that are left out, the last first, before rows are stacked.
    """
    from rich import box
    from rich.table import Table

    shown = console()
    titles, cells = [*map(plain, headings)], [[*map(plain_lines, row)] for row in rows]
    spare = [heading for heading in optional if heading in titles]
    while True:
        for gaps in (GAPS, TIGHT):
            widths = column_widths(titles, cells, shown.width, names=names, gaps=gaps)
            if widths is not None:
                break
        if widths is not None or not spare:
            break
        place = titles.index(spare.pop())
        titles, cells = without(titles, place), [without(row, place) for row in cells]
    if widths is None:
        click.echo(stacked(titles, cells, shown.width))
        return
    tight = gaps == TIGHT
    table = Table(box=box.SIMPLE_HEAD, show_edge=not tight, padding=0 if tight else (0, 1))
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
