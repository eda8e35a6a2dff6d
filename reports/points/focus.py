"""Which criteria a crowded plot of mAP against cost draws in colour, on the page and in figures."""

from __future__ import annotations

from collections.abc import Sequence

from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.frontier import frontier
from prunebench.reports.points.point import Point

MANY = 7  # criteria, random among them, beyond which a figure is crowded
FEW = 3  # criteria better than random, and worse, that a crowded panel draws in colour


def focus_of(points: Sequence[Point], quantity: Quantity, told: Sequence[str] = ()) -> frozenset[str]:
    """Labels drawn in colour: all where they are few.

    Else random, what lies on the Pareto frontier, and the few criteria that differ from random.

    Args:
        points: of one panel.
        quantity: the cost of the frontier.
        told: labels of the few that differ from random, as `told_from_random` gives them.
    """
    labels = {p.label for p in points}
    if len({p.label for p in points if p.control is None}) <= MANY:
        return frozenset(labels)
    kept = {p.label for p in frontier(points, quantity)} | {p.label for p in points if p.is_random}
    return frozenset(kept | (set(told) & labels))
