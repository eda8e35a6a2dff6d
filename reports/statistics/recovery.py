"""Curves of recovery: validation mAP over the steps of fine-tuning, as run folders keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.run.contents import ValidationCurve, curves_of
from prunebench.eval.run.layout import RunFiles
from prunebench.reports.points.point import Point


@dataclass(frozen=True)
class Recovery:
    """The curves of a point's cells.

    Args:
        steps: (evaluations,), of fine-tuning, counted through the rounds of a schedule.
        maps: (cells, evaluations), validation mAP in [0, 1].
    """

    steps: NDArray[np.int64]
    maps: NDArray[np.float64]


def read_curves(runs: Sequence[Path]) -> dict[str, ValidationCurve]:
    """Outcome → (step, validation mAP) along its training, of every run; without undefined values.

    Raises:
        InputError: naming file and line, for a line that cannot be read.
    """
    found: dict[str, ValidationCurve] = {}
    for run in runs:
        found |= curves_of(RunFiles(run))
    return {outcome: curve for outcome, curve in found.items() if curve}


def recovery_of(point: Point, curves: Mapping[str, ValidationCurve]) -> Recovery | None:
    """The curves of a point, those that were evaluated at the steps of the longest; `None` without any."""
    own = [curves[r.outcome] for r in point.records if r.outcome in curves]
    if not own:
        return None
    steps = [step for step, _ in max(own, key=len)]
    maps = [[value for _, value in curve] for curve in own if [step for step, _ in curve] == steps]
    return Recovery(np.array(steps), np.array(maps))
