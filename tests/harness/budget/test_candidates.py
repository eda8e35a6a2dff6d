"""Candidates of a search: drawn at random, on budget, all different; held against a slow re-derivation."""

import math

import numpy as np
import pytest

from prunebench.eval import InputError
from prunebench.harness.budget.allocation import Searched, parse_allocation
from prunebench.harness.budget.candidates import candidate_counts, removal_order
from prunebench.harness.budget.target import TOLERANCE, BudgetPoint, uniform_counts, uniform_shape
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layers import parse_scope

TAIL = parse_scope("C7-C12")
MODEL = Architecture((4, 4, 8, 8, 16, 16, 32, 32, 64, 64, 128, 128), 128, 24)
FILTERS = MODEL.filters(TAIL)
TWELVE = Searched(candidates=12)
HALF = BudgetPoint("ratio", 0.5)


def drawn(point=HALF, allocation=TWELVE, model=MODEL, layers=TAIL, seed=(0, 0)):
    widths = uniform_shape(point, model, layers).widths
    uniform = tuple(
        n - widths[model.place(layer)] for layer, n in zip(layers, model.filters(layers), strict=True)
    )
    return candidate_counts(allocation, point, model, layers, uniform, seed)


def test_the_first_candidate_is_uniform_and_all_are_different():
    found = drawn()
    assert found[0] == uniform_counts(MODEL, TAIL, 0.5)
    assert len(found) == len(set(found)) == 12


def test_draws_are_a_function_of_the_seed_alone():
    assert drawn() == drawn()
    assert len({drawn(seed=seed)[1:] for seed in ((0, 0), (0, 1), (1, 0))}) == 3
    assert drawn(allocation=Searched(candidates=5)) == drawn()[:5]


def test_ratios_by_a_slow_search_for_the_common_ratio():
    """Every layer loses ⌊(common + its own shift) · n + ½⌋ filters, at least none, at most what the floor lets go."""
    allocation, draw = Searched(candidates=12, floor=0.1, spread=0.8), np.random.default_rng([3, 4])
    expected, most = [], [n - math.ceil(0.1 * n) for n in FILTERS]
    for shifts in draw.uniform(-0.4, 0.4, (11, 6)):
        common = np.arange(-0.5, 1.5, 1e-4)[:, None]
        counts = np.clip(np.floor((common + shifts) * FILTERS + 0.5), 0, most)
        expected.append(tuple(counts[np.argmax(counts.sum(1) >= 224)].astype(int).tolist()))
    found = drawn(allocation=allocation, seed=(3, 4))[1:]
    assert found == tuple(expected)
    spans = [np.ptp(np.divide(counts, FILTERS)) for counts in found]
    assert 0.4 < max(spans) <= 0.8 + 1 / 32


@pytest.mark.parametrize("kind", ["macs_backbone", "macs_with_frontend", "parameters"])
def test_targets_are_met_by_every_candidate(kind):
    target = 0.98 if kind == "macs_with_frontend" else 0.7
    for counts in drawn(BudgetPoint(kind, target)):
        left = MODEL.share(kind, MODEL.without(TAIL, counts))
        assert abs(left - target) <= TOLERANCE * target
        assert all(n - count >= 0.05 * n for n, count in zip(FILTERS, counts, strict=True))


def test_without_shifts_filters_go_as_under_uniform():
    order = removal_order(np.zeros(2), (4, 8), Searched(floor=0))
    assert [np.bincount(order[:n], minlength=2).tolist() for n in (3, 6)] == [[1, 2], [2, 4]]


def test_a_budget_with_fewer_shapes_has_fewer_candidates():
    assert drawn(layers=("C12",)) == ((64,),)
    tiny = Architecture((2,) * 12, 4, 3)
    found = drawn(BudgetPoint("ratio", 0.25), Searched(candidates=50), tiny, ("C11", "C12"))
    assert set(found) == {(1, 1), (0, 1), (1, 0)}


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (
            "searched[candidates=1]",
            "`candidates` of allocation `searched` must be an integer from 2 to 10,000",
        ),
        ("searched[candidates=2.5]", "must be an integer from 2 to 10,000. Found `candidates = 2.5`"),
        ("searched[recalibration_clips=0]", "`recalibration_clips` .* from 2 to 1,000,000. Found .* = 0`"),
        ("searched[spread=0]", r"`spread` of allocation `searched` must lie in \(0, 1\]. Found `spread = 0`"),
        ("searched[floor=1]", r"`floor` must lie in \[0, 1\)"),
        ("searched[candidate=9]", "no parameter `candidate`; did you mean `candidates`"),
        ("serched", "Unknown allocation `serched`; did you mean `searched`"),
    ],
)
def test_bad_labels(label, message):
    with pytest.raises(InputError, match=message):
        parse_allocation(label)


def test_labels():
    assert parse_allocation("searched") == Searched(
        floor=0.05, candidates=50, spread=0.5, recalibration_clips=256
    )
    assert (
        parse_allocation("searched[candidates=20,spread=0.3]").label == "searched[candidates=20,spread=0.3]"
    )
