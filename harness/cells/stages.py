"""The stages that a cell goes through: trained, recalibrated, timed and measured, one after the other."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.run.layout import RunFiles
from prunebench.eval.run.record import CONVERGED, FINE_TUNED, QUANTISED
from prunebench.eval.text.foreign_code import raised
from prunebench.harness.cells.best_iterate import best_beside
from prunebench.harness.cells.finetuning import Finetuning
from prunebench.harness.cells.inputs import Inputs
from prunebench.harness.cells.quantised import Quantising, quantised
from prunebench.harness.cells.stage_quality import QualityFigures, quality
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.training.course import Course
from prunebench.harness.training.filter_masks import Masking
from prunebench.harness.training.fit import fit
from prunebench.harness.training.follow import how_it_ended
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.state import training_state
from prunebench.harness.training.training import Training


class Stages:
    """What was measured of each stage, and what the way there took.

    Args:
        inputs: of the cell.
        identity: of its outcome, under which trainings are kept.
        base_quality: of the base model.
        files: of the run folder, where trainings that evaluate along the way leave their weights.
        progress: told (steps done, steps) of a training.

    Attributes:
        quality: stage → name → value; after an iterative schedule the stages before the last are those of its last
            round.
        timings: name → seconds, summed over rounds.
        unmeasured: stage and measure → why it is missing.
        removed: layer → filters of the base model that went, where only carrying it out showed which.
        scores: test scores of the last stage that was measured, (clips, classes); `None` where none was.
        short_scores: those of the short length, where there are two.
        quantised_scores: those of the quantised model, where there is one.
        quantised_measures: its bytes and those of its graph in float32.
        curve: (step, validation mAP) along the trainings, steps counted through; without the short length of two.
    """

    def __init__(
        self,
        inputs: Inputs,
        identity: str,
        base_quality: QualityFigures,
        files: RunFiles,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.inputs = inputs
        self.quality: dict[str, QualityFigures] = {"base": base_quality}
        self.timings: dict[str, float] = {}
        self.unmeasured: dict[str, str] = {}
        self.removed: dict[str, tuple[int, ...]] | None = None
        self.scores: NDArray[np.float32] | None = None
        self.short_scores: NDArray[np.float32] | None = None
        self.quantised_scores: NDArray[np.float32] | None = None
        self.quantised_measures: dict[str, float] = {}
        self.curve: list[tuple[int, float]] = []
        self._identity = identity
        self._files = files
        self._progress = progress
        self._course = Course()
        self._ended: Mapping[str, float] = {}  # how the last training ended
        self._steps = 0

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Add the seconds within to a timing."""
        started = time.perf_counter()
        yield
        self.timings[name] = self.timings.get(name, 0.0) + time.perf_counter() - started

    def measure(self, stage: str, model: Tagger) -> None:
        """Measure the quality of a stage; after a training the last iterate counts, the best stands beside it."""
        found = quality(self.inputs.scores(model), self.inputs.base.data)
        self.quality[stage], self.scores = found.figures, found.scores["test"]
        if stage == CONVERGED:
            self.quality[stage] |= self._ended
        if stage == FINE_TUNED and self._course.best:
            self.quality[stage] |= best_beside(
                model, self._course, self.inputs, self._files.models / self._identity
            )
        self.unmeasured |= {f"{stage} {name}": reason for name, reason in found.failed.items()}

    def quantise(self, model: Tagger, how: Quantising) -> None:
        """Measure a quantised copy of the last model; if that fails, keep the other figures and the reason."""
        try:
            with self.timed("quantising_seconds"):
                found = quantised(model, self.inputs, how)
        except OSError:  # a full disk, which every other cell would meet too
            raise
        except Exception as error:  # the libraries may raise anything on a graph that they cannot take
            self.unmeasured[f"{QUANTISED} test_map"] = f"The model cannot be quantised ({raised(error)})."
            return
        self.quality[QUANTISED] = found.quality.figures
        self.quantised_scores = found.quality.scores["test"]
        self.quantised_measures = found.measures
        failed = found.quality.failed.items()
        self.unmeasured |= {f"{QUANTISED} {name}": reason for name, reason in failed}

    def recalibrate(self, model: Tagger, clips: int, *, measured: bool = True) -> None:
        """Estimate batch norm anew on so many training clips, none for 0, and measure before and after it."""
        if measured:
            self.measure("pruned", model)
        if clips:
            with self.timed("recalibration_seconds"):
                self.inputs.recalibrate(model, clips)
            if measured:
                self.measure("recalibrated", model)

    def finetune(
        self, model: Tagger, finetuning: Finetuning, part: str = "", *, measured: bool = True
    ) -> None:
        """Fine-tune a pruned model in place, and measure it.

        Where there are two lengths, a copy takes the short one.

        Args:
            model: that was pruned.
            finetuning: of it.
            part: names a round of several.
            measured: whether quality is measured after it.
        """
        long = finetuning.long
        if long is None:
            self._finetuned(model, finetuning, finetuning.recipe, part)
            if measured:
                self.measure(FINE_TUNED, model)
            return
        short, before = model.with_model(copy.deepcopy(model.model), model.groups), self._steps
        self._finetuned(short, finetuning, finetuning.recipe, f"{part}short")
        self._steps = before
        self.measure(FINE_TUNED, short)
        self.quality[FINE_TUNED] |= {"steps": before + finetuning.recipe.steps}
        self.short_scores = self.scores
        self._finetuned(model, finetuning, long, part)
        self.measure(CONVERGED, model)

    def finetune_masked(self, model: Tagger, finetuning: Finetuning, masking: Masking, clips: int) -> Tagger:
        """Fine-tune a model while filters are masked, for the short length where there are two.

        Args:
            model: that is trained.
            finetuning: of it.
            masking: of its filters.
            clips: of training, on which batch norm is estimated anew after the removal; 0 for none.

        Returns:
            What is left without those that are masked at the end, which is measured.
        """
        self._finetuned(model, finetuning, finetuning.recipe, "masked", masking)
        with self.timed("surgery_seconds"):
            pruned = model.without(masking.masked)
        self.recalibrate(pruned, clips, measured=False)
        self.measure(FINE_TUNED, pruned)
        if finetuning.long is not None:
            self.quality[FINE_TUNED] |= {"steps": self._steps}
            self.short_scores = self.scores
        return pruned

    def converge(self, model: Tagger, finetuning: Finetuning) -> None:
        """Continue from the model of the short length to the long one, in place, and measure it."""
        assert finetuning.long is not None
        self._finetuned(model, finetuning, finetuning.long, "")
        self.measure(CONVERGED, model)

    def _finetuned(
        self,
        model: Tagger,
        finetuning: Finetuning,
        recipe: Recipe,
        part: str,
        masking: Masking | None = None,
    ) -> None:
        with self.timed("finetuning_seconds"):
            training = self.inputs.training(
                recipe,
                finetuning.seed,
                distillation=finetuning.distillation,
                evaluate_every=finetuning.evaluate_every,
            )
        self.train(model, replace(training, masking=masking), "finetuning_seconds", part)

    def train(self, model: Tagger, training: Training, timing: str, part: str = "") -> None:
        """Carry a training out, in place; what an interrupted run had done of it is not done again."""
        state = training_state(self.inputs.cache, self._identity, part)
        with self.timed(timing):
            self._course = fit(model, replace(training, progress=self._progress, state=state))
        self.timings[timing] += state.earlier_seconds
        self.curve += [(self._steps + step, value) for step, value in self._course.curve]
        self._ended = how_it_ended(training.recipe, self._course, self._steps)
        self._steps = int(self._ended.get("steps", self._steps + training.recipe.steps))
