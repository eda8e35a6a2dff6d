"""The hypervolume of each criterion's points: one number for a whole curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import moocore
import numpy as np

from prunebench.eval.quality.clip_variance import Floats
from prunebench.reports.inference.paired import ComparedValues, Paired
from prunebench.reports.inference.value import BaseKey, Value
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.statistics.own_curve import OwnCurve, bases_of, own_curves

STEP = 1e-6  # in mAP: what a hypervolume gains by it is its derivative, since it is linear between ties


@dataclass(frozen=True, kw_only=True)
class Hypervolume:
    """What a criterion dominates, in mAP times cost relative to the unpruned model, in [0, 1].

    The reference is mAP 0 at the unpruned model's cost. Only criteria with points at the same costs compare.

    Args:
        panel: panel of the criterion.
        quantity: the cost.
        label: name of the criterion.
        points: number of points that the criterion has.
        value, low, high: mean over base models, with its 95 % interval; of one base model, for that model only.
        bases: base models that went in.
    """

    panel: Panel
    quantity: Quantity
    label: str
    points: int
    value: float
    low: float
    high: float
    bases: int


def hypervolumes(
    panel: Panel, points: Sequence[Point], quantity: Quantity, scores: ClipScores
) -> list[Hypervolume]:
    """Hypervolume of each criterion of a panel, the largest first; none without the unpruned model's cost."""
    curves = [curve for curve in own_curves(points, panel, quantity, true_costs=True) if curve.whole > 0]
    volumes = [_by_base(curve) for curve in curves]
    paired = Paired([ComparedValues(values, scores) for values in volumes])
    found = []
    for index, curve in enumerate(curves):
        mean = paired.mean(index)
        low, high = mean.interval
        found.append(
            Hypervolume(
                panel=panel,
                quantity=quantity,
                label=curve.curve.label,
                points=_most(curve),
                value=mean.mean,
                low=low,
                high=high,
                bases=mean.bases,
            )
        )
    return sorted(found, key=lambda h: -h.value)


def _most(curve: OwnCurve) -> int:
    """Points on a base model that lacks none."""
    return max(map(len, curve.spots.values()))


def _by_base(curve: OwnCurve) -> dict[BaseKey, Value]:
    """The hypervolume on each base model that has all points, and what each point's mAP adds to it."""
    found: dict[BaseKey, Value] = {}
    for base in bases_of([curve]):
        costs, values = zip(*curve.spots[base], strict=True)
        if len(values) == _most(curve):
            quality = np.array([value.mean for value in values])
            steps = np.column_stack([quality, quality[:, None] + STEP * np.eye(len(quality))])
            volume, *moved = _volumes(np.array(costs) / curve.whole, steps)
            parts = [
                (share * (one - volume) / STEP, cells)
                for one, value in zip(moved, values, strict=True)
                for share, cells in value.parts
            ]
            found[base] = Value(volume, tuple(parts))
    return found


def _volumes(costs: Floats, quality: Floats) -> list[float]:
    """The hypervolume of each column of mAP, shape (points, columns), at the costs."""
    volume = moocore.Hypervolume(ref=[1.0, 0.0])  # minimises both: mAP goes in with its sign turned
    spots = np.stack([np.broadcast_to(costs[:, None], quality.shape), -quality], axis=-1)
    return [float(volume(column)) for column in np.ascontiguousarray(spots.swapaxes(0, 1))]
