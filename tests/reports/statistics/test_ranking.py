"""Rankings at equal cost."""

import dataclasses
import json
import math
from statistics import fmean

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from prunebench.eval.run.record import load_records
from prunebench.reports import make_report
from prunebench.reports.content.ranking_sentences import said_ranking
from prunebench.reports.points.cost_axis import MACS, PARAMETERS
from prunebench.reports.statistics.ranking import rankings_of
from prunebench.reports.tables.ranking_table import cells


def ranked(report, *, cost=MACS):
    return [r for r in report.rankings if r.quantity is cost]


def row(ranking, label):
    return next(r for r in ranking.rows if r.label == label)


def maps_of(folder, criterion, ratio):
    records = [r for r in load_records(folder) if (r.criterion, r.ratio) == (criterion, ratio)]
    by_base = {}
    for r in records:
        by_base.setdefault(r.base_seed, []).append(r.stages["fine-tuned"]["test_map"])
    return {base: fmean(values) for base, values in by_base.items()}


@pytest.fixture(scope="module")
def six(new_maker, tmp_path_factory):
    """Six base models, three criteria, three ratios."""
    maker = new_maker(tmp_path_factory.mktemp("six")).config(name="six", claim=True)
    maker.grid(bases=tuple(range(6)), criteria={"l1": 0.4, "l2": 0.42, "random": 0.95}, seeds=(0,))
    return make_report([maker.write()])


def test_means_are_over_base_models_of_the_mean_over_seeds(quick_report, quick_run):
    for ranking, ratio in zip(ranked(quick_report), (0.75, 0.5, 0.25), strict=False):
        for name in ("l1", "random", "operator_norm"):
            expected = fmean(maps_of(quick_run, name, ratio).values())
            assert row(ranking, name).mean == pytest.approx(expected)


def test_over_all_budgets_is_their_mean(six):
    *single, over_all = ranked(six)
    assert over_all.over_all
    assert over_all.budgets == len(single) == 3
    for name in ("l1", "l2", "random"):
        assert row(over_all, name).mean == pytest.approx(fmean(row(r, name).mean for r in single))


def test_differences_are_from_random_and_from_the_best(six):
    for ranking in six.rankings:
        best = ranking.rows[0]
        assert [r.rank for r in ranking.rows] == list(range(1, len(ranking.rows) + 1))
        for r in ranking.rows:
            assert r.from_best == pytest.approx(r.mean - best.mean)
            assert math.isnan(r.from_random) == r.is_random
            if not r.is_random:
                assert r.from_random == pytest.approx(r.mean - row(ranking, "random").mean)
                assert r.from_random_low <= r.from_random <= r.from_random_high
        for r in ranking.rows[1:]:
            assert r.from_best_low < r.from_best < r.from_best_high


def test_clear_losers_are_told_from_the_best_and_near_ties_are_not(six):
    ranking = ranked(six)[0]
    assert row(ranking, "random").may_be_best is False
    assert {r.label for r in ranking.rows if r.may_be_best} == {"l1", "l2"}
    assert row(ranking, "random").from_best_p <= 0.05 < row(ranking, "l2").from_best_p


def test_six_base_models_may_claim_and_fewer_are_too_few(six, quick_report):
    assert all(r.may_claim for r in six.rankings)
    text = " ".join(said_ranking(ranked(six)))
    assert (
        f"l1 has the highest mean at equal MACs (backbone) over all 3 budgets, with {ranked(six)[-1].rows[0].mean:.3f} "
        "mAP [" in text
    )
    assert (
        "]; 1 other is not distinguishable from it: l2 (step-down test, 5 % for all criteria together)."
        in text
    )
    assert "is first at equal" not in text
    few = " ".join(said_ranking(ranked(quick_report)))
    assert "1 base model is too few to say which criterion is first: 6 are needed" in few
    assert "is first at equal" not in few


def test_first_is_who_can_be_told_from_all_others_at_five_budgets(six):
    ranking = ranked(six)[-1]
    rows = tuple(dataclasses.replace(r, may_be_best=r.rank == 1) for r in ranking.rows)
    alone = dataclasses.replace(ranking, rows=rows)
    assert "is first" not in " ".join(said_ranking([alone]))
    assert "is first at equal" in " ".join(said_ranking([dataclasses.replace(alone, budgets=5)]))


