"""Who has a value at a budget, and on which base models all can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prunebench.reports.inference.value import Value, mean_of
from prunebench.reports.statistics.equal_cost import Budget
from prunebench.reports.statistics.own_curve import OwnCurve, SeededBase, in_order


@dataclass(frozen=True)
class Entrant:
    """Criteria that have the same cells at the budgets in question.

    Args:
        curves: theirs; several where criteria that differ elsewhere removed the same filters here.
        values: by base model, means over the budgets.
    """

    curves: tuple[OwnCurve, ...]
    values: dict[SeededBase, Value]

    @property
    def criteria(self) -> tuple[str, ...]:
        """Names, the first lends its look."""
        return tuple(name for curve in self.curves for name in curve.curve.criteria)

    @property
    def label(self) -> str:
        """`l1 = l2†`, the dagger for released code."""
        return " = ".join(curve.curve.label for curve in self.curves)

    @property
    def is_random(self) -> bool:
        """Whether these are the cells of the random control."""
        return any(curve.curve.is_random for curve in self.curves)

    @property
    def gap(self) -> float:
        """How far the nearest measured point is at most, in cost relative to the unpruned model; 0 if measured."""
        return max((value.gap for value in self.values.values()), default=0.0)


def entrants_at(curves: Iterable[OwnCurve], budgets: Sequence[Budget]) -> list[Entrant]:
    """Criteria that have a value at every one of the budgets on at least one base model."""
    found: dict[object, Entrant] = {}
    for curve in curves:
        values = {}
        for base in curve.spots:
            at = [curve.at(base, budget.costs[base]) for budget in budgets if base in budget.costs]
            known = [value for value in at if value is not None]
            if len(known) == len(budgets):
                values[base] = mean_of(known)
        if values:
            twin = found.get(_cells(values))
            found[_cells(values)] = Entrant((*twin.curves, curve) if twin else (curve,), values)
    return list(found.values())


def _cells(values: dict[SeededBase, Value]) -> object:
    """What was trained and measured, with its weights."""
    return frozenset(
        (base, tuple((round(w, 9), frozenset(r.outcome for r in cells)) for w, cells in value.parts))
        for base, value in values.items()
    )


def shared_bases(entrants: Sequence[Entrant]) -> list[SeededBase]:
    """The base models to compare on: the set that keeps most values, then most criteria.

    In a run that is not finished some criteria lack base models; sets that a criterion has are tried, and a set's
    size times the number of criteria that hold it decides.
    """
    sets = {frozenset(entrant.values) for entrant in entrants}
    held = {bases: sum(bases <= set(entrant.values) for entrant in entrants) for bases in sets}
    best = max(sets, key=lambda s: (held[s] > 1, held[s] * len(s), held[s], in_order(s)), default=frozenset())
    return in_order(best)
