"""Sizes of feature maps, against the closed form of the costs."""

import numpy as np
import pytest
import torch

from prunebench.eval.cost.geometry import convolutions
from prunebench.harness import Cnn14
from prunebench.harness.networks.contract.map_sizes import map_sizes
from prunebench.harness.networks.contract.tagger import Tagger
from prunebench.harness.networks.plugins.network_registry import resolve_network
from prunebench.harness.networks.plugins.recognised import tagger_of


@pytest.mark.parametrize("seconds", [1, 3])
def test_they_are_those_that_costs_are_counted_on(seconds):
    model = Cnn14((2,) * 12, n_classes=3, embedding=8).train()
    samples = 32_000 * seconds
    features = np.random.default_rng(0).normal(size=(2, samples // 320 + 1, 64)).astype(np.float32)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = map_sizes(tagger_of(model), features)
    assert found == {c.name: (c.frames, c.mels) for c in convolutions((2,) * 12, samples)}
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not model.batch_norm("C1")._forward_hooks


def test_groups_of_another_network_have_the_maps_of_their_first_writer():
    """MobileNetV1 halves frames and mels by averages; its first group is behind one of them."""
    network = resolve_network("mobilenet_v1[width=0.125]")
    tagger = Tagger(network, network.build(3, seed=0))
    found = map_sizes(tagger, np.zeros((1, 128, 64), dtype=np.float32))
    assert set(found) == {group.name for group in tagger.groups}
    assert found["features.0.0"] == (64, 32)
    sizes = list(found.values())
    assert sizes == sorted(sizes, reverse=True)
