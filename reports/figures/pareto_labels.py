"""Which criteria a panel of mAP against cost draws in colour and names, and the room that the names need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from prunebench.reports.figures.style.label_places import place_labels, stack_labels
from prunebench.reports.figures.style.palette import look_of
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.point import Point
from prunebench.reports.points.published_marks import beside

SIZE, LETTER = 6.0, 0.56  # points; the width of a letter, of its size
LEFT = 16.0  # points from the marks to the names of a crowded panel
MOST = 0.45  # share of the panel that names may take


def label_marks(
    axes: Axes,
    points: Sequence[Point],
    quantity: Quantity,
    factor: float,
    focus: frozenset[str],
    *,
    named: bool,
) -> None:
    """Name the published points and, where the legend does not, the criteria in focus.

    Call it when the figure is laid out.
    """
    known = [(cost / factor, p.map, p.model) for cost, p in beside(points[0].panel, quantity)]
    if named:
        first: dict[str, Point] = {}
        for point in sorted((p for p in points if p.label in focus), key=quantity.of):
            if point.control is None and not point.is_random:
                first.setdefault(point.label, point)
        stack_labels(
            axes,
            [
                (quantity.of(p) / factor, p.mean_map, label, look_of(p.criteria[0]).colour)
                for label, p in first.items()
            ],
            left=LEFT,
            size=SIZE,
        )
    place_labels(axes, known)


def crowded(points: Sequence[Point], focus: frozenset[str]) -> bool:
    """Whether criteria are out of focus."""
    return not {p.label for p in points if p.control is None} <= focus


def room_at_the_left(axes: Axes, points: Sequence[Point], focus: frozenset[str]) -> float:
    """Widen the axis by what the names of the criteria in focus take; where it began before."""
    longest = max(
        (len(p.label) for p in points if p.label in focus and p.control is None and not p.is_random),
        default=0,
    )
    figure, grid = axes.get_figure(root=True), axes.get_subplotspec()
    assert figure is not None
    columns = 1 if grid is None else grid.get_gridspec().ncols
    width = figure.get_figwidth() / columns * 72 * 0.8  # points of the panel, nearly
    share = (longest * LETTER * SIZE + LEFT) / width
    low, high = (float(x) for x in axes.transScale.transform([(x, 0.5) for x in axes.get_xlim()])[:, 0])
    wider = high - (high - low) / (1 - min(share, MOST))
    first = axes.get_xlim()[0]
    axes.set_xlim(left=float(axes.transScale.inverted().transform((wider, 0.5))[0]))
    return first


def begin_ticks(axes: Any, first: float) -> None:
    """Ticks from a value on."""
    last = axes.get_xlim()[1]
    axes.set_xticks([tick for tick in axes.get_xticks() if first <= tick <= last])
