"""Differences between the points of a run folder, and what the run could have detected."""

import dataclasses
import itertools
import math
from statistics import fmean, variance

import numpy as np
import pytest

from prunebench.eval.quality.influence import clip_influences
from prunebench.reports.inference.holm import holm
from prunebench.reports.inference.interval import Variance
from prunebench.reports.inference.power import detectable_difference
from prunebench.reports.points.point import points_of
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.statistics.comparisons import Comparisons
from prunebench.reports.statistics.detectable import smallest_detectable


def at(points, ratio, label):
    return next(p for p in points if p.ratio == ratio and p.label == label)


def compared(maker):
    points = points_of(maker.records)
    return points, Comparisons(points, ClipScores([maker.folder]))


@pytest.fixture
def run(maker):
    maker.clips, maker.classes = 60, 4
    criteria = {"l1": 0.3, "geometric_median": 0.6, "operator_norm": 0.4, "random": 0.9}
    maker.grid(criteria=criteria, ratios=(0.5,), latency=False).write()
    return maker


@pytest.fixture
def three_models(maker):
    maker.clips, maker.classes = 60, 4
    criteria = {"l1": 0.3, "l2": 0.5, "random": 0.9}
    maker.grid(bases=(0, 1, 2), criteria=criteria, ratios=(0.5,), latency=False).write()
    return maker


def row_of(maker, record):
    """Influences of a cell, from its scores as they lie in the folder."""
    clips = ClipScores([maker.folder]).clips("synth")
    with np.load(maker.folder / "scores" / f"{record.outcome}.npz") as stored:
        return clip_influences(clips.targets, stored["test"], clips.sources)


def slow_q(maker, row):
    """Sums over pairs of clips that share a recording."""
    sources = [set(s) for s in ClipScores([maker.folder]).clips("synth").sources]
    shared = np.array([[bool(a & b) for b in sources] for a in sources])
    return float(row @ shared @ row) / (1 - shared.mean())


def test_rows_are_influences_of_the_scores(run):
    record = next(r for r in run.records if r.criterion == "l1")
    scores = ClipScores([run.folder])
    assert scores.row(record) == pytest.approx(row_of(run, record))


def test_influences_that_the_sweep_stored_are_taken_as_they_are(run):
    record = next(r for r in run.records if r.criterion == "operator_norm")
    path = run.folder / "scores" / f"{record.outcome}.npz"
    with np.load(path) as stored:
        test = stored["test"]
    row = row_of(run, record)
    np.savez_compressed(path, test=test, influence=(row / 2).astype(np.float32))
    assert ClipScores([run.folder]).row(record) == pytest.approx(row / 2, abs=1e-7)
    np.savez_compressed(path, test=test, influence=np.zeros(3, np.float32))  # of other clips: not used
    assert ClipScores([run.folder]).row(record) == pytest.approx(row)


def test_influences_alone_are_enough(run):
    """A folder without its scores, the larger part of it, keeps its intervals."""
    before = compared(run)[1]
    points = points_of(run.records)
    expected = before.difference(at(before._points, 0.5, "l1"), at(before._points, 0.5, "random"))
    for record in run.records:
        row = row_of(run, record)
        np.savez(run.folder / "scores" / f"{record.outcome}.new.npz", influence=row)
    for record in run.records:
        path = run.folder / "scores" / f"{record.outcome}.npz"
        (run.folder / "scores" / f"{record.outcome}.new.npz").replace(path)
    found = Comparisons(points, ClipScores([run.folder])).difference(
        at(points, 0.5, "l1"), at(points, 0.5, "random")
    )
    assert found.interval == pytest.approx(expected.interval)


