"""Budgets: the costs at which criteria are ranked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from prunebench.reports.statistics.own_curve import SAME, OwnCurve, Unit


@dataclass(frozen=True)
class Budget:
    """A cost for each unit; one and the same for all but criteria that choose how much goes.

    Args:
        costs: by unit.
        chosen_by: label of the criterion that chose it, empty for a budget of the grid.
    """

    costs: Mapping[Unit, float]
    chosen_by: str = ""

    @property
    def mean(self) -> float:
        """Mean cost over the units."""
        return fmean(self.costs.values())


def budgets_of(curves: Sequence[OwnCurve], units: Sequence[Unit]) -> list[Budget]:
    """The costs that most criteria have points at, then those that criteria chose for themselves.

    Where random has cells, its costs are the grid's: random has a cell at every ratio. Else they are the costs
    that at least half of the criteria share.
    """
    fixed = [curve for curve in curves if not curve.own_budget]
    random = [curve for curve in fixed if curve.curve.is_random]
    costs: list[float] = []
    for cost in sorted(c for curve in random or fixed for spots in curve.spots.values() for c, _ in spots):
        if not costs or not math.isclose(cost, costs[-1], rel_tol=SAME):
            costs.append(cost)
    if not random:
        costs = [cost for cost in costs if 2 * sum(_has(curve, cost) for curve in fixed) >= len(fixed)]
    grid = [Budget(dict.fromkeys(units, cost)) for cost in costs]
    own = [
        Budget({unit: spots[0][0] for unit, spots in curve.spots.items()}, curve.curve.label)
        for curve in curves
        if curve.own_budget and all(len(spots) == 1 for spots in curve.spots.values())
    ]
    return grid + own


def _has(curve: OwnCurve, cost: float) -> bool:
    return any(math.isclose(c, cost, rel_tol=SAME) for spots in curve.spots.values() for c, _ in spots)
