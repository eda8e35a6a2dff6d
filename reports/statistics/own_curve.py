"""A criterion's own curve of mAP over cost, unit by unit, and its value at a cost between points.

A unit is what repeats an experiment: a base model. With one base model its fine-tuning seeds take that place, and
what follows is conditional on the model.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from prunebench.eval.run.record import Record
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.curve import Curve, curves_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores, Floats
from prunebench.reports.runs.loaded_run import final_map

Unit = tuple[str, int, int]  # base model, its seed, fine-tuning seed or -1

SAME = 1e-9  # relative: costs that differ by less are one


@dataclass(frozen=True)
class At:
    """A criterion of one unit at one cost.

    Args:
        mean: test mAP, draws averaged, and with several base models fine-tuning seeds too.
        resampled: the same on each resample of the test clips, shape (resamples,); `None` without scores.
    """

    mean: float
    resampled: Floats | None


@dataclass(frozen=True)
class OwnCurve:
    """What a criterion measured, by unit: (cost, value) by rising cost."""

    curve: Curve
    spots: dict[Unit, tuple[tuple[float, At], ...]]

    @property
    def own_budget(self) -> bool:
        """Whether the criterion chose how much goes."""
        return all(p.own_budget for p in self.curve.points)

    def at(self, unit: Unit, cost: float) -> At | None:
        """The value at a cost, on the straight line between the neighbours; `None` beyond the ends."""
        spots = self.spots.get(unit, ())
        for place, value in spots:
            if math.isclose(place, cost, rel_tol=SAME):
                return value
        for (left, low), (right, high) in itertools.pairwise(spots):
            if left < cost < right:
                share = (cost - left) / (right - left)
                both = low.resampled is not None and high.resampled is not None
                return At(
                    (1 - share) * low.mean + share * high.mean,
                    (1 - share) * np.asarray(low.resampled) + share * np.asarray(high.resampled)
                    if both
                    else None,
                )
        return None


def own_curves(
    points: Sequence[Point], panel: Panel, quantity: Quantity, scores: ClipScores
) -> list[OwnCurve]:
    """The curves of a panel against a cost, in the order of the palette; cells without that cost are left out."""
    curves = curves_of(points, panel)
    single = len({base for c in curves for p in c.points for base in p.by_base()}) == 1
    found = [_own_curve(curve, quantity, scores, by_seed=single) for curve in curves]
    return [curve for curve in found if curve.spots]


def _own_curve(curve: Curve, quantity: Quantity, scores: ClipScores, *, by_seed: bool) -> OwnCurve:
    spots: dict[Unit, dict[float, At]] = {}
    for point in curve.points:
        cells: dict[Unit, list[Record]] = {}
        for record in point.records:
            seed = record.finetune_seed if by_seed else None
            unit = (record.base, record.base_seed, -1 if seed is None else seed)
            cells.setdefault(unit, []).append(record)
        for unit, members in cells.items():
            cost = fmean(map(quantity.of_record, members))
            if math.isfinite(cost):
                spots.setdefault(unit, {})[cost] = _at(members, scores)
    return OwnCurve(
        curve, {unit: tuple(sorted(by_cost.items(), key=_cost)) for unit, by_cost in spots.items()}
    )


def units_of(curves: Sequence[OwnCurve]) -> list[Unit]:
    """Every unit of the curves, in order of seeds."""
    return sorted({unit for curve in curves for unit in curve.spots}, key=lambda u: (*u[1:], u[0]))


def _cost(spot: tuple[float, At]) -> float:
    return spot[0]


def _at(members: Sequence[Record], scores: ClipScores) -> At:
    maps = [scores.resampled_maps(record) for record in members]
    known = [m for m in maps if m is not None]
    resampled: Floats | None = np.mean(known, axis=0) if len(known) == len(members) else None
    return At(fmean(map(final_map, members)), resampled)
