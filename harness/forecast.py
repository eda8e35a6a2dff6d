"""How long a sweep will take, from a probe of a few seconds.

The model: a training step, or a forward pass, of a shape takes the time it takes the unpruned model times the shape's
share of that model's MACs (backbone); what every trained model costs besides (surgery, exact measures, resampled mAP)
is taken once and counted for each. Cells are taken to share nothing, and workers to share nothing either.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import torch

from prunebench.harness.architecture import Architecture
from prunebench.harness.cache import Cache
from prunebench.harness.cell import Cell
from prunebench.harness.config import Config
from prunebench.harness.data import DataOptions
from prunebench.harness.frontend import MELS, frames
from prunebench.harness.measures import exact_measures
from prunebench.harness.model import Cnn14
from prunebench.harness.plan import Plan
from prunebench.harness.quality import resampled_map
from prunebench.harness.schedule import parse_schedule
from prunebench.harness.splits import opened
from prunebench.harness.surgery import remove_filters
from prunebench.harness.training import Recipe, predict, stem_outputs, train
from prunebench.pruners.contract import COLLECTED

MODEL = "a step takes the unpruned model's time, measured, times the shape's share of its MACs"
BATCH = 16  # clips of the probe
STEPS = 3


@dataclass(frozen=True)
class Speed:
    """What the unpruned model takes on one data set, on one thread count.

    Args:
        step: seconds of a training step of all layers, for each clip of its batch.
        tail_step: the same of C7–C12 and the head.
        forward: seconds of a forward pass, for each clip.
        outcome: seconds that each trained model takes besides.
    """

    step: float
    tail_step: float
    forward: float
    outcome: float


@dataclass(frozen=True)
class Forecast:
    """Seconds on one worker, by what they go into, and with the workers of the configuration."""

    parts: Mapping[str, float]
    workers: int
    speeds: tuple[Speed, ...]

    @property
    def seconds(self) -> float:
        """In all, with the workers of the configuration."""
        return sum(self.parts.values()) / max(1, self.workers)


def probe(model: Architecture, data: DataOptions, threads: int) -> Speed:
    """Take the times of the unpruned model on clips of noise as long as the data set's."""
    dataset = opened(data)
    rng = np.random.default_rng(0)
    clips = rng.normal(-40, 10, (BATCH, frames(dataset.samples), MELS)).astype(np.float32)
    targets = rng.random((BATCH, model.n_classes)) < 0.1
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        network = Cnn14(model.widths, model.n_classes, model.embedding)
        stem = np.concatenate(list(stem_outputs(network, clips)))
        step = _step_seconds(lambda said: train(network, clips, targets, _RECIPE, seed=0, progress=said))
        tail = _step_seconds(
            lambda said: train(network, stem, targets, _RECIPE, seed=0, tail=True, progress=said)
        )
        forward = _seconds(lambda: predict(network, clips, batch=BATCH))
        scores = rng.random((len(dataset.test), model.n_classes), dtype=np.float32)
        outcome = sum(
            _seconds(job)
            for job in (
                lambda: remove_filters(network, {"C12": range(min(1, model.widths[-1] - 1))}),
                lambda: exact_measures(network),
                lambda: resampled_map(scores, data),
            )
        )
    finally:
        torch.set_num_threads(before)
    return Speed(step / BATCH, tail / BATCH, forward / BATCH, outcome)


_RECIPE = Recipe(steps=STEPS, batch=BATCH)


def _seconds(job: Callable[[], object]) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def _step_seconds(run: Callable[[Callable[[int, int], None]], object]) -> float:
    """The median of the steps after the first, which allocates."""
    ends: list[float] = []
    run(lambda done, total: ends.append(time.perf_counter()))
    return median(np.diff(ends).tolist())


