"""Networks against each other at equal cost: does a pruned one beat a smaller one?

A network's curve under a criterion begins at its unpruned model, fine-tuned like its pruned ones, and between two
points lies on a monotone cubic; nothing is read off beyond its ends. Two networks are compared on the mean over the
criteria that both have at a cost, so that no criterion is chosen by its result, and criterion by criterion.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from prunebench.reports.inference.independent import independent_difference
from prunebench.reports.inference.interval import Difference
from prunebench.reports.inference.paired import ComparedValues
from prunebench.reports.inference.value import BaseKey, Value, mean_of, measured
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.overlay import Overlay, name_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import RANDOM, Point
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.statistics.equal_cost import budgets_of
from prunebench.reports.statistics.own_curve import SAME, OwnCurve, SeededBase, bases_of, own_curves


@dataclass(frozen=True, kw_only=True)
class AtCost:
    """Two networks at one cost.

    Args:
        cost: equal for both.
        criteria: whose mean it is; one for a single criterion.
        first, second: mean test mAP over base models.
        difference: first minus second, over independent base models.
        bases: base models of each.
        unpruned: whether each stands there with its unpruned model.
        gap: how far the nearest measured point is at most, in cost relative to the unpruned model.
    """

    cost: float
    criteria: tuple[str, ...]
    first: float
    second: float
    difference: Difference
    bases: tuple[int, int]
    unpruned: tuple[bool, bool]
    gap: float


@dataclass(frozen=True, kw_only=True)
class NetworkPair:
    """Two networks at every cost that they have in common.

    Args:
        overlay: where they stand together.
        quantity: the cost.
        first, second: their panels.
        ranges: least and greatest cost of each.
        means: over the criteria that both have there, by rising cost.
        single: of each criterion, by rising cost.
    """

    overlay: Overlay
    quantity: Quantity
    first: Panel
    second: Panel
    ranges: tuple[tuple[float, float], tuple[float, float]]
    means: tuple[AtCost, ...]
    single: tuple[AtCost, ...]

    @property
    def names(self) -> tuple[str, str]:
        """Of the networks."""
        return name_of(self.first), name_of(self.second)


def pairs_of(
    overlay: Overlay, points: Sequence[Point], quantity: Quantity, scores: ClipScores
) -> list[NetworkPair]:
    """Every pair of networks of an overlay whose costs are known."""
    tracks = [_Track(panel, points, quantity) for panel in overlay.panels]
    known = [track for track in tracks if track.costs]
    return [_pair(overlay, quantity, *two, scores) for two in itertools.combinations(known, 2)]


class _Track:
    """A network's curves, each with the unpruned model at its end.

    Attributes:
        costs: at which it may be compared, rising.
    """

    def __init__(self, panel: Panel, points: Sequence[Point], quantity: Quantity) -> None:
        self.panel = panel
        own = [p for p in points if p.panel == panel]
        end = end_of(own)
        self._whole = math.nan if end is None else quantity.of(end)
        self._end = {} if end is None else {base: measured(cells) for base, cells in end.by_base().items()}
        curves = [c for c in own_curves(own, panel, quantity) if not c.own_budget]
        self.curves = {name: self._ended(c) for c in curves for name in c.curve.criteria}
        grid = [b.mean for b in budgets_of(curves, bases_of(curves)) if not b.chosen_by] if curves else []
        self.costs = _apart([*grid, *([self._whole] if math.isfinite(self._whole) else [])])

    def _ended(self, curve: OwnCurve) -> OwnCurve:
        """Cells that lost nothing, as where a ratio rounds to no filter, give way to the unpruned model."""
        spots = {}
        for base, held in curve.spots.items():
            end = self._spot(base)
            below = [spot for spot in held if not (end and self.unpruned_at(spot[0]))]
            spots[base] = tuple(sorted([*below, *end], key=lambda spot: spot[0]))
        return replace(curve, spots=spots)

    def _spot(self, base: SeededBase) -> list[tuple[float, Value]]:
        known = base in self._end and math.isfinite(self._whole)
        return [(self._whole, self._end[base])] if known else []

    @property
    def range(self) -> tuple[float, float]:
        """Least and greatest cost."""
        return self.costs[0], self.costs[-1]

    def unpruned_at(self, cost: float) -> bool:
        """Whether the unpruned model has that cost."""
        return math.isclose(cost, self._whole, rel_tol=SAME)

    def at(self, criterion: str, cost: float) -> dict[SeededBase, Value]:
        """The value on each base model; at the unpruned model's cost that model, whatever the criterion."""
        if self.unpruned_at(cost):
            return self._end
        curve = self.curves.get(criterion)
        found = {} if curve is None else {base: curve.at(base, cost) for base in curve.spots}
        return {base: value for base, value in found.items() if value is not None}


