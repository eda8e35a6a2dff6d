"""Methods compared with each other at the same requested budget.

A method is a criterion with what its base model was trained for before it was scored, an allocation and a schedule.
Panels differ in allocation and schedule; here they stand side by side, each held against the `random` of the plainest
method.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from prunebench.eval.run.record import OWN, PLAIN
from prunebench.eval.run.sparsity import NONE
from prunebench.reports.points.asked import Asked, asked_of
from prunebench.reports.points.cost_axis import MACS
from prunebench.reports.points.families import CONTROL, FAMILIES, family_of
from prunebench.reports.points.panel import ONE_SHOT, Panel
from prunebench.reports.points.point import Point
from prunebench.reports.statistics.comparisons import Comparisons
from prunebench.reports.statistics.training_budget import Budgets, TrainingBudget

UNPRUNED = ("unpruned", "unpruned-fine-tuned")


@dataclass(frozen=True, kw_only=True)
class MethodRow:
    """A method at a budget point, or an unpruned control; what was not measured is nan.

    Args:
        panel: data set, network, scopes and length, with the allocation `uniform` and the schedule `one-shot` whatever
            the method's are.
        asked: the budget point.
        label: criteria that removed the same filters, with the training of their base models where that had a
            penalty, † marks released code; or the control.
        criteria: names of the criteria, the first lends its look; none for an unpruned control.
        sparsify, allocation, schedule: the rest of the method, as the record has them.
        family: family of `FAMILIES`; several, separated by commas, where criteria of several removed the same filters.
        is_reference: whether the others are held against it.
        map_mean, map_low, map_high: test mAP, mean over base models with its 95 % interval.
        n, bases: models trained and measured, and how many base models they come from.
        difference, difference_low, difference_high: difference from the reference at the same budget point, paired,
            with its 95 % interval.
        difference_p: p value of that difference, corrected for the criteria of its allocation and schedule (Holm); nan
            with fewer than six base models.
        like_random: whether it cannot be told from the reference, by that test, without it by the interval.
        macs_backbone: MACs of what is left, log-mel in.
        budget: what the method spent.
        relative_budget: MACs of training and search, relative to those of the reference.
    """

    panel: Panel
    asked: Asked
    label: str
    criteria: tuple[str, ...]
    sparsify: str
    allocation: str
    schedule: str
    family: str
    is_reference: bool
    map_mean: float
    map_low: float
    map_high: float
    n: int
    bases: int
    difference: float
    difference_low: float
    difference_high: float
    difference_p: float
    like_random: bool | None
    macs_backbone: float
    budget: TrainingBudget
    relative_budget: float

    @property
    def how(self) -> tuple[str, ...]:
        """The allocation, schedule and penalty of the method, as far as they differ from the plainest method."""
        parts = [self.allocation] if self.allocation not in ("uniform", OWN) else []
        parts += [self.schedule] if self.schedule != ONE_SHOT else []
        parts += [self.sparsify] if self.sparsify not in (NONE, PLAIN) else []
        return tuple(parts)

    @property
    def method(self) -> str:
        """`l1 · global · iterative[rounds=3]`, `l1 after slimming`."""
        return " · ".join((self.label, *(part for part in self.how if part != self.sparsify)))


def methods_of(points: Sequence[Point], comparisons: Comparisons, budgets: Budgets) -> list[MethodRow]:
    """One row per method and budget point: by setting, budget, family and falling mAP; unpruned controls first.

    The reference is `random` with allocation `uniform` and schedule `one-shot`. Where all methods have one other
    allocation and schedule it is the `random` of these; else methods at a budget point without it have no difference.

    Args:
        points: that are compared.
        comparisons: which hold these points.
        budgets: of them.
    """
    ruled = [p for p in points if p.control is None]
    rows: list[MethodRow] = []
    for home in dict.fromkeys(plainest(p.panel) for p in ruled):
        panels = list(dict.fromkeys(p.panel for p in ruled if plainest(p.panel) == home))
        controls = [p for p in points if p.panel == panels[0] and p.control in UNPRUNED]
        members = [*controls, *_each_once([p for p in ruled if p.panel in panels])]
        where = home if home in panels else panels[0] if len(panels) == 1 else None
        pairs = [(asked, p) for p in members for asked in asked_of(p)]
        chance = {asked: p for asked, p in pairs if p.is_random and p.panel == where}
        ratios: dict[Asked, float] = {}
        for asked, p in pairs:
            ratios[asked] = min(p.ratio, ratios.get(asked, p.ratio))
        found = [_row(home, asked, p, chance.get(asked), comparisons, budgets) for asked, p in pairs]
        rows += sorted(found, key=lambda row: (row.asked.kind, ratios[row.asked], row.asked, *_place(row)))
    return rows


def has_several(rows: Sequence[MethodRow]) -> bool:
    """Whether methods belong to several families, or differ in more than their criterion."""
    own = [row for row in rows if row.criteria]
    families = {name for row in own for name in row.family.split(", ")} - {CONTROL}
    return len(families) > 1 or len({row.how for row in own}) > 1


def plainest(panel: Panel) -> Panel:
    """The panel of the same cells with the plainest allocation and schedule."""
    return replace(panel, allocation="uniform", schedule=ONE_SHOT)


def _each_once(points: Sequence[Point]) -> Iterator[Point]:
    """A criterion that chose how many filters go stands in several panels with the same cells."""
    seen = set()
    for point in points:
        own = all(record.allocation == OWN for record in point.records)
        key = (frozenset(record.cell for record in point.records), None if own else point.panel)
        if key not in seen:
            seen.add(key)
            yield point


def _place(row: MethodRow) -> tuple[object, ...]:
    return FAMILIES.index(row.family.split(", ")[0]), -row.map_mean, row.method


def _row(
    home: Panel,
    asked: Asked,
    point: Point,
    random: Point | None,
    comparisons: Comparisons,
    budgets: Budgets,
) -> MethodRow:
    first = point.records[0]
    mean = comparisons.mean(point)
    found = None if random is None or not point.criteria else comparisons.against(random, point)
    low, high = (math.nan, math.nan) if found is None else found.difference.interval
    budget = budgets.of(point)
    whole = math.nan if random is None else budgets.of(random).all_macs
    families = sorted({family_of(r) for r in point.records}, key=FAMILIES.index)
    return MethodRow(
        panel=home,
        asked=asked,
        label=point.label,
        criteria=point.criteria,
        sparsify=first.sparsify,
        allocation=first.allocation,
        schedule=first.schedule,
        family=", ".join(families) if point.criteria else CONTROL,
        is_reference=point is random,
        map_mean=mean.mean,
        map_low=mean.interval[0],
        map_high=mean.interval[1],
        n=point.n,
        bases=mean.bases,
        difference=math.nan if found is None else found.difference.mean,
        difference_low=low,
        difference_high=high,
        difference_p=math.nan if found is None else found.p,
        like_random=None if found is None else found.alike,
        macs_backbone=MACS.of(point),
        budget=budget,
        relative_budget=budget.all_macs / whole if whole else math.nan,
    )
