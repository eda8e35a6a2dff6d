"""The ranking of criteria at equal cost, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.statistics.contrast import Contrast, Draws, holm
from prunebench.reports.statistics.detectable import BASES_FOR_A_CLAIM
from prunebench.reports.statistics.equal_cost import Budget, budgets_of
from prunebench.reports.statistics.own_curve import At, OwnCurve, Unit, own_curves, units_of


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One criterion at one budget; differences are paired, intervals 95 %, p values two-sided.

    Args:
        label: criteria that removed the same filters.
        criterion: the first of them, which lends its look.
        is_random: the control that draws filters by chance.
        rank: from 1, by mean test mAP.
        mean, low, high: test mAP, units and clips drawn together.
        from_random, from_random_low, from_random_high: nan for random and without it.
        from_random_p: corrected for the number of criteria (Holm); nan with fewer than six base models, which carry
            no test.
        from_best, from_best_low, from_best_high: at most 0.
        from_best_p: as `from_random_p`.
        first: probability of being first, the share of draws in which the criterion is highest.
        with_best: whether that test cannot tell it from the best, `None` without the test.
        interpolated: whether the value lies between two of its points.
    """

    label: str
    criterion: str
    is_random: bool
    rank: int
    mean: float
    low: float
    high: float
    from_random: float
    from_random_low: float
    from_random_high: float
    from_random_p: float
    from_best: float
    from_best_low: float
    from_best_high: float
    from_best_p: float
    first: float
    with_best: bool | None
    interpolated: bool


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Criteria at one budget of one panel, or over all budgets of the grid.

    Args:
        panel: where it holds.
        quantity: the cost that is equal.
        cost: mean over base models; nan over all budgets.
        relative: to the unpruned model, nan without it.
        budgets: how many were averaged, 1 for a single one.
        chosen_by: the criterion that chose the budget, empty for one of the grid.
        bases: base models that every ranked criterion has.
        units: those, or with one base model the fine-tuning seeds.
        rows: best first.
        detectable: the smallest difference that could have been detected, nan where it cannot be told.
        left_out: label → why it is not ranked here.
    """

    panel: Panel
    quantity: Quantity
    cost: float
    relative: float
    budgets: int
    chosen_by: str
    bases: int
    units: int
    rows: tuple[Ranked, ...]
    detectable: float
    left_out: tuple[tuple[str, str], ...]

    @property
    def may_claim(self) -> bool:
        """Whether there are base models enough for a statement on criteria in general."""
        return self.bases >= BASES_FOR_A_CLAIM

    @property
    def over_all(self) -> bool:
        """Whether this is the mean over the budgets of the grid."""
        return math.isnan(self.cost)


@dataclass(frozen=True)
class Entrant:
    """A criterion's values by unit, means over the budgets in question."""

    curve: OwnCurve
    values: dict[Unit, At]
    interpolated: bool = False


def rankings_of(
    panel: Panel, points: Sequence[Point], quantity: Quantity, scores: ClipScores
) -> list[Ranking]:
    """Rankings of a panel at equal cost: at each budget, then over all of the grid; those of two or more.

    Values between two points lie on the straight line between them, unit by unit; nothing is read off
    beyond the ends of a curve, and a criterion with one point stands at its own cost alone.
    """
    curves = own_curves(points, panel, quantity, scores)
    whole = next((quantity.of(p) for p in points if p.panel == panel and p.control == "unpruned"), math.nan)
    budgets = budgets_of(curves, units_of(curves))
    grid = [budget for budget in budgets if not budget.chosen_by]
    chosen = [[budget] for budget in budgets] + ([grid] if len(grid) > 1 else [])
    found = (_ranking(panel, quantity, curves, several, whole) for several in chosen)
    return [ranking for ranking in found if len(ranking.rows) > 1]


def entrants_at(curves: Iterable[OwnCurve], budgets: Sequence[Budget]) -> list[Entrant]:
    """Criteria that have a value at every one of the budgets in at least one unit."""
    found = []
    for curve in curves:
        values = {}
        for unit in curve.spots:
            at = [curve.at(unit, budget.costs[unit]) for budget in budgets if unit in budget.costs]
            known = [value for value in at if value is not None]
            if len(known) == len(budgets):
                values[unit] = _mean(known)
        between = any(
            not any(math.isclose(cost, budget.costs[unit]) for cost, _ in curve.spots[unit])
            for unit in values
            for budget in budgets
        )
        if values:
            found.append(Entrant(curve, values, between))
    return found