def end_of(own: Sequence[Point]) -> Point | None:
    """The unpruned model of a panel with the same training as its pruned ones."""
    for control in ("unpruned-fine-tuned", "unpruned"):
        for point in own:
            if point.control == control and not point.own_rate:
                return point
    return None


def _apart(costs: Sequence[float]) -> list[float]:
    found: list[float] = []
    for cost in sorted(costs):
        if not found or not math.isclose(cost, found[-1], rel_tol=SAME):
            found.append(cost)
    return found


def _pair(
    overlay: Overlay, quantity: Quantity, one: _Track, other: _Track, scores: ClipScores
) -> NetworkPair:
    means, single = [], []
    names = list(dict.fromkeys([*one.curves, *other.curves]))
    for cost in _apart([*one.costs, *other.costs]):
        sides = [{name: track.at(name, cost) for name in names} for track in (one, other)]
        both = [name for name in names if sides[0][name] and sides[1][name]]
        at = [_at(cost, [name], sides, (one, other), scores) for name in both]
        single += [found for found in at if found is not None]
        ruled = _on_all_bases([name for name in both if name != RANDOM], sides)
        mean = _at(cost, ruled, sides, (one, other), scores) if ruled else None
        means += [] if mean is None else [mean]
    return NetworkPair(
        overlay=overlay,
        quantity=quantity,
        first=one.panel,
        second=other.panel,
        ranges=(one.range, other.range),
        means=tuple(means),
        single=tuple(single),
    )


def _on_all_bases(
    names: Sequence[str], sides: Sequence[Mapping[str, Mapping[SeededBase, Value]]]
) -> list[str]:
    """Criteria on every base model of both networks, so that one that lacks some takes none from the others."""
    bases = [{base for name in names for base in side[name]} for side in sides]
    whole = [
        name for name in names if all(set(side[name]) == own for side, own in zip(sides, bases, strict=True))
    ]
    return whole or list(names)


def _at(
    cost: float,
    criteria: Sequence[str],
    sides: Sequence[Mapping[str, Mapping[SeededBase, Value]]],
    tracks: tuple[_Track, _Track],
    scores: ClipScores,
) -> AtCost | None:
    """The mean over criteria on the base models that have them all, `None` where a network has no such."""
    values: list[dict[BaseKey, Value]] = []
    for side in sides:
        shared = [base for base in side[criteria[0]] if all(base in side[name] for name in criteria)]
        values.append({base: mean_of([side[name][base] for name in criteria]) for base in shared})
    if not all(values):
        return None
    first, second = (ComparedValues(found, scores) for found in values)
    return AtCost(
        cost=cost,
        criteria=tuple(criteria),
        first=fmean(value.mean for value in values[0].values()),
        second=fmean(value.mean for value in values[1].values()),
        difference=independent_difference(first, second),
        bases=(len(values[0]), len(values[1])),
        unpruned=(tracks[0].unpruned_at(cost), tracks[1].unpruned_at(cost)),
        gap=max(value.gap for found in values for value in found.values()),
    )
