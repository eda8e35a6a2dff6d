"""Copies of a model in which some tensors are others."""

import pytest
import torch
from torch import nn

from prunebench.harness.networks.groups.other_tensors import tensor_named, with_tensors


@pytest.mark.parametrize("share", [False, True])
def test_the_named_tensors_change_and_the_rest_is_copied_or_shared(share):
    model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    model[0].bias.requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    bias, means = torch.arange(3.0), torch.arange(4.0)
    found = with_tensors(model, {"0.bias": bias, "1.running_mean": means}, share=share)
    assert isinstance(found[0].bias, nn.Parameter)
    assert not found[0].bias.requires_grad
    assert torch.equal(found[0].bias, bias)
    assert torch.equal(tensor_named(found, "1.running_mean"), means)
    assert (found[0].weight is model[0].weight) is share
    assert torch.equal(found[0].weight, model[0].weight)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_tensor_of_two_layers_changes_in_both():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight = model[0].weight
    found = with_tensors(model, {"1.weight": torch.ones(2, 2)}, share=True)
    assert found[0].weight is found[1].weight
    assert torch.equal(found[0].weight, torch.ones(2, 2))
