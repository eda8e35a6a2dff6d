"""Figures that would say nothing, and why each is left out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from prunebench.reports.points.cost_axis import AXES, Quantity
from prunebench.reports.points.groups import groups_of, word_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point

HARDLY = 0.02  # of the unpruned model's cost: pruned models that differ by less stand on one line


def change_of(points: Sequence[Point], quantity: Quantity) -> float:
    """The largest difference of a pruned model's cost from the unpruned model's, relative to that; nan without both.

    Args:
        points: of one panel.
        quantity: the cost.
    """
    whole = next((quantity.of(p) for p in points if p.control == "unpruned"), math.nan)
    costs = [cost for p in points if p.control is None and math.isfinite(cost := quantity.of(p))]
    return max((abs(cost / whole - 1) for cost in costs), default=math.nan) if whole > 0 else math.nan


def hardly_changes(points: Sequence[Point], quantity: Quantity) -> bool:
    """Whether pruning changes a cost by less than 2 %, so that mAP against it is a vertical line."""
    return change_of(points, quantity) < HARDLY


def told_by_ratio(points: Sequence[Point]) -> bool:
    """Whether the ratio says how many filters every group of a panel keeps: all by the allocation `uniform`."""
    return all(r.allocation == "uniform" for p in points if p.control is None for r in p.records)


def said_left_out(points: Sequence[Point]) -> Iterator[str]:
    """A sentence on each cost that has no figure, and one on the filters kept.

    Args:
        points: of all panels at the length where their cells ended.
    """
    panels = {
        panel: [p for p in points if p.panel == panel] for panel in dict.fromkeys(p.panel for p in points)
    }
    for quantity in AXES:
        found = {panel: own for panel, own in panels.items() if hardly_changes(own, quantity)}
        most = max((change_of(own, quantity) for own in found.values()), default=0.0)
        if found:
            yield (
                f"No figure of mAP against {quantity.short}{_where(found, panels)}: pruning changes it by "
                f"{_percent(most)} at most."
            )
    ruled = [panel for panel, own in panels.items() if _compares(own) and told_by_ratio(own)]
    if ruled:
        word = word_of(groups_of(points, ruled[0]))
        yield (
            f"No figure of the filters kept{_where(ruled, panels)}: with the allocation `uniform` every pruned {word} "
            "keeps the same share."
        )


def _compares(points: Sequence[Point]) -> bool:
    return any(p.control is None for p in points) and any(p.control == "unpruned" for p in points)


def _where(found: Sequence[Panel] | dict[Panel, list[Point]], panels: dict[Panel, list[Point]]) -> str:
    """The panels, where they are not all."""
    return f" for {' and '.join(panel.title for panel in found)}" if len(found) < len(panels) else ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%" if share >= 0.0005 else "less than 0.1\u00a0%"
