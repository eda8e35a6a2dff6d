"""The Pareto frontier of quality against cost: of criteria, and with the controls that stand above it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import moocore
import numpy as np

from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.point import Point


def frontier(points: Sequence[Point], quantity: Quantity) -> list[Point]:
    """The frontier of criteria, `random` among them: no other criterion is as cheap or cheaper and better.

    By rising cost, on mean test mAP. Points without the quantity are left out.
    """
    return _undominated([p for p in points if p.control is None], quantity)


def frontier_with_controls(points: Sequence[Point], quantity: Quantity) -> list[Point]:
    """The same with the controls that a user could deploy: the unpruned model and the shape trained from scratch.

    The reversed criterion does not compete, nor the unpruned model at its own rate, which no other cell got.
    """
    return _undominated([p for p in points if p.control != "reversed" and not p.own_rate], quantity)


def controls_above(points: Sequence[Point], quantity: Quantity) -> list[Point]:
    """Controls that stand above the frontier of criteria: no criterion is as cheap or cheaper and as good."""
    return [p for p in frontier_with_controls(points, quantity) if p.control is not None]


def _undominated(points: Sequence[Point], quantity: Quantity) -> list[Point]:
    known = [p for p in points if math.isfinite(quantity.of(p))]
    if not known:
        return []
    values = np.array([(quantity.of(p), p.mean_map) for p in known])
    kept = moocore.is_nondominated(values, maximise=[False, True], keep_weakly=True)
    return sorted((p for p, keep in zip(known, kept, strict=True) if keep), key=quantity.of)


def best_first(points: Sequence[Point]) -> list[str]:
    """Labels of the criteria at budgets that were asked for, best first; random is none of them."""
    ruled = [p for p in points if p.control is None and not p.own_budget]
    middle = {
        place: fmean(p.mean_map for p in ruled if p.place == place) for place in {p.place for p in ruled}
    }
    gaps: dict[str, list[float]] = {}
    for point in ruled:
        if not point.is_random:
            gaps.setdefault(point.label, []).append(point.mean_map - middle[point.place])
    return sorted(gaps, key=lambda label: -fmean(gaps[label]))
