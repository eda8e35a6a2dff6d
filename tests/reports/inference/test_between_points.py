"""Values between measured points."""

import numpy as np
import pytest

from prunebench.reports.inference.between_points import between

REMOVED = np.array([0, 10, 25, 50, 75, 90.0])
QUALITY = np.array([0.743, 0.740, 0.729, 0.699, 0.603, 0.355])


@pytest.mark.parametrize(
    ("removed", "expected", "line"),
    [
        (5, 0.74186, 0.74150),
        (17.5, 0.73540, 0.73450),
        (37.5, 0.71693, 0.71400),
        (62.5, 0.66583, 0.65100),
        (82.5, 0.50660, 0.47900),
    ],
)
def test_a_concave_curve(removed, expected, line):
    found, _ = between(REMOVED, QUALITY, removed)
    assert found == pytest.approx(expected, abs=1e-5)
    assert found > np.interp(removed, REMOVED, QUALITY) == pytest.approx(line)


def test_weights_are_the_derivatives_and_sum_to_one():
    value, weights = between(REMOVED, QUALITY, 60)
    assert weights.sum() == pytest.approx(1)
    assert weights @ QUALITY == pytest.approx(value)
    moved, _ = between(REMOVED, QUALITY + 1e-3 * np.array([0, 0, 0, 1, 0, 0]), 60)
    assert (moved - value) / 1e-3 == pytest.approx(weights[3], abs=0.01)


def test_two_points_make_a_line():
    value, weights = between(np.array([1.0, 3.0]), np.array([0.4, 0.8]), 1.5)
    assert value == pytest.approx(0.5)
    assert weights == pytest.approx([0.75, 0.25])


def test_nothing_leaves_the_range_of_its_neighbours():
    for removed in np.linspace(50, 75, 30):
        assert 0.603 <= between(REMOVED, QUALITY, removed)[0] <= 0.699
