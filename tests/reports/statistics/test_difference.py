"""Differences and what they are sure of, against the definitions worked out the slow way."""

import dataclasses
import itertools
import math
from statistics import fmean, median, variance

import numpy as np
import pytest
from scipy.stats import norm, t

from prunebench.eval.quality.bootstrap import mean_over_classes, resample_counts, set_seed
from prunebench.reports.points.point import points_of
from prunebench.reports.runs.clips import RESAMPLES, ClipScores
from prunebench.reports.statistics.detectable import smallest_detectable
from prunebench.reports.statistics.difference import Difference, difference, seed_error


def slow_resampled_map(targets, scores, counts):
    """mAP over a list of clips in which each stands as often as it was drawn."""
    drawn = np.repeat(np.arange(len(targets)), counts)
    values = []
    for truth, score in zip(targets[drawn].T, scores[drawn].T, strict=True):
        if truth.any():
            above = [score >= s for s in score[truth]]
            values.append(np.mean([truth[a].mean() for a in above]))
    return np.mean(values) if values else math.nan


def at(points, ratio, label):
    return next(p for p in points if p.ratio == ratio and p.label == label)


def peers_of(points, point):
    return [p for p in points if (p.panel, p.ratio) == (point.panel, point.ratio)]


@pytest.fixture
def run(maker):
    maker.clips, maker.classes = 60, 4
    criteria = {"l1": 0.3, "geometric_median": 0.6, "operator_norm": 0.4, "random": 0.9}
    maker.grid(criteria=criteria, ratios=(0.5,), latency=False)
    maker.write()
    return maker


def test_resampled_map_is_that_of_repeated_clips(run):
    record = next(r for r in run.records if r.criterion == "l1")
    scores = ClipScores([run.folder])
    found = scores.resampled_maps(record)
    clips = scores.clips("synth")
    counts = resample_counts(clips.sources, RESAMPLES, set_seed(clips.names, clips.sources))
    kept = np.load(run.folder / "scores" / f"{record.outcome}.npz")["test"]
    for index in range(0, RESAMPLES, 40):
        expected = slow_resampled_map(run.targets["synth"], kept, counts[index])
        assert found[index] == pytest.approx(expected, abs=1e-9)


def test_resamples_that_the_sweep_stored_are_taken_as_they_are(run):
    record = next(r for r in run.records if r.criterion == "operator_norm")
    path = run.folder / "scores" / f"{record.outcome}.npz"
    before = ClipScores([run.folder]).resampled_maps(record)
    with np.load(path) as stored:
        test = stored["test"]
    np.savez_compressed(path, test=np.zeros_like(test), resampled_map=(before / 2).astype(np.float32))
    assert ClipScores([run.folder]).resampled_maps(record) == pytest.approx(before / 2, abs=1e-7)
    np.savez_compressed(path, test=test, resampled_map=np.zeros(3, np.float32))  # of another number: not used
    assert ClipScores([run.folder]).resampled_maps(record) == pytest.approx(before)
    np.savez_compressed(path, test=test)


def test_difference_on_one_base_model(run):
    points = points_of(run.records)
    scores = ClipScores([run.folder])
    l1, random = at(points, 0.5, "l1"), at(points, 0.5, "random")
    found = difference(l1, random, peers_of(points, l1), scores)

    assert found.mean == pytest.approx(fmean(l1.maps) - fmean(random.maps))
    gaps = np.mean([scores.resampled_maps(r) for r in l1.records], axis=0)
    gaps = gaps - np.mean([scores.resampled_maps(r) for r in random.records], axis=0)
    clips = np.var(gaps, ddof=1)

    def by(point, seed):
        keys = sorted({getattr(r, seed) for r in point.records})
        return [
            fmean(m for m, r in zip(point.maps, point.records, strict=True) if getattr(r, seed) == key)
            for key in keys
        ]

    draws = by(random, "prune_seed")
    steady = [by(p, "finetune_seed") for p in points if p.control is None and not p.is_random]
    pooled = fmean(variance([a0 - b0, a1 - b1]) for (a0, a1), (b0, b1) in itertools.combinations(steady, 2))
    of_l1, of_random = pooled / 2 / 2, variance(draws) / 3
    assert found.standard_error == pytest.approx(math.sqrt(clips + of_l1 + of_random))
    freedom = (clips + of_l1 + of_random) ** 2 / (of_l1**2 / 2 + of_random**2 / 2)
    half = t.ppf(0.975, freedom) * found.standard_error
    assert found.interval == pytest.approx((found.mean - half, found.mean + half))
    assert found.bases == 1


