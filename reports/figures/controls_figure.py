"""Figure of the controls: each criterion against its own reverse, and shapes trained from scratch."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from prunebench.eval.run.record_terms import FROM_SCRATCH
from prunebench.reports.content import numbers
from prunebench.reports.content.controls import CONTROLS, reversed_of
from prunebench.reports.content.criteria_order import in_criteria_order
from prunebench.reports.content.places_said import said_budget
from prunebench.reports.figures.forest import ForestRow, draw_rows, finish_column, height_of
from prunebench.reports.figures.stages_figure import places_of
from prunebench.reports.figures.style.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.style.palette import INK, Look, look_of
from prunebench.reports.points.frontier import best_first
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.statistics.summary_rows import SummaryRow

MARKERS = {"scratch": "x", "scratch-macs": "+"}


def draw_controls(
    rows: Sequence[tuple[Point, SummaryRow]],
    panel: Panel,
    *,
    standing: str,
    width: float = 2 * COLUMN,
    order: Sequence[str] = (),
) -> Figure | None:
    """A column per ratio: test mAP minus that of random of the controls, below what they are held against.

    Each criterion that was reversed stands above its reverse; without one the best criterion stands first, then the
    shapes trained from scratch. `None` where there is neither control, or no random to hold them against.

    Args:
        rows: points with their rows.
        panel: the panel.
        standing: what the run does not claim.
        width: in inches; a single column holds the middle ratio alone.
        order: labels from the top, by default best first.
    """
    own = [(p, row) for p, row in rows if p.panel == panel and math.isfinite(row.difference)]
    if not any(p.control in CONTROLS for p, _ in own):
        return None
    labels = _labels([p for p, _ in own], order)
    shown = [(p, row) for p, row in own if p.label in labels]
    places = places_of([p for p, _ in shown if p.control in CONTROLS], width)
    with paper_style():
        note = "test mAP minus that of random"
        if any(row.like_random is not None for _, row in shown):
            note += (
                "; 95 % intervals, not corrected; hollow markers, pale × and +: not distinguishable from 0"
            )
        note += "; ?: not tested" if any(row.like_random is None for _, row in shown) else ""
        note += f" · {standing}" if standing else ""
        note, title = filled(note, width, 6), filled(f"{panel.title}: controls", width)
        columns = [f"{numbers.share(place[0])} removed{said_budget(place, places)}" for place in places]
        figure = Figure((width, height_of(len(labels), title, columns, note)), layout="constrained")
        grid = figure.subplots(1, len(places), sharey=True, squeeze=False)[0]
        for axes, place, column in zip(grid, places, columns, strict=True):
            there = [(p, row) for p, row in shown if p.place == place]
            draw_rows(axes, [_row(p, row, len(labels) - 1 - labels.index(p.label)) for p, row in there])
            finish_column(axes, column, len(places))
        names = ["reversed" if label.endswith(", reversed") else label for label in labels]
        grid[0].set_yticks(range(len(labels)), names[::-1])
        grid[0].set_ylim(-0.7, len(labels) - 0.3)
        for name in grid[0].get_yticklabels():
            if name.get_text() == "reversed":
                name.set(color="#606060", fontsize=6)
        figure.suptitle(title, size="medium")
        figure.supxlabel(note, size=6)
    return figure


def _labels(points: Sequence[Point], order: Sequence[str]) -> list[str]:
    """From the top."""
    best = best_first(points)
    listed = in_criteria_order(best, order or best)
    found = []
    for label in listed:
        turned = [r.label for p in points if p.label == label for r in reversed_of(p, points)]
        found += [label, *dict.fromkeys(turned)] if turned else []
    scratch = [p.label for control in FROM_SCRATCH for p in points if p.control == control]
    return list(dict.fromkeys((found or listed[:1]) + scratch))


def _row(point: Point, row: SummaryRow, place: int) -> ForestRow:
    interval = (row.difference_low, row.difference_high)
    return ForestRow(place, _look(point), row.difference, interval, row.like_random)


def _look(point: Point) -> Look:
    if point.control in MARKERS:
        return Look(INK, MARKERS[point.control])
    return look_of(point.criteria[0])
