"""The table: one row per criterion, ratio and panel, and one per control."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from prunebench.eval.run.record import Record
from prunebench.reports.points.at_lengths import points_at_lengths
from prunebench.reports.points.cost_axis import (
    FILE_BYTES,
    LATENCY,
    LATENCY_PRECISION,
    LATENCY_RATIO,
    MACS,
    MACS_WITH_FRONTEND,
    MEMORY,
    PARAMETERS,
    Quantity,
)
from prunebench.reports.points.frontier import controls_above, frontier
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Place, Point
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.runs.loaded_run import finished
from prunebench.reports.statistics.comparisons import Comparisons


@dataclass(frozen=True, kw_only=True)
class SummaryRow:
    """A row; what was not measured is nan.

    Args:
        panel: data set, scope and fine-tuning scope.
        label: criteria that removed the same filters, or the control; † marks released code.
        criterion: the first of these criteria, as records name it; `None` for a control without one.
        control: control as in the record, `None` for a criterion.
        is_random: the control that draws filters by chance.
        released: whether a criterion of the row reproduces published code.
        ratio: share of each layer's filters asked for, or the mean share that went with `own_budget`.
        own_budget: whether the criterion chose how many filters go.
        place: place of the point; rows of one ratio and different budgets are not held against each other.
        map_pruned: mean test mAP after surgery, before fine-tuning.
        map_mean, map_low, map_high: test mAP at the last stage, mean and range over the n models.
        n: number of models trained and measured.
        stage: the last stage.
        difference, difference_low, difference_high: difference from random at the same ratio, with a 95 % interval,
            not corrected for the number of comparisons.
        difference_p: p value of that difference, corrected for the number of criteria at the ratio (Holm); nan with
            fewer than six base models.
        like_random: whether it is not distinguishable from random, by that test, without it by the interval; `None` if
            neither.
        on_frontier: whether the row is on the frontier: of a criterion, `random` among them, whether no other has as
            many MACs (backbone) or fewer and a higher mAP; of a control, whether it stands above that frontier.
        macs_backbone, macs_with_frontend: MACs for a 10 s clip, log-mel in and waveform in.
        parameters, file_bytes: parameters of the model, and bytes of its saved file.
        latency_backbone_ms, latency_backbone_ratio: median latency in milliseconds, and the median ratio to the
            unpruned model.
        latency_backbone_ratio_precision: half the 95 % interval of that ratio, relative to it.
        peak_memory_bytes: peak memory of a forward pass in a fresh process, beyond its model.
        macs_backbone_relative, macs_with_frontend_relative, parameters_relative: ratio to the unpruned model.
        file_bytes_relative, peak_memory_bytes_relative: ratio to the unpruned model.
    """

    panel: Panel
    label: str
    criterion: str | None
    control: str | None
    is_random: bool
    released: bool
    ratio: float
    own_budget: bool
    place: Place
    map_pruned: float
    map_mean: float
    map_low: float
    map_high: float
    n: int
    stage: str
    difference: float
    difference_low: float
    difference_high: float
    difference_p: float
    like_random: bool | None
    on_frontier: bool
    macs_backbone: float
    macs_backbone_relative: float
    macs_with_frontend: float
    macs_with_frontend_relative: float
    parameters: float
    parameters_relative: float
    file_bytes: float
    file_bytes_relative: float
    latency_backbone_ms: float
    latency_backbone_ratio: float
    peak_memory_bytes: float = math.nan
    peak_memory_bytes_relative: float = math.nan
    latency_backbone_ratio_precision: float = math.nan


def summary_rows(records: Sequence[Record], scores: ClipScores | None = None) -> list[SummaryRow]:
    """The rows of all panels, by panel and ratio, controls first; those of a short length last.

    Args:
        records: of one run folder or of several.
        scores: the runs' per-clip scores; without them no difference has an interval.
    """
    points = points_at_lengths(finished(records))
    return rows_of(points, Comparisons(points, ClipScores(()) if scores is None else scores))


def rows_of(points: Sequence[Point], comparisons: Comparisons) -> list[SummaryRow]:
    """The row of each point, in their order."""
    best = {
        id(p)
        for panel in {p.panel for p in points}
        for p in _leading([p for p in points if p.panel == panel])
    }
    return [_row(p, points, comparisons, on_frontier=id(p) in best) for p in points]


def _row(point: Point, points: Sequence[Point], comparisons: Comparisons, *, on_frontier: bool) -> SummaryRow:
    low, high, mean, p = math.nan, math.nan, math.nan, math.nan
    like_random = None
    found = comparisons.from_random(point)
    if found is not None:
        mean, (low, high) = found.difference.mean, found.difference.interval
        p, like_random = found.p, found.alike
    unpruned = next((p for p in points if p.panel == point.panel and p.control == "unpruned"), None)
    return SummaryRow(
        panel=point.panel,
        label=point.label,
        criterion=next(iter(point.criteria), None),
        control=point.control,
        is_random=point.is_random,
        released=bool(point.released),
        ratio=point.ratio,
        own_budget=point.own_budget,
        place=point.place,
        map_pruned=point.mean_map_at("pruned"),
        map_mean=point.mean_map,
        map_low=min(point.maps),
        map_high=max(point.maps),
        n=point.n,
        stage=point.records[0].last_stage,
        difference=mean,
        difference_low=low,
        difference_high=high,
        difference_p=p,
        like_random=like_random,
        on_frontier=on_frontier,
        macs_backbone=MACS.of(point),
        macs_backbone_relative=_relative(MACS, point, unpruned),
        macs_with_frontend=MACS_WITH_FRONTEND.of(point),
        macs_with_frontend_relative=_relative(MACS_WITH_FRONTEND, point, unpruned),
        parameters=PARAMETERS.of(point),
        parameters_relative=_relative(PARAMETERS, point, unpruned),
        file_bytes=FILE_BYTES.of(point),
        file_bytes_relative=_relative(FILE_BYTES, point, unpruned),
        latency_backbone_ms=LATENCY.of(point),
        latency_backbone_ratio=LATENCY_RATIO.of(point),
        latency_backbone_ratio_precision=LATENCY_PRECISION.of(point),
        peak_memory_bytes=MEMORY.of(point),
        peak_memory_bytes_relative=_relative(MEMORY, point, unpruned),
    )


def _leading(points: Sequence[Point]) -> list[Point]:
    return [*frontier(points, MACS), *controls_above(points, MACS)]


def _relative(quantity: Quantity, point: Point, unpruned: Point | None) -> float:
    whole = math.nan if unpruned is None else quantity.of(unpruned)
    return quantity.of(point) / whole if whole else math.nan
