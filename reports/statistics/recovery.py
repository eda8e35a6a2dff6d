"""Curves of recovery: validation mAP over the steps of fine-tuning, as run folders keep them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.run.contents import ValidationCurve, curves_of
from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import CONVERGED, FINE_TUNED
from prunebench.reports.points.point import Point
from prunebench.reports.runs.loaded_run import Held, outcome_of


@dataclass(frozen=True)
class Recovery:
    """The curves of a point's cells, at every step at which one of them was evaluated.

    Args:
        steps: (evaluations,), of fine-tuning, counted through the rounds of a schedule.
        maps: (cells, evaluations), validation mAP in [0, 1].
        ends: the first and the last step at which one of the trainings ended.
    """

    steps: NDArray[np.int64]
    maps: NDArray[np.float64]
    ends: tuple[int, int]

    def until(self, step: int) -> Recovery:
        """The same with every value carried on to a step, where all trainings ended before it."""
        if step <= self.steps[-1]:
            return self
        return Recovery(np.append(self.steps, step), np.hstack([self.maps, self.maps[:, -1:]]), self.ends)


def read_curves(runs: Sequence[Path]) -> dict[Held, ValidationCurve]:
    """Run folder and outcome → (step, validation mAP) along its training; without undefined values.

    Raises:
        InputError: naming file and line, for a line that cannot be read.
    """
    return {
        (run, outcome): curve for run in runs for outcome, curve in curves_of(RunFiles(run)).items() if curve
    }


def recovery_of(point: Point, curves: Mapping[Held, ValidationCurve]) -> Recovery | None:
    """The curves of a point from the first step that all have to the last of the longest; `None` without any.

    A curve lies on straight lines between its evaluations. A training that ended before the longest keeps its last
    value: its model changes no more.
    """
    own = [np.array(curves[key]).T for key in map(outcome_of, point.records) if key in curves]
    if not own:
        return None
    began, ends = max(steps[0] for steps, _ in own), [int(steps[-1]) for steps, _ in own]
    steps = np.unique(np.concatenate([steps for steps, _ in own]))
    steps = steps[steps >= began]
    maps = np.array([np.interp(steps, *curve) for curve in own])
    return Recovery(steps.astype(np.int64), maps, (min(ends), max(ends)))


def short_steps(points: Iterable[Point]) -> list[int]:
    """Steps of the short fine-tuning beside these, by which curves pass it; none where cells have one length."""
    stages = [r.stages.get(FINE_TUNED, {}) for p in points if p.panel.length == CONVERGED for r in p.records]
    return sorted({int(steps) for stage in stages if math.isfinite(steps := stage.get("steps", math.nan))})
