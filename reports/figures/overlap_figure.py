"""Figure of the agreement between the criteria of a run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from prunebench.reports.content import numbers
from prunebench.reports.content.criteria_order import in_criteria_order
from prunebench.reports.figures.style.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.style.palette import INK
from prunebench.reports.statistics.overlap import Overlap

CELL, AROUND = 0.165, 1.0  # inches: the height of a criterion, and of title, colours and note
WRITTEN = 12  # criteria up to which the shares are written in a figure of two columns, half as many in one


def draw_overlap(
    overlaps: Sequence[Overlap], *, standing: str, width: float = 2 * COLUMN, order: Sequence[str] = ()
) -> Figure | None:
    """Criteria against criteria at the middle ratio: more in common than by chance orange, less purple.

    Args:
        overlaps: of one panel.
        standing: what the run does not claim.
        width: in inches.
        order: labels from the top, by default as the overlap has them.
    """
    if not overlaps:
        return None
    shown = overlaps[len(overlaps) // 2]
    labels = in_criteria_order(shown.labels, order or shown.labels)
    places = [shown.labels.index(label) for label in labels]
    values = shown.values[np.ix_(places, places)]
    count = len(labels)
    with paper_style():
        figure = Figure((width, CELL * count + AROUND), layout="constrained")
        axes = figure.subplots()
        norm = TwoSlopeNorm(vcenter=min(max(shown.ratio, 0.01), 0.99), vmin=0.0, vmax=1.0)
        image = axes.imshow(values, cmap="PuOr_r", norm=norm, aspect="auto")
        axes.set_facecolor("#E0E0E0")
        numbered = range(1, count + 1)  # names once: two sets would take half of the figure
        step = 2 if width <= COLUMN and count > WRITTEN else 1
        axes.set_xticks(range(0, count, step), [str(n) for n in numbered[::step]])
        axes.set_yticks(range(count), [f"{label}  {n}" for n, label in zip(numbered, labels, strict=True)])
        axes.grid(visible=False)
        axes.tick_params(length=0)
        if count <= WRITTEN * width / (2 * COLUMN):
            for (y, x), value in np.ndenumerate(values):
                if math.isfinite(value):
                    dark = abs(norm(value) - 0.5) > 0.35
                    text = f"{value:.2f}"
                    axes.text(x, y, text, ha="center", va="center", size=6, color="white" if dark else INK)
        bar = figure.colorbar(image, ax=axes, location="top", fraction=0.04, pad=0.02, aspect=50)
        bar.set_ticks(sorted({0.0, shown.ratio, 1.0}))
        bar.outline.set_visible(False)
        figure.suptitle(
            filled(f"{shown.panel.title}, {numbers.share(shown.ratio)} removed", width), size="medium"
        )
        figure.supxlabel(filled(_note(shown, standing), width, 6), size=6)
    return figure


def _note(shown: Overlap, standing: str) -> str:
    note = "colour: share of the removed filters that two criteria have in common, mean over "
    note += f"{shown.bases} base model{'s' * (shown.bases != 1)}"
    if shown.panel.allocation == "uniform":
        note += f"; {shown.ratio:.3g} by chance"
    if np.isfinite(np.diag(shown.values)).any():
        note += "; diagonal: draws of one criterion"
    return f"{note} · {standing}" if standing else note
