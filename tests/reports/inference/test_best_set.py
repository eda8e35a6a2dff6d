"""The set that may be the best, against numbers worked out elsewhere."""

import numpy as np
import pytest

from prunebench.eval.quality.clip_variance import Influences, Resamples
from prunebench.reports.inference.best_set import best_set, errors_of

VALUES = np.array(
    [
        [[0.60, 0.70, 0.50, 0.66], [0.62, 0.66, 0.56, 0.64]],
        [[0.55, 0.66, 0.50, 0.61], [0.50, 0.66, 0.49, 0.55]],
        [[0.40, 0.52, 0.30, 0.42], [0.38, 0.55, 0.36, 0.43]],
    ]
)


def parts(values):
    means = values.mean(axis=2)
    rows = (values - means[:, :, None]) / values.shape[2]
    return means, rows, Influences([(str(clip),) for clip in range(values.shape[2])])


def test_standard_errors_by_hand():
    means, rows, form = parts(VALUES)
    errors = errors_of(means, rows, form)
    assert means.mean(axis=1) == pytest.approx([0.6175, 0.565, 0.42])
    assert errors.models * 2 == pytest.approx([2.306e-4, 4.201e-4, 3.368e-4], rel=1e-3)
    assert errors.models_freedom == 2
    pairs = errors.of_pairs
    assert [pairs[0, 1], pairs[0, 2], pairs[1, 2]] == pytest.approx(
        [0.0204946, 0.0222635, 0.0200448], abs=1e-7
    )
    gaps = means.mean(axis=1)[:, None] - means.mean(axis=1)
    assert [gaps[0, 1] / pairs[0, 1], gaps[0, 2] / pairs[0, 2], gaps[1, 2] / pairs[1, 2]] == pytest.approx(
        [2.5617, 8.8710, 7.2338], abs=1e-4
    )


@pytest.fixture
def ladder():
    rng = np.random.default_rng(4)
    shifts = np.array([0.0, -0.001, -0.4, -0.5])[:, None, None]
    return (
        shifts
        + rng.normal(0, 0.01, (4, 6, 1))
        + rng.normal(0, 0.3, (4, 1, 200))
        + rng.normal(0, 0.1, (4, 6, 200))
    )


def test_who_is_far_below_goes_and_near_ties_stay(ladder):
    found = best_set(*parts(ladder))
    assert found.may_be_best == (True, True, False, False)
    assert found.p[2:] == pytest.approx((0, 0), abs=0.01)
    assert 1.0 in found.p[:2]


def test_p_values_rise_from_the_first_that_goes(ladder):
    found = best_set(*parts(ladder))
    order = np.argsort(ladder.mean(axis=(1, 2)))
    assert (np.diff(np.array(found.p)[order]) >= 0).all()
    assert found.may_be_best == tuple(p > 0.05 for p in found.p)


@pytest.mark.parametrize("draws", [99, 1000])
def test_no_p_value_is_below_what_the_draws_can_show(ladder, draws):
    """However far below a criterion is: a test of 99 draws cannot give less than 0.01."""
    found = best_set(*parts(ladder), draws=draws)
    least = 1 / (1 + draws)
    assert min(found.p) == pytest.approx(least, rel=1e-12)
    counts = np.array(found.p) / least
    assert counts == pytest.approx(counts.round(), abs=1e-9)
    assert max(found.p) == 1


def test_the_same_run_has_the_same_figures_to_the_last_bit(ladder):
    one, again, other = (best_set(*parts(ladder), draws=500, **seed) for seed in ({}, {}, {"seed": 7}))
    assert one.p == again.p
    np.testing.assert_array_equal(one.width, again.width)
    assert not np.array_equal(one.width, other.width)


def test_the_order_of_criteria_does_not_matter(ladder):
    turned = best_set(*parts(ladder[::-1]))
    assert turned.may_be_best == best_set(*parts(ladder)).may_be_best[::-1]


def test_intervals_of_all_pairs_are_wider_than_of_one(ladder):
    means, rows, form = parts(ladder)
    found, error = best_set(means, rows, form), errors_of(means, rows, form).of_pairs
    ratio = found.width[0, 1:] / error[0, 1:]
    assert ratio == pytest.approx(ratio[0])
    assert ratio[0] > 2.3


def test_twins_are_never_told_apart():
    values = np.repeat(np.random.default_rng(0).normal(size=(1, 3, 50)), 2, axis=0)
    found = best_set(*parts(values))
    assert found.may_be_best == (True, True)


def test_resamples_give_nearly_the_same(ladder):
    means, rows, form = parts(ladder)
    counts = np.random.default_rng(1).multinomial(200, np.full(200, 1 / 200), 1000)
    maps = means[:, :, None] + rows @ (counts - 1.0).T
    one, other = best_set(means, rows, form), best_set(means, maps, Resamples())
    assert one.may_be_best == other.may_be_best
    upper = np.triu_indices(4, 1)
    assert other.width[upper] == pytest.approx(one.width[upper], rel=0.15)
