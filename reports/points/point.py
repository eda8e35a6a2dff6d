"""Points: one criterion, or one control, at one ratio in one panel, over all its seeds."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from prunebench.eval.run.record import OWN, Record
from prunebench.eval.run.sparsity import series_of
from prunebench.reports.points.order import order
from prunebench.reports.points.panel import Panel, base_of, by_panel
from prunebench.reports.runs.loaded_run import final_map, stage_map

RANDOM = "random"
Place = tuple[float, str, float]
"""Ratio, and the cost and its share that were aimed at where the ratio does not say it all."""


@dataclass(frozen=True)
class Point:
    """All finished cells of one row of the table.

    Args:
        panel: where it stands.
        criteria: the criteria whose cells these are; several where they removed the same filters. A criterion on base
            models that a penalty changed is called `bn_scale after slimming`.
        control: as in the record, `None` for a criterion.
        own_rate: an unpruned control that was fine-tuned at its own best rate.
        ratio: share of each layer's filters asked for; of a criterion that chose how many go, the mean share
            of the scope's filters that went.
        records: one of each outcome.
        released: criteria that reproduce published code.
        budgets: kind and amount of each budget that came to these cells, sorted; empty for those of `records`.
    """

    panel: Panel
    criteria: tuple[str, ...]
    control: str | None
    own_rate: bool
    ratio: float
    records: tuple[Record, ...]
    released: frozenset[str] = frozenset()
    budgets: tuple[tuple[str, float], ...] = ()

    @property
    def label(self) -> str:
        """`l1 = l2†`, `unpruned, fine-tuned`: the row's name, the dagger for released code."""
        names = " = ".join(f"{name}†" if name in self.released else name for name in self.criteria)
        match self.control:
            case None:
                return names
            case "unpruned-fine-tuned":
                return "unpruned, fine-tuned" + (" (own rate)" if self.own_rate else "")
            case "scratch":
                return "trained from scratch"
            case "scratch-macs":
                return "from scratch, equal MACs in all"
            case "reversed":
                return f"{names}, reversed"
            case other:
                return other

    @property
    def tells_of(self) -> tuple[str, ...]:
        """The criteria that a reader finds the point by: of controls, a reverse alone belongs to its criterion."""
        return self.criteria if self.control in (None, "reversed") else ()

    @property
    def is_random(self) -> bool:
        """The control that draws filters by chance."""
        return self.control is None and RANDOM in self.criteria

    @property
    def own_budget(self) -> bool:
        """Whether the criterion chose how many filters go, so that no other point is at its ratio."""
        return any(OWN in (r.allocation, r.budget) for r in self.records)

    @functools.cached_property
    def place(self) -> Place:
        """Where on its panel it stands; only points of one place are held against each other."""
        return (self.ratio, *_aim(self.records[0]))

    @property
    def n(self) -> int:
        """Models that were trained and measured."""
        return len(self.records)

    @property
    def maps(self) -> list[float]:
        """Test mAP at the last stage, of each model."""
        return [final_map(r) for r in self.records]

    @property
    def mean_map(self) -> float:
        """Mean over base models of the mean over their cells."""
        return fmean(fmean(map(final_map, cells)) for cells in self.by_base().values())

    def mean_map_at(self, stage: str) -> float:
        """Mean test mAP at a stage, nan where no cell went through it."""
        known = [v for v in (stage_map(r, stage) for r in self.records) if math.isfinite(v)]
        return fmean(known) if known else math.nan

    def by_base(self) -> dict[tuple[str, int], list[Record]]:
        """The cells of each base model."""
        cells: dict[tuple[str, int], list[Record]] = {}
        for record in self.records:
            cells.setdefault(base_of(record), []).append(record)
        return cells


def points_of(records: Iterable[Record], *, named: bool | None = None) -> list[Point]:
    """Points of all panels, ratio by ratio, controls first; cells that removed the same filters as one.

    The unpruned control at its own best rate is left out where that is the rate of all cells.

    Args:
        records: finished cells.
        named: whether panels name their network, as `by_panel` takes it.
    """
    points: list[Point] = []
    for panel, members in by_panel(records, named=named).items():
        groups: dict[
            tuple[str | None, bool, float | None, tuple[str, float]], dict[str | None, list[Record]]
        ] = {}
        for r in members:
            own = r.control == "unpruned-fine-tuned" and r.rate_choice == "own"
            asked = None if OWN in (r.allocation, r.budget) else r.ratio
            groups.setdefault((r.control, own, asked, _aim(r)), {}).setdefault(series_of(r), []).append(r)
        for (control, own, asked, _), by_criterion in groups.items():
            for names, cells in _coinciding(by_criterion):
                released = frozenset(name for r in cells if r.released and (name := series_of(r)))
                one_each = tuple({r.outcome: r for r in cells}.values())
                ratio = fmean(r.ratio for r in one_each) if asked is None else asked
                budgets = tuple(sorted(set(map(budget_of, cells))))
                points.append(Point(panel, names, control, own, ratio, one_each, released, budgets))
    shared = {(p.panel, _outcomes(p)) for p in points if not p.own_rate}
    return sorted((p for p in points if not p.own_rate or (p.panel, _outcomes(p)) not in shared), key=_place)


def budget_of(record: Record) -> tuple[str, float]:
    """Kind and amount of the budget of a cell: the share of filters to remove, or of a cost to keep."""
    return record.budget, record.ratio if record.budget == "ratio" else record.target or 0.0


def _aim(record: Record) -> tuple[str, float]:
    """What of the budget besides its ratio decides how many filters go of each layer: nothing under `uniform`.

    A share of MACs and one of parameters may come to one uniform ratio, and to different filters elsewhere.
    """
    if OWN in (record.allocation, record.budget) or record.allocation == "uniform":
        return "", 0.0
    return record.budget, record.target or 0.0


def _outcomes(point: Point) -> frozenset[str]:
    return frozenset(r.outcome for r in point.records)


def _coinciding(by_criterion: dict[str | None, list[Record]]) -> list[tuple[tuple[str, ...], list[Record]]]:
    """Criteria with the same outcomes, joined."""
    joined: dict[frozenset[str], tuple[list[str], list[Record]]] = {}
    for criterion in sorted(by_criterion, key=lambda name: order(name or "")):
        cells = by_criterion[criterion]
        names, members = joined.setdefault(frozenset(r.outcome for r in cells), ([], []))
        names.extend([criterion] if criterion else [])
        members.extend(cells)
    return [(tuple(names), members) for names, members in joined.values()]


def _place(point: Point) -> tuple[object, ...]:
    rank = {"unpruned": 0, "unpruned-fine-tuned": 1, "reversed": 3, "scratch": 4, "scratch-macs": 5}.get(
        point.control or "", 2
    )
    return (
        point.panel,
        point.ratio,
        rank,
        point.own_rate,
        not point.is_random,
        [order(name) for name in point.criteria],
    )


def random_at(points: Sequence[Point], panel: Panel, place: Place) -> Point | None:
    """The random control of a panel at a place."""
    return next((p for p in points if p.is_random and p.panel == panel and p.place == place), None)
