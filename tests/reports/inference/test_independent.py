"""Networks share no base models: Welch's interval over base seeds, and paired test clips."""

import math

import numpy as np
import pytest
from scipy import stats

from prunebench.eval.quality.clip_variance import Influences
from prunebench.eval.run.record import Record
from prunebench.reports.inference.independent import independent_difference
from prunebench.reports.inference.paired import ComparedValues
from prunebench.reports.inference.value import Value

FORM = Influences([(f"r{i}",) for i in range(40)])


class Scores:
    """Rows by outcome, in place of those of a run folder."""

    def __init__(self, rows):
        self.rows = rows

    def row(self, record):
        return self.rows.get(record.outcome)

    def form(self, data):
        return FORM if self.rows else None


def side(name, means, rows):
    cells = [
        Record(cell=f"{name}{i}", outcome=f"{name}{i}", data="toy", base=name, scope="inner")
        for i in range(len(means))
    ]
    values = {
        (name, i): Value(mean, ((1.0, (cell,)),))
        for i, (mean, cell) in enumerate(zip(means, cells, strict=True))
    }
    return ComparedValues(values, Scores({cell.outcome: row for cell, row in zip(cells, rows, strict=True)}))


def still(count):
    return np.zeros((count, 40))


def test_without_a_share_of_the_clips_it_is_welchs_interval():
    one, other = [0.71, 0.74, 0.69, 0.75], [0.66, 0.68, 0.61]
    found = independent_difference(side("a", one, still(4)), side("b", other, still(3)))
    welch = stats.ttest_ind(one, other, equal_var=False)
    assert found.mean == pytest.approx(np.mean(one) - np.mean(other))
    assert found.interval == pytest.approx(tuple(welch.confidence_interval()), abs=1e-6)
    assert found.p == pytest.approx(welch.pvalue, abs=1e-6)


def test_what_the_same_clips_do_to_both_networks_cancels():
    shared = np.random.default_rng(0).normal(0, 0.01, 40)
    rows = [np.tile(shared, (3, 1)) for _ in range(2)]
    means = [0.7, 0.72, 0.69], [0.6, 0.61, 0.64]
    found = independent_difference(*(side(n, m, r) for n, m, r in zip("ab", means, rows, strict=True)))
    assert found.interval == pytest.approx(
        tuple(stats.ttest_ind(*means, equal_var=False).confidence_interval()), abs=1e-6
    )


def test_clips_that_the_networks_differ_on_widen_it():
    draw = np.random.default_rng(1)
    one, other = draw.normal(0, 0.01, 40), draw.normal(0, 0.01, 40)
    sides = side("a", [0.7, 0.7], np.tile(one, (2, 1))), side("b", [0.6, 0.6], np.tile(other, (2, 1)))
    found = independent_difference(*sides)
    half = 1.959964 * math.sqrt(40 / 39 * ((one - other) ** 2).sum())
    assert found.interval == pytest.approx((found.mean - half, found.mean + half), rel=1e-5)


@pytest.mark.parametrize("counts", [(1, 4), (4, 1), (1, 1)])
def test_one_base_model_on_a_side_gives_no_interval(counts):
    sides = (side(name, [0.5] * n, still(n)) for name, n in zip("ab", counts, strict=True))
    assert all(map(math.isnan, independent_difference(*sides).interval))


def test_without_scores_of_the_clips_there_is_no_interval():
    bare = side("a", [0.5, 0.6], [None, None])
    assert all(map(math.isnan, independent_difference(bare, side("b", [0.5, 0.6], still(2))).interval))


def test_the_interval_covers_the_true_difference():
    draw = np.random.default_rng(5)
    for few, many in ((2, 2), (3, 6), (6, 6)):
        held = 0
        for _ in range(800):
            one, other = draw.normal(0.7, 0.02, few), draw.normal(0.65, 0.04, many)
            low, high = independent_difference(
                side("a", one, still(few)), side("b", other, still(many))
            ).interval
            held += low <= 0.05 <= high
        assert held / 800 > 0.925, (few, many)
