"""How much of a ranking is no ranking: filters that tie at the cut, and the sizes of the maps behind the scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from prunebench.reports.points.groups import groups_of, in_order
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point


@dataclass(frozen=True)
class Ties:
    """One criterion at one ratio in one group.

    Args:
        label: of the criterion.
        ratio: share of the filters removed.
        layer: name of the group.
        share: of the group's filters that have the score at which the cut falls, mean over cells, in [0, 1]; 0 where
            the cuts fall between two scores.
        cells: how many were averaged.
    """

    label: str
    ratio: float
    layer: str
    share: float
    cells: int


def ties_of(points: Sequence[Point], panel: Panel) -> list[Ties]:
    """Every group of every criterion of a panel at every ratio, where the records know it; random ranks nothing."""
    found, groups = [], groups_of(points, panel)
    for point in points:
        known = [r.ties for r in point.records if r.ties]
        if point.panel == panel and point.control is None and not point.is_random and known:
            for layer in in_order({layer for ties in known for layer in ties}, groups):
                shares = [ties[layer] for ties in known if layer in ties]
                found.append(Ties(point.label, point.ratio, layer, fmean(shares), len(shares)))
    return found


def map_sizes_of(points: Sequence[Point], panel: Panel) -> Mapping[str, tuple[int, int]]:
    """Group → (frames, mels) of its feature maps for a test clip; empty where no record knows it."""
    unpruned = (r for p in points if p.panel == panel and p.control == "unpruned" for r in p.records)
    sizes = next((r.map_sizes for r in unpruned if r.map_sizes), {})
    return {layer: sizes[layer] for layer in in_order(sizes, groups_of(points, panel))}
