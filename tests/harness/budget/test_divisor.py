"""Budgets in multiples: what stays is the nearest one, and the record says how far that is from the request."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.harness.budget.allocation import Global
from prunebench.harness.budget.counts import counts_along
from prunebench.harness.budget.ratio import removal_count
from prunebench.harness.budget.target import BudgetPoint, uniform_counts, uniform_shape
from prunebench.harness.cells.records import _off_request
from prunebench.harness.config.config import Config
from prunebench.harness.data import DataOptions, open_dataset
from prunebench.harness.networks.architecture import Architecture, scaled_widths
from prunebench.harness.networks.layers import Scope
from prunebench.harness.plan.cell import Base, Cell
from prunebench.harness.plan.plan import make_plan

TAIL = tuple(f"C{number}" for number in range(7, 13))
MODEL = Architecture(scaled_widths(1 / 8), 256, 24, divisors=(8,) * 12)


def nearest_by_hand(filters, count, divisor):
    """Of all numbers that may stay, the one nearest to the request, the larger of two."""
    stays = filters - count
    if stays == filters or filters < divisor:
        return filters
    return min(range(divisor, filters + 1, divisor), key=lambda m: (abs(m - stays), -m), default=filters)


@given(ratio=st.floats(0, 0.999), divisor=st.sampled_from([1, 2, 3, 8, 16, 32]))
@settings(max_examples=200, deadline=None)
def test_what_stays_is_the_nearest_multiple(ratio, divisor):
    model = Architecture(MODEL.widths, 256, 24, divisors=(divisor,) * 12)
    found = uniform_counts(model, TAIL, ratio)
    for filters, count in zip(model.filters(TAIL), found, strict=True):
        assert filters - count == nearest_by_hand(filters, removal_count(filters, ratio), divisor)


@pytest.mark.parametrize("target", [0.55, 0.7, 0.85])
def test_a_target_is_met_as_nearly_as_multiples_allow(target):
    point = BudgetPoint("macs_backbone", target)
    found = uniform_shape(point, MODEL, TAIL)
    assert all((n % 8 == 0) for n in found.widths[6:])
    reachable = {
        MODEL.without(TAIL, uniform_counts(MODEL, TAIL, ratio))
        for ratio in np.arange(0.001, 1, 0.001).tolist()
    }
    shares = [MODEL.share("macs_backbone", widths) for widths in reachable if widths != MODEL.widths]
    best = min(abs(share - target) for share in shares)
    assert abs(MODEL.share("macs_backbone", found.widths) - target) == pytest.approx(best)


def test_global_ends_at_multiples_and_keeps_some_of_each():
    rng = np.random.default_rng(0)
    scores = {name: rng.random(n) for name, n in zip(TAIL, MODEL.filters(TAIL), strict=True)}
    order = Global().order(scores)
    for point in (BudgetPoint("ratio", 0.5), BudgetPoint("macs_backbone", 0.7)):
        counts = counts_along(order, point, MODEL, TAIL, "5 %")
        left = [n - count for n, count in zip(MODEL.filters(TAIL), counts, strict=True)]
        assert all(n % 8 == 0 and n > 0 for n in left)
    assert MODEL.share("macs_backbone", MODEL.without(TAIL, counts)) == pytest.approx(0.7, abs=0.04)


def test_the_record_says_how_far_it_is_from_the_request():
    cell = Cell("", Base("b", 0, 0), criterion="l1", scope=Scope("C7-C12", TAIL), ratio=0.3)
    after = MODEL.without(TAIL, uniform_counts(MODEL, TAIL, 0.3))
    off = _off_request(cell, MODEL, after)
    assert off["C7"] == (0.3, 1 - 48 / 64)
    missed = cell.but(budget="macs_backbone", target=0.9)
    assert _off_request(missed, MODEL, after)["macs_backbone"] == (0.9, MODEL.share("macs_backbone", after))


def test_the_record_says_where_nothing_could_go_under_an_allocation_over_layers():
    cell = Cell(
        "", Base("b", 0, 0), criterion="l1", scope=Scope("C7-C12", TAIL), ratio=0.5, allocation=Global()
    )
    assert _off_request(cell, MODEL, MODEL.widths) == {"ratio": (0.5, 0.0)}
    filters = sum(MODEL.filters(TAIL))
    others = [0] * (len(TAIL) - 1)
    assert _off_request(cell, MODEL, MODEL.without(TAIL, [*others, filters // 2])) == {}
    off = _off_request(cell, MODEL, MODEL.without(TAIL, [*others, filters // 2 + 8]))
    assert off == {"ratio": (0.5, pytest.approx(0.5 + 8 / filters))}


def test_the_divisor_decides_identities_of_pruned_cells_alone():
    data = open_dataset(DataOptions(training_clips=4, validation_clips=4, test_clips=4))

    def cells(divisor):
        prune = {"criteria": ["l1", "random"], "ratios": [0.5], "seeds": [0], "divisor": divisor}
        config = Config.model_validate({"model": {"width": 1 / 16}, "prune": prune})
        return make_plan(config, [data])

    plain, eights = cells(1), cells(8)
    shared = {cell.identity for cell in plain.cells} & {cell.identity for cell in eights.cells}
    assert shared == {cell.identity for cell in plain.cells if cell.control == "unpruned"}
    widths = eights.points[0]["C7-C12"][0].widths
    assert all(n % 8 == 0 for n in widths[6:])


def test_a_criterion_with_a_budget_of_its_own_is_refused():
    with pytest.raises(ValueError, match=r"criterion `rank1_cosine_released` chooses this number itself"):
        Config.model_validate({"prune": {"criteria": ["rank1_cosine_released", "random"], "divisor": 8}})
