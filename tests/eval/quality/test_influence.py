"""Influences of clips on mAP, against the definition in loops and against the derivative by a clip's weight."""

import math

import numpy as np
import pytest

from prunebench.eval.errors import InputError
from prunebench.eval.quality.average_precision import average_precision
from prunebench.eval.quality.bootstrap import bootstrap_average_precision, resample_counts
from prunebench.eval.quality.influence import clip_influences

FIVE = [1, 0, 1, 0, 0]


def column(*values):
    return np.array(values, dtype=float)[:, None]


def slow_influences(y, scores):
    """The definition for one class, clip by clip."""
    above = [sum(s >= own for s in scores) for own in scores]
    true = [sum(v for v, s in zip(y, scores, strict=True) if s >= own) for own in scores]
    positives = sum(y)
    average = sum(v * t / a for v, t, a in zip(y, true, above, strict=True)) / positives
    found = []
    for j, own in enumerate(scores):
        below = [i for i, s in enumerate(scores) if y[i] and s <= own]
        inverse = sum(1 / above[i] for i in below)
        share = sum(true[i] / above[i] ** 2 for i in below)
        found.append((y[j] * (true[j] / above[j] - average + inverse) - share) / positives)
    return np.array(found)


def plain(y, scores):
    """Influences without the factor for few positives."""
    positives = sum(y)
    few = math.sqrt(positives / (positives - 1)) if positives > 1 else 1.0
    return clip_influences(column(*y), column(*scores)) / few


@pytest.mark.parametrize("scores", [(0.9, 0.8, 0.7, 0.6, 0.5), (0.9, 0.7, 0.7, 0.6, 0.5)])
def test_five_clips_by_hand(scores):
    assert average_precision(column(*FIVE), column(*scores))[0] == pytest.approx(0.833333, abs=1e-6)
    assert plain(FIVE, scores) == pytest.approx([0.138889, -0.111111, -0.027778, 0, 0], abs=1e-6)


def test_four_clips_by_hand():
    y, scores = [0, 1, 1, 0], (0.9, 0.8, 0.4, 0.1)
    assert average_precision(column(*y), column(*scores))[0] == pytest.approx(0.583333, abs=1e-6)
    assert plain(y, scores) == pytest.approx([-0.236111, 0.138889, 0.097222, 0], abs=1e-6)


@pytest.fixture(params=["no ties", "ties", "all tied"])
def clips(request):
    rng = np.random.default_rng(3)
    targets = rng.random((60, 4)) < [0.5, 0.2, 0.1, 0.04]
    targets[:2, 3] = True
    scores = rng.normal(targets, 1.0)
    return targets, {"no ties": scores, "ties": scores.round(), "all tied": np.zeros_like(scores)}[
        request.param
    ]


def test_the_definition_in_loops(clips):
    targets, scores = clips
    slow = [
        math.sqrt(p / (p - 1)) * slow_influences(t, s)
        for t, s, p in zip(targets.T, scores.T, targets.sum(axis=0), strict=True)
    ]
    assert clip_influences(targets, scores) == pytest.approx(np.mean(slow, axis=0), abs=1e-12)


def test_they_are_the_derivative_by_a_clips_weight(clips):
    targets, scores = clips
    few = np.sqrt(targets.sum(axis=0) / (targets.sum(axis=0) - 1))
    found = clip_influences(targets, scores)
    for clip in range(0, 60, 7):
        step = 1e-6 * (np.arange(60) == clip)
        up, down = (average_precision(targets, scores, 1 + sign * step) for sign in (1, -1))
        assert found[clip] == pytest.approx((few * (up - down)).mean() / 2e-6, abs=1e-7)


def test_they_sum_to_zero(clips):
    assert clip_influences(*clips).sum() == pytest.approx(0, abs=1e-12)


def test_classes_without_positives_count_for_nothing():
    rng = np.random.default_rng(0)
    targets, scores = rng.random((40, 2)) < 0.3, rng.random((40, 2))
    empty = np.zeros((40, 1))
    both = clip_influences(np.hstack([targets, empty]), np.hstack([scores, rng.random((40, 1))]))
    assert both == pytest.approx(clip_influences(targets, scores))
    assert np.isnan(clip_influences(empty, empty)).all()


def test_recordings_that_carry_a_class_are_counted_not_clips():
    """Two recordings of three clips each hold the class: the factor is that of two positives, not of six."""
    rng = np.random.default_rng(1)
    sources = [(f"r{clip // 3}",) for clip in range(12)]
    targets = column(*([1] * 6 + [0] * 6))
    scores = rng.random((12, 1))
    of_clips = clip_influences(targets, scores) / math.sqrt(6 / 5)
    assert clip_influences(targets, scores, sources) == pytest.approx(of_clips * math.sqrt(2))


def test_a_recording_of_mixes_carries_a_class_if_all_its_clips_hold_it():
    """b is mixed with the carriers a and c alone in one clip and without them in another: it is no carrier."""
    sources = [("a", "b"), ("c", "d"), ("b", "d"), ("e", "f"), ("d", "f")]
    targets, scores = column(1, 1, 0, 0, 0), column(0.9, 0.3, 0.5, 0.4, 0.1)
    assert clip_influences(targets, scores, sources) == pytest.approx(
        slow_influences([1, 1, 0, 0, 0], scores[:, 0]) * math.sqrt(2)
    )


def test_the_variance_is_that_of_the_bootstrap():
    rng = np.random.default_rng(5)
    targets = rng.random((300, 5)) < 0.3
    scores = rng.normal(0.8 * targets, 1.0)
    sources = [(str(clip),) for clip in range(300)]
    counts = resample_counts(sources, 1000, seed=1)
    maps = bootstrap_average_precision(targets, scores, counts).mean(axis=1)
    found = (clip_influences(targets, scores) ** 2).sum()
    assert math.sqrt(found) == pytest.approx(np.std(maps), rel=0.06)


def test_recordings_must_be_there_for_every_clip():
    with pytest.raises(InputError, match="Found 1 for 2 clips"):
        clip_influences([[1], [0]], [[0.2], [0.1]], [("a",)])
