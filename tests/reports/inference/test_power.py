"""The smallest detectable difference, against numbers worked out elsewhere and the noncentral t."""

import math

import numpy as np
import pytest
from scipy import stats

from prunebench.reports.inference.interval import Variance
from prunebench.reports.inference.power import detectable_difference, uncertainty


@pytest.mark.parametrize(
    ("few", "clips", "freedom", "expected"),
    [
        (1, 0, 1, 16.33),
        (1, 0, 2, 5.65),
        (1, 0, 5, 3.514),
        (1, 0, 11, 3.078),
        (0.5, 0.5, 2, 4.186),
        (0, 1, 2, 2.802),
    ],
)
def test_figures(few, clips, freedom, expected):
    assert detectable_difference(Variance(few, freedom, clips)) == pytest.approx(expected, abs=5e-3)


@pytest.mark.parametrize("freedom", [2, 5])
def test_base_models_alone_have_the_power_of_the_noncentral_t(freedom):
    found = detectable_difference(Variance(9e-4, freedom, 0)) / 0.03
    beyond = stats.t.ppf(0.975, freedom)
    power = stats.nct.sf(beyond, freedom, found) + stats.nct.cdf(-beyond, freedom, found)
    assert power == pytest.approx(0.8, abs=2e-3)


def test_it_scales_with_the_standard_error():
    one, other = (detectable_difference(Variance(s * 1e-4, 2, s * 2e-4)) for s in (1, 9))
    assert other == pytest.approx(3 * one)


@pytest.mark.parametrize("error", [1e-6, 1e-2, 1.0, 1e4])
def test_what_is_known_for_sure_needs_2_8_standard_errors_at_any_scale(error):
    """The quantiles of 97.5 and 80 % of the normal distribution."""
    for known in (Variance(0, 2, error**2), Variance(error**2, math.inf, 0)):
        assert detectable_difference(known) == pytest.approx(2.8016 * error, rel=1e-3)


def test_nothing_to_detect_against():
    assert detectable_difference(Variance(0, math.inf, 0)) == 0
    assert math.isnan(detectable_difference(Variance(math.nan, 2, 0)))


def test_the_range_holds_80_percent_of_estimated_variances():
    low, high = uncertainty(6)
    rng = np.random.default_rng(0)
    estimated = np.sqrt(rng.chisquare(6, 20_000) / 6)
    assert ((estimated * low < 1) & (estimated * high > 1)).mean() == pytest.approx(0.8, abs=0.01)
    assert uncertainty(math.inf) == (1, 1)
