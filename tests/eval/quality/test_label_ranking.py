import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import accuracy_score, label_ranking_average_precision_score

from prunebench.eval import InputError, accuracy, lwlrap


@given(
    st.tuples(st.integers(1, 15), st.integers(2, 6)).flatmap(
        lambda shape: st.tuples(
            hnp.arrays(bool, shape), hnp.arrays(np.float64, shape, elements=st.sampled_from([0, 0.3, 0.6, 1]))
        )
    )
)
@settings(deadline=None)
def test_lwlrap_equals_scikit_learn_weighted_by_labels(tagging):
    targets, scores = tagging
    if targets.any():
        expected = label_ranking_average_precision_score(targets, scores, sample_weight=targets.sum(axis=1))
        assert lwlrap(targets, scores) == pytest.approx(expected, abs=1e-12)
    else:
        assert np.isnan(lwlrap(targets, scores))


def test_lwlrap_weighs_labels_not_clips():
    targets = np.array([[1, 1, 0], [1, 0, 0]])
    scores = np.array([[0.9, 0.8, 0.1], [0.1, 0.8, 0.9]])
    assert lwlrap(targets, scores) == pytest.approx((1 + 1 + 1 / 3) / 3, abs=1e-12)


def test_accuracy_equals_scikit_learn():
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 4, 60), rng.integers(0, 5, (60, 4)).astype(np.float32)
    found = accuracy(np.eye(4)[labels], scores)
    assert found == accuracy_score(labels, scores.argmax(axis=1))
    assert 0 < found < 1


@pytest.mark.parametrize(("row", "labels"), [([0, 0], 0), ([1, 1], 2)])
def test_accuracy_wants_one_label_a_clip(row, labels):
    with pytest.raises(InputError, match=f"Found {labels} classes in clip 1"):
        accuracy(np.array([[1, 0], row]), np.ones((2, 2)))


def test_accuracy_of_nothing_is_nan():
    assert np.isnan(accuracy(np.zeros((0, 2)), np.zeros((0, 2))))