def shared_units(entrants: Sequence[Entrant]) -> list[Unit]:
    """The units to compare on: the set that keeps most values, then most criteria.

    In a run that is not finished some criteria lack units; sets that a criterion has are tried, and its
    size times the number of criteria that hold it decides.
    """
    sets = {frozenset(entrant.values) for entrant in entrants}
    held = {units: sum(units <= set(entrant.values) for entrant in entrants) for units in sets}
    best = max(sets, key=lambda s: (held[s] > 1, held[s] * len(s), held[s], sorted(s)), default=frozenset())
    return sorted(best, key=lambda u: (*u[1:], u[0]))


def draws_of(entrants: Sequence[Entrant], units: Sequence[Unit]) -> Draws:
    """The entrants' values in the units, as arrays."""
    means = np.array([[e.values[unit].mean for unit in units] for e in entrants]).reshape(-1, len(units))
    maps = [[e.values[unit].resampled for unit in units] for e in entrants]
    whole = all(values is not None for row in maps for values in row)
    return Draws(means, np.array(maps, dtype=np.float64) if whole else None)


def _ranking(
    panel: Panel, quantity: Quantity, curves: Sequence[OwnCurve], budgets: Sequence[Budget], whole: float
) -> Ranking:
    entrants = entrants_at(curves, budgets)
    units = shared_units(entrants)
    ranked = [e for e in entrants if set(units) <= set(e.values)]
    kept, present = ({id(e.curve) for e in several} for several in (ranked, entrants))
    left_out = [
        (
            curve.curve.label,
            f"not in all {len(units)} units" if id(curve) in present else "beyond the ends of its curve",
        )
        for curve in curves
        if id(curve) not in kept and not (curve.own_budget and not budgets[0].chosen_by)
    ]
    draws, bases = draws_of(ranked, units), len({unit[:2] for unit in units})
    cost = budgets[0].mean if len(budgets) == 1 else math.nan
    return Ranking(
        panel=panel,
        quantity=quantity,
        cost=cost,
        relative=cost / whole if whole else math.nan,
        budgets=len(budgets),
        chosen_by=budgets[0].chosen_by if len(budgets) == 1 else "",
        bases=bases,
        units=len(units),
        rows=tuple(_rows(ranked, draws, bases >= BASES_FOR_A_CLAIM)),
        detectable=draws.detectable(),
        left_out=tuple(left_out),
    )


def _rows(entrants: Sequence[Entrant], draws: Draws, tested: bool) -> list[Ranked]:
    if not entrants:
        return []
    order = sorted(range(len(entrants)), key=lambda i: -draws.centre[i])
    best = order[0]
    random = next((i for i, e in enumerate(entrants) if e.curve.curve.is_random), None)
    others = [i for i in order if i != random]
    to_random = {} if random is None else {i: draws.difference(i, random) for i in others}
    to_best = {i: draws.difference(i, best) for i in order if i != best}
    p_random, p_best = (_corrected(to_random), _corrected(to_best)) if tested else ({}, {})
    first = draws.first()
    rows = []
    for rank, i in enumerate(order, 1):
        low, high = draws.mean(i).interval
        random_low, random_high = to_random[i].interval if i in to_random else (math.nan, math.nan)
        best_low, best_high = to_best[i].interval if i in to_best else (math.nan, math.nan)
        p = p_best.get(i, math.nan)
        rows.append(
            Ranked(
                label=entrants[i].curve.curve.label,
                criterion=entrants[i].curve.curve.criteria[0],
                is_random=i == random,
                rank=rank,
                mean=float(draws.centre[i]),
                low=low,
                high=high,
                from_random=to_random[i].value if i in to_random else math.nan,
                from_random_low=random_low,
                from_random_high=random_high,
                from_random_p=p_random.get(i, math.nan),
                from_best=to_best[i].value if i in to_best else 0.0,
                from_best_low=best_low,
                from_best_high=best_high,
                from_best_p=p,
                first=float(first[i]),
                with_best=True if i == best else None if math.isnan(p) else p > 0.05,
                interpolated=entrants[i].interpolated,
            )
        )
    return rows


def _corrected(contrasts: Mapping[int, Contrast]) -> dict[int, float]:
    return dict(zip(contrasts, holm([c.p for c in contrasts.values()]), strict=True))


def _mean(values: Sequence[At]) -> At:
    if len(values) == 1:
        return values[0]
    maps = [v.resampled for v in values if v.resampled is not None]
    whole = len(maps) == len(values)
    return At(float(np.mean([v.mean for v in values])), np.mean(maps, axis=0) if whole else None)