def test_without_a_test_nobody_is_first(six):
    ranking = ranked(six)[-1]
    rows = tuple(dataclasses.replace(r, may_be_best=None) for r in ranking.rows)
    text = " ".join(said_ranking([dataclasses.replace(ranking, rows=rows, budgets=5)]))
    assert "has the highest mean" in text
    assert "there is no test" in text
    assert "is first at equal" not in text
    assert "every other criterion is worse" not in text


def test_fewer_than_six_base_models_carry_no_test(maker):
    maker.grid(criteria={"l1": 0.2, "random": 0.9}, ratios=(0.5,), seeds=(0, 1), bases=(0, 1, 2, 3, 4))
    [ranking] = ranked(make_report([maker.write()]))
    assert ranking.bases == 5
    for r in ranking.rows:
        assert math.isnan(r.from_random_p)
        assert math.isnan(r.from_best_p)
        assert r.may_be_best is None
        assert math.isfinite(r.low)


def test_values_between_points_lie_on_the_cubic_of_each_base_model_and_nothing_beyond_the_ends(maker):
    shared = {"seeds": (0,), "bases": (0, 1)}
    maker.grid(criteria={"random": 0.9}, ratios=(0.25, 0.4, 0.5, 0.75), **shared)
    maker.grid(criteria={"l1": 0.4}, ratios=(0.25, 0.4, 0.75), **shared)
    report = make_report([maker.write()])
    *single, _ = ranked(report)
    costs = [r.cost for r in single]
    assert costs == sorted(costs)
    points = {ratio: maps_of(maker.folder, "l1", ratio) for ratio in (0.75, 0.4, 0.25)}
    curve = [costs[0], costs[2], costs[3]]
    expected = fmean(
        PchipInterpolator(curve, [points[ratio][b] for ratio in points])(costs[1]) for b in (0, 1)
    )
    between = row(single[1], "l1")
    assert between.mean == pytest.approx(expected)
    assert between.from_random_low < between.from_random < between.from_random_high
    assert [row(r, "l1").interpolated for r in single] == [False, True, False, False]


def test_a_mean_is_taken_over_the_budgets_that_all_were_measured_at(maker):
    shared = {"seeds": (0,), "bases": (0, 1)}
    maker.grid(criteria={"random": 0.9}, ratios=(0.25, 0.5, 0.75), **shared)
    maker.grid(criteria={"l1": 0.4}, ratios=(0.25, 0.75), **shared)
    report = make_report([maker.write()])
    low, middle, high, over_all = ranked(report)
    assert (over_all.budgets, over_all.in_common) == (2, True)
    assert row(middle, "l1").interpolated
    assert not row(over_all, "l1").interpolated
    assert row(over_all, "l1").mean == pytest.approx(fmean(row(r, "l1").mean for r in (low, high)))
    assert "over all 2 budgets that all criteria were measured at" in " ".join(said_ranking(ranked(report)))


def test_a_value_far_from_every_point_is_marked(maker):
    maker.grid(criteria={"random": 0.9}, ratios=(0.05, 0.35, 0.9), seeds=(0,))
    maker.grid(criteria={"l1": 0.4}, ratios=(0.05, 0.9), seeds=(0,))
    _, middle, *_ = ranked(make_report([maker.write()]))
    assert row(middle, "l1").far
    assert not row(middle, "random").far
    assert cells(row(middle, "l1"))[0] == "l1 ~~"


def test_criteria_that_removed_the_same_filters_at_a_budget_are_one_row_there(maker):
    """They differ at another ratio, so they are two curves, and two comparisons there."""
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.25, 0.5), seeds=(0,), bases=(0, 1))
    maker.grid(criteria={"l2": 0.5}, ratios=(0.5,), seeds=(0,), bases=(0, 1))
    twins = [
        dataclasses.replace(r, cell=f"{r.cell} twin", criterion="l2")
        for r in maker.records
        if (r.criterion, r.ratio) == ("l1", 0.25)
    ]
    maker.records += twins
    at_half, at_quarter, over_all = ranked(make_report([maker.write()]))
    assert {r.label for r in at_quarter.rows} == {"l1 = l2", "random"}
    assert {r.label for r in at_half.rows} == {"l1", "l2", "random"}
    assert {r.label for r in over_all.rows} == {"l1", "l2", "random"}


