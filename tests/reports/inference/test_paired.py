"""Paired differences, against the definitions worked out one by one."""

import dataclasses
import itertools
import math
from statistics import fmean, variance

import numpy as np
import pytest
from scipy import stats

from prunebench.eval.quality.clip_variance import Influences, Resamples
from prunebench.eval.run.record import Record
from prunebench.reports.inference.paired import ComparedValues, Paired
from prunebench.reports.inference.value import Value, mean_of, measured

CLIPS = 40
Z = stats.norm.ppf(0.975)


class Scores:
    """Clip scores by outcome."""

    def __init__(self, form=None):
        self.rows, self._form = {}, form or Influences([(str(clip),) for clip in range(CLIPS)])

    def form(self, data):
        return self._form

    def row(self, record):
        return self.rows.get(record.outcome)


@pytest.fixture
def scores():
    return Scores()


@pytest.fixture
def cells(scores):
    """Makes a cell with random values by clip around a mean."""
    rng = np.random.default_rng(0)

    def make(mean=0.0, **seeds):
        values = mean + rng.normal(0, 0.1, CLIPS)
        outcome = str(len(scores.rows))
        scores.rows[outcome] = (values - values.mean()) / CLIPS
        stages = {"fine-tuned": {"test_map": float(values.mean())}}
        return Record(cell=outcome, outcome=outcome, data="d", base="b", scope="all", stages=stages, **seeds)

    return make


def q(row):
    """Variance over test sets of independent clips."""
    return CLIPS / (CLIPS - 1) * float((row**2).sum())


def mean_at(record):
    return record.stages["fine-tuned"]["test_map"]


def test_several_base_models(cells, scores):
    one, other = ([cells(mean) for _ in range(3)] for mean in (0.5, 0.47))
    paired = Paired(
        [ComparedValues({b: measured([r]) for b, r in enumerate(c)}, scores) for c in (one, other)]
    )
    found = paired.difference(0, 1)

    gaps = [mean_at(a) - mean_at(b) for a, b in zip(one, other, strict=True)]
    rows = [scores.rows[a.outcome] - scores.rows[b.outcome] for a, b in zip(one, other, strict=True)]
    middle = np.mean(rows, axis=0)
    both = sum(q(row - middle) for row in rows) / 6
    assert found.mean == pytest.approx(fmean(gaps))
    assert found.variance.few == pytest.approx(variance(gaps) / 3)
    assert found.variance.freedom == 2
    assert found.variance.clips == pytest.approx(max(q(middle) - both, 0))
    assert (found.bases, found.of_this_model_only) == (3, False)


def test_the_worked_example():
    """Three base models and four clips."""
    values = np.array([[0.05, 0.01, 0.03, -0.01], [0.02, 0.04, 0, 0.02], [0.06, 0.03, 0.05, 0.02]])
    scores = Scores(Influences([(str(clip),) for clip in range(4)]))
    column = {}
    for base, own in enumerate(values):
        scores.rows[str(base)] = (own - own.mean()) / 4
        stages = {"fine-tuned": {"test_map": own.mean()}}
        record = Record(cell="", outcome=str(base), data="d", base="b", scope="all", stages=stages)
        column[base] = measured([record])
    found = Paired([ComparedValues(column, scores)]).mean(0)
    assert found.mean == pytest.approx(0.026667, abs=1e-6)
    assert found.variance.few == pytest.approx(4.4444e-5, rel=1e-4)
    assert found.variance.clips == pytest.approx(1.6667e-5, rel=1e-4)
    assert found.variance.half_width() == pytest.approx(0.028812, abs=1e-6)


def test_the_worked_example_from_all_resamples():
    values = np.array([[0.05, 0.01, 0.03, -0.01], [0.02, 0.04, 0, 0.02], [0.06, 0.03, 0.05, 0.02]])
    scores = Scores(Resamples())
    column = {}
    for base, own in enumerate(values):
        scores.rows[str(base)] = np.array([fmean(draw) for draw in itertools.product(own, repeat=4)])
        stages = {"fine-tuned": {"test_map": own.mean()}}
        record = Record(cell="", outcome=str(base), data="d", base="b", scope="all", stages=stages)
        column[base] = measured([record])
    paired = Paired([ComparedValues(column, scores)])
    _, sums = paired.sums(range(3))
    shrunk = 255 / 256  # the variance over all 256 resamples has no degree of freedom less
    assert sums.clips[0, 0] * shrunk == pytest.approx(3.4722e-5, rel=1e-4)
    assert sums.interaction[0, 0] * shrunk == pytest.approx(2.2222e-5, rel=1e-4)


@pytest.fixture
def one_model(cells):
    """Three criteria with three fine-tuning seeds each, and random with three draws of each seed, on one base model."""
    criteria = [[cells(mean, finetune_seed=s) for s in range(3)] for mean in (0.5, 0.45, 0.4)]
    random = [cells(0.42, prune_seed=d, finetune_seed=s) for d in range(3) for s in range(3)]
    return [*criteria, random]


def columns(cells, scores):
    return [ComparedValues({0: measured(records)}, scores) for records in cells]


def of(records, seed, value):
    return [[r for r in records if getattr(r, seed) == key] for key in range(value)]


