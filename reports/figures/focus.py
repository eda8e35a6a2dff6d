"""Which criteria a crowded figure draws in colour: those that a reader looks for."""

from __future__ import annotations

from collections.abc import Sequence

from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.frontier import by_standing, frontier
from prunebench.reports.points.point import Point

MANY = 9  # rows of the legend beyond which a figure is crowded
BEST, WORST = 3, 2


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
