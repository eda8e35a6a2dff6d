"""Tables on a terminal of any width: columns where they fit, else a few lines a row."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

GAPS = 3  # cells that rich puts around a column; one more stands before the first


def least_widths(headings: Sequence[str], rows: Sequence[Sequence[str]], *, names: bool) -> list[int]:
    """The least width of each column in which no word is broken.

    Args:
        headings: of the columns.
        rows: as many cells each.
        names: the first column is never wrapped.
    """
    columns = zip(headings, *rows, strict=True)
    return [
        max(_longest(cell, whole=names and place == 0) for cell in column)
        for place, column in enumerate(columns)
    ]


def _longest(cell: str, *, whole: bool) -> int:
    return max(map(len, cell.splitlines() if whole else cell.split()), default=0)


def stacked(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Each row as lines: its first cell, and below it `heading: value` of every other cell that says something."""
    lines = []
    for first, *others in rows:
        lines.append(first)
        for heading, cell in zip(headings[1:], others, strict=True):
            if cell:
                lines += textwrap.wrap(
                    f"{heading}: {cell}",
                    width,
                    initial_indent="    ",
                    subsequent_indent="      ",
                    break_long_words=False,
                    break_on_hyphens=False,
                )
    return "\n".join(lines)
