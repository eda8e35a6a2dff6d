"""How a cell reaches its clips: one object that decides it once, for training, prediction, targets and validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.harness.cells.base_job import BaseJob
from prunebench.harness.cells.base_outputs import stem_features, teacher_probabilities
from prunebench.harness.cells.finetuning import Finetuning
from prunebench.harness.cells.stage_quality import SplitScores
from prunebench.harness.data.features.splits import split_features, split_targets
from prunebench.harness.data.some_clips import drawn_rows
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.pruning.recalibration import recalibrate
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.placement import Placement
from prunebench.harness.training.prediction import predict, predictions
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.training.training import Training
from prunebench.harness.workspace.cache import Cache


@dataclass(frozen=True)
class Inputs:
    """The clips of a cell's data set, as its models read them. It can be sent to other processes.

    Args:
        base: job of the base model, with the options of the data set.
        cache: of features and of what the base model gave.
        recipe: of the training; it says on which device models predict.
        tail: C1–C6 stay the base model's, so their cached outputs are read, which give the same at less cost; else
            log-mel features.
    """

    base: BaseJob
    cache: Cache
    recipe: Recipe
    tail: bool = False

    @classmethod
    def of(cls, base: BaseJob, finetuning: Finetuning | None, cache: Cache) -> Inputs:
        """Of a cell that is fine-tuned so, or not at all."""
        if finetuning is None:
            return cls(base, cache, base.recipe)
        return cls(base, cache, finetuning.recipe, tail=finetuning.scope == "tail")

    @property
    def placement(self) -> Placement:
        """Where models of the cell are trained and predict."""
        return self.recipe.placement if isinstance(self.recipe, FullRecipe) else self.base.placement

    def features(self, split: str) -> NDArray[np.float32]:
        """Features of a split, (clips, frames, mels), by the front end of the network."""
        return split_features(self.base.data, split, self.cache, self.base.front)

    def clips(self, split: str) -> NDArray[np.float32]:
        """What models read of a split: its features, or outputs of the stem."""
        return stem_features(self.base, split, self.cache) if self.tail else self.features(split)

    def targets(self, split: str) -> NDArray[np.bool_]:
        """Labels of a split, (clips, classes)."""
        return split_targets(self.base.data, split)

    def predict(self, model: Tagger, split: str) -> NDArray[np.float32]:
        """Probabilities of a split, (clips, classes)."""
        with self.placement.holding(model):
            if self.tail:
                return predict(model, self.clips(split), tail=True)
            return predictions(model, self.clips(split), self.recipe)

    def scores(self, model: Tagger) -> SplitScores:
        """Probabilities of the splits that quality is measured on."""
        return {split: self.predict(model, split) for split in ("validation", "test")}

    def validation_map(self, model: Tagger) -> float:
        """mAP on validation clips, in [0, 1]."""
        return self.map_of_validation(self.predict(model, "validation"))

    def map_of_validation(self, probabilities: NDArray[np.float32]) -> float:
        """mAP of probabilities of the validation clips, (clips, classes); nan where no class has a positive."""
        return mean_average_precision(self.targets("validation"), probabilities).value

    def recalibrate(self, model: Tagger, clips: int) -> None:
        """Estimate batch norm anew on so many training clips, in place."""
        inputs = self.clips("training")
        with self.base.placement.holding(model):
            recalibrate(model, inputs, drawn_rows(len(inputs), clips), tail=self.tail)

    def training(
        self, recipe: Recipe, seed: int, *, distillation: float = 0.0, evaluate_every: int = 0
    ) -> Training:
        """A training on the training clips that is evaluated on the validation clips.

        Args:
            recipe: of the training, or of a part of it.
            seed: of data order, augmentation and dropout.
            distillation: weight w of what the base model says, 0 for the labels alone. Binary cross-entropy is linear
                in its targets, so (1 − w) BCE(z, y) + w BCE(z, p) is BCE(z, (1 − w) y + w p).
            evaluate_every: steps between two evaluations.
        """
        targets: NDArray[Any] = self.targets("training")
        if distillation:
            taught = teacher_probabilities(self.base, self.cache)
            targets = ((1 - distillation) * targets + distillation * taught).astype(np.float32)
        return Training(
            self.clips("training"),
            targets,
            recipe,
            seed,
            tail=self.tail,
            placement=self.placement,
            evaluate=self.validation_map,
            evaluate_every=evaluate_every,
        )
