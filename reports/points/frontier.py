"""The Pareto frontier of quality against cost."""

from __future__ import annotations

import math
from collections.abc import Sequence

import moocore
import numpy as np

from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.point import Point


def frontier(points: Sequence[Point], quantity: Quantity) -> list[Point]:
    """Points that no other beats in mean mAP at the same or a lower cost, by rising cost.

    Controls that a user could deploy count: the unpruned model, random, and the shape trained from scratch.
    The reversed criterion does not, nor the unpruned model at its own rate, which no other cell got.
    Points without the quantity are left out.
    """
    known = [
        p for p in points if p.control != "reversed" and not p.own_rate and math.isfinite(quantity.of(p))
    ]
    if not known:
        return []
    values = np.array([(quantity.of(p), p.mean_map) for p in known])
    kept = moocore.is_nondominated(values, maximise=[False, True], keep_weakly=True)
    return sorted((p for p, keep in zip(known, kept, strict=True) if keep), key=quantity.of)
