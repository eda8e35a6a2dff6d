"""Figure of the recovery: validation mAP over the steps of fine-tuning."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from prunebench.eval.run.contents import ValidationCurve
from prunebench.reports.content import numbers
from prunebench.reports.content.criteria_order import in_criteria_order, order_of_criteria
from prunebench.reports.content.places_said import said_budget
from prunebench.reports.figures.stages_figure import places_of
from prunebench.reports.figures.style.canvas import COLUMN, filled, note_above, paper_style
from prunebench.reports.figures.style.palette import INK, Look, look_of
from prunebench.reports.points.panel import Panel
from prunebench.reports.points.point import Point
from prunebench.reports.runs.loaded_run import Held
from prunebench.reports.statistics.recovery import Recovery, recovery_of, short_steps

CONTROL = Look(INK, "")  # unpruned and fine-tuned, the same in every column
MARKED = 8  # curves are marked at about as many steps
WIDE = 3.0  # inches of a column, from which there is room for three ticks a decade
LOG_FROM = 20.0  # the last step of the first one recorded, from which a logarithmic axis reads better


def draw_recovery(
    points: Sequence[Point],
    panel: Panel,
    curves: Mapping[Held, ValidationCurve],
    *,
    standing: str,
    width: float = 2 * COLUMN,
    order: Sequence[str] = (),
) -> Figure | None:
    """A column per ratio, a curve per criterion: mean over seeds, in a band that is their range.

    The black curve is the unpruned model fine-tuned alike, the dashed line the unpruned model. Where trainings ended at
    different steps, each keeps its last value to the end of the longest. A vertical line is at the end of the short
    fine-tuning, where cells have one. `None` where no criterion has a curve.

    Args:
        points: of all panels.
        panel: the panel.
        curves: run folder and outcome → validation mAP along its fine-tuning.
        standing: what the run does not claim.
        width: in inches; a single column holds the middle ratio alone.
        order: labels as the legend lists them, by default random and then the others, best first.
    """
    own = [p for p in points if p.panel == panel]
    every = [(p, found) for p in own if (found := recovery_of(p, curves)) is not None]
    shown = [(p, found) for p, found in every if p.control is None and not p.own_budget]
    if not shown:
        return None
    places = places_of([p for p, _ in shown], width)
    shown = [(p, found) for p, found in shown if p.place in places]
    tuned = [(p, found) for p, found in every if p.control == "unpruned-fine-tuned" and not p.own_rate]
    last = max(found.ends[1] for _, found in (*tuned, *shown))
    tuned, shown = ([(p, found.until(last)) for p, found in pairs] for pairs in (tuned, shown))
    unpruned, short = _unpruned(own), short_steps(p for p, _ in shown)
    drawn: dict[str, Line2D] = {}
    with paper_style():
        figure = Figure((width, 2.5), layout="constrained")
        grid = figure.subplots(1, len(places), sharex=True, sharey=True, squeeze=False)[0]
        for axes, place in zip(grid, places, strict=True):
            if math.isfinite(unpruned):
                axes.axhline(unpruned, color=INK, linewidth=0.7, linestyle=(0, (4, 2)))
            for steps in short:
                axes.axvline(steps, color=INK, linewidth=0.7, linestyle=(0, (1, 1.5)))
            for point, found in tuned:
                drawn.setdefault(point.label, _draw(axes, found, CONTROL))
            for point, found in (pair for pair in shown if pair[0].place == place):
                drawn.setdefault(point.label, _draw(axes, found, look_of(point.criteria[0])))
            axes.set_title(f"{numbers.share(place[0])} removed{said_budget(place, places)}", pad=2)
            axes.set_xlabel("steps of fine-tuning")
            axes.grid(visible=True, linewidth=0.3)
            axes.margins(x=0.03)
            _scale_steps(axes, [found for _, found in (*tuned, *shown)], width / len(places))
        grid[0].set_ylabel("validation mAP")
        figure.suptitle(filled(panel.title, width), size="medium")
        listed = in_criteria_order((p.label for p, _ in shown), order or order_of_criteria(panel, points))
        drawn = {label: drawn[label] for label in dict.fromkeys([*(p.label for p, _ in tuned), *listed])}
        parts = _parts([found for _, found in (*tuned, *shown)], short, dashed=math.isfinite(unpruned))
        note = "; ".join(parts) + (f" · {standing}" if standing else "")
        columns = 2 if width <= COLUMN else 5
        legend = figure.legend(drawn.values(), drawn.keys(), loc="outside lower center", ncols=columns)
        note_above(legend, note, width)
        rows = -(-len(drawn) // columns)
        figure.set_figheight(2.5 + 0.13 * max(0, rows - 1))
    return figure


def _parts(found: Sequence[Recovery], short: Sequence[int], *, dashed: bool) -> list[str]:
    """What is drawn; how trainings of different lengths are joined is said where there are some."""
    parts = ["curves: mean over seeds, bands: their range"]
    ends = [end for recovery in found for end in recovery.ends]
    if min(ends) < max(ends):
        parts.append(
            f"trainings ended after {min(ends):,} to {max(ends):,} steps, and each keeps its last value from then on"
        )
    if dashed:
        parts.append("dashed: unpruned")
    if short:
        steps = " and ".join(f"{number:,}" for number in short)
        parts.append(f"dotted: {steps} steps, the short length, which is a training of its own")
    return parts


def _scale_steps(axes: Axes, found: Sequence[Recovery], width: float) -> None:
    """A logarithmic axis that begins at 0 where trainings were long: most is regained in their first steps.

    Args:
        axes: of a column.
        found: what is drawn in all columns.
        width: of a column, in inches.
    """
    steps = np.unique(np.concatenate([recovery.steps for recovery in found]))
    first, last = (float(choose(steps[steps > 0], default=1)) for choose in (min, max))
    if last / first >= LOG_FROM:
        axes.set_xscale("symlog", linthresh=first, linscale=0.4, subs=[2, 5])
        ticks = [10**power * digit for power in range(9) for digit in ((1, 2, 5) if width >= WIDE else (1,))]
        axes.set_xticks([0, *(tick for tick in ticks if first <= tick <= last)])
        axes.minorticks_off()
        axes.xaxis.set_major_formatter("{x:g}")


def _marked(steps: np.ndarray) -> list[int]:
    """Where a curve is marked: at about as many steps a curve, evenly apart on a logarithmic axis."""
    positive = steps[steps > 0]
    if len(positive) < MARKED or positive[-1] / positive[0] < LOG_FROM:
        return list(range(0, len(steps), max(1, len(steps) // MARKED)))
    spots = np.geomspace(positive[0], positive[-1], MARKED)
    return sorted({0, *(int(np.abs(steps - spot).argmin()) for spot in spots)})


def _unpruned(points: Sequence[Point]) -> float:
    """Mean validation mAP of the unpruned models, nan where it was not measured."""
    records = [r for p in points if p.control == "unpruned" for r in p.records]
    known = [r.stages.get("base", {}).get("validation_map", math.nan) for r in records]
    return sum(known) / len(known) if known else math.nan


def _draw(axes: Axes, found: Recovery, look: Look) -> Line2D:
    axes.fill_between(
        found.steps, found.maps.min(0), found.maps.max(0), color=look.colour, alpha=0.13, linewidth=0
    )
    (line,) = axes.plot(
        found.steps,
        found.maps.mean(0),
        color=look.colour,
        marker=look.marker,
        markersize=look.size(3),
        markevery=_marked(np.asarray(found.steps)),
        linewidth=0.9,
    )
    return line
