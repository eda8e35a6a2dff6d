"""What is measured of a stage, and resamples of the test set that all cells share."""

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.quality.bootstrap import bootstrap_average_precision, resample_counts, set_seed
from prunebench.harness.cells.stage_quality import RESAMPLES, quality, resampled_map
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
    found = quality(scores.__getitem__, data)
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
        quality(scores.__getitem__, data)


def test_resamples_are_shared_so_that_a_difference_is_a_subtraction(data: DataOptions) -> None:
    test = opened(data).test
    counts = resample_counts(test.sources, RESAMPLES, set_seed(test.names, test.sources))
    one, other = (scores_of(data, seed)["test"] for seed in (0, 1))
    expected = [
        np.nanmean(bootstrap_average_precision(test.targets, scores, counts[:20]), axis=1)
        for scores in (one, other)
    ]
    difference = resampled_map(one, data) - resampled_map(other, data)
    assert difference.shape == (1000,)
    assert difference[:20] == pytest.approx(expected[0] - expected[1], abs=1e-6)


def test_the_seed_is_the_sets() -> None:
    names, sources = ["a", "b"], [("x",), ("x", "y")]
    assert set_seed(names, sources) == set_seed(list(names), list(sources))
    assert set_seed(names, sources) != set_seed(["a", "c"], sources)
    assert set_seed(names, sources) != set_seed(names, [("x", "y"), ("x",)])