def test_pairing_by_fine_tuning_seed_takes_out_what_both_share(run):
    """A seed that lifts every criterion alike says nothing of their difference."""
    lifted = []
    for record in run.records:
        last = dict(record.stages[record.last_stage])
        last["test_map"] += 0.1 * (record.finetune_seed or 0)
        lifted.append(dataclasses.replace(record, stages={**record.stages, record.last_stage: last}))
    base = ("base0", 0)
    errors = []
    for records in (run.records, lifted):
        points = points_of(records)
        l1 = at(points, 0.5, "l1")
        errors.append(seed_error(l1, base, peers_of(points, l1)))
    assert errors[0] == pytest.approx(errors[1])


def test_difference_on_several_base_models(maker):
    maker.clips, maker.classes = 60, 4
    maker.grid(bases=(0, 1, 2), criteria={"l1": 0.3, "random": 0.9}, ratios=(0.5,), latency=False)
    maker.write()
    points = points_of(maker.records)
    scores = ClipScores([maker.folder])
    l1, random = at(points, 0.5, "l1"), at(points, 0.5, "random")
    found = difference(l1, random, [l1, random], scores)

    def of(point, base, value):
        return fmean(value(r) for r in point.records if r.base_seed == base)

    gaps = [
        of(l1, b, lambda r: r.stages["fine-tuned"]["test_map"])
        - of(random, b, lambda r: r.stages["fine-tuned"]["test_map"])
        for b in range(3)
    ]
    resampled = [
        fmean(
            of(l1, b, lambda r, i=i: scores.resampled_maps(r)[i])
            - of(random, b, lambda r, i=i: scores.resampled_maps(r)[i])
            for b in range(3)
        )
        for i in range(RESAMPLES)
    ]
    clips, models = variance(resampled), variance(gaps) / 3
    assert found.mean == pytest.approx(fmean(gaps))
    assert found.standard_error == pytest.approx(math.sqrt(clips + models))
    freedom = (clips + models) ** 2 / (models**2 / 2)
    assert found.interval[1] - found.mean == pytest.approx(t.ppf(0.975, freedom) * found.standard_error)
    assert found.bases == 3


def test_only_shared_base_models_count(maker):
    for base, name in ((0, "l1"), (1, "l1"), (1, "random"), (2, "random")):
        maker.cell(
            signal=1.0 + base,
            noise=len(name),
            criterion=name,
            ratio=0.5,
            base_seed=base,
            finetune_scope="tail",
        )
    maker.write()
    points = points_of(maker.records)
    l1, random = at(points, 0.5, "l1"), at(points, 0.5, "random")
    found = difference(l1, random, points, ClipScores([maker.folder]))
    assert found.bases == 1
    assert found.mean == pytest.approx(l1.maps[1] - random.maps[0])


def test_no_shared_base_model_gives_no_difference(maker):
    for base, name in ((0, "l1"), (1, "random")):
        maker.cell(signal=1.0, criterion=name, ratio=0.5, base_seed=base)
    points = points_of(maker.write() and maker.records)
    assert difference(*points, points, ClipScores([maker.folder])) is None


def test_sides_exchanged_change_the_sign_alone(run):
    points = points_of(run.records)
    scores = ClipScores([run.folder])
    for a, b in itertools.combinations([p for p in points if p.control is None], 2):
        there, back = (difference(*pair, points, scores) for pair in ((a, b), (b, a)))
        assert there.mean == -back.mean
        assert there.standard_error == pytest.approx(back.standard_error)
        assert there.may_be_none == back.may_be_none