def test_several_base_models(three_models):
    points, comparisons = compared(three_models)
    l1, random = at(points, 0.5, "l1"), at(points, 0.5, "random")
    found = comparisons.difference(l1, random)

    def of(point, base, value):
        return np.mean([value(r) for r in point.records if r.base_seed == base], axis=0)

    def both(base, value):
        return of(l1, base, value) - of(random, base, value)

    gaps = [both(b, lambda r: r.stages["fine-tuned"]["test_map"]) for b in range(3)]
    rows = np.array([both(b, lambda r: row_of(three_models, r)) for b in range(3)])
    middle = rows.mean(axis=0)
    clips = max(slow_q(three_models, middle), 60 / 59 * float((middle**2).sum()))
    interaction = sum(slow_q(three_models, row - middle) for row in rows) / 6
    assert found.mean == pytest.approx(fmean(gaps))
    assert found.variance == Variance(
        pytest.approx(variance(gaps) / 3), 2, pytest.approx(max(clips - interaction, 0), abs=1e-12)
    )


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
    points, comparisons = compared(maker)
    l1, random = at(points, 0.5, "l1"), at(points, 0.5, "random")
    found = comparisons.difference(l1, random)
    assert found.bases == 1
    assert found.mean == pytest.approx(l1.maps[1] - random.maps[0])


def test_no_shared_base_model_gives_no_difference(maker):
    for base, name in ((0, "l1"), (1, "random")):
        maker.cell(signal=1.0, criterion=name, ratio=0.5, base_seed=base)
    maker.write()
    points, comparisons = compared(maker)
    assert comparisons.difference(*points) is None


@pytest.mark.parametrize("made", ["run", "three_models"])
def test_sides_exchanged_change_the_sign_alone(made, request):
    points, comparisons = compared(request.getfixturevalue(made))
    for a, b in itertools.combinations([p for p in points if p.control is None], 2):
        there, back = comparisons.difference(a, b), comparisons.difference(b, a)
        assert there.mean == -back.mean
        assert there.variance.half_width() == pytest.approx(back.variance.half_width())


def test_equal_scores_cannot_be_told_apart(maker):
    for name in ("l1", "random"):
        for seed in (0, 1):
            maker.cell(signal=1.0, noise=seed, criterion=name, ratio=0.5, finetune_seed=seed)
    maker.write()
    points, comparisons = compared(maker)
    found = comparisons.difference(*points)
    assert found.mean == 0.0
    assert found.may_be_none is True


@pytest.mark.parametrize("draws", [1, 2])
def test_one_fine_tuning_seed_says_nothing_without_draws_of_random(maker, draws):
    maker.cell(signal=1.0, criterion="l1", ratio=0.5, finetune_seed=0)
    for draw in range(draws):
        maker.cell(signal=0.9, noise=draw, criterion="random", ratio=0.5, finetune_seed=0, prune_seed=draw)
    maker.write()
    points, comparisons = compared(maker)
    found = comparisons.from_random(at(points, 0.5, "l1"))
    assert (found.alike is None) == (draws == 1)


def test_without_scores_there_is_no_interval(run):
    points = points_of(run.records)
    comparisons = Comparisons(points, ClipScores(()))
    found = comparisons.difference(at(points, 0.5, "l1"), at(points, 0.5, "random"))
    assert math.isfinite(found.mean)
    assert all(map(math.isnan, found.interval))
    assert found.may_be_none is None


@pytest.mark.parametrize("spoil", ["nan", "shape"])
def test_scores_that_do_not_fit_count_as_missing(run, spoil):
    record = next(r for r in run.records if r.criterion == "l1")
    path = run.folder / "scores" / f"{record.outcome}.npz"
    with np.load(path) as stored:
        scores = stored["test"]
    np.savez(path, test=np.full_like(scores, np.nan) if spoil == "nan" else scores[:-1])
    assert ClipScores([run.folder]).row(record) is None


def test_six_base_models_are_tested_together_by_holm(maker):
    maker.clips = 40
    criteria = {"l1": 0.3, "l2": 0.85, "lamp": 0.9, "random": 0.9}
    maker.grid(bases=tuple(range(6)), criteria=criteria, ratios=(0.5,), seeds=(0,), latency=False).write()
    points, comparisons = compared(maker)
    names = ("l1", "l2", "lamp")
    random = at(points, 0.5, "random")
    alone = [comparisons.difference(at(points, 0.5, name), random).p for name in names]
    for name, expected in zip(names, holm(alone), strict=True):
        found = comparisons.from_random(at(points, 0.5, name))
        assert found.p == pytest.approx(expected)
        assert found.alike is (expected > 0.05)


