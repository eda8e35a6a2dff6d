"""Gains and losses of each class's average precision against the unpruned model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from prunebench.eval.quality.average_precision import average_precision
from prunebench.eval.run.record import Record
from prunebench.reports.content import numbers
from prunebench.reports.figures.canvas import COLUMN, filled, paper_style
from prunebench.reports.figures.palette import INK
from prunebench.reports.points.panel import Panel, base_of
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores, Floats

SHOWN = 24  # classes in the figure: those that change most
CELL = 0.155  # inches: the height of a criterion


@dataclass(frozen=True)
class ClassChange:
    """One criterion at one ratio.

    Args:
        point: it.
        classes: names of the classes that have positives.
        unpruned: their average precision in the unpruned model, mean over base models.
        change: of the criterion's minus that, paired by base model.
    """

    point: Point
    classes: tuple[str, ...]
    unpruned: Floats
    change: Floats


class ClassPrecisions:
    """Average precision by class of cells, computed once each."""

    def __init__(self, scores: ClipScores) -> None:
        self._scores = scores
        self._found = scores.precisions

    def of(self, record: Record) -> Floats | None:
        """Shape (classes,), nan where a class has no positive; `None` without scores."""
        if record.outcome not in self._found:
            clips, scores = self._scores.clips(record.data), self._scores.test_scores(record)
            self._found[record.outcome] = (
                None if clips is None or scores is None else average_precision(clips.targets, scores)
            )
        return self._found[record.outcome]


def class_changes(points: Sequence[Point], panel: Panel, scores: ClipScores) -> list[ClassChange]:
    """Every criterion of a panel at every ratio, where scores of it and of the unpruned model were kept."""
    own = [p for p in points if p.panel == panel]
    clips, precisions = scores.clips(panel.data), ClassPrecisions(scores)
    unpruned = next((p for p in own if p.control == "unpruned"), None)
    if clips is None or unpruned is None:
        return []
    whole = {base_of(r): precisions.of(r) for r in unpruned.records}
    found = []
    for point in (p for p in own if p.control is None):
        before, gaps = [], []
        for base, cells in point.by_base().items():
            known = [ap for ap in map(precisions.of, cells) if ap is not None]
            reference = whole.get(base)
            if reference is not None and len(known) == len(cells):
                before.append(reference)
                gaps.append(np.mean(known, axis=0) - reference)
        if gaps:
            change, base_ap = np.mean(gaps, axis=0), np.mean(before, axis=0)
            held = np.isfinite(change)
            names = tuple(name for name, has in zip(clips.class_names, held, strict=True) if has)
            found.append(ClassChange(point, names, base_ap[held], change[held]))
    return found


def draw_class_changes(
    changes: Sequence[ClassChange], ratio: float, *, width: float = 2 * COLUMN
) -> Figure | None:
    """Criteria against the classes that change most at a ratio, as a map of gains (orange) and losses (purple)."""
    shown = [c for c in changes if c.point.ratio == ratio and not c.point.own_budget]
    shown = [c for c in shown if c.classes == shown[0].classes]
    if not shown or not shown[0].classes:
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
        title = f"{shown[0].point.panel.title}, {numbers.share(ratio)} removed: {which}"
        figure.suptitle(filled(title, width), size="medium", color=INK)
        bar = figure.colorbar(image, ax=axes, location="top", fraction=0.04, pad=0.02, aspect=50)
        bar.set_label("change of average precision", size=6.5)
        bar.outline.set_visible(False)
    return figure


def change_rows(changes: Sequence[ClassChange]) -> list[list[object]]:
    """`criterion, ratio, class, unpruned, change`, a row each."""
    return [
        [c.point.label, c.point.ratio, name, float(before), float(change)]
        for c in changes
        for name, before, change in zip(c.classes, c.unpruned, c.change, strict=True)
    ]


def middle_ratio(changes: Sequence[ClassChange]) -> float:
    """The middle of the ratios, nan without one."""
    ratios = sorted({c.point.ratio for c in changes if not c.point.own_budget})
    return ratios[len(ratios) // 2] if ratios else math.nan