def test_equal_scores_cannot_be_told_apart(maker):
    for name in ("l1", "random"):
        for seed in (0, 1):
            maker.cell(signal=1.0, noise=seed, criterion=name, ratio=0.5, finetune_seed=seed)
    points = points_of(maker.write() and maker.records)
    found = difference(*points, points, ClipScores([maker.folder]))
    assert found.mean == 0.0
    assert found.may_be_none is True


def test_one_seed_leaves_the_clips_alone(maker):
    for name in ("l1", "random"):
        maker.cell(signal=1.0, noise=len(name), criterion=name, ratio=0.5, finetune_seed=0)
    points = points_of(maker.write() and maker.records)
    found = difference(*points, points, ClipScores([maker.folder]))
    assert not found.seeds_known
    assert found.standard_error > 0
    assert found.interval[1] - found.mean == pytest.approx(norm.ppf(0.975) * found.standard_error)
    assert found.may_be_none is None


def test_without_scores_there_is_no_interval(run):
    points = points_of(run.records)
    l1, random = at(points, 0.5, "l1"), at(points, 0.5, "random")
    found = difference(l1, random, points, ClipScores(()))
    assert math.isfinite(found.mean)
    assert math.isnan(found.standard_error)
    assert all(map(math.isnan, found.interval))
    assert found.may_be_none is None


@pytest.mark.parametrize("spoil", ["nan", "shape"])
def test_scores_that_do_not_fit_count_as_missing(run, spoil):
    record = next(r for r in run.records if r.criterion == "l1")
    path = run.folder / "scores" / f"{record.outcome}.npz"
    scores = np.load(path)["test"]
    scores = np.full_like(scores, np.nan) if spoil == "nan" else scores[:-1]
    np.savez(path, test=scores)
    assert ClipScores([run.folder]).resampled_maps(record) is None


def test_mean_over_classes_leaves_out_classes_without_positives():
    nan = math.nan
    found = mean_over_classes(np.array([[0.2, nan, 0.4], [nan, nan, nan], [1.0, 1.0, 0.4]]))
    np.testing.assert_allclose(found, [0.3, nan, 0.8])


@pytest.mark.parametrize(
    ("mean", "error", "expected"), [(0.02, 0.011, True), (0.02, 0.009, False), (-0.02, 0.011, True)]
)
def test_verdict_follows_the_interval(mean, error, expected):
    assert Difference(mean, error, math.inf, 1, True).may_be_none is expected


def test_smallest_detectable_difference_is_that_of_the_median_pair(run):
    points = points_of(run.records)
    scores = ClipScores([run.folder])
    found = smallest_detectable(points[0].panel, points, scores)
    criteria = [p for p in points if p.control is None]
    pairs = [difference(a, b, criteria, scores) for a, b in itertools.combinations(criteria, 2)]
    sizes = [(t.ppf(0.975, pair.freedom) + t.ppf(0.8, pair.freedom)) * pair.standard_error for pair in pairs]
    assert found.pairs == 6
    assert found.difference == pytest.approx(median(sizes))
    assert found.by_ratio == ((0.5, pytest.approx(median(sizes))),)
    assert found.bases == 1
    assert found.conditional


def test_smallest_detectable_difference_has_the_power_it_names():
    """A two-sided z test at the named size finds it in 80 % of draws."""
    size = norm.ppf(0.975) + norm.ppf(0.8)
    draws = np.random.default_rng(0).normal(size, 1.0, 200_000)
    assert np.mean(np.abs(draws) > norm.ppf(0.975)) == pytest.approx(0.8, abs=0.005)


def test_without_scores_the_smallest_difference_is_unknown(run):
    points = points_of(run.records)
    found = smallest_detectable(points[0].panel, points, ClipScores(()))
    assert found.difference is None
    assert "scores" in found.missing


def test_six_base_models_are_not_conditional(maker):
    maker.clips = 40
    maker.grid(
        bases=tuple(range(6)), criteria={"l1": 0.3, "random": 0.9}, ratios=(0.5,), seeds=(0,), latency=False
    )
    points = points_of(maker.write() and maker.records)
    found = smallest_detectable(points[0].panel, points, ClipScores([maker.folder]))
    assert (found.bases, found.conditional) == (6, False)
