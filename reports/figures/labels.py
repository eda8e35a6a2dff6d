"""Labels beside their marks, none on another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

RADII = (5.0, 9.0, 14.0, 20.0, 28.0, 38.0)  # points from the mark
ANGLES = tuple(math.radians(degrees) for degrees in (45, 135, -45, -135, 90, -90, 0, 180))
MARK = 3.0  # points around a mark that a label stays out of


def place_labels(
    axes: Axes, labels: Sequence[tuple[float, float, str]], size: float = 5.5
) -> list[Annotation]:
    """Label marks at data coordinates; call it when the figure is laid out.

    Each label takes the nearest free place around its mark inside the panel, with a thin line to the mark where it
    is not beside it; one that finds none takes the place that overlaps least.

    Args:
        axes: the panel.
        labels: x, y, text.
        size: of the text, in points.
    """
    figure = axes.get_figure(root=True)
    if figure is None:
        return []
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    unit = figure.dpi / 72
    spots = [axes.transData.transform((x, y)) for x, y, _ in labels]
    taken = [
        Bbox.from_bounds(x - MARK * unit, y - MARK * unit, 2 * MARK * unit, 2 * MARK * unit) for x, y in spots
    ]
    inside = axes.get_window_extent(renderer)
    placed = []
    for (x, y, text), spot in zip(labels, spots, strict=True):
        note = axes.annotate(text, (x, y), (0, 0), textcoords="offset points", fontsize=size)
        box = note.get_window_extent(renderer)
        best: tuple[float, float, float, bool, bool, Bbox] | None = None
        for radius, angle in product(RADII, ANGLES):
            dx, dy = radius * math.cos(angle), radius * math.sin(angle)
            right, up = math.cos(angle) > -0.01, math.sin(angle) > -0.01
            left = spot[0] + dx * unit - (0 if right else box.width)
            base = spot[1] + dy * unit - (0 if up else box.height)
            here = Bbox.from_bounds(left, base, box.width, box.height)
            lost = sum(_shared(here, other) for other in taken) + 4 * (
                box.width * box.height - _shared(here, inside)
            )
            if best is None or lost < best[0] - 1e-6:
                best = (lost, dx, dy, right, up, here)
            if lost <= 1e-6:
                break
        assert best is not None
        _, dx, dy, right, up, here = best
        note.set_position((dx, dy))
        note.set_horizontalalignment("left" if right else "right")
        note.set_verticalalignment("bottom" if up else "top")
        if math.hypot(dx, dy) > RADII[1]:
            axes.annotate(
                "",
                (x, y),
                (dx, dy),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "linewidth": 0.3, "color": "#606060"},
            )
        taken.append(here)
        placed.append(note)
    return placed


def stack_labels(
    axes: Axes, labels: Sequence[tuple[float, float, str, str]], *, left: float, size: float = 5.5
) -> list[Annotation]:
    """Labels in a column at the left of their marks, in the order of the marks, thin lines in colour between.

    Args:
        axes: the panel, laid out, with room at the left.
        labels: x and y of the mark, text and colour of the line.
        left: points from the marks to the column's right edge.
        size: of the text, in points.
    """
    figure = axes.get_figure(root=True)
    if figure is None or not labels:
        return []
    unit, step = figure.dpi / 72, 1.25 * size
    ordered = sorted(labels, key=lambda label: label[1])
    heights = [float(axes.transData.transform((x, y))[1]) / unit for x, y, *_ in ordered]
    floor, ceiling = (edge / unit for edge in axes.get_window_extent().intervaly)
    places = _pushed_apart(heights, step, floor + step / 2, ceiling - step / 2)
    placed = []
    for (x, y, text, colour), height, place in zip(ordered, heights, places, strict=True):
        line = {"arrowstyle": "-", "linewidth": 0.6, "color": colour, "shrinkA": 1, "shrinkB": 2}
        note = axes.annotate(
            text,
            (x, y),
            (-left, place - height),
            textcoords="offset points",
            fontsize=size,
            horizontalalignment="right",
            verticalalignment="center",
            arrowprops={**line, "relpos": (1, 0.5)},
        )
        placed.append(note)
    return placed


def _pushed_apart(wanted: Sequence[float], step: float, low: float, high: float) -> list[float]:
    """Rising places from low to high, a step apart or more, near the wanted ones: those that collide share a middle."""

    def start(group: Sequence[float]) -> float:
        length = step * (len(group) - 1)
        return max(low, min(sum(group) / len(group) - length / 2, high - length))

    groups: list[list[float]] = []
    for place in wanted:
        groups.append([place])
        while len(groups) > 1 and start(groups[-1]) - start(groups[-2]) < step * len(groups[-2]):
            groups[-2:] = [groups[-2] + groups[-1]]
    return [start(group) + i * step for group in groups for i in range(len(group))]


def _shared(one: Bbox, other: Bbox) -> float:
    """Area of the part that two boxes share."""
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return max(0.0, float(width)) * max(0.0, float(height))
