"""The requested budget of a method; two methods may meet it with different ratios."""

from __future__ import annotations

from dataclasses import dataclass

from prunebench.eval.run.record import OWN
from prunebench.reports.points.point import Point, budget_of


@dataclass(frozen=True, order=True)
class Asked:
    """A budget point.

    Args:
        kind: kind of the budget, as a record's `budget`; `"own"` where a criterion chose how many filters go; nothing
            for a model that is not pruned.
        amount: the share of filters to remove, or of a cost to keep; 0 where the kind says all.
    """

    kind: str
    amount: float


def asked_of(point: Point) -> list[Asked]:
    """What the cells of a point were asked for: several where budgets come to one uniform ratio."""
    if point.own_budget:
        return [Asked(OWN, 0.0)]
    if not point.criteria:
        return [Asked("", 0.0)]
    return [Asked(*budget) for budget in point.budgets or sorted(set(map(budget_of, point.records)))]
