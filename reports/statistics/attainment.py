"""Empirical attainment: what a criterion reaches in the best of its seeds, in the median and in all."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import moocore
import numpy as np

from prunebench.eval.run.record import Record
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.curve import Curve, curves_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.loaded_run import final_map

SHOWN = 3  # criteria in the figure, beside random
BEST, MEDIAN, WORST = "best", "median", "worst"


@dataclass(frozen=True)
class Surface:
    """An attainment surface: (cost, mAP) corners by rising cost, reached in `percent` of the seeds.

    The level is `best`, `median` or `worst`. With an even number of seeds the median is the mean of the two in the
    middle: the better of two seeds beside the third best of six would favour whoever has few. With two seeds the best
    and the median are both reached in 50 percent of the seeds.
    """

    panel: Panel
    label: str
    criterion: str
    is_random: bool
    seeds: int
    level: str
    percent: float
    corners: tuple[tuple[float, float], ...]


def surfaces_of(panel: Panel, points: Sequence[Point], quantity: Quantity) -> list[Surface]:
    """Best, median and worst surface of each criterion with two seeds or more.

    A seed is a base model with a fine-tuning seed and, for random, a draw; its points are those over the ratios.
    Best and worst are computed by moocore (López-Ibáñez et al.).
    """
    return [s for curve in curves_of(points, panel) for s in _of_curve(panel, curve, quantity)]


def _of_curve(panel: Panel, curve: Curve, quantity: Quantity) -> Iterator[Surface]:
    seeds: dict[tuple[object, ...], list[tuple[float, float]]] = {}
    for point in curve.points:
        for record in point.records:
            cost = quantity.of_record(record)
            if math.isfinite(cost):
                seeds.setdefault(_seed(record), []).append((cost, -final_map(record)))
    if len(seeds) < 2:
        return
    spots = np.array([spot for own in seeds.values() for spot in own])
    sets = np.repeat(range(len(seeds)), [len(own) for own in seeds.values()])
    for level, percent in ((BEST, 100 / len(seeds)), (MEDIAN, 50.0), (WORST, 100.0)):
        if level == MEDIAN and len(seeds) % 2 == 0:
            corners = _median(list(seeds.values()))
        else:
            found = moocore.eaf(spots, sets=sets, percentiles=[percent])
            corners = tuple((float(x), -float(y)) for x, y, _ in found[np.argsort(found[:, 0])])
        whose = (panel, curve.label, curve.criteria[0], curve.is_random)
        yield Surface(*whose, len(seeds), level, percent, corners)


def _median(seeds: Sequence[Sequence[tuple[float, float]]]) -> tuple[tuple[float, float], ...]:
    """Corners of the median over seeds of the highest mAP within a cost; (cost, −mAP) of each seed are given."""
    corners: list[tuple[float, float]] = []
    for cost in sorted({x for own in seeds for x, _ in own}):
        reached = [max((-y for x, y in own if x <= cost), default=-math.inf) for own in seeds]
        middle = float(np.median(reached))
        if math.isfinite(middle) and (not corners or middle > corners[-1][1]):
            corners.append((cost, middle))
    return tuple(corners)


def _seed(record: Record) -> tuple[object, ...]:
    return record.base, record.base_seed, record.prune_seed, record.finetune_seed
