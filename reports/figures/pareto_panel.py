"""One panel of mAP against cost."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, MaxNLocator
from matplotlib.transforms import ScaledTranslation, Transform

from prunebench.reports.figures.palette import GREY, INK, dash_of, look_of
from prunebench.reports.figures.pareto_labels import begin_ticks, crowded, room_at_the_left
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.curve import Curve, curves_of
from prunebench.reports.points.frontier import frontier
from prunebench.reports.points.panel import SCRATCH
from prunebench.reports.points.point import Point
from prunebench.reports.points.published_marks import beside

# Legends take tuples of artists, which Matplotlib's annotations do not say.
Handles: TypeAlias = dict[str, Any]

LOG_FROM = 20.0  # share of the largest to the smallest cost from which a logarithmic axis reads better
STEP, ASIDE = 1.5, 7.0  # points between criteria of equal cost, and at most to each side
TITLE = 56  # characters in a line of a title
EQUAL, SPAN = 1.02, 0.05  # costs that are nearly one, and the share of them that the axis then shows
FAINT = "#B8B8B8"  # criteria out of focus
# Label, marker, fill, size and, as both unpruned controls cost the same, points to the side.
CONTROLS = {
    "unpruned": ("unpruned", "*", INK, 6.5, -3.0),
    "unpruned-fine-tuned": ("unpruned, fine-tuned", "*", "white", 6.5, 3.0),
    "scratch": ("trained from scratch", "x", INK, 4.0, 0.0),
    "scratch-macs": ("from scratch, equal MACs in all", "+", INK, 5.0, 0.0),
}


def draw_panel(
    axes: Axes,
    points: Sequence[Point],
    quantity: Quantity,
    scale: tuple[float, str],
    focus: frozenset[str],
) -> Handles:
    """Draw a panel and give what its legend needs, by label.

    Args:
        axes: where.
        points: of one panel, all of which have the quantity.
        quantity: the cost.
        scale: divisor and unit of the axis.
        focus: labels drawn in colour.
    """
    factor, unit = scale
    costs = [quantity.of(p) / factor for p in points]
    costs += [cost / factor for cost, _ in beside(points[0].panel, quantity)]
    logarithmic = min(costs) > 0 and max(costs) / min(costs) >= LOG_FROM
    if logarithmic:
        axes.set_xscale("log")
    handles: Handles = {}
    curves = curves_of(points, points[0].panel)
    _faint(axes, [curve for curve in curves if curve.label not in focus], quantity, factor)
    curves = [curve for curve in curves if curve.label in focus]
    solid = [curve for curve in curves if not curve.is_random]
    step = min(STEP, 2 * ASIDE / max(1, len(solid) - 1))
    for curve in curves:
        place = 0.0 if curve.is_random else solid.index(curve) - (len(solid) - 1) / 2
        moved = _aside(axes, place * step)
        handles[curve.label] = _curve(axes, curve, quantity, factor, moved)
    others = len({p.label for p in points if p.control is None} - focus)
    if others:
        handles[f"{others} other criteria"] = Line2D(
            [], [], color=FAINT, linewidth=0.6, marker=".", markersize=2
        )
    _scratch(axes, points, quantity, factor)
    for point in points:
        if point.control in CONTROLS and not point.own_rate:
            handles |= _control(axes, point, quantity, factor)
    handles |= _frontier(axes, points, quantity, factor)
    handles |= _published(axes, points[0], quantity, factor)
    axes.margins(x=0.06, y=0.08)
    if nearly_equal(points, quantity):  # else what is no difference fills the axis
        middle = (max(costs) + min(costs)) / 2
        axes.set_xlim(middle * (1 - SPAN / 2), middle * (1 + SPAN / 2))
    began = room_at_the_left(axes, points, focus) if crowded(points, focus) else -math.inf
    axes.set_title(textwrap.fill(points[0].panel.title, TITLE), pad=4)
    axes.set_xlabel(quantity.axis_label(unit))
    axes.set_ylabel("test mAP")
    top = _relative_axis(axes, points, quantity, factor)
    _relative_quality(axes, points)
    if logarithmic:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
    if began > -math.inf:  # no numbers below the names
        begin_ticks(axes, began)
        if top is not None:
            begin_ticks(top, began * float(top.get_xlim()[1] / axes.get_xlim()[1]))
    return handles


def nearly_equal(points: Sequence[Point], quantity: Quantity) -> bool:
    """Whether several points differ in a cost by less than two percent."""
    costs = [quantity.of(p) for p in points]
    return len(costs) > 1 and min(costs) > 0 and max(costs) / min(costs) < EQUAL


def _published(axes: Axes, point: Point, quantity: Quantity, factor: float) -> Handles:
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


def _frontier(axes: Axes, points: Sequence[Point], quantity: Quantity, factor: float) -> Handles:
    best = frontier(points, quantity)
    greatest = max(quantity.of(p) for p in points)  # as far as anything was measured, the best stays the best
    (line,) = axes.step(
        [*(quantity.of(p) / factor for p in best), greatest / factor],
        [*(p.mean_map for p in best), best[-1].mean_map],
        where="post",
        color=INK,
        linewidth=0.7,
        linestyle=(0, (4, 2)),
        zorder=2.5,
    )
    return {"Pareto frontier": line}


def _curve(axes: Axes, curve: Curve, quantity: Quantity, factor: float, moved: Transform) -> Any:
    look = look_of(curve.criteria[0])
    costs = [quantity.of(p) / factor for p in curve.points]
    means = [p.mean_map for p in curve.points]
    _quartiles(axes, curve.points, quantity, factor, look.colour)
    if curve.is_random:
        low, high = [min(p.maps) for p in curve.points], [max(p.maps) for p in curve.points]
        axes.fill_between(costs, low, high, color=GREY, alpha=0.28, linewidth=0, zorder=1)
        (mean,) = axes.plot(costs, means, color=GREY, linestyle=(0, (1, 1)), marker=look.marker, zorder=2)
        return Patch(facecolor=GREY, alpha=0.28), mean
    _ranges(axes, curve.points, costs, look.colour, moved)
    (line,) = axes.plot(
        costs,
        means,
        color=look.colour,
        marker=look.marker,
        markeredgecolor="white",
        linestyle=dash_of(curve.criteria[0]),
        transform=moved,
        zorder=3,
    )
    return line


def _ranges(
    axes: Axes, points: Sequence[Point], costs: Sequence[float], colour: str, moved: Transform
) -> None:
    low, high = [min(p.maps) for p in points], [max(p.maps) for p in points]
    axes.vlines(costs, low, high, color=colour, linewidth=0.8, transform=moved, zorder=3)
    # Lines that were moved aside do not widen the axis by themselves.
    axes.update_datalim([*zip(costs, low, strict=True), *zip(costs, high, strict=True)])


def _faint(axes: Axes, curves: Sequence[Curve], quantity: Quantity, factor: float) -> None:
    """Criteria out of focus: thin and grey, means alone, in two artists."""
    lines = [[(quantity.of(p) / factor, p.mean_map) for p in curve.points] for curve in curves]
    if lines:
        axes.add_collection(LineCollection(lines, colors=FAINT, linewidths=0.6, zorder=1.5))
        x, y = zip(*(spot for line in lines for spot in line), strict=True)
        axes.plot(x, y, color=FAINT, marker=".", markersize=2, linestyle="none", zorder=1.6)


def _scratch(axes: Axes, points: Sequence[Point], quantity: Quantity, factor: float) -> None:
    """Thin lines through the shapes that were trained from scratch."""
    for control in SCRATCH:
        own = [p for p in points if p.control == control]
        costs, means = [quantity.of(p) / factor for p in own], [p.mean_map for p in own]
        axes.plot(costs, means, color=INK, linewidth=0.4, linestyle=(0, (6, 2, 1, 2)), zorder=2.4)


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


def _control(axes: Axes, point: Point, quantity: Quantity, factor: float) -> Handles:
    label, marker, fill, size, place = CONTROLS[point.control or ""]
    moved = _aside(axes, place)
    cost = quantity.of(point) / factor
    _quartiles(axes, [point], quantity, factor, INK)
    _ranges(axes, [point], [cost], INK, moved)
    (mark,) = axes.plot(
        [cost],
        [point.mean_map],
        marker=marker,
        color=INK,
        markerfacecolor=fill,
        markeredgecolor=INK,
        markersize=size,
        linestyle="none",
        transform=moved,
        zorder=4,
    )
    return {label: mark}


def _aside(axes: Axes, points: float) -> Transform:
    """The panel's coordinates, moved to the right."""
    return axes.transData + ScaledTranslation(points / 72, 0, axes.figure.dpi_scale_trans)


