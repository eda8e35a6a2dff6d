"""What methods spend besides ranking filters: training before they are scored, fine-tuning, a search."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from prunebench.eval.run.record import CONVERGED, FINE_TUNED, Record
from prunebench.reports.points.cost_axis import MACS
from prunebench.reports.points.point import Point
from prunebench.reports.runs.loaded_run import Run, cell_of, setting

PASSES = 3  # of a training step: a forward pass, and a backward pass of twice its MACs
MASKED = ("progressive", "soft")  # schedules that train the unpruned shape and remove its filters at the end
SHAPES_KNOWN = ("one-shot", *MASKED)  # schedules whose shapes in training the records hold


@dataclass(frozen=True, kw_only=True)
class TrainingBudget:
    """What a method spent, means over its cells; nan for what the run folders do not hold.

    MACs are of the backbone: three forward passes (one forward, a backward one of two) for each clip of a step, of a
    10 s clip, as if every layer was trained. The trainings that chose learning rates are shared by all methods and not
    counted.

    Args:
        steps_before, macs_before: steps and MACs of the training between the base model and the scores; 0 without one.
        steps, macs: steps and MACs of the fine-tuning; 0 without one.
        at_least: whether `macs` is a lower bound, because earlier rounds trained larger shapes that no record holds.
        search_macs, search_seconds: MACs and seconds of a search for the widths of layers; 0 without one.
    """

    steps_before: float
    macs_before: float
    steps: float
    macs: float
    at_least: bool
    search_macs: float
    search_seconds: float

    @property
    def all_macs(self) -> float:
        """Training and search together."""
        return self.macs_before + self.macs + self.search_macs


class Budgets:
    """The budgets of the points of a report.

    Args:
        runs: whose configurations say how many steps a fine-tuning has where records do not.
        points: of all panels.
    """

    def __init__(self, runs: Sequence[Run], points: Iterable[Point]) -> None:
        self._configs = {cell_of(record): run.config for run in runs for record in run.records}
        unpruned = [p for p in points if p.control == "unpruned"]
        self._whole = {p.panel: MACS.of(p) for p in unpruned}

    def of(self, point: Point) -> TrainingBudget:
        """The mean over the cells of a point."""
        found = [self._of(record, self._whole.get(point.panel, math.nan)) for record in point.records]
        means = {name: _mean(getattr(budget, name) for budget in found) for name in _NUMBERS}
        return TrainingBudget(**means, at_least=any(budget.at_least for budget in found))

    def _of(self, record: Record, whole: float) -> TrainingBudget:
        config = self._configs.get(cell_of(record), {})
        steps = _steps(record, config)
        schedule = record.schedule.partition("[")[0]
        masked = min(steps, _asked_steps(config)) if schedule in MASKED else 0.0
        batch, macs = _number(setting(config, "finetune", "batch")), MACS.of_record(record)
        clips = batch * PASSES
        tuned = steps > 0 or math.isnan(steps)
        return TrainingBudget(
            steps_before=record.sparsify_steps,
            macs_before=record.sparsify_macs,
            steps=steps,
            macs=clips * ((masked * whole if masked else 0.0) + (steps - masked) * macs) if tuned else 0.0,
            at_least=tuned and schedule not in SHAPES_KNOWN,
            search_macs=record.measures.get("search_macs", 0.0),
            search_seconds=record.timings.get("search_seconds", 0.0),
        )


_NUMBERS = (
    "steps_before",
    "macs_before",
    "steps",
    "macs",
    "search_macs",
    "search_seconds",
)


def _steps(record: Record, config: Mapping[str, Any]) -> float:
    """Steps of the fine-tuning that led to the last stage, of all rounds together."""
    if record.finetune_scope == "none" or record.last_stage not in (FINE_TUNED, CONVERGED):
        return 0.0
    told = record.stages[record.last_stage].get("steps")
    return _asked_steps(config) if told is None else float(told)


def _asked_steps(config: Mapping[str, Any]) -> float:
    return _number(setting(config, "finetune", "steps"))


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _mean(values: Iterable[float]) -> float:
    found = [float(value) for value in values if math.isfinite(value)]
    return fmean(found) if found else math.nan
