"""Figure of mAP against cost over several networks: every unpruned model and every pruned shape in one panel.

Colours are those of criteria; each network has a marker and a dash. A criterion's line goes on, thinner, to the
unpruned model, as networks are compared there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator

from prunebench.reports.content.criteria_order import in_criteria_order, order_of_criteria
from prunebench.reports.figures.pareto import criteria_first, fitted_legend, stack
from prunebench.reports.figures.pareto_marks import (
    ASIDE,
    FAINT,
    OTHERS,
    STEP,
    Handles,
    draw_band,
    draw_control,
    draw_ranges,
)
from prunebench.reports.figures.style.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.style.label_places import names_above
from prunebench.reports.figures.style.network_looks import NetworkLook, looks_of
from prunebench.reports.figures.style.palette import GREY, INK, face_of, look_of
from prunebench.reports.points.cost_axis import Quantity
from prunebench.reports.points.curve import Curve, curves_of
from prunebench.reports.points.focus import focus_of
from prunebench.reports.points.frontier import frontier_with_controls
from prunebench.reports.points.overlay import Overlay, name_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.statistics.networks_compared import end_of

HEIGHT = 3.2  # inches: of the panel with its axes
SMALL = 6.0  # points: of the notes
DOTS = 300  # an inch: many lines of small letters are measured wrongly at fewer


def draw_networks(
    overlay: Overlay,
    points: Sequence[Point],
    quantity: Quantity,
    said: Sequence[str],
    *,
    standing: str,
    width: float = 2 * COLUMN,
    orders: Mapping[Panel, Sequence[str]] | None = None,
    told: Mapping[Panel, Sequence[str]] | None = None,
) -> Figure | None:
    """Test mAP against a cost on a logarithmic axis; `None` where fewer than two networks have that cost.

    Criteria of one colour differ in the face of their markers. A marker is the mean over seeds at its true cost, its
    bar their range, set aside. Stars are unpruned models, white after fine-tuning, each below the flag of its network.

    Args:
        overlay: which panels.
        points: of all panels.
        quantity: the cost.
        said: sentences below the figure.
        standing: what the run does not claim.
        width: in inches.
        orders: labels of each panel in the order of the legend, by default best first.
        told: labels of each panel that differ from random.
    """
    known = [
        p for p in points if p.panel in overlay.panels and quantity.of(p) > 0 and p.control != "reversed"
    ]
    members = [panel for panel in overlay.panels if any(p.panel == panel for p in known)]
    if len(members) < 2:
        return None
    looks = looks_of(map(name_of, members))
    factor, unit = quantity.scale(quantity.of(p) for p in known)
    notes = [*said, *_notes(overlay, known), *([standing] if standing else [])]
    with paper_style():
        figure = Figure((width, HEIGHT), layout="constrained", dpi=DOTS)
        axes = figure.subplots()
        axes.set_xscale("log")
        handles: Handles = {}
        for panel in members:
            own = [p for p in known if p.panel == panel]
            order = (orders or {}).get(panel) or order_of_criteria(panel, own)
            focus = focus_of(own, quantity, (told or {}).get(panel, ()))
            handles |= _draw_network(axes, own, quantity, factor, looks[name_of(panel)], focus, order)
        handles |= _frontier(axes, known, quantity, factor)
        axes.margins(x=0.06, y=0.08)
        axes.set_title(overlay.title, pad=4)
        axes.set_xlabel(quantity.axis_label(unit))
        axes.set_ylabel("test mAP")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        text = "\n".join(filled(_unbroken(note), width, SMALL) for note in notes)
        foot = figure.text(0.01, 0, text, ha="left", va="bottom", size=SMALL, color="#404040")
        entries = criteria_first(handles, {p.label for p in known if p.control is None})
        legend = fitted_legend(figure, entries, list(entries), max(1, round(1.5 * width / COLUMN)))
        stack(figure, legend, foot)
        names_above(axes, _names(members, known, quantity, factor), looks)
    return figure


def _draw_network(
    axes: Axes,
    own: Sequence[Point],
    quantity: Quantity,
    factor: float,
    look: NetworkLook,
    focus: frozenset[str],
    order: Sequence[str],
) -> Handles:
    """The curves and unpruned models of one network; what the legend needs, by label."""
    end = end_of(own)
    tip = None if end is None else (quantity.of(end) / factor, end.mean_map)
    curves = curves_of(own, own[0].panel)
    places = {label: place for place, label in enumerate(in_criteria_order((c.label for c in curves), order))}
    curves.sort(key=lambda curve: places[curve.label])
    solid = [c for c in curves if c.label in focus and not c.is_random]
    step = min(STEP, 2 * ASIDE / max(1, len(solid) - 1))
    handles: Handles = {}
    for curve in curves:
        spots = [(quantity.of(p) / factor, p.mean_map) for p in curve.points]
        if curve.is_random:
            handles["random"] = _random(axes, curve, spots, look)
            continue
        shown = curve.label in focus
        criterion = curve.criteria[0]
        colour = look_of(criterion).colour if shown else FAINT
        # The shape of a marker says the network, so criteria of one colour differ in its face.
        face = face_of(criterion) if shown else FAINT
        edge_colour = "white" if face == colour else colour
        x, y = zip(*sorted(spots), strict=True)
        axes.plot(
            x,
            y,
            color=colour,
            marker=look.marker if shown else "",
            markerfacecolor=face,
            markeredgecolor=edge_colour,
            linestyle=look.dash,
            linewidth=1.0 if shown else 0.5,
            zorder=3 if shown else 1.5,
        )
        if tip is not None and not all(p.own_budget for p in curve.points):
            axes.plot(
                [x[-1], tip[0]],
                [y[-1], tip[1]],
                color=colour,
                linewidth=0.35,
                linestyle=look.dash,
                zorder=1.4,
            )
        if shown:
            place = solid.index(curve) - (len(solid) - 1) / 2
            draw_ranges(
                axes, curve.points, [quantity.of(p) / factor for p in curve.points], colour, place * step
            )
            handles[curve.label] = Line2D(
                [],
                [],
                color=colour,
                linewidth=1.6,
                marker="" if face == colour else "o",
                markerfacecolor=face,
                markeredgecolor=edge_colour,
            )
        else:
            handles[OTHERS] = Line2D([], [], color=FAINT, linewidth=0.6)
    for point in own:
        if point.control in ("unpruned", "unpruned-fine-tuned") and not point.own_rate:
            handles |= draw_control(axes, point, quantity, factor)
    return handles


def _random(
    axes: Axes, curve: Curve, spots: Sequence[tuple[float, float]], look: NetworkLook
) -> tuple[Patch, Line2D]:
    """The range of random as a band, its mean as a dotted line."""
    order = sorted(range(len(spots)), key=lambda i: spots[i])
    x, y = zip(*(spots[i] for i in order), strict=True)
    draw_band(axes, [curve.points[i] for i in order], x, alpha=0.13)
    axes.plot(x, y, color=GREY, marker=look.marker, markersize=2, linestyle=(0, (1, 1)), zorder=2)
    return Patch(facecolor=GREY, alpha=0.28), Line2D([], [], color=GREY, linestyle=(0, (1, 1)))


def _frontier(axes: Axes, points: Sequence[Point], quantity: Quantity, factor: float) -> Handles:
    """What no other model, pruned or not, of any network is as cheap as or cheaper and better."""
    best = frontier_with_controls(points, quantity)
    greatest = max(quantity.of(p) for p in points)
    (line,) = axes.step(
        [*(quantity.of(p) / factor for p in best), greatest / factor],
        [*(p.mean_map for p in best), best[-1].mean_map],
        where="post",
        color=INK,
        linewidth=0.5,
        zorder=1.3,
    )
    return {"Pareto frontier over networks": line}


def _unbroken(text: str) -> str:
    """Text in which intervals, numbers with their prefix and `n = 3` stay on one line."""
    text = re.sub(r"(\[[^\]\s]+,) ", "\\1\u00a0", text)
    return re.sub(r"(?<=\d) (?=[GMk]\b)", "\u00a0", text).replace("n = ", "n\u00a0=\u00a0")


def _names(
    members: Sequence[Panel], points: Sequence[Point], quantity: Quantity, factor: float
) -> list[tuple[float, float, str]]:
    """Each network's name over its unpruned model, or over its dearest point."""
    found = []
    for panel in members:
        own = [p for p in points if p.panel == panel]
        at = next((p for p in own if p.control == "unpruned"), max(own, key=quantity.of))
        found.append((quantity.of(at) / factor, max(at.maps), name_of(panel)))
    return found


def _notes(overlay: Overlay, points: Sequence[Point]) -> list[str]:
    """What was pruned of each network, and what a mark is."""
    pruned = [
        f"{name_of(p)}: {p.filters_of.removeprefix('the ')}" for p in overlay.panels if p.scope != "none"
    ]
    counts = sorted({p.n for p in points})
    n = f"{counts[0]}–{counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
    released = "; † as released by its authors" if any(p.released for p in points) else ""
    return [
        f"Pruned: {', '.join(pruned)}. Marks: mean and range of n = {n} models{released}.",
        "The flag of a network shows its marker and its dashes, and is placed at its unpruned model.",
    ]
