"""The ranking of criteria at equal cost, and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prunebench.eval.run.protocol import BASES_FOR_A_CLAIM
from prunebench.reports.inference.against_random import AgainstRandom, against_random
from prunebench.reports.inference.best_set import BestSet, best_set
from prunebench.reports.inference.between_points import FAR
from prunebench.reports.inference.paired import ComparedValues, Paired
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.statistics.detectable import Smallest, smallest_of
from prunebench.reports.statistics.entrants import Entrant, entrants_at, shared_bases
from prunebench.reports.statistics.equal_cost import Budget, budgets_of, grid_to_average
from prunebench.reports.statistics.own_curve import OwnCurve, SeededBase, bases_of, own_curves


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """One criterion at one budget; differences are paired, intervals 95 %, p values two-sided.

    Args:
        label: criteria that removed the same filters.
        criterion: the first of them, which lends its look.
        is_random: the control that draws filters by chance.
        rank: place by mean test mAP, from 1.
        mean, low, high: test mAP.
        from_random, from_random_low, from_random_high: difference from random, nan for random and without it; the
            interval is of this comparison alone.
        from_random_p: p value of that difference, corrected for the number of criteria (Holm); nan with fewer than six
            base models, which carry no test.
        like_random: whether it is not distinguishable from random, by that test, else by the interval; `None` if
            not tested.
        from_best, from_best_low, from_best_high: difference from the best, at most 0; intervals of all pairs together,
            so that they hold for the best that the data chose; nan with one base model.
        from_best_p: p value of the test against the best, for all criteria together (`best_set`); nan as
            `from_random_p`.
        may_be_best: whether that test keeps it among those that may be the best, `None` without the test.
        interpolated: whether the value lies between two of its points.
        far: whether the nearest of them is further than 15 points of the unpruned model's cost.
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
    like_random: bool | None
    from_best: float
    from_best_low: float
    from_best_high: float
    from_best_p: float
    may_be_best: bool | None
    interpolated: bool
    far: bool


@dataclass(frozen=True, kw_only=True)
class Ranking:
    """Criteria at one budget of one panel, or over several budgets of the grid.

    Args:
        panel: panel of the ranked criteria.
        quantity: the cost that is equal.
        cost: equal cost, mean over base models; nan over several budgets.
        relative: cost relative to the unpruned model, nan without it.
        budgets: number of budgets that were averaged, 1 for a single one.
        in_common: whether others of the grid were left out of the mean, because a criterion was not measured at them.
        chosen_by: the criterion that chose the budget, empty for one of the grid.
        bases: base models that every ranked criterion has; with one, all holds for that model only.
        rows: ranked criteria, the best first.
        detectable: the smallest difference between two criteria that could have been detected.
        detectable_from_random: the smallest difference from random that could have been detected.
        left_out: label → why it is not ranked here.
    """

    panel: Panel
    quantity: Quantity
    cost: float
    relative: float
    budgets: int
    in_common: bool
    chosen_by: str
    bases: int
    rows: tuple[Ranked, ...]
    detectable: Smallest
    detectable_from_random: Smallest
    left_out: tuple[tuple[str, str], ...]

    @property
    def may_claim(self) -> bool:
        """Whether there are base models enough for a statement on criteria in general."""
        return self.bases >= BASES_FOR_A_CLAIM

    @property
    def over_all(self) -> bool:
        """Whether this is a mean over budgets of the grid."""
        return math.isnan(self.cost)


def rankings_of(
    panel: Panel, points: Sequence[Point], quantity: Quantity, scores: ClipScores
) -> list[Ranking]:
    """Rankings of a panel at equal cost: at each budget, then over those of the grid; those of two or more.

    Values between two points lie on a monotone cubic, on each base model; nothing is read off beyond the ends of a
    curve, and a criterion with one point stands at its own cost alone.
    """
    curves = own_curves(points, panel, quantity)
    budgets = budgets_of(curves, bases_of(curves))
    grid, of = grid_to_average(curves, budgets), sum(not budget.chosen_by for budget in budgets)
    chosen = [[budget] for budget in budgets] + ([grid] if len(grid) > 1 else [])
    found = (_ranking(panel, quantity, curves, several, scores, of) for several in chosen)
    return [ranking for ranking in found if len(ranking.rows) > 1]


