"""Figures of mAP against cost: a curve per criterion, the controls, the Pareto frontier."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from prunebench.reports.canvas import COLUMN, paper_style
from prunebench.reports.curve import Curve, curves_of
from prunebench.reports.frontier import frontier
from prunebench.reports.palette import GREY, INK, look_of
from prunebench.reports.panel import Panel
from prunebench.reports.point import Point
from prunebench.reports.quantity import Quantity

LOG_FROM = 20.0  # share of the largest to the smallest cost from which a logarithmic axis reads better
CONTROLS = {
    "unpruned": ("unpruned", "*", INK),
    "unpruned-fine-tuned": ("unpruned, fine-tuned", "*", "white"),
    "scratch": ("trained from scratch", "x", INK),
}


def draw(points: Sequence[Point], quantity: Quantity, *, claim: bool) -> Figure | None:
    """Test mAP against a cost, one panel each in small multiples; `None` where no point has that cost.

    A marker is the mean over seeds, its whisker their range; the quartiles of a measured time lie across it.
    """
    known = [p for p in points if math.isfinite(quantity.of(p))]
    panels = list(dict.fromkeys(p.panel for p in known))
    if not panels:
        return None
    columns = min(2, len(panels))
    rows = math.ceil(len(panels) / columns)
    looks = {curve.label for panel in panels for curve in curves_of(known, panel)}
    entries = len(looks) + len(CONTROLS) + 1
    legend_height = 0.16 * math.ceil(entries / (2 * columns)) + 0.1
    foot = 0.34 / columns + 0.06
    with paper_style():
        figure = Figure((COLUMN * columns, 2.35 * rows + legend_height + foot), layout="constrained")
        height = figure.get_figheight()
        figure.get_layout_engine().set(rect=(0, foot / height, 1, 1 - foot / height))  # type: ignore[union-attr, call-arg]
        grid = figure.subplots(rows, columns, squeeze=False)
        scale = quantity.scale(quantity.of(p) for p in known)
        handles: dict[str, Line2D | Patch] = {}
        for axes, panel in zip(grid.flat, panels, strict=False):
            handles |= _panel(axes, [p for p in known if p.panel == panel], quantity, scale)
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        figure.legend(
            handles.values(), handles.keys(), loc="outside lower center", ncols=2 * columns
        )
        figure.text(0.5, 0.03 / height, _footer(known, quantity, columns, claim=claim), ha="center", va="bottom", fontsize=5.5, color="#404040")
    return figure


def _panel(
    axes: Axes, points: Sequence[Point], quantity: Quantity, scale: tuple[float, str]
) -> dict[str, Line2D | Patch]:
    factor, unit = scale
    handles: dict[str, Line2D | Patch] = {}
    costs = [quantity.of(p) / factor for p in points]
    logarithmic = min(costs) > 0 and max(costs) / min(costs) >= LOG_FROM
    axes.set_xscale("log" if logarithmic else "linear")
    curves = curves_of(points, points[0].panel)
    for place, curve in enumerate(curves):
        shift = place - (len(curves) - 1) / 2
        handles[curve.label] = _curve(axes, curve, quantity, factor, shift)
    for point in points:
        if point.control in CONTROLS and not point.own_rate:
            label, marker, fill = CONTROLS[point.control]
            handles[label] = _control(axes, point, quantity.of(point) / factor, marker, fill)
            handles[label].set_label(label)
    best = frontier(points, quantity)
    (line,) = axes.step(
        [quantity.of(p) / factor for p in best],
        [p.mean_map for p in best],
        where="post",
        color=INK,
        linewidth=0.8,
        linestyle=(0, (4, 2)),
        zorder=1.5,
    )
    handles["Pareto frontier"] = line
    axes.set_title(points[0].panel.title, pad=4)
    axes.set_xlabel(f"{quantity.name}, {unit}" if unit else quantity.name)
    axes.set_ylabel("test mAP")
    return handles


def _curve(axes: Axes, curve: Curve, quantity: Quantity, factor: float, shift: float) -> Line2D:
    look = look_of(curve.criteria[0])
    costs = [quantity.of(p) / factor for p in curve.points]
    means = [p.mean_map for p in curve.points]
    low, high = [min(p.maps) for p in curve.points], [max(p.maps) for p in curve.points]
    if curve.is_random:
        axes.fill_between(costs, low, high, color=GREY, alpha=0.25, linewidth=0, zorder=1)
    (line,) = axes.plot(
        costs,
        means,
        color=look.colour,
        marker=look.marker,
        markeredgecolor="white",
        linestyle=(0, (1, 1)) if curve.is_random else "-",
        zorder=2 if curve.is_random else 3,
    )
    return line


def _control(axes: Axes, point: Point, cost: float, marker: str, fill: str) -> Line2D:
    (line,) = axes.plot(
        [cost], [point.mean_map], marker=marker, color=INK, markerfacecolor=fill, markersize=6, linestyle="none"
    )
    return line


def _footer(points: Sequence[Point], quantity: Quantity, columns: int, *, claim: bool) -> str:
    return ""
