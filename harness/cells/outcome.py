"""One outcome: surgery, fine-tuning and quality of one set of removed filters.

Cells that remove the same filters and are fine-tuned alike share an outcome, which is computed once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.files import whole_file
from prunebench.eval.measures.exact import exact_measures
from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.harness.cells.base_model import (
    BaseJob,
    base_scores,
    load_base,
    stem_features,
    trained_from_scratch,
)
from prunebench.harness.cells.best_iterate import best_beside, copy_trained
from prunebench.harness.cells.distillation import finetuning_targets
from prunebench.harness.cells.finetuning import Finetuning
from prunebench.harness.cells.rounds import Rounds
from prunebench.harness.cells.stage_quality import Quality, influences, quality
from prunebench.harness.cells.weights_digest import weights_digest
from prunebench.harness.data.features.splits import split_features, split_targets
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.pruning import recalibration
from prunebench.harness.pruning.recalibration import recalibrate, recalibration_rows
from prunebench.harness.pruning.surgery import remove_filters
from prunebench.harness.training.course import Course
from prunebench.harness.training.fit import fit
from prunebench.harness.training.loop import Evaluate
from prunebench.harness.training.prediction import predict, predictions
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import TrainingState, training_state
from prunebench.harness.training.validation import validation_map
from prunebench.harness.workspace.cache import Cache
from prunebench.harness.workspace.hashing import identity

Progress = Callable[[int, int], None]
T = TypeVar("T")


@dataclass(frozen=True)
class OutcomeJob:
    """All it takes to compute one outcome.

    Args:
        base: the base model.
        removed: layer → filters removed.
        finetuning: `None` to stop after surgery.
        scratch: train the remaining shape from new weights instead.
        recalibration_clips: training clips on which batch norm is estimated anew after surgery; 0 for none.
        scratch_steps: of the training from new weights, those of the base model by default.
        rounds: how an iterative schedule removes filters; then `removed` is empty.
    """

    base: BaseJob
    removed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    finetuning: Finetuning | None = None
    scratch: bool = False
    recalibration_clips: int = 0
    scratch_steps: int | None = None
    rounds: Rounds | None = None

    @property
    def identity(self) -> str:
        """Hash of what was trained and how; who asked for it does not matter."""
        decides: dict[str, object] = {
            "base": self.base.identity,
            "removed": {layer: list(rows) for layer, rows in self.removed.items() if rows},
            "finetuning": self.finetuning.decides() if self.finetuning else None,
            "scratch": self.scratch,
        }
        if self.recalibration_clips:
            decides["recalibration"] = [self.recalibration_clips, recalibration.VERSION]
        if self.scratch_steps is not None:
            decides["scratch_steps"] = self.scratch_steps
        if self.rounds is not None:
            decides["rounds"] = self.rounds.decides()
        return identity(decides)


@dataclass(frozen=True)
class Outcome:
    """What an outcome measured; the fields are those of `prunebench.eval.Record`.

    Args:
        removed: layer → filters that went, where only carrying it out showed which.
        curve: (step, validation mAP) along its training, in order; of rounds, steps are counted through. It has a file
            of its own in the run folder.
        base_weights: digest of the base model's weights; empty in outcomes of before they had one.
    """

    identity: str
    widths: tuple[int, ...]
    stages: Mapping[str, Mapping[str, float]]
    measures: Mapping[str, float]
    timings: Mapping[str, float]
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    removed: Mapping[str, tuple[int, ...]] | None = None
    curve: tuple[tuple[int, float], ...] = ()
    base_weights: str = ""

    def to_json(self) -> str:
        """One line, without the curve."""
        told = {k: v for k, v in asdict(self).items() if v not in (None, "") and k != "curve"}
        return json.dumps(told, sort_keys=True)

    @classmethod
    def from_json(cls, line: str) -> Outcome:
        """The outcome a line holds."""
        found = json.loads(line)
        return cls(**{**found, "widths": tuple(found["widths"])})


def run_outcome(
    job: OutcomeJob, base_quality: Quality, cache: Cache, scores: Path, progress: Progress | None = None
) -> Outcome:
    """Compute an outcome and keep its test scores in the folder `scores`.

    Of an iterative schedule the stages before the last are those of the last round, and timings are sums.
    """
    stages: dict[str, Quality] = {"base": base_quality}
    timings: dict[str, float] = {}
    unmeasured: dict[str, str] = {}
    removed = None
    last = base_scores(job.base, cache)["test"]

    course = Course()
    curve: list[tuple[int, float]] = []
    tuned = 0
    models = scores.parent / "models"
    copy_trained(cache.base(job.base.identity), job.base.identity, models)

    def measure(stage: str, model: Cnn14) -> None:
        nonlocal last
        found = quality(_predictor(job, model, cache), job.base.data)
        stages[stage], last = found.figures, found.scores["test"]
        if stage == "fine-tuned":  # the last iterate counts, the best stands beside it
            stages[stage] |= best_beside(
                model, course, job.base.data, _recipe(job), cache, models / job.identity
            )
        unmeasured.update({f"{stage} {name}": reason for name, reason in found.failed.items()})

    def timed(name: str, did: Callable[[], T]) -> T:
        started = time.perf_counter()
        found = did()
        timings[name] = timings.get(name, 0.0) + time.perf_counter() - started
        return found

    def mend(model: Cnn14, last_round: bool = True) -> None:
        if last_round:
            measure("pruned", model)
        if job.recalibration_clips:
            timed("recalibration_seconds", lambda: _recalibrate(model, job, cache))
            if last_round:
                measure("recalibrated", model)

    def tune(model: Cnn14, finetuning: Finetuning, part: str = "") -> None:
        nonlocal course, tuned
        state = training_state(cache, job.identity, part)
        course = timed(
            "finetuning_seconds",
            lambda: _finetune(model, job, finetuning, cache, state, progress),
        )
        timings["finetuning_seconds"] += state.earlier_seconds
        curve.extend((tuned + step, value) for step, value in course.curve)
        tuned += finetuning.recipe.steps

    base = load_base(job.base, cache)
    weights = weights_digest(base)
    if job.scratch:
        widths = remove_filters(base, job.removed).widths
        steps = job.base.recipe.steps if job.scratch_steps is None else job.scratch_steps
        recipe = replace(job.base.recipe, steps=steps)
        started = time.perf_counter()
        state = training_state(cache, job.identity)
        model, course = trained_from_scratch(replace(job.base, recipe=recipe), widths, cache, state, progress)
        timings["training_seconds"] = time.perf_counter() - started + state.earlier_seconds
        curve = course.curve
        stages.clear()
        measure("fine-tuned", model)
    elif job.rounds is not None:
        assert job.finetuning is not None
        whole, parts = job.finetuning, len(job.rounds.parts)

        def after_round(left: Cnn14, number: int, last_round: bool) -> None:
            mend(left, last_round)
            tune(left, whole.of_round(number, parts), f"round{number}")

        model, removed = job.rounds.run(base, cache, after_round)
        measure("fine-tuned", model)
    else:
        started = time.perf_counter()
        model = remove_filters(base, job.removed)
        timings["surgery_seconds"] = time.perf_counter() - started
        if any(job.removed.values()):
            mend(model)
        if job.finetuning is not None:
            tune(model, job.finetuning)
            measure("fine-tuned", model)
    with whole_file(scores / f"{job.identity}.npz", follow=False) as stream:
        np.savez_compressed(stream, test=last, influence=influences(last, job.base.data))
    figures, failed = exact_measures(model)
    return Outcome(
        job.identity,
        model.widths,
        stages,
        figures,
        timings,
        unmeasured | failed,
        removed,
        tuple(curve),
        weights,
    )


def _finetune(
    model: Cnn14,
    job: OutcomeJob,
    finetuning: Finetuning,
    cache: Cache,
    state: TrainingState,
    progress: Progress | None,
) -> Course:
    base, tail = job.base, finetuning.scope == "tail"
    inputs = stem_features(base, "training", cache) if tail else split_features(base.data, "training", cache)
    targets = finetuning_targets(base, finetuning.distillation, cache)
    return fit(
        model,
        inputs,
        targets,
        finetuning.recipe,
        seed=finetuning.seed,
        tail=tail,
        evaluate=validation_map(base.data, cache, finetuning.recipe) or _validation_map(job, cache),
        evaluate_every=finetuning.evaluate_every,
        progress=progress,
        state=state,
    )


def _validation_map(job: OutcomeJob, cache: Cache) -> Evaluate:
    """Of the small loop, through the cached stem where fine-tuning goes through it."""

    def evaluate(model: Cnn14) -> float:
        scores = _predictor(job, model, cache)("validation")
        return mean_average_precision(split_targets(job.base.data, "validation"), scores).value

    return evaluate


def _recipe(job: OutcomeJob) -> Recipe:
    return job.base.recipe if job.finetuning is None else job.finetuning.recipe


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
        return predictions(model, split_features(job.base.data, split, cache), _recipe(job))

    return predict_split
