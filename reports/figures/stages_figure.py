"""Figure of the stages: what pruning takes and fine-tuning gives back."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prunebench.eval.run.record import STAGES
from prunebench.reports.content import numbers
from prunebench.reports.content.criteria_order import in_criteria_order, order_of_criteria
from prunebench.reports.content.places_said import said_budget
from prunebench.reports.figures.forest import draw_bars, height_of
from prunebench.reports.figures.style.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.style.palette import INK, look_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Place, Point
from prunebench.reports.runs.loaded_run import stage_map

COLUMNS = 5


def draw_stages(
    points: Sequence[Point],
    panel: Panel,
    *,
    standing: str,
    width: float = 2 * COLUMN,
    order: Sequence[str] = (),
) -> Figure | None:
    """A column per ratio, a row per criterion: mAP as pruned (hollow) and at the last stage (filled), joined.

    A tick between them is mAP with batch norm recalibrated, the dashed line the unpruned model. `None` where no
    criterion was fine-tuned after pruning.

    Args:
        points: of all panels.
        panel: the panel.
        standing: what the run does not claim.
        width: in inches; a single column holds the middle ratio alone.
        order: labels from the top, by default random and then the others, best first.
    """
    own = [p for p in points if p.panel == panel and p.control is None and not p.own_budget]
    shown = [p for p in own if math.isfinite(p.mean_map_at("pruned")) and p.records[0].last_stage != "pruned"]
    if not shown:
        return None
    places = places_of(shown, width)
    shown = [p for p in shown if p.place in places]
    labels = in_criteria_order((p.label for p in shown), order or order_of_criteria(panel, points))[::-1]
    unpruned = next((p.mean_map for p in points if p.panel == panel and p.control == "unpruned"), math.nan)
    with paper_style():
        note, title = filled(_note(shown, standing), width, 6), filled(panel.title, width)
        columns = [f"{numbers.share(place[0])} removed{said_budget(place, places)}" for place in places]
        figure = Figure((width, height_of(len(labels), title, columns, note)), layout="constrained")
        grid = figure.subplots(1, len(places), sharex=True, sharey=True, squeeze=False)[0]
        for axes, place, column in zip(grid, places, columns, strict=True):
            axes.axvline(unpruned, color=INK, linewidth=0.7, linestyle=(0, (4, 2)))
            _draw(axes, [(labels.index(p.label), p) for p in shown if p.place == place])
            axes.set_title(column, pad=2)
            axes.grid(visible=True, axis="y", linewidth=0.3)
        grid[0].set_yticks(range(len(labels)), labels)
        grid[0].set_ylim(-0.7, len(labels) - 0.3)
        figure.suptitle(title, size="medium")
        figure.supxlabel(note, size=6)
    return figure


def _note(shown: Sequence[Point], standing: str) -> str:
    note = "test mAP; hollow: as pruned, filled: at the last stage, pale: range over models, dashed: unpruned"
    note += ", tick: batch norm recalibrated" if any(map(_has_between, shown)) else ""
    return f"{note} · {standing}" if standing else note


def _has_between(point: Point) -> bool:
    """Whether recalibration is a stage before the last."""
    return math.isfinite(point.mean_map_at(STAGES[2])) and point.records[0].last_stage != "recalibrated"


def places_of(points: Sequence[Point], width: float) -> list[Place]:
    """The places that have a column each in a figure of a width in inches: five at most, in a single column one."""
    places = sorted({p.place for p in points})
    if width <= COLUMN:
        return places[len(places) // 2 :][:1]
    if len(places) > COLUMNS:  # the ends and what lies evenly between
        return [places[round(i * (len(places) - 1) / (COLUMNS - 1))] for i in range(COLUMNS)]
    return places


def _draw(axes: Axes, placed: Sequence[tuple[int, Point]]) -> None:
    ranges, joins = [], []
    for place, point in placed:
        look = look_of(point.criteria[0])
        before, between = (point.mean_map_at(stage) for stage in STAGES[1:3])
        after = point.mean_map
        pruned = [value for r in point.records if math.isfinite(value := stage_map(r, "pruned"))]
        ranges += [(min(ends), max(ends), place, look.colour) for ends in (pruned, point.maps)]
        joins.append((before, after, place, look.colour))
        axes.plot(
            before,
            place,
            color=look.colour,
            marker=look.marker,
            markersize=look.size(3.5),
            markerfacecolor="white",
        )
        axes.plot(after, place, color=look.colour, marker=look.marker, markersize=look.size(4))
        if _has_between(point):
            axes.plot(between, place, color=look.colour, marker="|", markersize=5)
    draw_bars(axes, ranges, linewidth=4, alpha=0.22)
    draw_bars(axes, joins, linewidth=0.9)
