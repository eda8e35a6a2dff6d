"""Half widths, p values and moderation, with numbers worked out elsewhere."""

import math

import numpy as np
import pytest
from scipy import stats

from prunebench.reports.inference.interval import Difference, Variance
from prunebench.reports.inference.moderation import moderated

HALF_WIDTHS = [
    (1e-4, 0, 1, 0.127062),
    (0, 1e-4, 1, 0.019600),
    (1e-4, 1e-4, 1, 0.127067),
    (1e-4, 1e-4, 2, 0.043976),
    (1e-4, 1e-4, 5, 0.030232),
    (4e-4, 1e-4, 2, 0.086250),
    (1e-4, 9e-4, 1, 0.127851),
    (1e-4, 1e-4, 11, 0.028423),
]


@pytest.mark.parametrize(("few", "clips", "freedom", "expected"), HALF_WIDTHS)
def test_half_widths(few, clips, freedom, expected):
    assert Variance(few, freedom, clips).half_width() == pytest.approx(expected, abs=1e-6)


def test_the_ends_are_student_and_the_normal_distribution():
    assert Variance(4e-4, 3, 0).half_width() == pytest.approx(stats.t.ppf(0.975, 3) * 0.02)
    assert Variance(0, math.inf, 4e-4).half_width() == pytest.approx(stats.norm.ppf(0.975) * 0.02)


def test_a_second_kind_of_repeat_joins_the_clips():
    """The form for one base model: draws with two degrees of freedom, fine-tuning seeds with seven."""
    draws, seeds, clips, power = 2e-5, 1e-5, 3e-5, 1.65
    wide = stats.t.ppf(0.975, 2) ** 2 * draws
    narrow = stats.t.ppf(0.975, 7) ** 2 * seeds + stats.norm.ppf(0.975) ** 2 * clips
    expected = (wide**power + narrow**power) ** (1 / (2 * power))
    assert Variance(draws, 2, clips, seeds, 7).half_width() == pytest.approx(expected)


def test_tiny_variances_do_not_underflow():
    assert Variance(1e-300, 1, 0).half_width() == pytest.approx(stats.t.ppf(0.975, 1) * 1e-150)


def test_p_is_where_the_interval_ends_at_zero():
    variance = Variance(1e-4, 2, 1e-4)
    found = Difference(0.03, 3, variance)
    assert variance.half_width(1 - found.p) == pytest.approx(0.03)
    assert Difference(variance.half_width(), 3, variance).p == pytest.approx(0.05)
    assert Difference(0.05, 4, Variance(4e-4, 3, 0)).p == pytest.approx(2 * stats.t.sf(2.5, 3), rel=1e-6)


def test_without_a_variance_nothing_is_said():
    found = Difference(0.1, 2, None)
    assert all(map(math.isnan, (*found.interval, found.p)))
    assert found.may_be_none is None


def test_a_difference_without_error_is_sure():
    nothing = Variance(0, math.inf, 0)
    assert Difference(0.0, 2, nothing).p == 1
    assert Difference(0.1, 2, nothing).p == 0
    assert Difference(0.1, 2, nothing).may_be_none is False


def test_moderation_at_its_limit():
    found = moderated(np.array([1, 2, 4, 0.5, 1, 3]), 2, 10)
    expected = [1.763889, 1.930556, 2.263889, 1.680556, 1.763889, 2.097222]
    assert found.variances == pytest.approx(expected, abs=1e-6)
    assert found.freedom == 10


def test_variances_that_differ_are_hardly_drawn_together():
    variances = np.geomspace(1e-6, 1e2, 12)
    found = moderated(variances, 5, 55)
    assert found.freedom < 6
    assert found.variances[-1] == pytest.approx(variances[-1], rel=0.1)


def test_a_variance_of_zero_is_left_alone():
    found = moderated(np.array([0.0, 1.0]), 2, 10)
    assert list(found.variances) == [0, 1]
    assert found.freedom == 2
