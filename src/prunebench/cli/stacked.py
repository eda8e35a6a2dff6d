"""Tables on a terminal of any width: columns if they fit, else a few lines per row."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

GAPS = 3  # cells that rich puts around a column; one more stands before the first
TIGHT = 1  # where that is too many


def column_widths(
    headings: Sequence[str], rows: Sequence[Sequence[str]], width: int, *, names: bool, gaps: int = GAPS
) -> list[int] | None:
    """Widths of columns in which no word is broken; `None` where the terminal is too narrow for that.

    Where not all fits in one line, the columns get what makes the table the fewest lines long.

    Args:
        headings: of the columns.
        rows: as many cells each.
        width: of the terminal.
        names: the first column is never wrapped.
        gaps: cells around a column.
    """
    lines = [headings, *rows]
    columns = list(zip(*lines, strict=True))
    whole = [_longest(column, by_line=True) for column in columns]
    found = [_longest(column, by_line=names and place == 0) for place, column in enumerate(columns)]
    room = width - gaps * len(columns) - 1 - sum(found)
    if room < 0:
        return None
    if sum(whole) - sum(found) <= room:
        return whole
    heights = [
        {size: [_height(cell, size) for cell in column] for size in range(low, min(high, low + room) + 1)}
        for column, low, high in zip(columns, found, whole, strict=True)
    ]
    while step := _best_step(heights, found, room):
        place, more = step
        found[place] += more
        room -= more
    return found


def _best_step(
    heights: Sequence[Mapping[int, Sequence[int]]], found: Sequence[int], room: int
) -> tuple[int, int] | None:
    """The column, and how much wider, that saves most lines for its cells; `None` where none saves any."""
    now = [heights[place][size] for place, size in enumerate(found)]
    tall = [max(cells) for cells in zip(*now, strict=True)]
    best: tuple[float, int, int] | None = None
    for place, size in enumerate(found):
        others = [max(cells) for cells in zip(*now[:place], *now[place + 1 :], [0] * len(tall), strict=True)]
        for more in range(1, room + 1):
            own = heights[place].get(size + more)
            if own is None:
                break
            # Lines of the table, and a little for cells that get shorter beside taller ones.
            saved = sum(tall) - sum(map(max, own, others)) + 0.01 * (sum(now[place]) - sum(own))
            if saved > 0 and (best is None or saved / more > best[0] + 1e-9):
                best = saved / more, place, more
    return None if best is None else best[1:]


def _height(cell: str, width: int) -> int:
    """Lines of a cell that is wrapped between words."""
    lines = 0
    for line in cell.splitlines() or [""]:
        lines, used = lines + 1, 0
        for word in map(len, line.split()):
            if used and used + 1 + word > width:
                lines, used = lines + 1, word
            else:
                used += word + bool(used)
    return lines


def without(cells: Sequence[str], place: int) -> list[str]:
    """The cells of a row but one."""
    return [*cells[:place], *cells[place + 1 :]]


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
