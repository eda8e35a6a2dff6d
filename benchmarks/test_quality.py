"""Speed of mean average precision beside scikit-learn's, in one run."""

import time

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from prunebench.eval.quality.average_precision import average_precision, mean_average_precision
from prunebench.eval.quality.bootstrap import bootstrap_average_precision, resample_counts
from prunebench.eval.quality.influence import clip_influences


@pytest.fixture(scope="module")
def audioset():
    """20,000 clips of 527 classes with 0.5 % positives, as the evaluation set of AudioSet."""
    rng = np.random.default_rng(0)
    targets = rng.random((20_000, 527)) < 0.005
    return targets, rng.random(targets.shape, dtype=np.float32)


def test_mean_average_precision(benchmark, audioset):
    benchmark(mean_average_precision, *audioset)


def test_at_least_ten_times_as_fast_as_scikit_learn(benchmark, audioset):
    targets, scores = audioset
    benchmark.pedantic(average_precision, audioset, rounds=7, warmup_rounds=1)
    started = time.perf_counter()
    reference = average_precision_score(targets, scores, average=None)
    ratio = (time.perf_counter() - started) / benchmark.stats.stats.median
    benchmark.extra_info["times_as_fast_as_scikit_learn"] = ratio
    np.testing.assert_allclose(average_precision(targets, scores), reference, rtol=0, atol=1e-12)
    assert ratio >= 10


def test_influences_of_2000_clips_and_20_classes(benchmark):
    rng = np.random.default_rng(0)
    targets = rng.random((2_000, 20)) < 0.08
    sources = [(str(clip),) for clip in range(2_000)]
    benchmark.pedantic(clip_influences, (targets, rng.random(targets.shape), sources), rounds=5)
    assert benchmark.stats.stats.median < 0.05


def test_bootstrap_of_2000_clips_and_20_classes(benchmark):
    rng = np.random.default_rng(0)
    targets = rng.random((2_000, 20)) < 0.08
    counts = resample_counts([(str(clip),) for clip in range(2_000)], 1_000, seed=0)
    benchmark.pedantic(bootstrap_average_precision, (targets, rng.random(targets.shape), counts), rounds=5)
    assert benchmark.stats.stats.median < 2
