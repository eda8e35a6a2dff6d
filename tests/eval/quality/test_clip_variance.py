"""Variances over test sets, against sums over pairs written out."""

import itertools

import numpy as np
import pytest

from prunebench.eval.quality.clip_variance import Influences, Resamples

MIXED = [("1",), ("1", "2"), ("2", "3"), ("3",)]
MIXED_ROW = np.array([[0.02, -0.01, 0.03, -0.04]])


def slow_mixes(sources, a, b):
    pairs = [
        (i, j)
        for i, j in itertools.product(range(len(sources)), repeat=2)
        if set(sources[i]) & set(sources[j])
    ]
    share = len(pairs) / len(sources) ** 2
    return sum(a[i] * b[j] for i, j in pairs) / (1 - share)


def by_parts(sources, row):
    """Squares of the sums over clips with a recording, less those with a pair of them, and so on."""
    subsets = {
        part
        for names in sources
        for size in range(1, len(names) + 1)
        for part in itertools.combinations(names, size)
    }
    sums = {
        part: sum(u for u, names in zip(row, sources, strict=True) if set(part) <= set(names))
        for part in subsets
    }
    return sum((-1) ** (len(part) + 1) * value**2 for part, value in sums.items())


def test_mixes_by_hand():
    form = Influences(MIXED)
    assert by_parts(MIXED, MIXED_ROW[0]) == pytest.approx(0.0006 - 0.0010)
    assert form.covariances(MIXED_ROW)[0, 0] == pytest.approx(-0.0004 / 0.375)
    assert form.least(MIXED_ROW)[0, 0] == pytest.approx(0.004)


def test_mixes_are_sums_over_pairs_that_share_a_recording():
    rng = np.random.default_rng(0)
    sources = [tuple({str(n) for n in rng.integers(0, 9, size=rng.integers(1, 4))}) for _ in range(40)]
    rows = rng.normal(size=(3, 40))
    found = Influences(sources).covariances(rows)
    slow = [[slow_mixes(sources, a, b) for b in rows] for a in rows]
    assert found == pytest.approx(np.array(slow))


def test_clips_of_one_recording_count_as_one():
    sources = [("a",), ("a",), ("b",), ("c",)]
    rows = np.array([[0.1, 0.2, -0.1, -0.2], [0.0, 0.3, -0.3, 0.0]])
    sums = np.array([[0.3, -0.1, -0.2], [0.3, -0.3, 0.0]])
    form = Influences(sources)
    assert form.covariances(rows) == pytest.approx(1.5 * sums @ sums.T)
    assert form.least(rows) is None


def test_of_clips_alone_it_is_the_variance_of_a_mean():
    values = np.random.default_rng(1).normal(size=50)
    row = ((values - values.mean()) / 50)[None]
    form = Influences([(str(i),) for i in range(50)])
    assert form.covariances(row)[0, 0] == pytest.approx(np.var(values, ddof=1) / 50)


@pytest.mark.parametrize("sources", [[("a",)] * 3, [("a", "b"), ("a", "c"), ("a",)]])
def test_one_recording_in_all_clips_says_nothing_of_others(sources):
    assert not np.isfinite(Influences(sources).covariances(np.array([[0.1, -0.3, 0.2]]))).any()


def test_heavy_tails_cost_degrees_of_freedom():
    rng = np.random.default_rng(2)
    form = Influences([(str(i),) for i in range(400)])
    normal, few = rng.normal(size=400), np.zeros(400)
    few[:2] = [5, -4]
    found = form.freedom(np.array([normal, few]))
    fourth = (normal**4).sum() / (normal**2).sum() ** 2
    assert found[0] == pytest.approx(min(399, 2 / (fourth - 1 / 400)))
    assert found[1] == 4


def test_resamples_have_plain_covariances():
    rows = np.random.default_rng(3).normal(size=(2, 30))
    assert Resamples().covariances(rows) == pytest.approx(np.cov(rows))
    assert np.isinf(Resamples().freedom(rows)).all()
