"""The one order in which the figures of a panel list criteria, and which of these differ from `random`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from prunebench.reports.points.cost_axis import MACS
from prunebench.reports.points.focus import FEW
from prunebench.reports.points.frontier import best_first
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.statistics.ranking import Ranking


def order_of_criteria(
    panel: Panel, points: Sequence[Point], rankings: Sequence[Ranking] = ()
) -> tuple[str, ...]:
    """Labels of a panel's criteria: `random`, then the others, best first.

    The best are first in the ranking over all budgets at equal MACs. Criteria that it lacks come last, by their mean
    difference from the others at each ratio.

    Args:
        panel: the panel.
        points: of all panels.
        rankings: of all panels.
    """
    own = [p for p in points if p.panel == panel]
    random = [p.label for p in own if p.is_random]
    ranking = _over_all(panel, rankings)
    ranked = [] if ranking is None else [row.label for row in ranking.rows if not row.is_random]
    return tuple(dict.fromkeys([*random, *ranked, *best_first(own)]))


def in_criteria_order(labels: Iterable[str], order: Sequence[str]) -> list[str]:
    """Labels in that order; criteria that removed the same filters stand where the first of them does.

    Args:
        labels: of criteria, in any order.
        order: as `order_of_criteria` gives it.
    """
    places = {label: place for place, label in enumerate(order)}
    for label, place in list(places.items()):
        for name in label.split(" = "):
            places.setdefault(name, place)

    def place_of(label: str) -> tuple[float, str]:
        names = [label, *label.split(" = ")]
        return min((places[name] for name in names if name in places), default=math.inf), label

    return sorted(dict.fromkeys(labels), key=place_of)


def told_from_random(panel: Panel, rankings: Sequence[Ranking]) -> tuple[str, ...]:
    """Labels of the few criteria that differ from `random` over all budgets at equal MACs, highest difference first.

    Three at most that are better, and three that are worse, those furthest away.
    """
    ranking = _over_all(panel, rankings)
    rows = [] if ranking is None else [row for row in ranking.rows if row.like_random is False]
    better, worse = ([row for row in rows if row.from_random * sign > 0] for sign in (1, -1))
    furthest = [
        row for side in (better, worse) for row in sorted(side, key=lambda r: -abs(r.from_random))[:FEW]
    ]
    return tuple(row.label for row in sorted(furthest, key=lambda row: -row.from_random))


def _over_all(panel: Panel, rankings: Sequence[Ranking]) -> Ranking | None:
    """The ranking over all budgets at equal MACs, with a single budget the ranking at that."""
    own = [r for r in rankings if (r.panel, r.quantity) == (panel, MACS) and not r.chosen_by]
    return next((r for r in own if r.over_all), own[0] if own else None)
