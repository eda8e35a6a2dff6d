"""The costs at which criteria are ranked."""

from types import SimpleNamespace

import pytest

from prunebench.reports.statistics.equal_cost import Budget, budgets_of, grid_to_average

BASES = ("base 0", "base 1")


def curve(label, *costs, own_budget=False):
    return SimpleNamespace(
        own_budget=own_budget,
        curve=SimpleNamespace(label=label, is_random=label == "random"),
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
