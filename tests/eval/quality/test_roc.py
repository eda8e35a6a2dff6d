import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import roc_auc_score

from prunebench.eval.quality.roc import d_prime, roc_auc

TOLERANCE = 1e-12


def by_definition(held, scores):
    """Share of (positive, negative) pairs in the right order, equal scores one half."""
    positives, negatives = scores[held].astype(float), scores[~held].astype(float)
    pairs = [(p > n) + 0.5 * (p == n) for p in positives for n in negatives]
    return np.mean(pairs) if pairs else np.nan


@given(
    st.tuples(st.integers(1, 25), st.integers(1, 3)).flatmap(
        lambda shape: st.tuples(
            hnp.arrays(bool, shape),
            hnp.arrays(np.float32, shape, elements=st.sampled_from([0, 0.5, 1]))
            | hnp.arrays(np.float32, shape, elements=st.floats(0, 1, width=32)),
        )
    )
)
@settings(deadline=None)
def test_equals_scikit_learn_and_the_definition(tagging):
    targets, scores = tagging
    found = roc_auc(targets, scores)
    for index, value in enumerate(found):
        held = targets[:, index]
        np.testing.assert_allclose(value, by_definition(held, scores[:, index]), rtol=0, atol=TOLERANCE)
        if held.any() and not held.all():
            assert value == pytest.approx(roc_auc_score(held, scores[:, index]), abs=TOLERANCE)
        else:
            assert np.isnan(value)


def test_d_prime():
    # Φ(1) = 0.8413447460685429, so d′ = √2 there.
    found = d_prime([0.5, 0.8413447460685429, 1 - 0.8413447460685429, 1.0, 0.0, np.nan])
    np.testing.assert_allclose(found, [0, 2**0.5, -(2**0.5), np.inf, -np.inf, np.nan], atol=1e-12)
    assert d_prime(0.973) == pytest.approx(2.73, abs=0.01)  # Cnn14 in PANNs: AUC 0.973, d′ 2.73
