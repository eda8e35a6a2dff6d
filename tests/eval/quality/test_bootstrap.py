import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.eval import InputError, average_precision, bootstrap_average_precision, resample_counts

MIXES = [("a",), ("a", "b"), ("b", "c"), ("c",), ("d", "a", "b")]


@given(st.integers(0, 2**32 - 1), st.integers(1, 25), st.booleans())
@settings(deadline=None, max_examples=60)
def test_equal_to_repeating_the_clips(seed, clips, tied):
    rng = np.random.default_rng(seed)
    targets = rng.random((clips, 3)) < 0.3
    scores = rng.integers(0, 4, targets.shape) if tied else rng.random(targets.shape, dtype=np.float32)
    counts = rng.integers(0, 4, (7, clips))
    found = bootstrap_average_precision(targets, scores, counts)
    for row, repeats in zip(found, counts, strict=True):
        repeated = average_precision(targets.repeat(repeats, axis=0), scores.repeat(repeats, axis=0))
        np.testing.assert_allclose(row, repeated, rtol=0, atol=1e-12)


def test_blocks_do_not_show(monkeypatch):
    rng = np.random.default_rng(0)
    targets, scores = rng.random((30, 4)) < 0.3, rng.random((30, 4))
    counts = rng.integers(0, 3, (11, 30))
    whole = bootstrap_average_precision(targets, scores, counts)
    monkeypatch.setattr("prunebench.eval.quality.bootstrap._BLOCK_WEIGHTS", 100)
    np.testing.assert_array_equal(bootstrap_average_precision(targets, scores, counts), whole)


def test_a_mix_counts_the_product_of_its_recordings():
    counts = resample_counts(MIXES, 200, seed=3)
    drawn = dict(zip("abcd", resample_counts([("a",), ("b",), ("c",), ("d",)], 200, seed=3).T, strict=True))
    assert (sum(drawn.values()) == 4).all()
    for column, mix in zip(counts.T, MIXES, strict=True):
        np.testing.assert_array_equal(column, np.prod([drawn[name] for name in mix], axis=0))
    assert counts.max() > 1


def test_draws_are_the_seed_s_and_follow_the_recording_not_the_place():
    first = resample_counts(MIXES, 50, seed=1)
    np.testing.assert_array_equal(first, resample_counts(MIXES, 50, seed=1))
    assert (first != resample_counts(MIXES, 50, seed=2)).any()
    turned = [mix[::-1] for mix in MIXES[::-1]]
    np.testing.assert_array_equal(resample_counts(turned, 50, seed=1), first[:, ::-1])


def test_draws_are_the_same_in_every_process():
    """Recordings take their turn by name, whatever the order of a set in this process."""
    drawn = np.random.default_rng(5).integers(0, 4, size=(3, 4))
    expected = [[(row == "abcd".index(name)).sum() for name in "dbca"] for row in drawn]
    assert resample_counts([("d",), ("b",), ("c",), ("a",)], 3, seed=5).tolist() == expected


def test_draws_are_multinomial():
    counts = resample_counts([(str(clip),) for clip in range(40)], 4000, seed=0)
    assert (counts.sum(axis=1) == 40).all()
    assert np.abs(counts.mean(axis=0) - 1).max() < 0.1  # standard error 0.016
    assert counts.var() == pytest.approx(1 - 1 / 40, abs=0.02)


def test_a_recording_named_twice_counts_once():
    np.testing.assert_array_equal(*resample_counts([("a", "a"), ("a",), ("b",)], 20, seed=0)[:, :2].T)


def test_spread_is_the_known_one():
    """Where all scores are equal, AP is the share of positives among the clips drawn: a binomial."""
    targets = np.arange(200)[:, None] < 60
    counts = resample_counts([(str(clip),) for clip in range(200)], 2000, seed=0)
    found = bootstrap_average_precision(targets, np.zeros(targets.shape), counts)
    assert found.mean() == pytest.approx(0.3, abs=0.005)
    assert found.std() == pytest.approx((0.3 * 0.7 / 200) ** 0.5, rel=0.08)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([[1, 1]], r"shape \(resamples, 3\)"),
        ([1, 1, 1], r"shape \(resamples, 3\)"),
        ([[1, -1, 1]], "at least 0"),
        ([[0.5, 1, 1]], "whole numbers"),
    ],
)
def test_bad_counts(counts, message):
    with pytest.raises(InputError, match=message):
        bootstrap_average_precision(np.eye(3), np.eye(3), counts)


def test_bad_sources():
    with pytest.raises(InputError, match="clip 1"):
        resample_counts([("a",), ()], 5, seed=0)
    with pytest.raises(InputError, match="resamples = 0"):
        resample_counts(MIXES, 0, seed=0)
