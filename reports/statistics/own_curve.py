"""A criterion's own curve of mAP over cost on each base model, and its value at a cost between points."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from prunebench.eval.run.record import Record
from prunebench.reports.inference.between_points import between
from prunebench.reports.inference.value import Value, ValuePart, measured
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.curve import Curve, curves_of
from prunebench.reports.points.panel import Panel, base_of
from prunebench.reports.points.point import Point

SeededBase = tuple[str, int]  # base model, its seed

SAME = 1e-9  # relative: costs that differ by less are one


@dataclass(frozen=True)
class OwnCurve:
    """What a criterion measured.

    Args:
        curve: its points.
        spots: by base model, (cost, value) by rising cost.
        whole: cost of the unpruned model, nan without it.
    """

    curve: Curve
    spots: dict[SeededBase, tuple[tuple[float, Value], ...]]
    whole: float

    @property
    def own_budget(self) -> bool:
        """Whether the criterion chose how much goes."""
        return all(p.own_budget for p in self.curve.points)

    def measured_at(self, base: SeededBase, cost: float) -> Value | None:
        """The value that was measured at a cost."""
        return next((v for c, v in self.spots.get(base, ()) if math.isclose(c, cost, rel_tol=SAME)), None)

    def at(self, base: SeededBase, cost: float) -> Value | None:
        """The value at a cost, between points on the monotone cubic through all; `None` beyond the ends."""
        found, spots = self.measured_at(base, cost), self.spots.get(base, ())
        if found is not None or len(spots) < 2 or not spots[0][0] < cost < spots[-1][0]:
            return found
        costs, values = zip(*spots, strict=True)
        mean, weights = between(np.array(costs), np.array([v.mean for v in values]), cost)
        parts: list[ValuePart] = [
            (float(w) * share, cells)
            for w, v in zip(weights, values, strict=True)
            for share, cells in v.parts
            if w
        ]
        gap = min(abs(c - cost) for c in costs) / self.whole
        return Value(mean, tuple(parts), math.inf if math.isnan(gap) else gap)


def own_curves(points: Sequence[Point], panel: Panel, quantity: Quantity) -> list[OwnCurve]:
    """The curves of a panel against a cost, in the order of the palette; cells without that cost are left out."""
    whole = next((quantity.of(p) for p in points if p.panel == panel and p.control == "unpruned"), math.nan)
    found = [OwnCurve(curve, _spots(curve, quantity), whole) for curve in curves_of(points, panel)]
    return [curve for curve in found if curve.spots]


def _spots(curve: Curve, quantity: Quantity) -> dict[SeededBase, tuple[tuple[float, Value], ...]]:
    found: dict[SeededBase, dict[float, Value]] = {}
    for point in curve.points:
        cells: dict[SeededBase, list[Record]] = {}
        for record in point.records:
            cells.setdefault(base_of(record), []).append(record)
        for base, members in cells.items():
            cost = sum(map(quantity.of_record, members)) / len(members)
            if math.isfinite(cost):
                found.setdefault(base, {})[cost] = measured(members)
    return {base: tuple(sorted(by_cost.items(), key=_cost)) for base, by_cost in found.items()}


def bases_of(curves: Iterable[OwnCurve]) -> list[SeededBase]:
    """Every base model of the curves, in order of seeds."""
    return in_order({base for curve in curves for base in curve.spots})


def in_order(bases: Iterable[SeededBase]) -> list[SeededBase]:
    """By seed, then by name."""
    return sorted(bases, key=lambda base: (base[1], base[0]))


def _cost(spot: tuple[float, Value]) -> float:
    return spot[0]