def test_equal_parameters_are_another_place_on_the_line(maker):
    shared = {"seeds": (0,), "bases": (0, 1)}
    maker.grid(criteria={"random": 0.9}, ratios=(0.25, 0.5, 0.75), **shared)
    maker.grid(criteria={"l1": 0.4}, ratios=(0.25, 0.75), **shared)
    maker.records = [
        dataclasses.replace(r, measures={**r.measures, "macs_backbone": round(1e8 * (2 - r.ratio))})
        for r in maker.records
    ]
    report = make_report([maker.write()])
    macs, parameters = (row(ranked(report, cost=c)[1], "l1").mean for c in (MACS, PARAMETERS))
    assert macs != pytest.approx(parameters, abs=1e-6)


def test_beyond_the_ends_a_criterion_is_left_out_and_that_is_said(maker):
    maker.grid(criteria={"l2": 0.5, "random": 0.9}, ratios=(0.25, 0.5), seeds=(0,))
    maker.grid(criteria={"l1": 0.4}, ratios=(0.5,), seeds=(0,))
    report = make_report([maker.write()])
    at_half, at_quarter, over_all = ranked(report)
    assert {r.label for r in at_half.rows} == {"l1", "l2", "random"}
    for ranking in (at_quarter, over_all):
        assert ranking.left_out == (("l1", "beyond the ends of its curve"),)
    assert "1 criterion is not ranked" in " ".join(said_ranking(ranked(report)))


def test_a_criterion_that_lacks_base_models_is_left_out_not_compared_on_others(maker):
    maker.grid(bases=(0, 1, 2), criteria={"l2": 0.5, "random": 0.9}, ratios=(0.5,), seeds=(0,))
    maker.grid(bases=(0,), criteria={"l1": 0.4}, ratios=(0.5,), seeds=(0,))
    (ranking,) = ranked(make_report([maker.write()]))
    assert ranking.bases == 3
    assert ranking.left_out == (("l1", "not on all 3 base models"),)


def test_one_base_model_has_no_best_but_intervals_of_its_own(quick_report):
    ranking = ranked(quick_report)[0]
    assert ranking.bases == 1
    for r in ranking.rows:
        assert math.isnan(r.from_best_low)
        assert r.is_random or r.from_random_low < r.from_random < r.from_random_high


def test_without_scores_there_are_means_and_no_intervals(maker):
    maker.grid(criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,))
    folder = maker.write()
    for path in (folder / "scores").iterdir():
        path.unlink()
    report = make_report([folder])
    (ranking,) = ranked(report)
    assert all(r.may_be_best is None and r.like_random is None for r in ranking.rows)
    assert all(math.isnan(r.low) and math.isnan(r.from_random_low) for r in ranking.rows)
    assert math.isnan(ranking.detectable.difference)
    assert json.loads(json.dumps(report.summary))["rankings"][0]["detectable"]["difference"] is None


def test_older_runs_that_kept_resamples_alone_are_read(maker):
    maker.grid(bases=(0, 1), criteria={"l1": 0.4, "random": 0.9}, ratios=(0.5,), seeds=(0,))
    folder = maker.write()
    for record in maker.records:
        path = folder / "scores" / f"{record.outcome}.npz"
        value = record.stages[record.last_stage]["test_map"]
        np.savez(path, resampled_map=np.full(1000, value))
    report = make_report([folder])
    (ranking,) = ranked(report)
    gaps = [maps_of(folder, "l1", 0.5)[b] - maps_of(folder, "random", 0.5)[b] for b in (0, 1)]
    half = 12.706 * np.std(gaps, ddof=1) / math.sqrt(2)  # t of one degree of freedom
    found = row(ranking, "l1")
    assert (found.from_random_high - found.from_random_low) / 2 == pytest.approx(half, rel=1e-3)


def test_no_points_no_ranking(quick_report):
    panel = quick_report.points[0].panel
    assert rankings_of(panel, [], MACS, quick_report.scores) == []
