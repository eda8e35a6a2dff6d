"""What a model hears in windows, and the classes that score highest."""

import numpy as np
import pytest
import torch

from prunebench.harness import Cnn14
from prunebench.harness.tagging.tagged import Tagged, tagged
from prunebench.harness.tagging.windows import Window


def test_a_model_that_was_being_trained_hears_as_it_does_when_it_is_used():
    model = Cnn14([2] * 12, n_classes=3, embedding=4, seed=1)
    torch.nn.init.normal_(model.fc_audioset.weight, generator=torch.Generator().manual_seed(0))
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 32000)).astype(np.float32)
    with torch.inference_mode():
        expected = model.eval()(torch.from_numpy(samples)).probabilities.numpy()
    windows = [Window(at, at + 1.0, one) for at, one in zip((0.0, 2.0), samples, strict=True)]
    found = list(tagged(model.train(), windows))
    assert [(one.start_s, one.end_s) for one in found] == [(0, 1), (2, 3)]
    np.testing.assert_allclose([one.scores for one in found], expected, atol=1e-6)
    assert not model.training


@pytest.mark.parametrize(
    ("count", "threshold", "expected"),
    [
        (2, 0.0, [("b", 0.75), ("d", 0.5)]),
        (9, 0.5, [("b", 0.75), ("d", 0.5)]),
        (9, 0.0, [("b", 0.75), ("d", 0.5), ("a", 0.25), ("c", 0.25)]),  # equals in the order of the classes
        (1, 0.9, []),
    ],
)
def test_the_classes_that_score_highest(count, threshold, expected):
    scores = np.array([0.25, 0.75, 0.25, 0.5], np.float32)
    assert Tagged(0, 1, scores).top("abcd", count, threshold) == expected
