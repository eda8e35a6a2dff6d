import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score

from prunebench.eval import InputError
from prunebench.eval.quality.average_precision import (
    average_precision,
    mean_average_precision,
    micro_average_precision,
)

TOLERANCE = 1e-12


def by_definition(targets, scores, weights=None):
    """Sum over thresholds of the gain in recall times precision, one class at a time."""
    weights = np.ones(len(targets)) if weights is None else weights
    result = []
    for held, given_ in zip(targets.T.astype(bool), scores.T, strict=True):
        total, found, recall = weights[held].sum(), 0.0, 0.0
        for threshold in sorted(set(given_.tolist()), reverse=True):
            above = given_ >= threshold
            if weights[above].sum() and total:
                precision = weights[above & held].sum() / weights[above].sum()
                gained = weights[above & held].sum() / total - recall
                found, recall = found + gained * precision, recall + gained
        result.append(found if total else np.nan)
    return np.array(result)


@st.composite
def taggings(draw, least_clips=1):
    clips, classes = draw(st.integers(least_clips, 30)), draw(st.integers(1, 4))
    targets = draw(hnp.arrays(bool, (clips, classes)))
    few_values = hnp.arrays(np.float32, (clips, classes), elements=st.sampled_from([-1, 0, 0.25, 0.5]))
    any_value = hnp.arrays(np.float32, (clips, classes), elements=st.floats(-(2.0**100), 2.0**100, width=32))
    return targets, draw(few_values | any_value)


def scikit_learn(targets, scores, weights=None):
    found = np.full(targets.shape[1], np.nan)
    for index in np.flatnonzero(targets.any(axis=0)):
        found[index] = average_precision_score(targets[:, index], scores[:, index], sample_weight=weights)
    return found


@given(taggings())
@settings(deadline=None)
def test_equals_scikit_learn_and_the_definition(tagging):
    targets, scores = tagging
    found = average_precision(targets, scores)
    np.testing.assert_allclose(found, by_definition(targets, scores), rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(found, scikit_learn(targets, scores), rtol=0, atol=TOLERANCE)


HARD_COLUMNS = {
    "constant": ([0, 1, 0, 1], [0.5] * 4, 0.5),
    "one positive, last": ([0, 0, 0, 1], [0.9, 0.8, 0.7, 0.1], 0.25),
    "one positive, tied with all above": ([1, 0, 0, 0], [0.9, 0.9, 0.9, 0.1], 1 / 3),
    "tie across the positives": ([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], 0.5 * 1 + 0.5 * 2 / 3),
    "all positive": ([1, 1, 1, 1], [0.1, 0.2, 0.2, 0.3], 1.0),
    "infinite scores": ([1, 0, 1, 0], [np.inf, np.inf, -np.inf, 0.0], 0.5 * 1 / 2 + 0.5 * 2 / 4),
    "negative zero": ([1, 0, 0, 0], [-0.0, 0.0, -1.0, -2.0], 0.5),
    "neighbouring floats": ([1, 0, 0, 0], [np.nextafter(1.0, 2.0), 1.0, 1.0, 1.0], 1.0),
}


@pytest.mark.parametrize("name", HARD_COLUMNS)
def test_hard_column(name):
    targets, scores, expected = HARD_COLUMNS[name]
    found = average_precision(np.array(targets)[:, None], np.array(scores)[:, None])
    np.testing.assert_allclose(found, [expected], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("columns", [1, 64, 65, 130])
def test_each_class_is_its_own_ranking_whatever_their_number(columns):
    rng = np.random.default_rng(columns)
    targets = rng.random((50, columns)) < 0.1
    scores = rng.integers(0, 20, targets.shape) * rng.random(columns)
    found = average_precision(targets, scores)
    np.testing.assert_allclose(found, by_definition(targets, scores), rtol=0, atol=TOLERANCE)


def test_a_class_without_positives_is_nan_and_counted_not_averaged():
    targets = np.array([[1, 0], [0, 0], [1, 0]])
    scores = np.array([[0.1, 0.3], [0.2, 0.2], [0.9, 0.1]])
    assert np.isnan(average_precision(targets, scores)).tolist() == [False, True]
    found = mean_average_precision(targets, scores)
    assert found == pytest.approx((5 / 6, 1, 2), abs=TOLERANCE)
    assert isinstance(found.value, float)


def test_nothing_to_average_is_nan():
    assert np.isnan(mean_average_precision(np.zeros((3, 2)), np.ones((3, 2))).value)
    assert np.isnan(average_precision(np.zeros((0, 2)), np.ones((0, 2)))).all()
    assert mean_average_precision(np.zeros((3, 0)), np.ones((3, 0)))[1:] == (0, 0)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.uint8])
def test_input_is_not_changed_in_any_layout_or_type(order, dtype):
    rng = np.random.default_rng(0)
    targets = np.asarray(rng.random((40, 3)) < 0.3, order=order)
    scores = np.asarray(rng.integers(0, 9, (40, 3)).astype(dtype), order=order)
    before = scores.copy(), targets.copy()
    found = average_precision(targets, scores)
    np.testing.assert_array_equal(scores, before[0])
    np.testing.assert_array_equal(targets, before[1])
    np.testing.assert_allclose(found, by_definition(targets, scores), rtol=0, atol=TOLERANCE)


@given(taggings(), st.integers(0, 2**32 - 1), st.booleans())
@settings(deadline=None)
def test_weights_equal_scikit_learn(tagging, seed, whole):
    targets, scores = tagging
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 4, len(targets)) if whole else rng.random(len(targets))
    found = average_precision(targets, scores, weights)
    np.testing.assert_allclose(found, by_definition(targets, scores, weights), rtol=0, atol=TOLERANCE)
    if (weights > 0).all():
        np.testing.assert_allclose(found, scikit_learn(targets, scores, weights), rtol=0, atol=TOLERANCE)


@given(taggings())
@settings(deadline=None)
def test_micro_average_equals_scikit_learn(tagging):
    targets, scores = tagging
    found = micro_average_precision(targets, scores)
    if targets.any():
        expected = average_precision_score(targets.ravel(), scores.ravel())
        assert found == pytest.approx(expected, abs=TOLERANCE)
    else:
        assert np.isnan(found)


@pytest.mark.parametrize(
    ("weights", "message"),
    [([1, 1], "clip needs one weight"), ([1, -1, 1], "at least 0"), ([1, np.nan, 1], "finite")],
)
def test_bad_weights(weights, message):
    with pytest.raises(InputError, match=message):
        average_precision(np.eye(3), np.eye(3), weights)


def test_quality_measures_load_without_torch():
    modules = (
        *(
            f"quality.{name}"
            for name in ("average_precision", "bootstrap", "roc", "label_ranking", "accuracy")
        ),
        "cost.complexity",
        "measures.measure_registry",
    )
    imports = "; ".join(f"import prunebench.eval.{module}" for module in modules)
    check = f"import sys; {imports}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
