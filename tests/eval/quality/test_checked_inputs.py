"""Bad input is refused alike by every quality measure."""

import numpy as np
import pytest

from prunebench.eval import (
    InputError,
    accuracy,
    average_precision,
    bootstrap_average_precision,
    lwlrap,
    mean_average_precision,
    micro_average_precision,
    roc_auc,
)

MEASURES = {
    "average_precision": average_precision,
    "mean_average_precision": mean_average_precision,
    "micro_average_precision": micro_average_precision,
    "roc_auc": roc_auc,
    "lwlrap": lwlrap,
    "accuracy": accuracy,
    "bootstrap": lambda targets, scores: bootstrap_average_precision(targets, scores, [[1, 1, 1]]),
}
TARGETS = np.eye(3)
SCORES = np.linspace(0, 1, 9).reshape(3, 3)

BAD = {
    "shapes differ": (TARGETS, SCORES[:, :2], r"same shape. Found targets \(3, 3\) and scores \(3, 2\)"),
    "one dimension": (TARGETS[0], SCORES[0], r"shape \(clips, classes\). Found the shape \(3,\)"),
    "NaN score": (TARGETS, np.where(TARGETS, np.nan, SCORES), "Found 3 of 9"),
    "targets not 0 or 1": (TARGETS * 0.5, SCORES, r"0 or 1. Found 0\.5"),
    "NaN target": (np.full((3, 3), np.nan), SCORES, "0 or 1. Found nan"),
    "scores are words": (TARGETS, np.full((3, 3), "high"), "real numbers"),
    "scores are complex": (TARGETS, SCORES + 1j, "real numbers"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("measure", MEASURES)
def test_bad_input(measure, case):
    targets, scores, message = BAD[case]
    with pytest.raises(InputError, match=message):
        MEASURES[measure](targets, scores)


@pytest.mark.parametrize("measure", MEASURES)
def test_targets_of_any_type_mean_the_same(measure):
    results = [np.asarray(MEASURES[measure](TARGETS.astype(t), SCORES)) for t in (bool, int, float, np.uint8)]
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)
    assert np.isfinite(results[0]).all()


def test_rows_of_several_lengths_are_named():
    with pytest.raises(InputError, match="Targets must have the same number of columns in every row"):
        average_precision([[1, 0], [1]], [[1.0, 2.0], [1.0, 2.0]])
    with pytest.raises(InputError, match="Scores must have the same number of columns in every row"):
        average_precision([[1, 0], [1, 1]], [[1.0, 2.0], [1.0]])
