"""The figure of attainment: how often a criterion reaches a quality within a cost."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prunebench.reports.figures.style.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.style.palette import look_of
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.statistics.attainment import BEST, MEDIAN, SHOWN, WORST, Surface


def draw_attainment(
    surfaces: Sequence[Surface],
    best: Sequence[str],
    quantity: Quantity,
    *,
    standing: str = "",
    width: float = 2 * COLUMN,
) -> Figure | None:
    """Median surfaces with the band from worst to best seed, a panel for each of the best and random in all.

    Args:
        surfaces: of one panel at one cost.
        best: labels, the best first; three have a panel, in a single column one.
        quantity: the cost.
        standing: what the run does not claim.
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
            drawn = [s for s in surfaces if s.label == label and not s.is_random]
            _draw(axes, drawn, factor, most)
            for s in drawn[:1]:
                axes.set_title(f"{label} (n = {s.seeds})", pad=2, color=look_of(s.criterion).colour)
        grid[0].set_ylabel("test mAP attained")
        figure.suptitle(filled(shown[0].panel.title, figure.get_figwidth()), size="medium")
        note = f"{quantity.axis_label(unit)}\nline: median seed, band: worst to best seed"
        note += f"; grey: random (n = {random[0].seeds})" if random else ""
        if len(chosen) < len(own):
            note += (
                f"; the {len(chosen)} best of {len(own)} criteria"
                if chosen[1:]
                else f"; best of {len(own)} criteria"
            )
        note += f" · {standing}" if standing else ""
        lines = [filled(line, figure.get_figwidth(), 6) for line in note.split("\n")]
        figure.supxlabel("\n".join(lines), size=6)
    return figure


def _draw(axes: Axes, own: Sequence[Surface], factor: float, most: float) -> None:
    if not own:
        return
    look = look_of(own[0].criterion)
    xs = np.unique([x / factor for s in own for x, _ in s.corners] + [most])
    levels = {s.level: _height(s, xs, factor) for s in own}
    axes.fill_between(
        xs, levels[WORST], levels[BEST], step="post", color=look.colour, alpha=0.18, linewidth=0
    )
    style = (0, (1, 1)) if own[0].is_random else "solid"
    (line,) = axes.step(
        xs, levels[MEDIAN], where="post", color=look.colour, linestyle=style, label=own[0].label
    )
    line.set(marker=look.marker, markersize=3, markeredgecolor="white", markeredgewidth=0.3)


def _height(surface: Surface, xs: np.ndarray, factor: float) -> list[float]:
    """Highest corner at or below each cost, nan where there is none."""
    return [max((y for c, y in surface.corners if c / factor <= x), default=math.nan) for x in xs]
