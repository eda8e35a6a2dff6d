"""Figure of the filters kept in each group: in a Cnn14 each layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from prunebench.reports.content import numbers
from prunebench.reports.content.criteria_order import in_criteria_order, order_of_criteria
from prunebench.reports.figures.style.canvas import COLUMN, filled, note_above, paper_style
from prunebench.reports.figures.style.palette import INK, look_of
from prunebench.reports.points.groups import groups_of, short_names
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
LEVEL, NAMED = (
    3,
    32,
)  # letters of names that lie level, names that a column has room for when they stand upright
LETTER = 0.048  # inches: of a name that stands upright


def draw_filters_kept(
    points: Sequence[Point], panel: Panel, *, standing: str = "", order: Sequence[str] = ()
) -> Figure | None:
    """Share of each group's filters kept, relative to the unpruned model; shapes that several criteria have are one.

    A shape that varies over base models is their mean. Names of modules are shortened and stand upright; of more than
    32 groups each second or third is named. `None` without the widths of the unpruned model.

    Args:
        points: of all panels.
        panel: the panel.
        standing: what the run does not claim.
        order: labels as the legend lists them at each ratio, by default random and then the others, best first.
    """
    own = [p for p in points if p.panel == panel]
    whole = next((p.records[0].widths for p in own if p.control == "unpruned"), ())
    if not whole:
        return None
    lines: dict[tuple[float, ...], list[Point]] = {}
    listed = in_criteria_order(
        (p.label for p in own if p.control is None), order or order_of_criteria(panel, own)
    )
    places = {label: place for place, label in enumerate(listed)}
    for point in sorted(own, key=lambda p: (p.place, places.get(p.label, 0))):
        kept = [r.widths for r in point.records if len(r.widths) == len(whole)]
        if point.control is None and kept:
            mean = np.mean(kept, axis=0) / np.array(whole)
            lines.setdefault(tuple(np.round(mean, 6)), []).append(point)
    if not lines:
        return None
    layers = short_names(groups_of(own, panel))
    with paper_style():
        upright = max(map(len, layers)) if max(map(len, layers)) > LEVEL else 0
        figure = Figure((COLUMN, 2.6 + LETTER * upright), layout="constrained")
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
        if upright:
            step = -(-len(layers) // NAMED)
            axes.set_xticks(range(0, len(layers), step), layers[::step], rotation=90, fontsize=6)
        axes.set_ylim(0, 1.05)
        axes.set_ylabel("filters kept, relative to unpruned")
        figure.suptitle(filled(panel.title, COLUMN), size="medium")
        note_above(figure.legend(loc="outside lower center", ncols=1), standing, COLUMN)
    return figure


def _name(members: Sequence[Point]) -> str:
    ratios = sorted({p.ratio for p in members})
    asked = ", ".join(numbers.share(ratio) for ratio in ratios)
    labels = list(dict.fromkeys(p.label for p in members if not p.is_random))
    named = labels if len(labels) <= 1 else [f"{len(labels)} criteria"]
    who = " and ".join([*named, *(["random"] if any(p.is_random for p in members) else [])])
    return f"{asked} removed: {who}"
