"""Allocations: floors honoured, monotone, comparable across layers; by Hypothesis and by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.eval import InputError
from prunebench.harness.budget.allocation import Global, PerLayer, SameAs, Uniform, parse_allocation
from prunebench.harness.budget.counts import counts_along
from prunebench.harness.budget.sensitivity import layer_widths, sensitivity_order
from prunebench.harness.budget.target import TOLERANCE, BudgetPoint
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.layers import parse_scope

TAIL = parse_scope("C7-C12")
KEEPS = "a floor"


def scores_of(widths, seed, spread=6.0):
    draw = np.random.default_rng(seed)
    return {
        layer: draw.normal(size=n) * np.exp(draw.uniform(-spread, spread))
        for layer, n in zip(TAIL, widths, strict=True)
    }


widths_strategy = st.lists(st.integers(2, 24), min_size=6, max_size=6)
allocations = st.builds(
    Global, floor=st.sampled_from([0.0, 0.1, 0.34, 0.5]), normalise=st.sampled_from(["mean", "l2", "none"])
)


def counts_or_none(order, point, model):
    try:
        return counts_along(order, point, model, TAIL, KEEPS)
    except InputError:
        return None


@given(
    widths_strategy,
    allocations,
    st.integers(0, 99),
    st.sampled_from(["ratio", "parameters", "macs_backbone"]),
)
@settings(max_examples=60)
def test_floors_are_honoured_and_more_is_never_removed_at_a_smaller_target(widths, allocation, seed, kind):
    model = Architecture((2,) * 6 + tuple(widths), 4, 3)
    order = allocation.order(scores_of(widths, seed))
    amounts = np.linspace(0.04, 0.96, 12)
    before = (0,) * 6
    for amount in amounts if kind == "ratio" else amounts[::-1]:
        counts = counts_or_none(order, BudgetPoint(kind, float(amount)), model)
        if counts is None:
            continue
        assert all(now >= then for now, then in zip(counts, before, strict=True))
        for count, filters in zip(counts, widths, strict=True):
            assert filters - count >= max(1, allocation.floor * filters - 1e-9)
        if kind != "ratio":
            share = model.share(kind, model.without(TAIL, counts))
            assert abs(share - amount) <= TOLERANCE * amount
        before = counts


@given(widths_strategy, st.integers(0, 99), st.sampled_from([1e-10, 1.0, 1e15]))
@settings(max_examples=40)
def test_the_scale_of_a_layer_does_not_matter_once_normalised(widths, seed, scale):
    scores = scores_of(widths, seed)
    scaled = scores | {"C9": scores["C9"] * scale}
    for normalise in ("mean", "l2"):
        allocation = Global(normalise=normalise)
        assert np.array_equal(allocation.order(scores), allocation.order(scaled))


def test_global_removes_the_lowest_by_hand():
    scores = {"C7": np.array([1.0, 3.0]), "C8": np.array([10.0, 20.0, 40.0, 50.0])}
    # Divided by their means 2 and 30: C7 0.5, 1.5; C8 0.33, 0.67, 1.33, 1.67. One of C7 and one of C8 always stay.
    assert Global().order(scores).tolist() == [1, 0, 1, 1]
    assert Global(normalise="none").order(scores).tolist() == [0, 1, 1, 1]
    assert Global(floor=0.5).order(scores).tolist() == [1, 0, 1]


def test_layers_of_zeros_and_equal_scores():
    scores = {"C7": np.zeros(3), "C8": np.zeros(2)}
    assert Global().order(scores).tolist() == [0, 0, 1]


def test_a_ratio_of_global_is_a_share_of_all_filters():
    model = Architecture((2,) * 6 + (4, 4, 8, 8, 16, 16), 4, 3)
    order = Global(floor=0.25).order(scores_of(model.widths[6:], 0))
    for ratio in (0.1, 0.3, 0.6):
        counts = counts_along(order, BudgetPoint("ratio", ratio), model, TAIL, KEEPS)
        assert sum(counts) == round(ratio * 56)
    with pytest.raises(
        InputError,
        match=r"A ratio of 0.8 removes too many filters, because the run keeps .*\. Ask for at most 0.75",
    ):
        counts_along(order, BudgetPoint("ratio", 0.8), model, TAIL, KEEPS)


CURVES = {"C7": [(0.25, 0.1), (0.5, 0.4)], "C8": [(0.25, 0.0), (0.5, 0.05)]}


def test_the_sensitivity_order_by_hand():
    # C7 of 4 filters loses its first at ratio 1/8 (loss 0.05), its second at 3/8 (0.25); C8 at 1/8 (0) and 3/8 (0.025).
    order = sensitivity_order(CURVES, PerLayer(floor=0), {"C7": 4, "C8": 4})
    assert order.tolist() == [1, 1, 0, 0]  # nothing beyond the last ratio that was measured
    assert sensitivity_order(CURVES, PerLayer(floor=0.75), {"C7": 4, "C8": 4}).tolist() == [1, 0]


def test_a_loss_that_seems_to_fall_counts_as_the_one_before():
    falling = {"C7": [(0.25, 0.2), (0.5, 0.1), (0.75, 0.3)], "C8": [(0.25, 0.19), (0.5, 0.21), (0.75, 0.22)]}
    order = sensitivity_order(falling, PerLayer(), {"C7": 8, "C8": 8})
    # C7 stands at 0.2 from ratio 1/4 to 1/2, at two filters more, and C8 passes 0.2 between them and its third.
    assert order.tolist()[:4].count(0) == 2


@given(widths_strategy, st.integers(0, 50), st.floats(0, 0.5))
@settings(max_examples=40)
def test_per_layer_keeps_its_floor_and_is_monotone(widths, seed, floor):
    draw = np.random.default_rng(seed)
    curves = {
        layer: [(r, float(draw.uniform(-0.1, 1))) for r in (0.1, 0.25, 0.5, 0.75, 0.9)] for layer in TAIL
    }
    model = Architecture((2,) * 6 + tuple(widths), 4, 3)
    order = sensitivity_order(curves, PerLayer(floor=floor), layer_widths(model, TAIL))
    before = (0,) * 6
    for ratio in np.linspace(0.05, 0.85, 9):
        counts = counts_or_none(order, BudgetPoint("ratio", float(ratio)), model)
        if counts is not None:
            assert all(now >= then for now, then in zip(counts, before, strict=True))
            assert all(n - c >= max(1, floor * n - 1e-9) for n, c in zip(widths, counts, strict=True))
            before = counts


@pytest.mark.parametrize(
    ("label", "allocation"),
    [
        ("uniform", Uniform()),
        ("global", Global()),
        ("global[floor=0.2,normalise=l2]", Global(0.2, "l2")),
        ("per_layer", PerLayer()),
        ("same_as:operator_norm[centre=False]", SameAs("operator_norm[centre=False]")),
    ],
)
def test_labels(label, allocation):
    assert parse_allocation(label) == allocation
    assert allocation.label == label


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("globl", "Unknown allocation `globl`; did you mean `global`"),
        ("uniform[floor=0.2]", "Allocation `uniform` has no parameter `floor`; there is none."),
        ("searched[floor=false]", "`floor` must be a number. Found `floor = false`"),
        ("searched[floor=0.1,floor=0.2]", "An allocation takes each parameter once. Found `floor` twice"),
        ("global[flor=0.2]", "Allocation `global` has no parameter `flor`; did you mean `floor`"),
        ("global[floor=1]", r"`floor` must lie in \[0, 1\). Found `floor = 1`"),
        ("global[normalise=max]", "must be one of mean, l2, none. Found `max`"),
        ("global[floor", "Unknown allocation"),
    ],
)
def test_bad_labels(label, message):
    with pytest.raises(InputError, match=message):
        parse_allocation(label)