def _ranking(
    panel: Panel,
    quantity: Quantity,
    curves: Sequence[OwnCurve],
    budgets: Sequence[Budget],
    scores: ClipScores,
    of: int,
) -> Ranking:
    entrants = entrants_at(curves, budgets)
    bases = shared_bases(entrants)
    ranked = [e for e in entrants if set(bases) <= set(e.values)]
    paired = Paired([ComparedValues({base: e.values[base] for base in bases}, scores) for e in ranked])
    random = next((i for i, e in enumerate(ranked) if e.is_random), None)
    cost = budgets[0].mean if len(budgets) == 1 else math.nan
    between, from_random = smallest_of(paired, range(len(ranked)), random)
    whole = curves[0].whole if curves else math.nan
    return Ranking(
        panel=panel,
        quantity=quantity,
        cost=cost,
        relative=cost / whole if whole else math.nan,
        budgets=len(budgets),
        in_common=1 < len(budgets) < of,
        chosen_by=budgets[0].chosen_by if len(budgets) == 1 else "",
        bases=len(bases),
        rows=tuple(_rows(ranked, paired, random, bases)),
        detectable=between,
        detectable_from_random=from_random,
        left_out=_left_out(curves, budgets, entrants, ranked, len(bases)),
    )


def _left_out(
    curves: Sequence[OwnCurve],
    budgets: Sequence[Budget],
    entrants: Iterable[Entrant],
    ranked: Iterable[Entrant],
    bases: int,
) -> tuple[tuple[str, str], ...]:
    kept, present = ({id(curve) for e in several for curve in e.curves} for several in (ranked, entrants))
    return tuple(
        (
            curve.curve.label,
            f"not on all {bases} base models" if id(curve) in present else "beyond the ends of its curve",
        )
        for curve in curves
        if id(curve) not in kept and not (curve.own_budget and not budgets[0].chosen_by)
    )


def _rows(
    entrants: Sequence[Entrant], paired: Paired, random: int | None, bases: Sequence[SeededBase]
) -> list[Ranked]:
    if not entrants:
        return []
    means = [paired.mean(i) for i in range(len(entrants))]
    order = sorted(range(len(entrants)), key=lambda i: -means[i].mean)
    best = order[0]
    others = [i for i in order if i != random]
    chance = {} if random is None else against_random(paired, random, others)
    held = _best_set(paired, bases)
    tested = held is not None and len(bases) >= BASES_FOR_A_CLAIM
    rows = []
    for rank, i in enumerate(order, 1):
        low, high = means[i].interval
        from_best = means[i].mean - means[best].mean
        half = None if held is None or i == best else float(held.width[i, best])
        rows.append(
            Ranked(
                label=entrants[i].label,
                criterion=entrants[i].criteria[0],
                is_random=i == random,
                rank=rank,
                mean=means[i].mean,
                low=low,
                high=high,
                **_from_random(chance.get(i)),
                from_best=from_best,
                from_best_low=math.nan if half is None else from_best - half,
                from_best_high=math.nan if half is None else from_best + half,
                from_best_p=held.p[i] if held is not None and tested else math.nan,
                may_be_best=held.may_be_best[i] if held is not None and tested else None,
                interpolated=entrants[i].gap > 0,
                far=entrants[i].gap > FAR,
            )
        )
    return rows


def _from_random(found: AgainstRandom | None) -> dict[str, Any]:
    if found is None:
        names = ("from_random", "from_random_low", "from_random_high", "from_random_p")
        return {**dict.fromkeys(names, math.nan), "like_random": None}
    low, high = found.difference.interval
    return {
        "from_random": found.difference.mean,
        "from_random_low": low,
        "from_random_high": high,
        "from_random_p": found.p,
        "like_random": found.alike,
    }


def _best_set(paired: Paired, bases: Sequence[SeededBase]) -> BestSet | None:
    """Needs two criteria on two base models, and what is known of all clip by clip."""
    if len(bases) < 2 or len(paired.columns) < 2:
        return None
    _, sums = paired.sums(bases)
    known = sums.form is not None and np.isfinite(sums.rows).all() and np.isfinite(sums.clips).all()
    return best_set(sums.means, sums.rows, sums.form) if known and sums.form is not None else None
