"""The costs of a shape are those of the model that surgery leaves: MACs by hooks and fvcore, parameters by counting."""

import numpy as np
import pytest
import torch

from prunebench.eval.cost.complexity import count_macs, count_parameters
from prunebench.eval.cost.counters import fvcore_layer_macs
from prunebench.eval.cost.entry import Entry
from prunebench.harness.networks.architecture import Architecture
from prunebench.harness.networks.contract.measurable import measurable_of
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.model_shapes import cut_to, network_of, new_tagger, shape_of
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.networks.shape import COSTS

SMALL = {
    "cnn14[width=0.015625]": "cnn14",
    "cnn6[width=0.0625]": None,
    "resnet22[width=0.03125]": None,
    "mobilenet_v1[width=0.125]": None,
    "mobilenet_v2[width=0.125]": None,
    "mn[width=0.1]": None,
}


@pytest.fixture(scope="module", params=list(SMALL))
def tagger(request):
    network = resolve_network(request.param)
    return Tagger(network, network.build(5, seed=1))


def drawn(shape, seed):
    rng = np.random.default_rng(seed)
    return tuple(int(rng.integers(1, filters + 1)) for filters in shape.widths)


@pytest.mark.parametrize("seed", [0, 1])
def test_costs_are_those_of_the_model_that_is_left(tagger, seed):
    shape = shape_of(tagger)
    widths = drawn(shape, seed)
    left = cut_to(tagger, shape.by_group(widths))
    assert left.widths == widths
    measured = measurable_of(left)
    macs = count_macs(measured)
    assert [shape.cost(kind, widths) for kind in COSTS] == [*macs, count_parameters(left.model)]
    front = tagger.network.frontend
    clip = front.features(torch.zeros(1, 10 * front.sample_rate))
    assert shape.cost("macs_backbone", widths) == fvcore_layer_macs(Entry(measured, "from_log_mel"), clip)


def test_a_shape_is_what_records_and_other_processes_need(tagger):
    shape = shape_of(tagger)
    assert shape.groups == tuple(group.name for group in tagger.groups)
    assert shape.share("parameters", shape.widths) == shape.tail_share(shape.widths) == 1
    assert shape.network == SMALL.get(tagger.network.label) or tagger.network.label == shape.network
    again = new_tagger(shape, seed=1)
    assert shape_of(again) == shape
    assert network_of(shape).label.split("[")[0] == tagger.network.name
    smallest = new_tagger(shape, seed=1, widths=(1,) * len(shape.widths))
    assert set(smallest.widths) == {1}
    clip = tagger.network.frontend.features(torch.zeros(1, 32_000))
    assert smallest.logits(clip).shape == (1, 5)


def test_the_share_of_the_tail_is_that_of_its_layers():
    """By hand: in MobileNetV1 the stem's groups leave what the tail costs as it is, but for its first reader."""
    network = resolve_network("mobilenet_v1[width=0.125]")
    tagger = Tagger(network, network.build(5, seed=1))
    shape, tail = shape_of(tagger), set(network.groups_in_tail(tagger.groups))
    halved = tuple(
        max(1, n // 2) if name in tail else n for name, n in zip(shape.groups, shape.widths, strict=True)
    )
    stem = sum(
        tensor.positions * numbers
        for tensor, numbers in zip(shape.tensors, shape._numbers(shape.widths), strict=True)
        if not tensor.in_tail
    )
    whole, left = shape.cost("macs_backbone"), shape.cost("macs_backbone", halved)
    assert 0 < stem < whole
    assert shape.tail_share(halved) == pytest.approx((left - stem) / (whole - stem))


def test_cnn14_stays_in_closed_form():
    network = resolve_network("cnn14[width=0.015625]")
    shape = shape_of(Tagger(network, network.build(5, seed=1)), network="cnn14[width=0.015625]")
    assert isinstance(shape, Architecture)
    assert shape.network == "cnn14[width=0.015625]"
