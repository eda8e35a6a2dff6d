"""When a criterion is not distinguishable from random."""

import math

import pytest

from prunebench.reports.inference.against_random import AgainstRandom
from prunebench.reports.inference.interval import Difference, Variance

APART, NEAR = Difference(0.1, 6, Variance(1e-6, 5, 0)), Difference(0.001, 6, Variance(1e-2, 5, 0))


@pytest.mark.parametrize(
    ("difference", "p", "alike"),
    [
        (APART, 0.05, False),
        (APART, 0.0501, True),
        (NEAR, 0.05, False),
        (NEAR, 0.5, True),
        (APART, math.nan, False),
        (NEAR, math.nan, True),
        (Difference(0.1, 1, None), math.nan, None),
    ],
)
def test_the_corrected_test_decides_and_without_one_the_interval(difference, p, alike):
    assert AgainstRandom(difference, p).alike is alike
