"""The hypervolume of each criterion's points: one number for a whole curve."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import moocore
import numpy as np

from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores, Floats
from prunebench.reports.statistics.contrast import Contrast, Draws
from prunebench.reports.statistics.own_curve import OwnCurve, Unit, own_curves, units_of


@dataclass(frozen=True, kw_only=True)
class Hypervolume:
    """What a criterion dominates, in mAP times cost relative to the unpruned model, in [0, 1].

    The reference is mAP 0 at the unpruned model's cost. Only criteria with points at the same costs compare.

    Args:
        panel: where it holds.
        quantity: the cost.
        label: of the criterion.
        points: how many points it has.
        value, low, high: of the mean curve, 95 %, units and clips drawn together.
        units: base models, or with one its fine-tuning seeds, that went in.
    """

    panel: Panel
    quantity: Quantity
    label: str
    points: int
    value: float
    low: float
    high: float
    units: int


def hypervolumes(
    panel: Panel, points: Sequence[Point], quantity: Quantity, scores: ClipScores
) -> list[Hypervolume]:
    """Hypervolume of each criterion of a panel, the largest first; none without the unpruned model's cost."""
    whole = next((quantity.of(p) for p in points if p.panel == panel and p.control == "unpruned"), math.nan)
    if not whole > 0:
        return []
    curves = own_curves(points, panel, quantity, scores)
    found = [_of_curve(panel, quantity, curve, whole) for curve in curves]
    return sorted(found, key=lambda h: -h.value)


def _of_curve(panel: Panel, quantity: Quantity, curve: OwnCurve, whole: float) -> Hypervolume:
    most = max(map(len, curve.spots.values()))
    units = [unit for unit in units_of([curve]) if len(curve.spots[unit]) == most]
    draws = _draws(curve, units, most)
    costs = np.mean([[cost for cost, _ in curve.spots[unit]] for unit in units], axis=0) / whole

    value, *_ = _volumes(costs, draws.centre[:, None])
    error, freedom = math.nan, math.inf
    if draws.values is not None:
        error = float(np.std(_volumes(costs, draws.values), ddof=1))
        if len(units) > 1:
            apart = float(np.var(_volumes(costs, draws.means), ddof=1)) / len(units)
            freedom = (len(units) - 1) * max(1.0, error**2 / apart) ** 2 if apart > 0 else math.inf
    low, high = Contrast(value, error, freedom).interval
    return Hypervolume(
        panel=panel,
        quantity=quantity,
        label=curve.curve.label,
        points=most,
        value=value,
        low=low,
        high=high,
        units=len(units),
    )


def _volumes(costs: Floats, quality: Floats) -> list[float]:
    """The hypervolume of each column of mAP, shape (points, columns), at the costs."""
    volume = moocore.Hypervolume(ref=[1.0, 0.0])  # minimises both: mAP goes in with its sign turned
    spots = np.stack([np.broadcast_to(costs[:, None], quality.shape), -quality], axis=-1)
    return [float(volume(column)) for column in np.ascontiguousarray(spots.swapaxes(0, 1))]


def _draws(curve: OwnCurve, units: Sequence[Unit], most: int) -> Draws:
    """The points of one criterion as if they were criteria: drawn together."""
    spots = [[curve.spots[unit][k][1] for unit in units] for k in range(most)]
    maps = [[at.resampled for at in row] for row in spots]
    whole = all(m is not None for row in maps for m in row)
    means = np.array([[at.mean for at in row] for row in spots])
    return Draws(means, np.array(maps, dtype=np.float64) if whole else None)
