"""Curves: one criterion over its ratios in one panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prunebench.reports.points.order import order
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point


@dataclass(frozen=True)
class Curve:
    """The points of one criterion, or of criteria that removed the same filters at every ratio.

    Args:
        criteria: their names, the first lends its look.
        points: by rising ratio.
    """

    criteria: tuple[str, ...]
    points: tuple[Point, ...]

    @property
    def label(self) -> str:
        """`l1 = l2†`, the dagger for released code."""
        released = frozenset().union(*(p.released for p in self.points))
        return " = ".join(f"{name}†" if name in released else name for name in self.criteria)

    @property
    def is_random(self) -> bool:
        """Whether these are the cells of the random control."""
        return all(p.is_random for p in self.points)


def curves_of(points: Sequence[Point], panel: Panel) -> list[Curve]:
    """The curves of a panel, in the order of the palette."""
    members = [p for p in points if p.panel == panel and p.control is None]
    by_points: dict[tuple[int, ...], list[str]] = {}
    for criterion in sorted({name for p in members for name in p.criteria}, key=order):
        own = tuple(i for i, p in enumerate(members) if criterion in p.criteria)
        by_points.setdefault(own, []).append(criterion)
    return [
        Curve(tuple(names), tuple(sorted((members[i] for i in own), key=lambda p: p.ratio)))
        for own, names in by_points.items()
    ]
