"""Budget points on the real removed shape: against a slow search, and surgery on a tiny model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunebench.eval import InputError, cnn14_macs, count_macs, count_parameters
from prunebench.harness.budget.ratio import removal_count
from prunebench.harness.budget.target import TOLERANCE, BudgetPoint, uniform_shape
from prunebench.harness.networks.architecture import COSTS, Architecture, scaled_embedding, scaled_widths
from prunebench.harness.networks.cnn14 import Cnn14
from prunebench.harness.networks.layers import LAYERS, parse_scope
from prunebench.harness.pruning.surgery import remove_filters

TAIL = parse_scope("C7-C12")
EIGHTH = Architecture(scaled_widths(1 / 8), scaled_embedding(1 / 8), 24)
FULL = Architecture(scaled_widths(1), 2048, 527)


def removed_at(model, layers, ratio):
    return {layer: range(removal_count(model.widths[LAYERS.index(layer)], ratio)) for layer in layers}


def widths_at(model, layers, ratio):
    removed = removed_at(model, layers, ratio)
    return tuple(n - len(removed.get(layer, ())) for layer, n in zip(LAYERS, model.widths, strict=True))


@pytest.mark.parametrize("kind", COSTS)
@pytest.mark.parametrize("model", [EIGHTH, FULL])
def test_a_target_is_met_within_one_per_cent_on_the_real_shape(kind, model):
    floor = model.share(kind, widths_at(model, TAIL, 0.9999))
    for target in np.linspace(floor + 0.02, 0.99, 7):
        found = uniform_shape(BudgetPoint(kind, float(target)), model, TAIL)
        assert found.widths == widths_at(model, TAIL, found.ratio)
        assert abs(model.share(kind, found.widths) - target) <= TOLERANCE * target


def test_the_shape_is_what_surgery_leaves():
    model = Cnn14((2, 2, 3, 3, 4, 4, 25, 25, 30, 30, 40, 40), n_classes=5, embedding=8)
    shape = Architecture(model.widths, model.embedding, model.n_classes)
    for kind, count in (
        ("macs_backbone", lambda m: count_macs(m).backbone),
        ("macs_with_frontend", lambda m: count_macs(m).with_frontend),
        ("parameters", count_parameters),
    ):
        found = uniform_shape(BudgetPoint(kind, 0.7 if kind != "macs_with_frontend" else 0.993), shape, TAIL)
        pruned = remove_filters(model, removed_at(shape, TAIL, found.ratio))
        assert pruned.widths == found.widths
        assert count(pruned) == shape.cost(kind, found.widths)
        assert count(model) == shape.cost(kind)


@given(
    widths=st.lists(st.integers(1, 14), min_size=12, max_size=12),
    target=st.floats(0.05, 0.99),
    kind=st.sampled_from(COSTS),
)
@settings(max_examples=60)
def test_no_ratio_is_nearer(widths, target, kind):
    """Against every ratio at which a layer loses a filter, tried one by one."""
    model = Architecture(tuple(widths), 6, 3)
    tried = {
        widths_at(model, TAIL, r) for n in widths[6:] for r in [(k - 0.5) / n + 1e-9 for k in range(1, n)]
    }
    nearest = min((abs(model.share(kind, w) - target) for w in tried), default=1.0)
    if nearest > TOLERANCE * target:
        with pytest.raises(InputError, match="ask for"):
            uniform_shape(BudgetPoint(kind, target), model, TAIL)
    else:
        found = uniform_shape(BudgetPoint(kind, target), model, TAIL)
        assert found.widths in tried
        assert abs(model.share(kind, found.widths) - target) == pytest.approx(nearest, abs=1e-12)


def test_the_ratio_found_is_short():
    assert uniform_shape(BudgetPoint("macs_backbone", 0.6194), FULL, TAIL).ratio == 0.5


def test_ratios_are_taken_as_they_are():
    assert uniform_shape(BudgetPoint("ratio", 0.29), EIGHTH, TAIL).ratio == 0.29


def test_an_unreachable_target_names_the_range():
    """By hand: one filter in each of C7–C12 leaves the first six convolutions and next to nothing else."""
    smallest = (*EIGHTH.widths[:6], 1, 1, 1, 1, 1, 1)
    floor = cnn14_macs(smallest, 24, 256).backbone / cnn14_macs(EIGHTH.widths, 24, 256).backbone
    with pytest.raises(InputError, match=rf"C7-C12 down to one filter a layer leaves {floor:.2f}.*Found 0.3"):
        uniform_shape(BudgetPoint("macs_backbone", 0.3), EIGHTH, TAIL)
    wide = uniform_shape(BudgetPoint("macs_backbone", 0.3), EIGHTH, LAYERS)
    assert abs(EIGHTH.share("macs_backbone", wide.widths) - 0.3) < 0.003


def test_a_target_between_two_shapes_names_the_nearest():
    coarse = Architecture((2,) * 12, 4, 3)
    with pytest.raises(
        InputError,
        match=r"^No number of filters .* within 1%\. The nearest shape has 0\.\d+: ask for that",
    ):
        uniform_shape(BudgetPoint("parameters", 0.9), coarse, TAIL)


def test_parts_of_a_budget():
    assert BudgetPoint("ratio", 0.6).part(0.5).amount == pytest.approx(0.3)
    assert BudgetPoint("parameters", 0.6).part(0.5).amount == pytest.approx(0.8)
    assert BudgetPoint("ratio", 0.6).part(1).amount == 0.6
