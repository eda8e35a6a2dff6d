"""Contrasts from units and clips drawn together, against slow re-derivations."""

import itertools
import math
from statistics import mean, stdev, variance

import numpy as np
import pytest
from scipy import stats

from prunebench.reports.statistics.contrast import SEED, Contrast, Draws, holm


@pytest.fixture
def few():
    """Four criteria, three units, 400 resamples: means and the same on resampled clips."""
    rng = np.random.default_rng(5)
    means = np.array([[0.5, 0.52, 0.49], [0.45, 0.5, 0.46], [0.52, 0.5, 0.51], [0.3, 0.31, 0.33]])
    clips = rng.normal(0, 0.01, (1, 1, 400)) + rng.normal(0, 0.004, (4, 3, 400))
    return Draws(means, means[:, :, None] + clips), means, means[:, :, None] + clips


def slow_draws(maps):
    """Each draw by its definition."""
    criteria, units, resamples = maps.shape
    drawn = np.random.default_rng(SEED).integers(0, units, size=(resamples, units))
    found = np.zeros((criteria, resamples))
    for c, r in itertools.product(range(criteria), range(resamples)):
        whole = mean(maps[c, :, r])
        part = mean(maps[c, unit, r] for unit in drawn[r])
        found[c, r] = whole + math.sqrt(units / (units - 1)) * (part - whole)
    return found


def test_draws_follow_the_definition(few):
    draws, _, maps = few
    np.testing.assert_allclose(draws.values, slow_draws(maps), atol=1e-12)


def test_a_difference_is_paired_and_has_welchs_freedom(few):
    draws, means, maps = few
    slow = slow_draws(maps)
    found = draws.difference(0, 1)
    gaps = means[0] - means[1]
    error = stdev(slow[0] - slow[1])
    apart = variance(gaps) / 3
    freedom = 2 * (error**2 / apart) ** 2
    half = stats.t.ppf(0.975, freedom) * error
    assert found.value == pytest.approx(mean(gaps))
    assert found.standard_error == pytest.approx(error)
    assert found.interval == pytest.approx((mean(gaps) - half, mean(gaps) + half))
    assert found.p == pytest.approx(2 * stats.t.sf(mean(gaps) / error, freedom))


def test_the_variance_over_units_is_not_too_small():
    """Without spread over clips the bootstrap's variance is that of a mean, not (n − 1)/n of it."""
    means = np.array([[0.1, 0.2, 0.6, 0.3]])
    draws = Draws(means, np.repeat(means[:, :, None], 20_000, axis=2))
    assert draws.mean(0).standard_error ** 2 == pytest.approx(variance(means[0]) / 4, rel=0.03)


def test_one_unit_has_the_spread_of_the_clips_alone():
    maps = np.random.default_rng(0).normal(0.5, 0.02, (2, 1, 1000))
    draws = Draws(maps.mean(axis=2), maps)
    assert draws.mean(0).standard_error == pytest.approx(np.std(maps[0, 0], ddof=1))
    assert math.isinf(draws.mean(0).freedom)


def test_shares_of_being_first_sum_to_one_and_ties_are_split(few):
    draws, *_ = few
    assert draws.first().sum() == pytest.approx(1)
    assert draws.first()[3] == 0
    twins = Draws(np.full((2, 3), 0.5), np.full((2, 3, 100), 0.5))
    assert list(twins.first()) == [0.5, 0.5]


def test_the_smallest_detectable_difference_is_that_of_the_median_pair(few):
    draws, *_ = few
    pairs = [draws.difference(a, b) for a, b in itertools.combinations(range(4), 2)]
    freedom = np.median([p.freedom for p in pairs])
    error = np.median([p.standard_error for p in pairs])
    expected = (stats.t.ppf(0.975, freedom) + stats.t.ppf(0.8, freedom)) * error
    assert draws.detectable() == pytest.approx(expected)


def test_without_clips_nothing_is_sure():
    draws = Draws(np.array([[0.5, 0.6], [0.4, 0.5]]), None)
    found = draws.difference(0, 1)
    assert found.value == pytest.approx(0.1)
    assert all(map(math.isnan, (*found.interval, found.p, *draws.first(), draws.detectable())))


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, math.nan, 0.6])[0] == 1.0
    assert math.isnan(holm([0.5, math.nan])[1])


def test_a_difference_without_error_is_sure():
    assert Contrast(0.0, 0.0, math.inf).p == 1
    assert Contrast(0.1, 0.0, math.inf).p == 0