def _relative_axis(axes: Axes, points: Sequence[Point], quantity: Quantity, factor: float) -> Any:
    """A second axis on top, relative to the unpruned model."""
    unpruned = next((quantity.of(p) / factor for p in points if p.control == "unpruned"), 0.0)
    if not unpruned > 0:
        return None
    there_and_back = (lambda x: np.asarray(x) / unpruned, lambda x: np.asarray(x) * unpruned)
    top = axes.secondary_xaxis("top", functions=there_and_back)
    top.xaxis.set_major_formatter("{x:g}×")
    if axes.get_xscale() == "log":
        top.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        top.minorticks_off()
    elif np.ptp(axes.get_xlim()) < 0.1 * unpruned:
        top.xaxis.set_major_locator(MaxNLocator(4))  # near 1 each number has many digits
    return top


def _relative_quality(axes: Axes, points: Sequence[Point]) -> None:
    """A third axis at the right: mAP relative to the unpruned model."""
    unpruned = next((p.mean_map for p in points if p.control == "unpruned"), 0.0)
    if unpruned > 0:
        there_and_back = (lambda y: np.asarray(y) / unpruned, lambda y: np.asarray(y) * unpruned)
        right = axes.secondary_yaxis("right", functions=there_and_back)
        right.yaxis.set_major_formatter("{x:g}×")
        right.tick_params(labelsize=5.5)
