"""Figure of the speed-up against the ratio of MACs: what the arithmetic promises and the machine gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from prunebench.eval.run.record import Record
from prunebench.eval.run.shape_line import ShapeKey
from prunebench.reports.content import numbers
from prunebench.reports.figures.style.canvas import COLUMN, filled, note_above, paper_style
from prunebench.reports.figures.style.palette import BLUE, INK
from prunebench.reports.points.cost_axis import LATENCY_PRECISION, LATENCY_RATIO, MACS
from prunebench.reports.points.point import Point

QUARTILES = ("latency_backbone_ratio_q1", "latency_backbone_ratio_q3")
HEIGHT, AROUND = 2.3, 0.5  # inches: of a panel, and of the legend
LOG_FROM = 4.0  # ratio from which a logarithmic axis reads better


@dataclass(frozen=True)
class TimedShape:
    """One shape that was timed; costs of the unpruned model over those of the shape, so that more is better.

    Args:
        named: the share of filters that was removed, or `unpruned`.
        macs: ratio of MACs.
        speed: median ratio of times.
        interval: the 95 % interval of that median, nan where its precision is not known.
        quartiles: of the rounds.
    """

    named: str
    macs: float
    speed: float
    interval: tuple[float, float]
    quartiles: tuple[float, float]


def draw_speed_up(points: Sequence[Point], *, standing: str = "") -> Figure | None:
    """Speed-up over the unpruned model in interleaved rounds against MACs saved, a mark per shape.

    A panel for each network and scope. Bars are 95 % intervals of the median, thin lines the quartiles of the rounds.
    The share of filters that was removed stands beside the fastest shape that has it. `None` where no pruned shape was
    timed.

    Args:
        points: of all panels.
        standing: what the run does not claim.
    """
    panels = timed_shapes(points)
    if not panels:
        return None
    columns, rows = min(2, len(panels)), -(-len(panels) // 2)
    with paper_style():
        figure = Figure((COLUMN * columns, HEIGHT * rows + AROUND), layout="constrained")
        grid = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, (title, shapes) in zip(grid[: len(panels)], panels.items(), strict=True):
            _draw_panel(axes, list(shapes.values()))
            axes.set_title(filled(title, COLUMN), pad=4)
        for axes in grid[len(panels) :]:
            axes.set_visible(False)
        handles = _handles([found for shapes in panels.values() for found in shapes.values()])
        legend = figure.legend(
            handles.values(), handles.keys(), loc="outside lower center", ncols=2 * columns
        )
        note_above(legend, standing, COLUMN * columns)
    return figure


def timed_shapes(points: Sequence[Point]) -> dict[str, dict[ShapeKey, TimedShape]]:
    """Every shape that was timed against the unpruned model, once, by network and scope; those with pruned shapes."""
    whole = {p.panel: MACS.of(p) for p in points if p.control == "unpruned"}
    found: dict[str, dict[ShapeKey, TimedShape]] = {}
    for point in points:
        panel = point.panel
        shapes = found.setdefault(f"{panel.network} · {panel.filters_of.removeprefix('the ')} pruned", {})
        for record in point.records:
            shape = record.shape._replace(n_classes=0)
            if shape not in shapes and (timed := _timed(point, record, whole.get(panel, 0))):
                shapes[shape] = timed
    return {title: shapes for title, shapes in found.items() if len(shapes) > 1}


def _timed(point: Point, record: Record, whole: float) -> TimedShape | None:
    ratio, macs = LATENCY_RATIO.of_record(record), MACS.of_record(record)
    if not (math.isfinite(ratio) and ratio > 0 and whole > 0 and macs > 0):
        return None
    first, third = (record.timings.get(key, ratio) for key in QUARTILES)
    half = LATENCY_PRECISION.of_record(record)
    named = "unpruned" if not point.ratio else numbers.share(point.ratio)
    interval = (1 / ratio / (1 + half), 1 / ratio / (1 - half) if half < 1 else math.inf)
    return TimedShape(named, whole / macs, 1 / ratio, interval, (1 / third, 1 / first))


def _draw_panel(axes: Axes, shapes: Sequence[TimedShape]) -> None:
    most = max(max(found.macs, found.quartiles[1]) for found in shapes)
    if most >= LOG_FROM:
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
    axes.plot([1, most], [1, most], color=INK, linewidth=0.7, linestyle=(0, (4, 2)))
    for found in shapes:
        _draw(axes, found)
    fastest: dict[str, TimedShape] = {}
    for found in shapes:
        if found.named not in fastest or found.speed > fastest[found.named].speed:
            fastest[found.named] = found
    for found in fastest.values():
        _name(axes, found)
    axes.margins(x=0.2, y=0.1)
    axes.set_xlabel("MACs of unpruned over MACs, backbone (log-mel in)")
    axes.set_ylabel("speed-up of the backbone")
    for axis in (axes.xaxis, axes.yaxis):
        if most >= LOG_FROM:
            axis.set_major_locator(LogLocator(base=2))
            axis.set_minor_formatter(NullFormatter())
        axis.set_major_formatter("{x:g}×")


def _draw(axes: Axes, found: TimedShape) -> None:
    axes.plot([found.macs] * 2, found.quartiles, color=BLUE, linewidth=0.6, alpha=0.5)
    low, high = found.interval
    if low < high < math.inf:
        sides = [[found.speed - low], [high - found.speed]]
        axes.errorbar(
            found.macs, found.speed, sides, color=BLUE, elinewidth=1.3, capsize=2, capthick=0.8, zorder=2.5
        )
    axes.plot(
        found.macs, found.speed, color=BLUE, marker="o", markersize=4, markeredgecolor="white", zorder=3
    )


def _name(axes: Axes, found: TimedShape) -> None:
    """Right of the mark, off its bar; at the unpruned model below the line that rises from there."""
    down = found.named == "unpruned"
    axes.annotate(
        found.named,
        (found.macs, found.speed),
        (5, -2 if down else 0),
        textcoords="offset points",
        fontsize=6,
        verticalalignment="top" if down else "center",
    )


def _handles(shapes: Sequence[TimedShape]) -> dict[str, Line2D]:
    found = {"a shape, median": Line2D([], [], color=BLUE, marker="o", linestyle="none", markersize=4)}
    if any(low < high < math.inf for low, high in (timed.interval for timed in shapes)):
        found["95 % interval"] = Line2D([], [], color=BLUE, linewidth=1.3)
    if any(low < high for low, high in (timed.quartiles for timed in shapes)):
        found["quartiles of rounds"] = Line2D([], [], color=BLUE, linewidth=0.6, alpha=0.5)
    found["as MACs promise"] = Line2D([], [], color=INK, linewidth=0.7, linestyle=(0, (4, 2)))
    return found
