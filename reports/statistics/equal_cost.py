"""Budgets: the costs at which criteria are ranked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from prunebench.reports.statistics.own_curve import SAME, OwnCurve, SeededBase


@dataclass(frozen=True)
class Budget:
    """A cost for each base model; one and the same for all but criteria that choose how much goes.

    Args:
        costs: by base model.
        chosen_by: label of the criterion that chose it, empty for a budget of the grid.
    """

    costs: Mapping[SeededBase, float]
    chosen_by: str = ""

    @property
    def mean(self) -> float:
        """Mean cost over the base models."""
        return fmean(self.costs.values())


def budgets_of(curves: Sequence[OwnCurve], bases: Sequence[SeededBase]) -> list[Budget]:
    """The costs that most criteria have points at, then those that criteria chose for themselves.

    Where random has cells, its requested budgets are the grid's, one cost each (`own_curves`): random has a cell at
    every ratio. Else they are the costs that at least half of the criteria share.
    """
    fixed = [curve for curve in curves if not curve.own_budget]
    random = [curve for curve in fixed if curve.curve.is_random]
    measured = (c for curve in fixed for spots in curve.spots.values() for c, _ in spots)
    costs: list[float] = []
    for cost in sorted((c for curve in random for c in curve.asked) if random else measured):
        if not costs or not math.isclose(cost, costs[-1], rel_tol=SAME):
            costs.append(cost)
    if not random:
        costs = [cost for cost in costs if 2 * sum(_has(curve, cost) for curve in fixed) >= len(fixed)]
    grid = [Budget(dict.fromkeys(bases, cost)) for cost in costs]
    own = [
        Budget({base: spots[0][0] for base, spots in curve.spots.items()}, curve.curve.label)
        for curve in curves
        if curve.own_budget and all(len(spots) == 1 for spots in curve.spots.values())
    ]
    return grid + own


def grid_to_average(curves: Sequence[OwnCurve], budgets: Sequence[Budget]) -> list[Budget]:
    """The budgets of the grid that a mean over all is taken of.

    Those that every criterion was measured at, where there are two or more: values between points are less sure than
    measured ones. Else all of the grid.
    """
    grid = [budget for budget in budgets if not budget.chosen_by]
    fixed = [curve for curve in curves if not curve.own_budget]
    common = [budget for budget in grid if all(_has(curve, budget.mean) for curve in fixed)]
    return common if len(common) > 1 else grid


def _has(curve: OwnCurve, cost: float) -> bool:
    return any(math.isclose(c, cost, rel_tol=SAME) for spots in curve.spots.values() for c, _ in spots)
