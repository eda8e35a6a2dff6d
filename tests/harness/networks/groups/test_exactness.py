"""Layers that share a tensor, halves of a layer, what follows a layer: removed equals masked, or one sentence."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from prunebench import harness
from prunebench.eval.errors import InputError


class Chain(nn.Module):
    """Two convolutions with what is given behind each, and a linear layer."""

    def __init__(self, norm=nn.Identity, activation=nn.ReLU):
        super().__init__()
        self.one, self.norm1, self.act1 = nn.Conv2d(1, 8, 3), norm(8), activation()
        self.two, self.norm2, self.act2 = nn.Conv2d(8, 6, 3), norm(6), activation()
        self.classes = nn.Linear(6, 3)

    def forward(self, x):
        x = self.act1(self.norm1(self.one(x)))
        return self.classes(self.act2(self.norm2(self.two(x))).mean((2, 3)))


class Tied(nn.Module):
    """Two layers of one tensor, in two groups: removing other filters from each needs two tensors."""

    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Conv2d(1, 8, 3), nn.Conv2d(1, 8, 3)
        self.two.weight = self.one.weight
        self.classes = nn.Linear(16, 3)

    def forward(self, x):
        return self.classes(torch.cat([F.relu(self.one(x)), F.relu(self.two(x))], 1).mean((2, 3)))


class Halves(nn.Module):
    """The halves of one layer go to two layers, whose sum needs both to have lost as many."""

    def __init__(self):
        super().__init__()
        self.one, self.two, self.three = nn.Conv2d(1, 12, 3), nn.Conv2d(6, 6, 1), nn.Conv2d(6, 6, 1)
        self.classes = nn.Linear(6, 3)

    def forward(self, x):
        first, second = F.relu(self.one(x)).chunk(2, 1)
        return self.classes((self.two(first) + self.three(second)).mean((2, 3)))


NETWORK = harness.traced(head=("classes",))


@pytest.fixture(autouse=True)
def _seed():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.mark.parametrize("build", [Tied, Halves])
def test_groups_that_are_not_free_of_each_other_are_refused(build):
    with pytest.raises(InputError, match="must give the same outputs as masking them"):
        harness.prune(build(), "l1", 0.5, network=NETWORK)


def test_a_sigmoid_is_named_as_a_possible_cause():
    with pytest.raises(
        InputError, match="turns the zeros of a masked filter into other values, as a sigmoid"
    ):
        harness.prune(Chain(activation=nn.Sigmoid), "l1", 0.5, network=NETWORK)


def without_scale(channels):
    norm = nn.BatchNorm2d(channels, affine=False)
    nn.init.uniform_(norm.running_mean, -0.5, 0.5)
    return norm


def without_statistics(channels):
    return nn.BatchNorm2d(channels, track_running_stats=False)


@pytest.mark.parametrize("norm", [without_scale, without_statistics])
def test_batch_norms_that_lack_a_part(norm):
    model = Chain(norm).eval()
    before = copy.deepcopy(model.state_dict())
    small = harness.prune(model, "l1", 0.5, network=NETWORK)
    kept = {}
    for layer in ("one", "two"):
        weight = model.get_submodule(layer).weight
        kept[layer] = weight.abs().flatten(1).sum(1).topk(len(weight) // 2).indices.sort().values
    x = torch.randn(2, 1, 20, 20)
    with torch.no_grad():  # the answer of the filters that stay, by hand
        maps = model.act1(model.norm1(model.one(x)))[:, kept["one"]]
        maps = F.conv2d(maps, model.two.weight[:, kept["one"]], model.two.bias)
        maps = model.act2(model.norm2(maps))[:, kept["two"]].mean((2, 3))
        expected = F.linear(maps, model.classes.weight[:, kept["two"]], model.classes.bias)
        torch.testing.assert_close(small(x), expected)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_one_slope_for_all_channels_stays():
    model = Chain(activation=nn.PReLU)
    small = harness.prune(model, "l1", 0.5, network=NETWORK)
    assert (small.one.out_channels, small.two.out_channels) == (4, 3)
    assert small.act1.weight.shape == (1,)


def test_a_model_without_groups_is_told():
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 3))
    with pytest.raises(
        InputError, match=r"must have a group of filters that can be removed\. Found none in Seq"
    ):
        harness.prune(model, "l1", 0.5, network=harness.traced(head=("2",)))
