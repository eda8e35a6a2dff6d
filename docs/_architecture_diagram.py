"""Lays out and draws who stands on whom: floors from the ground up, with few crossings.

The method is that of Sugiyama, Tagawa & Toda (1981): floors, order within them, then places from left to right.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import networkx
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path as Curve
from scipy.optimize import isotonic_regression

COLOURS = {
    "pruners": "#f6d5a8",
    "eval": "#cfe3f5",
    "baselines": "#e3d3ee",
    "harness": "#cdeacb",
    "reports": "#f7cfd0",
    "cli": "#e4e4e4",
}
WIDTH, HEIGHT, GAP, FLOOR = 1.42, 0.36, 0.14, 0.86  # inches: a box, between boxes, from floor to floor
LANE = 0.12  # of an arrow that passes a floor
SWEEPS = 60

Place = str | tuple[str, str, int]  # a box, or where an arrow (from, to) passes a floor


def floors_of(stands_on: networkx.DiGraph) -> dict[str, int]:
    """Box → its floor: one above the highest that it stands on, 0 on the ground."""
    floors: dict[str, int] = {}
    for box in reversed(list(networkx.topological_sort(stands_on))):
        floors[box] = 1 + max((floors[below] for below in stands_on[box]), default=-1)
    return floors


def laid_out(stands_on: networkx.DiGraph) -> tuple[dict[Place, float], dict[str, int]]:
    """Where each place lies from left to right, in inches, and the floor of each box."""
    floors = floors_of(stands_on)
    links = networkx.Graph()
    rows: list[list[Place]] = [[] for _ in range(max(floors.values()) + 1)]
    for box in sorted(floors, key=lambda name: (list(COLOURS).index(name.split(".")[0]), name)):
        rows[floors[box]].append(box)
    for upper, lower in sorted(stands_on.edges):
        way = way_of(upper, lower, floors)
        networkx.add_path(links, way)
        for number, place in enumerate(way[1:-1], 1):
            rows[floors[upper] - number].append(place)
    links.add_nodes_from(floors)
    best = _ordered(rows, links)
    return _spaced(best, links), floors


def way_of(upper: str, lower: str, floors: dict[str, int]) -> list[Place]:
    """A box, the floors that an arrow passes, the box that it comes to."""
    return [upper, *((upper, lower, floor) for floor in range(floors[upper] - 1, floors[lower], -1)), lower]


def _ordered(rows: list[list[Place]], links: networkx.Graph) -> list[list[Place]]:
    """Floors in the order with the fewest crossings among those met when each place follows the mean of its links."""
    best, fewest = rows, _crossings(rows, links)
    for sweep in range(SWEEPS):
        rows = [list(row) for row in rows]
        upwards = sweep % 2 == 0
        for floor in range(1, len(rows)) if upwards else range(len(rows) - 2, -1, -1):
            beside = {p: i for i, p in enumerate(rows[floor - 1 if upwards else floor + 1])}
            means = {}
            for index, place in enumerate(rows[floor]):
                near = [beside[other] for other in links[place] if other in beside]
                means[place] = float(np.mean(near)) if near else float(index)
            rows[floor].sort(key=means.__getitem__)
        count = _crossings(rows, links)
        if count < fewest:
            best, fewest = rows, count
    return best


def _crossings(rows: Sequence[Sequence[Place]], links: networkx.Graph) -> int:
    count = 0
    for below, above in itertools.pairwise(rows):
        at = {place: index for index, place in enumerate(below)}
        ends = [at[o] for place in above for o in sorted((o for o in links[place] if o in at), key=at.get)]
        count += sum(a > b for i, a in enumerate(ends) for b in ends[i + 1 :])
    return count


def _spaced(rows: Sequence[Sequence[Place]], links: networkx.Graph) -> dict[Place, float]:
    """As near to the mean of their links as order and the widths of boxes allow, in least squares."""
    at: dict[Place, float] = {}
    least: list[np.ndarray] = []
    for row in rows:
        sizes = np.array([WIDTH if isinstance(place, str) else LANE for place in row])
        steps = (sizes[1:] + sizes[:-1]) / 2 + GAP
        least.append(np.concatenate([[0.0], np.cumsum(steps)]))
        at |= {place: float(x) for place, x in zip(row, least[-1] - least[-1].mean(), strict=True)}
    for _ in range(SWEEPS):
        for row, offsets in zip(rows, least, strict=True):
            wanted = np.array([np.mean([at[o] for o in links[p]]) if links[p] else at[p] for p in row])
            weights = np.array([1.0 if isinstance(place, str) else 3.0 for place in row])
            at |= zip(row, isotonic_regression(wanted - offsets, weights=weights).x + offsets, strict=True)
    return at


def draw(stands_on: networkx.DiGraph, told: str, path: Path) -> None:
    """An SVG with `told` as its description."""
    at, floors = laid_out(stands_on)
    left, right = min(at.values()) - WIDTH, max(at.values()) + WIDTH
    top = max(floors.values()) * FLOOR + HEIGHT
    with mpl.rc_context({"svg.hashsalt": "prunebench", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(right - left, top + HEIGHT))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(left, right), ylim=(-HEIGHT, top))
        axes.axis("off")
        for upper, lower in sorted(stands_on.edges):
            way = way_of(upper, lower, floors)
            heights = [floors[upper] - number for number in range(len(way))]
            ends = [(at[p], h * FLOOR) for p, h in zip(way, heights, strict=True)]
            colour = _darker(COLOURS[upper.split(".")[0]])
            axes.add_patch(PathPatch(_curve(ends), fill=False, edgecolor=colour, linewidth=1.1, zorder=1))
        for box, floor in floors.items():
            room, _, name = box.partition(".")
            corner = (at[box] - WIDTH / 2, floor * FLOOR - HEIGHT / 2)
            style = "round,pad=0,rounding_size=0.06"
            axes.add_patch(
                FancyBboxPatch(
                    corner, WIDTH, HEIGHT, boxstyle=style, facecolor=COLOURS[room], edgecolor="0.35", zorder=2
                )
            )
            text = {"color": "0.1", "ha": "center", "va": "center", "zorder": 3}
            axes.text(at[box], floor * FLOOR, f"{room}/{name}" if name else f"{room}/", fontsize=8.5, **text)
        figure.savefig(path, metadata={"Date": None, "Description": told})


def _curve(ends: Sequence[tuple[float, float]]) -> Curve:
    """From the lower edge of a box to the upper edge of another, upright at every floor it passes."""
    (x, y), *others = ends
    points, codes = [(x, y - HEIGHT / 2)], [Curve.MOVETO]
    for number, (to, height) in enumerate(others, 1):
        end = height + HEIGHT / 2
        middle = (points[-1][1] + end) / 2
        points += [(points[-1][0], middle), (to, middle), (to, end)]
        codes += [Curve.CURVE4] * 3
        if number < len(others):
            points.append((to, height - HEIGHT / 2))
            codes.append(Curve.LINETO)
    return Curve(points, codes)


def _darker(colour: str) -> tuple[float, float, float]:
    hue, saturation, value = mpl.colors.rgb_to_hsv(mpl.colors.to_rgb(colour))
    return tuple(mpl.colors.hsv_to_rgb((hue, min(1, 3 * saturation), 0.65 * value)))
