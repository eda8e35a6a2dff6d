"""Tagging quality of one stage, on validation and test clips."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.quality import mean_average_precision
from prunebench.harness.data import DataOptions
from prunebench.harness.splits import split_targets

Quality = dict[str, float]
Scores = dict[str, NDArray[np.float32]]


def quality(predict_split: Callable[[str], NDArray[np.float32]], data: DataOptions) -> tuple[Quality, Scores]:
    """Mean average precision on `validation` and `test`, and the scores it was computed from.

    Args:
        predict_split: name of a split → probabilities (clips, classes).
        data: options of the data set.

    Returns:
        `validation_map`, `test_map` in [0, 1] and the number of test classes with a positive; split → scores.
    """
    scores = {split: predict_split(split) for split in ("validation", "test")}
    found = {
        split: mean_average_precision(split_targets(data, split), values) for split, values in scores.items()
    }
    return {
        "validation_map": found["validation"].value,
        "test_map": found["test"].value,
        "classes_with_positives": found["test"].classes_with_positives,
    }, scores
