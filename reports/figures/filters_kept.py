"""Figure of the filters kept in each layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from prunebench.reports.content import numbers
from prunebench.reports.figures.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.palette import INK, look_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point

STYLES = (
    "solid",
    (0, (4, 1.5)),
    (0, (1, 1)),
    (0, (5, 1, 1, 1)),
    (0, (3, 1, 1, 1, 1, 1)),
    (0, (8, 2)),
    (0, (1, 2.5)),
    (0, (7, 1, 3, 1)),
)
WIDTHS = (1.0, 0.5, 1.8)  # points, one after the other when every style was had


def draw_filters_kept(points: Sequence[Point], panel: Panel) -> Figure | None:
    """Share of each layer's filters kept, relative to the unpruned model; shapes that several criteria have are one.

    A shape that varies over base models is their mean. `None` without the widths of the unpruned model.
    """
    own = [p for p in points if p.panel == panel]
    whole = next((p.records[0].widths for p in own if p.control == "unpruned"), ())
    if not whole:
        return None
    lines: dict[tuple[float, ...], list[Point]] = {}
    for point in own:
        kept = [r.widths for r in point.records if len(r.widths) == len(whole)]
        if point.control is None and kept:
            mean = np.mean(kept, axis=0) / np.array(whole)
            lines.setdefault(tuple(np.round(mean, 6)), []).append(point)
    if not lines:
        return None
    layers = [f"C{i}" for i in range(1, len(whole) + 1)]
    with paper_style():
        figure = Figure((COLUMN, 2.6), layout="constrained")
        axes = figure.subplots()
        for number, (shares, members) in enumerate(lines.items()):
            several = len(members) > 1
            colour = INK if several else look_of(members[0].criteria[0]).colour
            turn, style = divmod(number, len(STYLES))
            axes.step(
                layers,
                shares,
                where="mid",
                color=colour,
                linestyle=STYLES[style],
                linewidth=WIDTHS[turn % len(WIDTHS)],
                label=_name(members),
            )
        axes.set_ylim(0, 1.05)
        axes.set_ylabel("filters kept, relative to unpruned")
        axes.set_title(filled(panel.title, COLUMN, 6.5), pad=4, fontsize=6)
        figure.legend(loc="outside lower center", ncols=1)
    return figure


def _name(members: Sequence[Point]) -> str:
    ratios = sorted({p.ratio for p in members})
    asked = ", ".join(numbers.share(ratio) for ratio in ratios)
    labels = list(dict.fromkeys(p.label for p in members if not p.is_random))
    named = labels if len(labels) <= 1 else [f"{len(labels)} criteria"]
    who = " and ".join([*named, *(["random"] if any(p.is_random for p in members) else [])])
    return f"{asked} removed: {who}"
