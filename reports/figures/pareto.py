"""Figures of mAP against cost: a curve per criterion, the controls, the Pareto frontier."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend import Legend
from matplotlib.text import Text

from prunebench.reports.content.criteria_order import order_of_criteria
from prunebench.reports.figures.pareto_labels import crowded, label_marks
from prunebench.reports.figures.pareto_marks import OTHERS, Handles
from prunebench.reports.figures.pareto_panel import draw_panel
from prunebench.reports.figures.style.canvas import COLUMN, filled, paper_style
from prunebench.reports.points.cost_axis import LATENCY, Quantity
from prunebench.reports.points.focus import FEW, MANY, focus_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point

SMALL = 6.0  # points: of the notes
PANEL, GAP = 2.3, 0.03  # inches: the height of a panel with its axes, the space around notes


def draw(
    points: Sequence[Point],
    quantity: Quantity,
    *,
    standing: str,
    column: float | None = None,
    orders: Mapping[Panel, Sequence[str]] | None = None,
    told: Mapping[Panel, Sequence[str]] | None = None,
) -> Figure | None:
    """Test mAP against a cost, panels as small multiples; `None` where no point has that cost.

    A marker is the mean over seeds, its whisker their range; the quartiles of a measured time lie across it. Marks
    stand at their true cost; the bars of ranges are set aside, a hair joins each to its mark. Where criteria are many,
    those that differ from random and those on the frontier are in colour, the others are dots.

    Args:
        points: of all panels.
        quantity: the cost.
        standing: what the run does not claim, said below the figure.
        column: the width of a panel in inches, by default one column of a paper, two where there are more criteria
            than a single column keeps apart.
        orders: labels of each panel in the order of the legend, by default best first.
        told: labels of each panel that differ from random.
    """
    known = [p for p in points if math.isfinite(quantity.of(p))]
    panels = list(dict.fromkeys(p.panel for p in known))
    if not panels:
        return None
    many = len({p.label for p in known if p.control is None}) > MANY
    column = column or COLUMN * (2 if many and len(panels) == 1 else 1)
    columns = max(1, min(round(2 * COLUMN / column), 2, len(panels)))
    rows = math.ceil(len(panels) / columns)
    by_panel = {panel: [p for p in known if p.panel == panel] for panel in panels}
    focus = {panel: focus_of(own, quantity, (told or {}).get(panel, ())) for panel, own in by_panel.items()}
    orders = {
        panel: (orders or {}).get(panel) or order_of_criteria(panel, own) for panel, own in by_panel.items()
    }
    crowd = [panel for panel, own in by_panel.items() if crowded(own, focus[panel])]
    named = crowd if column > COLUMN else []
    differ = any((told or {}).get(panel) for panel in crowd)
    notes = "\n".join(_notes(known, quantity, standing, focus, crowd=bool(crowd), differ=differ))
    scale = quantity.scale(quantity.of(p) for p in known)
    with paper_style():
        figure = Figure(
            (column * columns, PANEL * rows * (1.4 if column > COLUMN else 1)), layout="constrained"
        )
        grid = figure.subplots(rows, columns, squeeze=False)
        handles: Handles = {}
        for axes, panel in zip(grid.flat, panels, strict=False):
            own = by_panel[panel]
            handles |= draw_panel(
                axes, own, quantity, scale, focus[panel], orders[panel], named=panel in named, width=column
            )
        for axes in list(grid.flat)[len(panels) :]:
            axes.set_visible(False)
        notes = "\n".join(filled(note, column * columns, SMALL) for note in notes.split("\n"))
        foot = figure.text(0.5, 0, notes, ha="center", va="bottom", size=SMALL, color="#404040")
        handles = criteria_first(handles, {p.label for p in known if p.control is None})
        # Matplotlib before 3.10 leaves out labels that begin with an underscore.
        labels = [f" {label}" if label.startswith("_") else label for label in handles]
        across = max(1, round(2 * column * columns / COLUMN * (0.75 if many else 1)))
        stack(figure, fitted_legend(figure, handles, labels, across), foot)
        for axes, panel in zip(grid.flat, panels, strict=False):
            label_marks(axes, by_panel[panel], quantity, scale[0], focus[panel], named=panel in named)
    return figure


def criteria_first(handles: Handles, criteria: Collection[str]) -> Handles:
    """The entries of several panels: criteria, how many others there are, controls and lines."""
    others = {label for label in handles if label.endswith(OTHERS)}
    first = {label: handles[label] for label in handles if label in criteria}
    if len(others) > 1:
        first |= {OTHERS.strip(): handles[min(others)]}
    last = {label: drawn for label, drawn in handles.items() if label not in criteria and label not in others}
    return first | ({label: handles[label] for label in others} if len(others) == 1 else {}) | last


def fitted_legend(figure: Figure, handles: Handles, labels: Sequence[str], across: int) -> Legend:
    """In as many columns, up to `across`, as the figure is wide enough for."""
    while True:
        legend = figure.legend(
            list(handles.values()),
            labels,
            loc="lower center",
            ncols=across,
            handlelength=3.0,  # dashes are seen beside the marker
        )
        if across == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return legend
        legend.remove()
        across -= 1


def stack(figure: Figure, legend: Legend, foot: Text) -> None:
    """Lengthen the figure so that the legend and the notes lie below the panels, neither on the other."""
    notes, entries = (item.get_window_extent().height / figure.dpi for item in (foot, legend))
    width, panels = figure.get_size_inches()
    height = panels + notes + entries + 2 * GAP
    figure.set_size_inches(width, height)
    foot.set_y(GAP / height)
    legend.set_bbox_to_anchor((0.5, (notes + GAP) / height))
    below = (notes + entries + GAP) / height
    figure.set_layout_engine(None)  # laid out here, once for all files
    ConstrainedLayoutEngine(rect=(0, below, 1, 1 - below)).execute(figure)


def _notes(
    points: Sequence[Point],
    quantity: Quantity,
    standing: str,
    focus: Mapping[Panel, frozenset[str]],
    *,
    crowd: bool,
    differ: bool,
) -> list[str]:
    """The lines below the legend: what a marker stands for, and whether anything is claimed."""
    criteria = [p for p in points if p.control is None]
    lines = [_counted(criteria)] if criteria else []
    signs = (
        [
            "top and right axes: relative to unpruned"
            + " (tables: ratios within rounds)" * (quantity is LATENCY)
        ]
        if any(p.control == "unpruned" for p in points)
        else []
    )
    in_colour = [p for p in criteria if p.label in focus[p.panel]]
    signs += ["† as released by its authors"] if any(p.released for p in in_colour) else []
    lines += ["; ".join(signs)] if signs else []
    if len({p.label for p in criteria}) > 1 and any(p.n > 1 and not p.is_random for p in in_colour):
        lines.append("marks are at their true cost; the bars of their ranges are drawn beside them")
    if crowd and differ:
        lines.append(
            "in colour: on the frontier, or different from random over all ratios "
            f"(the {FEW} furthest above it and below it at most)"
        )
    elif crowd:
        lines.append("in colour: on the frontier; no criterion differs from random over all ratios")
    return [*lines, standing] if standing else lines


def _counted(criteria: Sequence[Point]) -> str:
    """What a mark is the mean of: `mean and range of n = 6 models, random n = 18`."""
    ruled, chance = (_counts(p.n for p in criteria if p.is_random is drawn) for drawn in (False, True))
    if ruled == "1":
        return "n = 1 model" + (f", random: mean and range of n = {chance}" if chance else "")
    models = f"n = {ruled} models" if ruled else ""
    return "mean and range of " + ", ".join(filter(None, (models, f"random n = {chance}" if chance else "")))


def _counts(values: Iterable[int]) -> str:
    found = sorted(set(values))
    return "" if not found else str(found[0]) if len(found) == 1 else f"{found[0]}–{found[-1]}"
