"""One panel of mAP against cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator

from prunebench.reports.content.criteria_order import in_criteria_order
from prunebench.reports.figures.pareto_labels import begin_ticks, room_at_the_left
from prunebench.reports.figures.pareto_marks import Handles, draw_controls, draw_curves, draw_published
from prunebench.reports.figures.style.canvas import filled
from prunebench.reports.figures.style.palette import INK
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.curve import curves_of
from prunebench.reports.points.frontier import frontier, frontier_with_controls
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.points.published_marks import beside

LOG_FROM = 20.0  # share of the largest to the smallest cost from which a logarithmic axis reads better


def draw_panel(
    axes: Axes,
    points: Sequence[Point],
    quantity: Quantity,
    scale: tuple[float, str],
    focus: frozenset[str],
    order: Sequence[str],
    *,
    named: bool,
    width: float,
) -> Handles:
    """Draw a panel and give what its legend needs, by label.

    Args:
        axes: where.
        points: of one panel, all of which have the quantity.
        quantity: the cost.
        scale: divisor and unit of the axis.
        focus: labels drawn in colour.
        order: labels as the legend lists them, the best on top of the others in the panel.
        named: whether names of the criteria in focus stand at the left, so that the legend does without them.
        width: of the panel with its axes, in inches.
    """
    factor, unit = scale
    costs = [quantity.of(p) / factor for p in points]
    costs += [cost / factor for cost, _ in beside(points[0].panel, quantity)]
    logarithmic = min(costs) > 0 and max(costs) / min(costs) >= LOG_FROM
    if logarithmic:
        axes.set_xscale("log")
    curves, random = curves_of(points, points[0].panel), {p.label for p in points if p.is_random}
    places = {label: place for place, label in enumerate(in_criteria_order((c.label for c in curves), order))}
    curves.sort(key=lambda curve: places[curve.label])
    handles = draw_curves(axes, curves, focus, quantity, factor)
    if named:
        handles = {label: drawn for label, drawn in handles.items() if label not in focus or label in random}
    handles |= draw_controls(axes, points, quantity, factor)
    handles |= _frontiers(axes, points, quantity, factor)
    handles |= draw_published(axes, points[0], quantity, factor)
    axes.margins(x=0.06, y=0.08)
    began = room_at_the_left(axes, points, focus) if named else -math.inf
    axes.set_title(filled(_title(points[0].panel), width), pad=4)
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


def _title(panel: Panel) -> str:
    """With a length that lines do not break in."""
    return (
        panel.title.replace(panel.length, panel.length.replace(" ", "\u00a0"))
        if panel.length
        else panel.title
    )


def _frontiers(axes: Axes, points: Sequence[Point], quantity: Quantity, factor: float) -> Handles:
    """The frontier of criteria as steps, and where controls stand above it a second, dotted line."""
    best, among = frontier(points, quantity), frontier_with_controls(points, quantity)
    greatest = max(quantity.of(p) for p in points)  # as far as anything was measured, the best stays the best
    handles: Handles = {}
    if best:
        (line,) = axes.step(
            [*(quantity.of(p) / factor for p in best), greatest / factor],
            [*(p.mean_map for p in best), best[-1].mean_map],
            where="post",
            color=INK,
            linewidth=0.7,
            linestyle=(0, (4, 2)),
            zorder=2.5,
        )
        handles["Pareto frontier of criteria"] = line
    costs = sorted({quantity.of(p) for p in (*best, *among)} | {greatest})
    reached = [(_reached(among, quantity, c), _reached(best, quantity, c)) for c in costs]
    above = [high if high > low else math.nan for high, low in reached]
    if any(map(math.isfinite, above[:-1])):  # over some costs, not at the unpruned model's alone
        (line,) = axes.step(
            [cost / factor for cost in costs],
            above,
            where="post",
            color=INK,
            linewidth=0.9,
            linestyle=(0, (1, 1.5)),
            zorder=2.45,
        )
        handles["controls above it"] = line
    return handles


def _reached(best: Sequence[Point], quantity: Quantity, cost: float) -> float:
    """The highest mAP of a frontier at a cost, minus infinity below its cheapest point."""
    return max((p.mean_map for p in best if quantity.of(p) <= cost), default=-math.inf)


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
    else:
        top.xaxis.set_major_locator(MaxNLocator(6))  # each has a sign behind it
    return top


def _relative_quality(axes: Axes, points: Sequence[Point]) -> None:
    """A third axis at the right: mAP relative to the unpruned model."""
    unpruned = next((p.mean_map for p in points if p.control == "unpruned"), 0.0)
    if unpruned > 0:
        there_and_back = (lambda y: np.asarray(y) / unpruned, lambda y: np.asarray(y) * unpruned)
        right = axes.secondary_yaxis("right", functions=there_and_back)
        right.yaxis.set_major_formatter("{x:g}×")
        right.tick_params(labelsize=6)
