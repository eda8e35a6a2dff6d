"""A criterion's own curve of mAP over cost on each base model, and its value at a cost between points."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np

from prunebench.reports.inference.between_points import between
from prunebench.reports.inference.value import Value, ValuePart, measured
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.curve import Curve, curves_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Place, Point

SeededBase = tuple[str, int]  # base model, its seed

SAME = 1e-9  # relative: costs that differ by less are one
MET = 0.01  # of a cost: as near to its target a shape must come, `TOLERANCE` of `harness.budget.target`


@dataclass(frozen=True)
class OwnCurve:
    """What a criterion measured.

    Args:
        curve: its points.
        spots: by base model, (cost, value) by rising cost.
        whole: cost of the unpruned model, nan without it.
        asked: the one cost of each requested budget that it has cells at, rising; empty with true costs.
    """

    curve: Curve
    spots: dict[SeededBase, tuple[tuple[float, Value], ...]]
    whole: float
    asked: tuple[float, ...] = ()

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


def own_curves(
    points: Sequence[Point], panel: Panel, quantity: Quantity, *, true_costs: bool = False
) -> list[OwnCurve]:
    """The curves of a panel against a cost, in the order of the palette; cells without that cost are left out.

    Allocations meet a target nearly, each criterion and base model a little differently. A requested budget therefore
    has one cost: the median over base models of what random costs there, without random of what all do. A criterion
    that comes within `MET` of it on more than half of its base models is measured at it on these; elsewhere, cells
    stand at their true cost.

    Args:
        points: of all panels.
        panel: theirs.
        quantity: the cost.
        true_costs: whether all cells stand at their true cost.
    """
    whole = next((quantity.of(p) for p in points if p.panel == panel and p.control == "unpruned"), math.nan)
    curves = curves_of(points, panel)
    asked = {} if true_costs else _asked(curves, quantity)
    found = [_own_curve(curve, quantity, whole, asked) for curve in curves]
    return [curve for curve in found if curve.spots]


def _asked(curves: Sequence[Curve], quantity: Quantity) -> dict[Place, float]:
    """The cost of each requested budget."""
    costs: dict[Place, list[float]] = {}
    for curve in [curve for curve in curves if curve.is_random] or curves:
        for point in curve.points:
            if not point.own_budget:
                costs.setdefault(point.place, []).extend(_costs(point, quantity).values())
    return {place: median(found) for place, found in costs.items() if found}


def _own_curve(curve: Curve, quantity: Quantity, whole: float, asked: Mapping[Place, float]) -> OwnCurve:
    found: dict[SeededBase, dict[float, Value]] = {}
    at: set[float] = set()
    for point in curve.points:
        costs, cells = _costs(point, quantity), point.by_base()
        one = math.nan if point.own_budget else asked.get(point.place, math.nan)
        near = {base for base, cost in costs.items() if abs(cost - one) <= MET * one}
        joined = near if 2 * len(near) > len(costs) else set()
        for base, cost in costs.items():
            found.setdefault(base, {})[one if base in joined else cost] = measured(cells[base])
        at |= {one} if costs and math.isfinite(one) else set()
    spots = {base: tuple(sorted(by_cost.items(), key=_cost)) for base, by_cost in found.items()}
    return OwnCurve(curve, spots, whole, tuple(sorted(at)))


def _costs(point: Point, quantity: Quantity) -> dict[SeededBase, float]:
    """On each base model the mean over its cells, where they have that cost."""
    found = {base: sum(map(quantity.of_record, rs)) / len(rs) for base, rs in point.by_base().items()}
    return {base: cost for base, cost in found.items() if math.isfinite(cost)}


def bases_of(curves: Iterable[OwnCurve]) -> list[SeededBase]:
    """Every base model of the curves, in order of seeds."""
    return in_order({base for curve in curves for base in curve.spots})


def in_order(bases: Iterable[SeededBase]) -> list[SeededBase]:
    """By seed, then by name."""
    return sorted(bases, key=lambda base: (base[1], base[0]))


def _cost(spot: tuple[float, Value]) -> float:
    return spot[0]