def test_fewer_than_six_have_intervals_and_no_test(three_models):
    points, comparisons = compared(three_models)
    found = comparisons.from_random(at(points, 0.5, "l1"))
    assert math.isnan(found.p)
    assert found.alike is found.difference.may_be_none


def test_reversals_belong_to_no_test(maker):
    maker.clips = 40
    maker.grid(
        bases=tuple(range(6)), criteria={"l1": 0.3, "random": 0.9}, ratios=(0.5,), seeds=(0,), latency=False
    )
    for base in range(6):
        maker.cell(
            signal=1.0,
            noise=base,
            criterion="l1",
            control="reversed",
            ratio=0.5,
            base_seed=base,
            finetune_seed=0,
            finetune_scope="tail",
        )
    maker.write()
    points, comparisons = compared(maker)
    found = comparisons.from_random(at(points, 0.5, "l1, reversed"))
    assert math.isnan(found.p)
    assert found.alike is not None
    only = comparisons.difference(at(points, 0.5, "l1"), at(points, 0.5, "random"))
    assert comparisons.from_random(at(points, 0.5, "l1")).p == pytest.approx(only.p)


def test_the_smallest_detectable_difference_is_that_of_mean_variances(three_models):
    points, comparisons = compared(three_models)
    found = smallest_detectable(points[0].panel, points, comparisons)
    l1, l2, random = (at(points, 0.5, name) for name in ("l1", "l2", "random"))
    (sizes,) = found.by_ratio
    between = comparisons.difference(l1, l2).variance
    chance = [comparisons.difference(p, random).variance for p in (l1, l2)]
    mean = Variance(fmean(v.few for v in chance), 2, fmean(v.clips for v in chance))
    assert sizes.criteria.difference == pytest.approx(detectable_difference(between))
    assert sizes.random.difference == pytest.approx(detectable_difference(mean))
    assert sizes.random.low < sizes.random.difference < sizes.random.high
    assert (found.pairs, found.bases, found.conditional) == (3, 3, True)


def test_without_scores_the_smallest_difference_is_unknown(run):
    points = points_of(run.records)
    found = smallest_detectable(points[0].panel, points, Comparisons(points, ClipScores(())))
    assert found.by_ratio == ()
    assert "scores" in found.missing


def test_six_base_models_are_not_conditional(maker):
    maker.clips = 40
    criteria = {"l1": 0.3, "random": 0.9}
    maker.grid(bases=tuple(range(6)), criteria=criteria, ratios=(0.5,), seeds=(0,), latency=False).write()
    points, comparisons = compared(maker)
    found = smallest_detectable(points[0].panel, points, comparisons)
    assert (found.bases, found.conditional) == (6, False)
    assert math.isnan(found.by_ratio[0].criteria.difference)
    assert math.isfinite(found.by_ratio[0].random.difference)


def test_what_a_seed_does_to_all_criteria_is_no_spread_between_them(run):
    """A seed that lifts every criterion alike says nothing of their difference."""
    lifted = []
    for record in run.records:
        last = dict(record.stages[record.last_stage])
        last["test_map"] += 0.1 * (record.finetune_seed or 0)
        lifted.append(dataclasses.replace(record, stages={**record.stages, record.last_stage: last}))
    widths = []
    for records in (run.records, lifted):
        points = points_of(records)
        comparisons = Comparisons(points, ClipScores([run.folder]))
        found = comparisons.difference(at(points, 0.5, "l1"), at(points, 0.5, "random"))
        widths.append(found.variance.half_width())
    assert widths[0] == pytest.approx(widths[1])


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, math.nan, 0.6])[0] == 1.0
    assert math.isnan(holm([0.5, math.nan])[1])