def test_one_base_model_takes_the_spread_of_draws_and_of_pooled_seeds(one_model, scores):
    found = Paired(columns(one_model, scores)).difference(0, 3)

    draws = [fmean(map(mean_at, records)) for records in of(one_model[3], "prune_seed", 3)]
    tuned = np.array([[mean_at(r) for r in records] for records in one_model[:3]])
    left = tuned - tuned.mean(axis=1, keepdims=True) - tuned.mean(axis=0) + tuned.mean()
    assert found.variance.few == pytest.approx(variance(draws) / 3)
    assert found.variance.freedom == 2
    assert found.variance.many == pytest.approx((left**2).sum() / 4 / 3)
    assert found.variance.many_freedom == 4

    rows = np.array([[scores.rows[r.outcome] for r in records] for records in one_model[:3]])
    of_random = np.array(
        [np.mean([scores.rows[r.outcome] for r in d], axis=0) for d in of(one_model[3], "prune_seed", 3)]
    )
    whole = q(rows[0].mean(axis=0) - of_random.mean(axis=0))
    apart = rows - rows.mean(axis=0)
    seeds = sum(q(row) for row in apart[0] - apart[0].mean(axis=0)) / 6 / (2 / 3)
    drawn = sum(q(row) for row in of_random - of_random.mean(axis=0)) / 6
    assert found.variance.clips == pytest.approx(max(whole - seeds - drawn, 0))
    assert found.of_this_model_only


def test_two_criteria_on_one_base_model_share_the_pool(one_model, scores):
    paired = Paired(columns(one_model, scores))
    alone, both = paired.difference(0, 3).variance, paired.difference(0, 1).variance
    assert both.few == pytest.approx(2 * alone.many)
    assert (both.freedom, both.many) == (4, 0)


def test_what_a_seed_does_to_all_criteria_is_no_spread_between_them(one_model, scores):
    lifted = [
        [
            dataclasses.replace(r, stages={"fine-tuned": {"test_map": mean_at(r) + 0.3 * r.finetune_seed}})
            for r in records
        ]
        for records in one_model
    ]
    plain, moved = (Paired(columns(c, scores)).difference(0, 3).variance for c in (one_model, lifted))
    assert moved.many == pytest.approx(plain.many)
    assert moved.few == pytest.approx(plain.few)


def test_one_fine_tuning_seed_takes_the_spread_of_the_draws(cells, scores):
    criteria = [[cells(finetune_seed=0)] for _ in range(2)]
    random = [cells(prune_seed=d, finetune_seed=0) for d in range(3)]
    paired = Paired(columns([*criteria, random], scores))
    spread = variance(map(mean_at, random))
    assert paired.difference(0, 2).variance.few == pytest.approx(4 * spread / 3)
    assert paired.difference(0, 1).variance.few == pytest.approx(2 * spread)
    assert paired.difference(0, 1).variance.freedom == 2


def test_one_model_of_each_carries_no_interval(cells, scores):
    paired = Paired(columns([[cells(finetune_seed=0)], [cells(finetune_seed=0)]], scores))
    assert paired.difference(0, 1).variance is None
    assert paired.difference(0, 1).may_be_none is None


def test_a_model_that_nothing_was_done_to_has_no_spread(cells, scores):
    untouched = ComparedValues({0: measured([cells()])}, scores, noise="own")
    found = Paired([untouched]).mean(0).variance
    assert (found.few, found.freedom) == (0, math.inf)


def test_its_own_seeds_are_a_controls_spread(one_model, scores):
    own = ComparedValues({0: measured(one_model[0])}, scores, noise="own")
    found = Paired([own, *columns(one_model[1:], scores)]).mean(0).variance
    assert found.few == pytest.approx(variance(map(mean_at, one_model[0])) / 3)
    assert found.freedom == 2


def test_without_clip_scores_there_is_no_interval(cells, scores):
    known, bare = cells(), cells()
    del scores.rows[bare.outcome]
    pair = [ComparedValues({b: measured([r]) for b in range(2)}, scores) for r in (known, bare)]
    paired = Paired([*pair, pair[0]])
    assert paired.difference(0, 1).variance is None
    assert paired.difference(0, 2).variance is not None


def test_pairs_stand_on_the_base_models_that_both_have(cells, scores):
    made = [[cells(0.1 * base) for base in range(3)] for _ in range(2)]
    one, other = ({b: measured([r]) for b, r in enumerate(records)} for records in made)
    del other[2]
    paired = Paired(
        [ComparedValues(one, scores), ComparedValues(other, scores), ComparedValues({7: one[0]}, scores)]
    )
    found = paired.difference(0, 1)
    assert found.bases == 2
    assert found.mean == pytest.approx(fmean(one[b].mean - other[b].mean for b in (0, 1)))
    assert paired.difference(0, 2) is None


def test_a_value_between_points_carries_their_clips(cells, scores):
    low, high = ([cells(mean) for _ in range(2)] for mean in (0.3, 0.5))
    read = {
        b: Value(0.75 * mean_at(low[b]) + 0.25 * mean_at(high[b]), ((0.75, (low[b],)), (0.25, (high[b],))))
        for b in (0, 1)
    }
    paired = Paired([ComparedValues(read, scores)])
    _, sums = paired.sums((0, 1))
    for b in (0, 1):
        expected = 0.75 * scores.rows[low[b].outcome] + 0.25 * scores.rows[high[b].outcome]
        assert sums.rows[0, b] == pytest.approx(expected)
    over = mean_of([read[0], measured([low[0]])])
    assert over.mean == pytest.approx(fmean([read[0].mean, mean_at(low[0])]))
    assert sum(w for w, _ in over.parts) == pytest.approx(1)
