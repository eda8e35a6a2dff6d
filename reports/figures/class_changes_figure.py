"""The figure of the classes that pruning changes most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from prunebench.reports.content import numbers
from prunebench.reports.content.criteria_order import in_criteria_order
from prunebench.reports.content.places_said import said_budget
from prunebench.reports.figures.style.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.style.palette import INK
from prunebench.reports.statistics.class_changes import ClassChange

SHOWN = 24  # classes in the figure: those that change most
CELL = 0.155  # inches: the height of a criterion


def draw_class_changes(
    changes: Sequence[ClassChange],
    *,
    standing: str = "",
    width: float = 2 * COLUMN,
    order: Sequence[str] = (),
) -> Figure | None:
    """Criteria against the classes that change most at the middle budget: gains orange, losses purple.

    Args:
        changes: of one panel.
        standing: what the run does not claim.
        width: in inches.
        order: labels from the top, by default random and then the others, best first.
    """
    asked = [c for c in changes if not c.point.own_budget]
    places = sorted({c.point.place for c in asked})
    place = places[len(places) // 2] if places else None
    shown = [c for c in asked if c.point.place == place]
    shown = [c for c in shown if c.classes == shown[0].classes]
    if place is None or not shown[0].classes:
        return None
    best = sorted(shown, key=lambda c: (not c.point.is_random, -c.point.mean_map))
    labels = in_criteria_order((c.point.label for c in best), order or [c.point.label for c in best])
    shown.sort(key=lambda c: labels.index(c.point.label))
    values = np.array([c.change for c in shown])
    means = values.mean(axis=0)
    most = np.argsort(-np.abs(means), kind="stable")[: round(SHOWN * width / (2 * COLUMN))]
    by_change = most[np.argsort(means[most], kind="stable")]
    values, classes = values[:, by_change], [shown[0].classes[i] for i in by_change]
    limit = max(float(np.abs(values).max()), 1e-6)
    with paper_style():
        longest = 0.045 * max(map(len, classes))
        figure = Figure((width, CELL * len(shown) + 1.1 + longest), layout="constrained")
        axes = figure.subplots()
        image = axes.imshow(values, cmap="PuOr_r", vmin=-limit, vmax=limit, aspect="auto")
        if width > COLUMN:
            axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right", rotation_mode="anchor")
        else:
            axes.set_xticks(range(len(classes)), classes, rotation=90)
        axes.set_yticks(range(len(shown)), [c.point.label for c in shown])
        axes.grid(visible=False)
        axes.tick_params(length=0)
        total = len(shown[0].classes)
        which = (
            f"the {len(classes)} of {total} classes that change most" if total > len(classes) else "by class"
        )
        removed = f"{numbers.share(place[0])} removed{said_budget(place, places)}"
        title = f"{shown[0].point.panel.title}, {removed}: {which}"
        figure.suptitle(filled(title, width), size="medium", color=INK)
        bar = figure.colorbar(image, ax=axes, location="top", fraction=0.04, pad=0.02, aspect=50)
        bar.outline.set_visible(False)
        note = "colour: average precision minus that of the unpruned model, not tested"
        note += f" · {standing}" if standing else ""
        figure.supxlabel(filled(note, width, 6), size=6)
    return figure
