"""One outcome: surgery, fine-tuning and quality of one set of removed filters.

Cells that remove the same filters and are fine-tuned alike share an outcome, which is computed once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.files import whole_file
from prunebench.harness import recalibration
from prunebench.harness.bases import (
    BaseJob,
    base_scores,
    load_base,
    stem_features,
    trained_from_scratch,
)
from prunebench.harness.cache import Cache
from prunebench.harness.identity import identity
from prunebench.harness.measures import exact_measures
from prunebench.harness.model import Cnn14
from prunebench.harness.quality import Quality, quality, resampled_map
from prunebench.harness.recalibration import recalibrate, recalibration_rows
from prunebench.harness.splits import split_features, split_targets
from prunebench.harness.surgery import remove_filters
from prunebench.harness.training import Recipe, predict, train
from prunebench.harness.training_state import TrainingState

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Finetuning:
    """How a pruned model is trained further.

    Args:
        scope: `"tail"` trains C7–C12 and the head on cached outputs of C1–C6; `"all"` trains everything.
        recipe: steps and rate.
        seed: of data order, augmentation and dropout.
    """

    scope: Literal["tail", "all"]
    recipe: Recipe
    seed: int


@dataclass(frozen=True)
class OutcomeJob:
    """All it takes to compute one outcome.

    Args:
        base: the base model.
        removed: layer → filters removed.
        finetuning: `None` to stop after surgery.
        scratch: train the remaining shape from new weights instead.
        recalibration_clips: training clips on which batch norm is estimated anew after surgery; 0 for none.
    """

    base: BaseJob
    removed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    finetuning: Finetuning | None = None
    scratch: bool = False
    recalibration_clips: int = 0

    @property
    def identity(self) -> str:
        """Hash of what was trained and how; who asked for it does not matter."""
        decides: dict[str, object] = {
            "base": self.base.identity,
            "removed": {layer: list(rows) for layer, rows in self.removed.items() if rows},
            "finetuning": asdict(self.finetuning) if self.finetuning else None,
            "scratch": self.scratch,
        }
        if self.recalibration_clips:
            decides["recalibration"] = [self.recalibration_clips, recalibration.VERSION]
        return identity(decides)


@dataclass(frozen=True)
class Outcome:
    """What an outcome measured; the fields are those of `prunebench.eval.Record`."""

    identity: str
    widths: tuple[int, ...]
    stages: Mapping[str, Mapping[str, float]]
    measures: Mapping[str, float]
    timings: Mapping[str, float]
    unmeasured: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, line: str) -> Outcome:
        """The outcome a line holds."""
        found = json.loads(line)
        return cls(**{**found, "widths": tuple(found["widths"])})


def run_outcome(
    job: OutcomeJob, base_quality: Quality, cache: Cache, scores: Path, progress: Progress | None = None
) -> Outcome:
    """Compute an outcome and keep its test scores in the folder `scores`."""
    stages: dict[str, Quality] = {"base": base_quality}
    timings: dict[str, float] = {}
    unmeasured: dict[str, str] = {}
    state = cache.training(job.identity)
    last = base_scores(job.base, cache)["test"]

    def measure(stage: str, model: Cnn14) -> None:
        nonlocal last
        found = quality(_predictor(job, model, cache), job.base.data)
        stages[stage], last = found.figures, found.scores["test"]
        unmeasured.update({f"{stage} {name}": reason for name, reason in found.failed.items()})

    if job.scratch:
        widths = remove_filters(load_base(job.base, cache), job.removed).widths
        started = time.perf_counter()
        model = trained_from_scratch(job.base, widths, cache, state, progress)
        timings["training_seconds"] = time.perf_counter() - started + state.earlier_seconds
        stages.clear()
        measure("fine-tuned", model)
    else:
        base = load_base(job.base, cache)
        started = time.perf_counter()
        model = remove_filters(base, job.removed)
        timings["surgery_seconds"] = time.perf_counter() - started
        if any(job.removed.values()):
            measure("pruned", model)
            if job.recalibration_clips:
                started = time.perf_counter()
                _recalibrate(model, job, cache)
                timings["recalibration_seconds"] = time.perf_counter() - started
                measure("recalibrated", model)
        if job.finetuning is not None:
            started = time.perf_counter()
            _finetune(model, job.base, job.finetuning, cache, state, progress)
            timings["finetuning_seconds"] = time.perf_counter() - started + state.earlier_seconds
            measure("fine-tuned", model)
    with whole_file(scores / f"{job.identity}.npz") as stream:
        np.savez_compressed(stream, test=last, resampled_map=resampled_map(last, job.base.data))
    figures, failed = exact_measures(model)
    return Outcome(job.identity, model.widths, stages, figures, timings, unmeasured | failed)


def _finetune(
    model: Cnn14,
    base: BaseJob,
    finetuning: Finetuning,
    cache: Cache,
    state: TrainingState,
    progress: Progress | None,
) -> None:
    tail = finetuning.scope == "tail"
    inputs = stem_features(base, "training", cache) if tail else split_features(base.data, "training", cache)
    targets = split_targets(base.data, "training")
    recipe, seed = finetuning.recipe, finetuning.seed
    train(model, inputs, targets, recipe, seed=seed, tail=tail, progress=progress, state=state)


def _recalibrate(model: Cnn14, job: OutcomeJob, cache: Cache) -> None:
    tail = job.finetuning is not None and job.finetuning.scope == "tail"
    inputs = (
        stem_features(job.base, "training", cache)
        if tail
        else split_features(job.base.data, "training", cache)
    )
    rows = recalibration_rows(len(inputs), job.recalibration_clips)
    recalibrate(model, inputs, rows, tail=tail)


def _predictor(job: OutcomeJob, model: Cnn14, cache: Cache) -> Callable[[str], NDArray[np.float32]]:
    """Predictions through the cached stem where C1–C6 are the base model's, which gives the same at less cost."""
    tail = not job.scratch and (job.finetuning is not None and job.finetuning.scope == "tail")

    def predict_split(split: str) -> NDArray[np.float32]:
        if tail:
            return predict(model, stem_features(job.base, split, cache), tail=True)
        return predict(model, split_features(job.base.data, split, cache))

    return predict_split
