"""Marks of a panel of mAP against cost: curves of criteria, controls, published models, all at their true cost.

Criteria that cost the same would hide each other's ranges. So the bars of the ranges are set aside, and a hair joins
each to its mark, which stays where it belongs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import Affine2D, ScaledTranslation, Transform

from prunebench.eval.run.record_terms import FROM_SCRATCH
from prunebench.reports.figures.style.palette import GREY, INK, dash_of, look_of
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.curve import Curve
from prunebench.reports.points.point import Point
from prunebench.reports.points.published_marks import beside

# Legends take tuples of artists, which Matplotlib's annotations do not say.
Handles: TypeAlias = dict[str, Any]

STEP, ASIDE = 1.8, 7.0  # points between the bars of ranges at one cost, and at most to each side of the marks
OTHERS = " other criteria"  # in the legend, behind their number
MARK, DOT, BROAD = 4.0, 5.5, 6.0  # points: a mark, that of random, and its band at a single cost
FAINT = "#B8B8B8"  # criteria out of focus
CONTROLS = {  # label, marker, fill and size; the larger star lies below, so both are seen where they are equal
    "unpruned": ("unpruned", "*", INK, 5.5),
    "unpruned-fine-tuned": ("unpruned, fine-tuned", "*", "white", 9.0),
    "scratch": ("trained from scratch", "x", INK, 4.0),
    "scratch-macs": ("from scratch, equal MACs in all", "+", INK, 5.0),
}


def draw_curves(
    axes: Axes, curves: Sequence[Curve], focus: frozenset[str], quantity: Quantity, factor: float
) -> Handles:
    """Curves in focus in colour, of the others pale dots; what the legend needs, by label.

    Args:
        axes: the panel.
        curves: of the panel, best first.
        focus: labels drawn in colour.
        quantity: the cost.
        factor: that costs are divided by.
    """
    _faint(axes, [curve for curve in curves if curve.label not in focus], quantity, factor)
    shown = [curve for curve in curves if curve.label in focus]
    solid = [curve for curve in shown if not curve.is_random]
    step = min(STEP, 2 * ASIDE / max(1, len(solid) - 1))
    handles: Handles = {}
    for curve in shown:
        rank = 0 if curve.is_random else solid.index(curve)
        aside = 0.0 if curve.is_random else (rank - (len(solid) - 1) / 2) * step
        handles[curve.label] = _curve(
            axes, curve, quantity, factor, aside, on_top=1 - rank / (len(solid) + 1)
        )
    others = len({curve.label for curve in curves} - focus)
    if others:
        handles[f"{others}{OTHERS}"] = Line2D([], [], color=FAINT, linestyle="none", marker=".", markersize=4)
    return handles


def draw_controls(axes: Axes, points: Sequence[Point], quantity: Quantity, factor: float) -> Handles:
    """The unpruned models and the shapes trained from scratch, these on thin lines."""
    for control in FROM_SCRATCH:
        own = [p for p in points if p.control == control]
        costs, means = [quantity.of(p) / factor for p in own], [p.mean_map for p in own]
        axes.plot(costs, means, color=INK, linewidth=0.4, linestyle=(0, (6, 2, 1, 2)), zorder=2.4)
    handles: Handles = {}
    for point in points:
        if point.control in CONTROLS and not point.own_rate:
            handles |= draw_control(axes, point, quantity, factor)
    return handles


def draw_published(axes: Axes, point: Point, quantity: Quantity, factor: float) -> Handles:
    """What others published of the same evaluation."""
    known = list(beside(point.panel, quantity))
    if not known:
        return {}
    (marks,) = axes.plot(
        [cost / factor for cost, _ in known],
        [p.map for _, p in known],
        marker="+",
        color="#606060",
        markersize=4,
        linestyle="none",
        zorder=2.2,
    )
    return {"published": marks}


def _curve(
    axes: Axes, curve: Curve, quantity: Quantity, factor: float, aside: float, *, on_top: float
) -> Any:
    look = look_of(curve.criteria[0])
    costs = [quantity.of(p) / factor for p in curve.points]
    means = [p.mean_map for p in curve.points]
    _quartiles(axes, curve.points, quantity, factor, look.colour)
    if curve.is_random:
        draw_band(axes, curve.points, costs, alpha=0.28)
        (mean,) = axes.plot(
            costs, means, color=GREY, linestyle=(0, (1, 1)), marker=look.marker, markersize=DOT, zorder=2
        )
        return Patch(facecolor=GREY, alpha=0.28), mean
    draw_ranges(axes, curve.points, costs, look.colour, aside)
    (line,) = axes.plot(
        costs,
        means,
        color=look.colour,
        marker=look.marker,
        markersize=look.size(MARK),
        markeredgecolor="white",
        linestyle=dash_of(curve.criteria[0]),
        zorder=3 + 0.5 * on_top,
    )
    return line


def draw_band(axes: Axes, points: Sequence[Point], costs: Sequence[float], *, alpha: float) -> None:
    """The range of random as a grey band, at a single cost as a broad bar.

    Args:
        axes: the panel.
        points: of random.
        costs: where they stand, rising.
        alpha: how much the band covers.
    """
    low, high = [min(p.maps) for p in points], [max(p.maps) for p in points]
    axes.fill_between(costs, low, high, color=GREY, alpha=alpha, linewidth=0, zorder=1)
    if len(points) == 1:
        axes.vlines(costs, low, high, color=GREY, alpha=alpha, linewidth=BROAD, zorder=1)


def draw_ranges(
    axes: Axes, points: Sequence[Point], costs: Sequence[float], colour: str, aside: float
) -> None:
    """Bars from the least to the greatest mAP, points aside of the marks; a hair joins each to its mark."""
    low, high = [min(p.maps) for p in points], [max(p.maps) for p in points]
    moved = _aside(axes, aside)
    axes.vlines(costs, low, high, color=colour, linewidth=0.8, transform=moved, zorder=2.8)
    # Lines that were moved aside do not widen the axis by themselves.
    axes.update_datalim([*zip(costs, low, strict=True), *zip(costs, high, strict=True)])
    spots = [(cost, p.mean_map) for cost, p in zip(costs, points, strict=True) if p.n > 1]
    if aside and spots:
        hairs = LineCollection(
            [[(0.0, 0.0), (aside, 0.0)]],
            offsets=spots,
            offset_transform=axes.transData,
            colors=colour,
            linewidths=0.4,
            zorder=2.8,
        )
        axes.add_collection(hairs, autolim=False)
        hairs.set_transform(_in_points(axes))


def _faint(axes: Axes, curves: Sequence[Curve], quantity: Quantity, factor: float) -> None:
    """Criteria out of focus: their means as pale dots in one artist, since many lines are a tangle."""
    spots = [(quantity.of(p) / factor, p.mean_map) for curve in curves for p in curve.points]
    if spots:
        x, y = zip(*spots, strict=True)
        axes.plot(x, y, color=FAINT, marker=".", markersize=4, linestyle="none", zorder=1.6)


def _quartiles(axes: Axes, points: Sequence[Point], quantity: Quantity, factor: float, colour: str) -> None:
    for point in points:
        first, third = quantity.spread(point)
        if math.isfinite(first) and math.isfinite(third):
            axes.hlines(
                point.mean_map,
                first / factor,
                third / factor,
                color=colour,
                linewidth=0.6,
                alpha=0.6,
                zorder=2,
            )


def draw_control(axes: Axes, point: Point, quantity: Quantity, factor: float) -> Handles:
    """The mark of a control with its range; what the legend needs, by label."""
    label, marker, fill, size = CONTROLS[point.control or ""]
    cost = quantity.of(point) / factor
    _quartiles(axes, [point], quantity, factor, INK)
    draw_ranges(axes, [point], [cost], INK, 0.0)
    (mark,) = axes.plot(
        [cost],
        [point.mean_map],
        marker=marker,
        color=INK,
        markerfacecolor=fill,
        markeredgecolor=INK,
        markersize=size,
        linestyle="none",
        zorder=4 - size / 100,
    )
    return {label: mark}


def _aside(axes: Axes, points: float) -> Transform:
    """The panel's coordinates, moved to the right."""
    return axes.transData + ScaledTranslation(points / 72, 0, axes.figure.dpi_scale_trans)


def _in_points(axes: Axes) -> Transform:
    return Affine2D().scale(1 / 72) + axes.figure.dpi_scale_trans