def forecast(
    config: Config, plan: Plan, cells: Sequence[Cell], options: Sequence[DataOptions], cache: Cache
) -> Forecast:
    """How long the given cells of a plan will take.

    Args:
        config: the sweep.
        plan: of the configuration.
        cells: those that are not finished.
        options: of the plan's data sets.
        cache: base models that it holds are not trained again.
    """
    speeds = tuple(
        probe(model, data, config.threads) for model, data in zip(plan.models, options, strict=True)
    )
    tally = _Tally(config, plan, speeds)
    for base in dict.fromkeys(cell.base for cell in cells):
        if not (cache.base(base.identity) / "quality.json").exists():
            tally.base(base.data)
    tally.scores(cells)
    tally.rates(cells)
    for cell in cells:
        tally.cell(cell)
    return Forecast(tally.parts, config.workers, speeds)


class _Tally:
    def __init__(self, config: Config, plan: Plan, speeds: Sequence[Speed]) -> None:
        self.parts = dict.fromkeys(("base models", "scores", "learning rates", "cells"), 0.0)
        self._config, self._speeds = config, speeds
        self._tuning = config.finetune.recipe(config.finetune.rates[0])
        self._clips = [
            sum(len(opened(data).split(split)) for split in ("validation", "test"))
            for data in config.data_sets()
        ]
        self._validation = [len(opened(data).validation) for data in config.data_sets()]
        self._shares = [
            {
                (scope, planned.ratio): model.share("macs_backbone", planned.widths)
                for scope, every in points.items()
                for planned in every
            }
            for model, points in zip(plan.models, plan.points, strict=True)
        ]

    def base(self, data: int) -> None:
        training, speed = self._config.base.recipe, self._speeds[data]
        kept = self._config.model.checkpoint is not None and self._config.model.adapt != "all"
        steps = 0 if kept else training.steps * training.batch * speed.step
        self.parts["base models"] += steps + 2 * self._clips[data] * speed.forward + speed.outcome

    def scores(self, cells: Sequence[Cell]) -> None:
        prune = self._config.prune
        for base, criterion, _ in {(c.base, c.criterion, c.prune_seed) for c in cells if c.criterion}:
            needs = prune.pruner(criterion).needs
            passes = 3 if "gradients" in needs else 1
            if needs & COLLECTED:
                self.parts["scores"] += passes * prune.calibration_clips * self._speeds[base.data].forward

    def rates(self, cells: Sequence[Cell]) -> None:
        tuning = self._config.finetune
        groups = {(c.base.data, c.scope, c.finetune_scope) for c in cells if c.finetune_scope != "none"}
        for data, _, finetune_scope in groups:
            trials = len(tuning.rates) * (1 + len(tuning.rate_ratios))
            self.parts["learning rates"] += trials * self._trained(data, finetune_scope, 1.0, 2)

    def cell(self, cell: Cell) -> None:
        data = cell.base.data
        share = self._shares[data].get((cell.scope, cell.ratio), 1.0)
        if cell.control in ("scratch", "scratch-macs"):
            training, tuning = self._config.base.recipe, self._tuning
            clips = training.steps * training.batch
            if cell.control == "scratch-macs":
                clips = round(clips / share) + tuning.steps * tuning.batch
            self.parts["cells"] += share * clips * self._speeds[data].step + self._measured(data, share, 1)
        elif cell.criterion or cell.control == "unpruned-fine-tuned":
            schedule = parse_schedule(cell.schedule)
            stages = 1 + bool(cell.criterion) + bool(self._recalibrated(schedule.recalibration_clips))
            self.parts["cells"] += self._trained(data, cell.finetune_scope, share, stages)

    def _recalibrated(self, clips: int | None) -> int:
        return self._config.prune.recalibration_clips if clips is None else clips

    def _trained(self, data: int, finetune_scope: str, share: float, stages: int) -> float:
        tuning, speed = self._tuning, self._speeds[data]
        step = {"tail": speed.tail_step, "all": speed.step, "none": 0.0}[finetune_scope]
        every = self._config.finetune.evaluate_every
        looks = 1 + math.ceil(tuning.steps / every) if every and finetune_scope != "none" else 0
        looked = share * looks * self._validation[data] * speed.forward
        return share * tuning.steps * tuning.batch * step + looked + self._measured(data, share, stages)

    def _measured(self, data: int, share: float, stages: int) -> float:
        speed = self._speeds[data]
        return share * stages * self._clips[data] * speed.forward + speed.outcome
