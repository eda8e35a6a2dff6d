"""The mAP on validation clips while a model is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import split_features, split_targets
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.training.full_recipe import FullRecipe
from prunebench.harness.training.prediction import predictions
from prunebench.harness.training.recipe import Recipe
from prunebench.harness.workspace.cache import Cache


@dataclass(frozen=True)
class ValidationMap:
    """Validation mAP of a model; it can be sent to other processes.

    Args:
        data: options of the data set.
        cache: of its features.
        recipe: says on which device.
    """

    data: DataOptions
    cache: Cache
    recipe: FullRecipe

    def __call__(self, model: Cnn14) -> float:
        """In [0, 1]."""
        scores = predictions(model, split_features(self.data, "validation", self.cache), self.recipe)
        return mean_average_precision(split_targets(self.data, "validation"), scores).value


def predictor(
    model: Cnn14, data: DataOptions, recipe: Recipe, cache: Cache
) -> Callable[[str], NDArray[np.float32]]:
    """Name of a split → probabilities (clips, classes)."""
    return lambda split: predictions(model, split_features(data, split, cache), recipe)


def validation_map(data: DataOptions, cache: Cache, recipe: Recipe) -> ValidationMap | None:
    """What a recipe evaluates along the way with, if it does."""
    return ValidationMap(data, cache, recipe) if isinstance(recipe, FullRecipe) else None
