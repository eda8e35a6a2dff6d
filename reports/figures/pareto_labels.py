"""Which criteria a panel of mAP against cost draws in colour and names, and the room that the names need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes

from prunebench.reports.figures.style.label_places import place_labels, stack_labels
from prunebench.reports.figures.style.palette import look_of
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.frontier import by_standing, frontier
from prunebench.reports.points.point import Point
from prunebench.reports.points.published_marks import beside

SIZE, LETTER = 5.5, 0.56  # points; the width of a letter, of its size
LEFT = 16.0  # points from the marks to the names of a crowded panel
MOST = 0.45  # share of the panel that names may take
MANY = 9  # rows of the legend beyond which a figure is crowded
BEST, WORST = 3, 2  # criteria that a reader looks for


def focus_of(points: Sequence[Point], quantity: Quantity) -> frozenset[str]:
    """Labels drawn in colour: all where they are few.

    Else random, what lies on the Pareto frontier, and the three best and the two worst on the mean over ratios of mAP
    minus the mean of the criteria at that ratio.

    Args:
        points: of one panel.
        quantity: the cost of the frontier.
    """
    labels = {p.label for p in points}
    if len(labels) <= MANY:
        return frozenset(labels)
    order = by_standing(points)
    kept = {p.label for p in frontier(points, quantity)} | {p.label for p in points if p.is_random}
    return frozenset(kept | set(order[:BEST]) | set(order[-WORST:]))


def label_marks(
    axes: Axes, points: Sequence[Point], quantity: Quantity, factor: float, focus: frozenset[str]
) -> None:
    """Name the frontier's criteria and the published points, in a crowded panel the criteria in focus.

    Call it when the figure is laid out.
    """
    criteria = [p for p in points if p.control is None]
    known = [(cost / factor, p.map, p.model) for cost, p in beside(points[0].panel, quantity)]
    if not crowded(points, focus):
        best = [p for p in frontier(points, quantity) if p.control is None]
        place_labels(axes, [(quantity.of(p) / factor, p.mean_map, p.label) for p in best] + known)
        return
    first: dict[str, Point] = {}
    for point in sorted(criteria, key=quantity.of):
        first.setdefault(point.label, point)
    stack_labels(
        axes,
        [
            (quantity.of(p) / factor, p.mean_map, label, look_of(p.criteria[0]).colour)
            for label, p in first.items()
            if label in focus
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
    longest = max(len(p.label) for p in points if p.label in focus and p.control is None)
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
