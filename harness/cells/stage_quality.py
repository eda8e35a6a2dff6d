"""Tagging quality of one stage, on validation and test clips."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prunebench.eval.measures.measure_contract import QualityMeasure
from prunebench.eval.measures.measure_registry import installed_measures, quality_measures, take
from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.eval.quality.influence import clip_influences
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import opened, split_targets

QualityFigures = dict[str, float]
SplitScores = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Measured:
    """What was measured of one stage.

    Args:
        figures: `validation_map`, `test_map` in [0, 1], the number of test classes with a positive, and
            `test_NAME` of every other quality measure that is defined on the test clips.
        scores: `"validation"` and `"test"` → probabilities (clips, classes).
        failed: `test_NAME` → why a measure is missing.
    """

    figures: QualityFigures
    scores: SplitScores
    failed: Mapping[str, str]


def quality(scores: SplitScores, data: DataOptions) -> Measured:
    """Every quality measure on the test clips, mean average precision on the validation clips too.

    Args:
        scores: `"validation"` and `"test"` → probabilities (clips, classes).
        data: options of the data set.

    Raises:
        InputError: for scores that are NaN.
    """
    found = {
        split: mean_average_precision(split_targets(data, split), scores[split])
        for split in ("validation", "test")
    }
    others, failed = take(_quality_measures(), split_targets(data, "test"), scores["test"])
    figures = {
        "validation_map": found["validation"].value,
        "classes_with_positives": found["test"].classes_with_positives,
        **{f"test_{name}": value for name, value in others.items()},
        "test_map": found["test"].value,
    }
    return Measured(figures, scores, {f"test_{name}": reason for name, reason in failed.items()})


def influences(scores: NDArray[np.float32], data: DataOptions) -> NDArray[np.float32]:
    """Influence of each test clip on mAP, (clips,): the difference of two cells is a subtraction."""
    sources = opened(data).test.sources
    return clip_influences(split_targets(data, "test"), scores, sources).astype(np.float32)


@functools.cache
def _quality_measures() -> tuple[QualityMeasure, ...]:
    return tuple(quality_measures(installed_measures()[0]))
