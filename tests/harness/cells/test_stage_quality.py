"""What is measured of a stage, and resamples of the test set that all cells share."""

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.quality.influence import clip_influences
from prunebench.harness.cells.stage_quality import influences, quality
from prunebench.harness.data import DataOptions
from prunebench.harness.data.features.splits import opened


@pytest.fixture(scope="module")
def data() -> DataOptions:
    return DataOptions(training_clips=24, validation_clips=24, test_clips=30)


def scores_of(data: DataOptions, seed: int):
    rng = np.random.default_rng(seed)
    return {
        split: rng.random(opened(data).split(split).targets.shape).astype(np.float32)
        for split in ("validation", "test")
    }


def test_a_stage_has_every_measure_that_is_defined(data: DataOptions) -> None:
    scores = scores_of(data, 0)
    found = quality(scores, data)
    assert set(found.figures) == {
        "validation_map",
        "classes_with_positives",
        *(f"test_{name}" for name in ("map", "micro_ap", "roc_auc", "d_prime", "lwlrap")),
    }
    assert found.failed == {}
    assert found.scores["test"] is scores["test"]


def test_scores_that_are_not_numbers_end_the_cell(data: DataOptions) -> None:
    scores = scores_of(data, 0)
    scores["test"][3, 2] = np.nan
    with pytest.raises(InputError, match="Scores must not be NaN"):
        quality(scores, data)


def test_influences_are_of_the_test_clips_and_their_recordings(data: DataOptions) -> None:
    test, scores = opened(data).test, scores_of(data, 0)["test"]
    found = influences(scores, data)
    assert found.dtype == np.float32
    assert found == pytest.approx(clip_influences(test.targets, scores, test.sources), abs=1e-6)
