"""Empirical attainment: what a criterion reaches in the best, in half and in all of its seeds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import moocore
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prunebench.eval.run.record import Record
from prunebench.reports.figures.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.palette import look_of
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.curve import Curve, curves_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.loaded_run import final_map

SHOWN = 3  # criteria in the figure, beside random


@dataclass(frozen=True)
class Surface:
    """An attainment surface: (cost, mAP) corners by rising cost, reached in at least `percent` of the seeds."""

    panel: Panel
    label: str
    criterion: str
    is_random: bool
    seeds: int
    percent: float
    corners: tuple[tuple[float, float], ...]


def surfaces_of(panel: Panel, points: Sequence[Point], quantity: Quantity) -> list[Surface]:
    """Best, median and worst surface of each criterion with two seeds or more.

    A seed is a base model with a fine-tuning seed and, for random, a draw; its points are those over the ratios.
    Computed by moocore (López-Ibáñez et al.).
    """
    return [s for curve in curves_of(points, panel) for s in _of_curve(panel, curve, quantity)]


def _of_curve(panel: Panel, curve: Curve, quantity: Quantity) -> Iterator[Surface]:
    seeds: dict[tuple[object, ...], list[tuple[float, float]]] = {}
    for point in curve.points:
        for record in point.records:
            cost = quantity.of_record(record)
            if math.isfinite(cost):
                seeds.setdefault(_seed(record), []).append((cost, -final_map(record)))
    if len(seeds) < 2:
        return
    spots = np.array([spot for own in seeds.values() for spot in own])
    sets = np.repeat(range(len(seeds)), [len(own) for own in seeds.values()])
    for percent in (100 / len(seeds), 50.0, 100.0):
        found = moocore.eaf(spots, sets=sets, percentiles=[percent])
        corners = tuple((float(x), -float(y)) for x, y, _ in found[np.argsort(found[:, 0])])
        yield Surface(panel, curve.label, curve.criteria[0], curve.is_random, len(seeds), percent, corners)


def _seed(record: Record) -> tuple[object, ...]:
    return record.base, record.base_seed, record.prune_seed, record.finetune_seed


def draw_attainment(
    surfaces: Sequence[Surface], best: Sequence[str], quantity: Quantity, *, width: float = 2 * COLUMN
) -> Figure | None:
    """Median surfaces with the band from worst to best seed, a panel for each of the best and random in all.

    Args:
        surfaces: of one panel at one cost.
        best: labels, the best first; three have a panel, in a single column one.
        quantity: the cost.
        width: in inches.
    """
    own = {s.label for s in surfaces if not s.is_random}
    chosen = [label for label in best if label in own][: SHOWN if width > COLUMN else 1]
    random = [s for s in surfaces if s.is_random]
    shown = random + [s for s in surfaces if s.label in chosen]
    if not shown:
        return None
    factor, unit = quantity.scale(x for s in shown for x, _ in s.corners)
    most = max(x for s in shown for x, _ in s.corners) / factor
    with paper_style():
        figure = Figure((width if len(chosen) > 1 else COLUMN, 2.3), layout="constrained")
        grid = figure.subplots(1, max(1, len(chosen)), sharey=True, squeeze=False)[0]
        for axes, label in zip(grid, chosen or [""], strict=True):
            _draw(axes, random, factor, most)
            _draw(axes, [s for s in surfaces if s.label == label and not s.is_random], factor, most)
            axes.legend(loc="lower right", fontsize=6)
        grid[0].set_ylabel("test mAP attained")
        figure.suptitle(filled(shown[0].panel.title, figure.get_figwidth()), size="medium")
        note = f"{quantity.axis_label(unit)}; line: median seed, band: worst to best seed"
        figure.supxlabel(filled(note, figure.get_figwidth(), 6), size="small")
    return figure


def _draw(axes: Axes, own: Sequence[Surface], factor: float, most: float) -> None:
    if not own:
        return
    look = look_of(own[0].criterion)
    xs = np.unique([x / factor for s in own for x, _ in s.corners] + [most])
    levels = [_height(s, xs, factor) for s in own]
    axes.fill_between(xs, levels[-1], levels[0], step="post", color=look.colour, alpha=0.18, linewidth=0)
    style = (0, (1, 1)) if own[0].is_random else "solid"
    name = f"{own[0].label} (n = {own[0].seeds})"
    (line,) = axes.step(xs, levels[1], where="post", color=look.colour, linestyle=style, label=name)
    line.set(marker=look.marker, markersize=3, markeredgecolor="white", markeredgewidth=0.3)


def _height(surface: Surface, xs: np.ndarray, factor: float) -> list[float]:
    """Highest corner at or below each cost, nan where there is none."""
    return [max((y for c, y in surface.corners if c / factor <= x), default=math.nan) for x in xs]
