"""Dots with their intervals in rows: a column of a figure for each budget or ratio."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from prunebench.reports.palette import INK, Look

ROW, AROUND = 0.145, 0.95  # inches: the height of a row, and of titles, ticks and notes
TITLE = 6.5  # points


def draw_interval(
    axes: Axes, place: int, look: Look, value: float, interval: tuple[float, float], *, hollow: bool
) -> None:
    """A mark and the bar of its interval, none where its ends are nan.

    Args:
        axes: the column.
        place: of the row, from the bottom.
        look: of the criterion.
        value: where the mark stands.
        interval: its ends.
        hollow: whether the mark cannot be told from zero.
    """
    if math.isfinite(interval[0]):
        axes.plot(interval, [place, place], color=look.colour, linewidth=1.1)
    axes.plot(
        [value],
        [place],
        color=look.colour,
        marker=look.marker,
        markersize=4,
        markerfacecolor="white" if hollow else look.colour,
    )


def finish_column(axes: Axes, title: str) -> None:
    """The line at zero, the title, few numbers."""
    axes.axvline(0, color=INK, linewidth=0.8, zorder=1.5)
    axes.xaxis.set_major_locator(MaxNLocator(3))  # four numbers with a sign run into each other
    axes.set_title(title, pad=2, fontsize=TITLE)
    axes.grid(visible=True, axis="y", linewidth=0.3)
