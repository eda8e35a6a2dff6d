"""Dots with their intervals in rows: a column of a figure for each budget or ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from prunebench.reports.content import marks
from prunebench.reports.figures.style.palette import INK, Look

ROW, AROUND = 0.145, 0.5  # inches: the height of a row, and of ticks and gaps
LINES = {"title": 0.12, "column": 0.11, "note": 0.1}  # inches: a line of each text
TITLE = 6.5  # points
OF_LINES, PALE = "x+", "#A6A6A6"
FEW = 4  # columns up to which three numbers do not run into each other


@dataclass(frozen=True)
class ForestRow:
    """One mark.

    Args:
        place: from the bottom.
        look: of the criterion.
        value: where the mark stands.
        interval: the ends of its bar, nan for none.
        alike: whether it cannot be told from zero: the mark is hollow, one of lines alone pale; `None` if that was not
            tested: the same with a question mark.
    """

    place: float
    look: Look
    value: float
    interval: tuple[float, float]
    alike: bool | None

    @property
    def hollow(self) -> bool:
        """Whether nothing says that it differs from zero."""
        return self.alike is not False


def height_of(rows: float, title: str, columns: Sequence[str], note: str) -> float:
    """Inches of a figure in which rows do not run into each other, however many lines its texts have.

    Args:
        rows: their number.
        title: of the figure, in lines.
        columns: their titles.
        note: below the columns, in lines.
    """
    lines = {"title": title, "column": max(columns, key=lambda text: text.count("\n")), "note": note}
    return ROW * rows + AROUND + sum(LINES[kind] * (text.count("\n") + 1) for kind, text in lines.items())


def draw_rows(axes: Axes, rows: Sequence[ForestRow]) -> None:
    """Marks and the bars of their intervals; marks of lines alone cannot be hollow and are pale instead."""
    draw_bars(axes, [(*row.interval, row.place, _colour(row)) for row in rows], linewidth=1.1)
    for row in rows:
        axes.plot(
            [row.value],
            [row.place],
            color=_colour(row),
            marker=row.look.marker,
            markersize=5.5 if row.look.marker in OF_LINES else row.look.size(4),
            markerfacecolor="white" if row.hollow else row.look.colour,
        )
        if row.alike is None:
            axes.annotate(
                marks.NOT_TESTED,
                (row.value, row.place),
                (4, 0),
                textcoords="offset points",
                fontsize=6,
                verticalalignment="center",
                color=row.look.colour,
            )


def _colour(row: ForestRow) -> str:
    return PALE if row.hollow and row.look.marker in OF_LINES else row.look.colour


def draw_bars(axes: Axes, bars: Sequence[tuple[float, float, float, str]], **style: Any) -> None:
    """Level bars (from, to, place, colour) as one artist: one each takes most of the time of a figure; nan is none."""
    known = [bar for bar in bars if math.isfinite(bar[0]) and math.isfinite(bar[1])]
    if known:
        low, high, places, colours = zip(*known, strict=True)
        axes.hlines(places, low, high, colors=colours, zorder=1.9, **style)


def finish_column(axes: Axes, title: str, columns: int) -> None:
    """The line at zero, the title, as few numbers as one of so many columns has room for."""
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1.5)
    axes.xaxis.set_major_locator(MaxNLocator(3 if columns <= FEW else 2))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_title(title, pad=2, fontsize=TITLE)
    axes.grid(visible=True, axis="y", linewidth=0.3)
