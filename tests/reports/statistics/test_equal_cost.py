"""The costs at which criteria are ranked."""

import dataclasses
from statistics import median
from types import SimpleNamespace

import pytest

from prunebench.harness.budget.target import TOLERANCE
from prunebench.reports.points.cost_axis import MACS
from prunebench.reports.points.point import points_of
from prunebench.reports.runs.clips import ClipScores
from prunebench.reports.statistics.equal_cost import Budget, budgets_of, grid_to_average
from prunebench.reports.statistics.own_curve import MET
from prunebench.reports.statistics.ranking import rankings_of

BASES = ("base 0", "base 1")


def curve(label, *costs, own_budget=False):
    return SimpleNamespace(
        own_budget=own_budget,
        curve=SimpleNamespace(label=label, is_random=label == "random"),
        asked=costs,
        spots={base: [(cost, 0.5) for cost in costs] for base in BASES},
    )


def grid(*costs):
    return [Budget(dict.fromkeys(BASES, cost)) for cost in costs]


def test_where_random_has_cells_its_costs_are_the_grid():
    curves = [curve("l1", 1.0, 2.0, 3.0), curve("random", 2.0, 4.0)]
    assert budgets_of(curves, BASES) == grid(2.0, 4.0)


@pytest.mark.parametrize(
    ("others", "costs"),
    [
        ([], (1.0, 2.0)),
        ([(1.0,)], (1.0, 2.0)),  # 2 has one of two
        ([(1.0,), (3.0,)], (1.0,)),
        ([(1.0, 3.0), (3.0,), (4.0,)], (1.0, 3.0)),
    ],
)
def test_without_random_the_grid_is_what_half_of_the_criteria_share(others, costs):
    curves = [curve("a", 1.0, 2.0), *(curve(f"b{at}", *own) for at, own in enumerate(others))]
    assert budgets_of(curves, BASES) == grid(*costs)


def test_costs_that_differ_by_rounding_are_one():
    assert budgets_of([curve("a", 1.0), curve("b", 1.0 + 1e-12)], BASES) == grid(1.0)


def test_a_criterion_that_chooses_how_much_goes_adds_its_own_cost():
    own = curve("own", 1.5, own_budget=True)
    found = budgets_of([curve("a", 1.0), own], BASES)
    assert found == [*grid(1.0), Budget(dict.fromkeys(BASES, 1.5), "own")]
    assert found[1].mean == 1.5


def test_a_mean_is_taken_of_budgets_that_all_were_measured_at():
    curves = [curve("a", 1.0, 2.0, 3.0), curve("b", 1.0, 2.0)]
    own = Budget(dict.fromkeys(BASES, 1.5), "own")
    assert grid_to_average(curves, [*grid(1.0, 2.0, 3.0), own]) == grid(1.0, 2.0)
    assert grid_to_average(curves, grid(2.0, 3.0)) == grid(2.0, 3.0)  # a single one is no mean


@pytest.fixture(scope="module")
def three_ratios(new_maker, tmp_path_factory):
    """Six base models, two criteria and `random` under `global`, all at equal cost."""
    maker = new_maker(tmp_path_factory.mktemp("run"), clips=60, classes=4).config()
    maker.grid(
        bases=tuple(range(6)), criteria={"l1": 0.4, "l2": 0.5, "random": 0.9}, seeds=(0,), latency=False
    )
    maker.records = [r if r.control else dataclasses.replace(r, allocation="global") for r in maker.records]
    return maker


def ranked(maker, off):
    """The rankings where each cell costs more by a share of its cost, as `off` says of its record."""
    records = []
    for record in maker.records:
        cost = record.measures["macs_backbone"] * (1 + (0 if record.control else off(record)))
        records.append(dataclasses.replace(record, measures={**record.measures, "macs_backbone": cost}))
    points = points_of(records)
    (panel,) = {p.panel for p in points}
    return rankings_of(panel, points, MACS, ClipScores([maker.folder]))


def values(rankings):
    return [(k.bases, k.budgets, [dataclasses.asdict(row) for row in k.rows], k.left_out) for k in rankings]


def test_costs_within_what_allocations_miss_a_target_by_are_one_budget(three_ratios):
    assert MET == TOLERANCE

    def off(record):
        return 0.0006 * (record.base_seed - 2) * {"l1": 1, "l2": -1, "random": 2}[record.criterion]

    exact, near = ranked(three_ratios, lambda _: 0), ranked(three_ratios, off)
    assert str(values(near)) == str(values(exact))  # NaN is not itself
    assert near[-1].bases == 6
    assert not any(row.interpolated for ranking in near for row in ranking.rows)
    moves = [0.0012 * (seed - 2) for seed in range(6)]  # of random
    assert [k.cost for k in near[:-1]] == pytest.approx([k.cost * (1 + median(moves)) for k in exact[:-1]])


def test_what_costs_more_than_that_stands_at_its_own_cost(three_ratios):
    found = ranked(three_ratios, lambda record: 0.02 * (record.criterion == "l2"))
    assert len(found) == 4
    interpolated = [{row.label: row.interpolated for row in k.rows} for k in found]
    measured = {"l1": False, "random": False}
    assert interpolated[0] == measured  # the cheapest budget, beyond the end of the curve of `l2`
    assert found[0].left_out == (("l2", "beyond the ends of its curve"),)
    assert interpolated[1] == interpolated[2] == {**measured, "l2": True}


def test_one_base_model_that_misses_a_budget_is_read_off_between_points(three_ratios):
    found = ranked(
        three_ratios, lambda r: 0.02 * (r.criterion == "l2" and r.base_seed == 1 and r.ratio == 0.5)
    )
    assert [k.bases for k in found] == [6] * 4
    assert [{r.label: r.interpolated for r in k.rows}["l2"] for k in found] == [False, True, False, True]
