"""The figure of the classes that pruning changes most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from prunebench.reports.content import numbers
from prunebench.reports.content.places_said import said_budget
from prunebench.reports.figures.style.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.style.palette import INK
from prunebench.reports.statistics.class_changes import ClassChange

SHOWN = 24  # classes in the figure: those that change most
CELL = 0.155  # inches: the height of a criterion


def draw_class_changes(changes: Sequence[ClassChange], *, width: float = 2 * COLUMN) -> Figure | None:
    """Criteria against the classes that change most at the middle budget: gains orange, losses purple."""
    asked = [c for c in changes if not c.point.own_budget]
    places = sorted({c.point.place for c in asked})
    place = places[len(places) // 2] if places else None
    shown = [c for c in asked if c.point.place == place]
    shown = [c for c in shown if c.classes == shown[0].classes]
    if place is None or not shown[0].classes:
        return None
    shown.sort(key=lambda c: -c.point.mean_map)
    values = np.array([c.change for c in shown])
    means = values.mean(axis=0)
    most = np.argsort(-np.abs(means), kind="stable")[: round(SHOWN * width / (2 * COLUMN))]
    order = most[np.argsort(means[most], kind="stable")]
    values, classes = values[:, order], [shown[0].classes[i] for i in order]
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
        bar.set_label("average precision minus that of the unpruned model, not tested", size=6.5)
        bar.outline.set_visible(False)
    return figure
