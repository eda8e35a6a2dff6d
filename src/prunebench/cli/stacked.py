"""Tables on a terminal of any width: columns if they fit, else a few lines per row."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

GAPS = 3  # cells that rich puts around a column; one more stands before the first


def column_widths(
    headings: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, names: bool
) -> list[int] | None:
    """Widths of columns in which no word is broken; `None` where the terminal is too narrow for that.

    Where not all fits in one line, the widest columns alone are wrapped.

    Args:
        headings: of the columns.
        rows: as many cells each.
        width: of the terminal.
        names: the first column is never wrapped.
    """
    columns = list(zip(headings, *rows, strict=True))
    whole = [_longest(column, by_line=True) for column in columns]
    least = [_longest(column, by_line=names and place == 0) for place, column in enumerate(columns)]
    room = width - GAPS * len(columns) - 1
    for cap in range(max(whole, default=0), 0, -1):
        found = [max(low, min(high, cap)) for low, high in zip(least, whole, strict=True)]
        if sum(found) <= room:
            return found
    return None


def _longest(cells: Sequence[str], *, by_line: bool) -> int:
    return max(
        (len(part) for cell in cells for part in (cell.splitlines() if by_line else cell.split())), default=0
    )


def stacked(headings: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Each row as lines: its first cell, and below it `heading: value` for every other cell that is not empty."""
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
