"""Gains and losses of each class's average precision against the unpruned model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prunebench.eval.quality.clip_variance import Floats
from prunebench.reports.points.panel import Panel, base_of
from prunebench.reports.points.point import Point
from prunebench.reports.runs.clips import ClipScores


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


def class_changes(points: Sequence[Point], panel: Panel, scores: ClipScores) -> list[ClassChange]:
    """Every criterion of a panel at every ratio, where scores of it and of the unpruned model were kept."""
    own = [p for p in points if p.panel == panel]
    clips = scores.clips(panel.data)
    unpruned = next((p for p in own if p.control == "unpruned"), None)
    if clips is None or unpruned is None:
        return []
    whole = {base_of(r): scores.precision(r) for r in unpruned.records}
    found = []
    for point in (p for p in own if p.control is None):
        before, gaps = [], []
        for base, cells in point.by_base().items():
            known = [ap for ap in map(scores.precision, cells) if ap is not None]
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


def change_rows(changes: Sequence[ClassChange]) -> list[list[object]]:
    """`criterion, ratio, class, unpruned, change`, a row each."""
    return [
        [c.point.label, c.point.ratio, name, float(before), float(change)]
        for c in changes
        for name, before, change in zip(c.classes, c.unpruned, c.change, strict=True)
    ]
