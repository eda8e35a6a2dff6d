"""Clips that mix recordings: the standard error against the true one, with recordings and mixes drawn anew."""

import numpy as np
import pytest
from scipy.special import stdtrit

from prunebench.eval.quality.average_precision import mean_average_precision
from prunebench.eval.quality.clip_variance import Influences
from prunebench.eval.quality.influence import clip_influences

RECORDINGS, CLIPS, CLASSES = 80, 800, 10
BEFORE = {"1–3": "1.14–1.84", "3": "up to 2.8"}


def test_set(rng, most, least):
    """Mixes of recordings of one class each, and scores of two models that are equal in truth."""
    labels = np.arange(RECORDINGS) % CLASSES
    held = np.eye(CLASSES)[labels]
    quirks = rng.normal(0, 0.8, (2, RECORDINGS, CLASSES))  # how a model hears a recording, in every mix of it
    members = [rng.choice(RECORDINGS, rng.integers(least, most + 1), replace=False) for _ in range(CLIPS)]
    targets = np.array([held[m].max(axis=0) for m in members])
    scores = [
        np.array([1.5 * held[m].max(axis=0) + own[m].mean(axis=0) for m in members])
        + rng.normal(0, 0.8, (CLIPS, CLASSES))
        for own in quirks
    ]
    return targets, scores, [tuple(map(str, m)) for m in members]


test_set.__test__ = False


def simulated(least, most, runs):
    """The estimated standard error over the true one, and coverage."""
    rng, gaps, errors = np.random.default_rng([least, most]), [], []
    for _ in range(runs):
        targets, (one, other), sources = test_set(rng, most, least)
        gaps.append(mean_average_precision(targets, one).value - mean_average_precision(targets, other).value)
        rows = clip_influences(targets, one, sources) - clip_influences(targets, other, sources)
        form = Influences(sources)
        variance = form.covariances(rows[None])[0, 0]
        least_variance = form.least(rows[None])
        errors.append(np.sqrt(variance if least_variance is None else max(variance, least_variance[0, 0])))
    ratio = np.sqrt(np.mean(np.square(errors))) / np.std(gaps)
    held = np.abs(gaps) <= stdtrit(RECORDINGS - 1, 0.975) * np.array(errors)
    return ratio, held.mean()


@pytest.mark.statistics
@pytest.mark.parametrize(("least", "most"), [(1, 3), (3, 3)])
def test_standard_error_and_coverage(told, least, most):
    ratio, held = simulated(least, most, 1000)
    name = f"{least}–{most}" if least < most else str(most)
    told(
        f"mixes of {name} of {RECORDINGS} recordings: standard error {ratio:.2f} times the true one "
        f"(pigeonhole bootstrap: {BEFORE[name]}), coverage {held:.3f}"
    )
    assert 1.0 - 0.05 <= ratio <= 1.2
    assert 0.93 <= held <= 0.98


def test_a_few_runs_of_the_same():
    ratio, held = simulated(1, 3, 30)
    assert 0.8 <= ratio <= 1.4
    assert held >= 0.88
