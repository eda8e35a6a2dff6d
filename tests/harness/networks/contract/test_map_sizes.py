"""Sizes of feature maps, against the closed form of the costs."""

import numpy as np
import pytest
import torch

from prunebench.eval.cost.geometry import convolutions
from prunebench.harness import Cnn14
from prunebench.harness.networks.map_sizes import map_sizes


@pytest.mark.parametrize("seconds", [1, 3])
def test_they_are_those_that_costs_are_counted_on(seconds):
    model = Cnn14((2,) * 12, n_classes=3, embedding=8).train()
    samples = 32_000 * seconds
    features = np.random.default_rng(0).normal(size=(2, samples // 320 + 1, 64)).astype(np.float32)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = map_sizes(model, features)
    assert found == {c.name: (c.frames, c.mels) for c in convolutions((2,) * 12, samples)}
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not model.batch_norm("C1")._forward_hooks
